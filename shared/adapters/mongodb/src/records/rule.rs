use domain::{
    Rule,
    notification::{Level, Mute},
};
use mongodb::bson::{DateTime, Document, doc};
use serde::{Deserialize, Serialize};

use crate::values::{date, time};

/// What a member wants to be told of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RuleRecord {
    level: LevelRecord,
    #[serde(default)]
    mutes: Vec<[DateTime; 2]>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum LevelRecord {
    All,
    Mentions,
    None,
}

impl RuleRecord {
    /// As updates write it.
    pub(crate) fn document(&self) -> Document {
        let level = match self.level {
            LevelRecord::All => "all",
            LevelRecord::Mentions => "mentions",
            LevelRecord::None => "none",
        };
        let mutes = self.mutes.iter().map(|[from, until]| vec![*from, *until]);
        doc! {"level": level, "mutes": mutes.collect::<Vec<_>>()}
    }
}

impl From<Rule> for RuleRecord {
    fn from(rule: Rule) -> Self {
        Self {
            level: match rule.level {
                Level::All => LevelRecord::All,
                Level::Mentions => LevelRecord::Mentions,
                Level::None => LevelRecord::None,
            },
            mutes: rule
                .mutes
                .iter()
                .map(|mute| [date(mute.from), date(mute.until)])
                .collect(),
        }
    }
}

impl From<RuleRecord> for Rule {
    fn from(record: RuleRecord) -> Self {
        let mute = |[from, until]: [DateTime; 2]| Mute {
            from: time(from),
            until: time(until),
        };
        Self {
            level: match record.level {
                LevelRecord::All => Level::All,
                LevelRecord::Mentions => Level::Mentions,
                LevelRecord::None => Level::None,
            },
            mutes: record.mutes.into_iter().map(mute).collect(),
        }
    }
}
