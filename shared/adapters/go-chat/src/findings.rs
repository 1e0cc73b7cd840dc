//! What a survey has to tell.

use std::{collections::BTreeMap, fmt::Display};

use domain::transfer::Finding;

/// How many of each are named.
const NAMED: usize = 5;

/// How much is shown of what may be long, in characters.
const SHOWN: usize = 64;

/// What does not stay as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Matter {
    Flawed,
    Stray,
    OtherName,
    NoAddress,
    NoPassword,
    Placeholder,
    OtherRoomName,
    Deserted,
    Garbled,
    Undated,
    Long,
    Silent,
}

impl Matter {
    const fn text(self) -> &'static str {
        match self {
            Self::Flawed => "documents left out: a field is missing, or not of its type",
            Self::Stray => "messages left out: their room is not there",
            Self::OtherName => "people with another name: theirs is taken, or not allowed here",
            Self::NoAddress => {
                "people without their e-mail address: an earlier account has it, or it is none"
            }
            Self::NoPassword => "people who cannot log in: the hash of their password is none",
            Self::Placeholder => {
                "people made as placeholders: rooms or messages name them, and they have no account"
            }
            Self::OtherRoomName => "rooms with another name: theirs is taken, or not allowed here",
            Self::Deserted => "rooms with a placeholder as their owner: nobody is in them",
            Self::Garbled => "rooms of whose members some are left out: those are no ids",
            Self::Undated => "documents dated by their ids: they have no date of their own",
            Self::Long => "messages that became several, one after the other: they are too long",
            Self::Silent => "messages that say nothing: kept as they are",
        }
    }
}

/// What was found, by matter.
#[derive(Debug, Default)]
pub(crate) struct Findings(BTreeMap<Matter, Finding>);

impl Findings {
    /// Counts one more, and names it if it is among the first.
    pub(crate) fn note(&mut self, matter: Matter, what: impl Display) {
        let finding = self.0.entry(matter).or_insert_with(|| Finding {
            what: matter.text(),
            count: 0,
            first: Vec::new(),
        });
        finding.count += 1;
        if finding.first.len() < NAMED {
            finding.first.push(what.to_string());
        }
    }

    /// All of it, what was lost first.
    pub(crate) fn into_list(self) -> Vec<Finding> {
        self.0.into_values().collect()
    }
}

/// The beginning of what may be long, on one line.
pub(crate) fn short(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown.escape_debug().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_counted_and_the_first_named() {
        let mut findings = Findings::default();
        for n in 0..7 {
            findings.note(Matter::Silent, n);
        }
        findings.note(Matter::Flawed, "x");
        let list = findings.into_list();
        assert_eq!((list[0].count, list[1].count), (1, 7));
        assert_eq!(list[1].first, ["0", "1", "2", "3", "4"]);
    }

    #[test]
    fn what_is_long_is_cut_and_stays_on_its_line() {
        assert_eq!(short("a\nb"), "a\\nb");
        assert_eq!(short(&"é".repeat(70)).chars().count(), SHOWN + 1);
    }
}
