//! Cutting moments to whole milliseconds, where a store keeps a record as one text.

use super::Record;
use crate::{
    Rule, Timestamp,
    archive::{Policy, RoomCount, Run, Totals},
    to_millis,
};

impl Record {
    /// The same record with its moments in whole milliseconds. Early versions kept some of them
    /// finer, where the whole record was one text.
    #[must_use]
    pub fn in_millis(self) -> Self {
        match self {
            Self::Run(run) => Self::Run(Box::new(run_in_millis(*run))),
            Self::RunRoom(mut outcome) => {
                cut_count(&mut outcome.count);
                Self::RunRoom(outcome)
            }
            Self::Policy(mut policy) => {
                cut_policy(&mut policy);
                Self::Policy(policy)
            }
            Self::Override(mut own) => {
                own.since = to_millis(own.since);
                Self::Override(own)
            }
            Self::Member(mut member) => {
                cut_rule(&mut member.rule);
                Self::Member(member)
            }
            other => other,
        }
    }
}

fn run_in_millis(mut run: Run) -> Run {
    cut_policy(&mut run.policy);
    cut_totals(&mut run.through);
    run.at.as_mut().into_iter().for_each(cut_count);
    run.cutoff = to_millis(run.cutoff);
    run.started_at = to_millis(run.started_at);
    cut(&mut run.slot);
    cut(&mut run.ended_at);
    if let Some(restore) = &mut run.restore {
        restore.hold_until = to_millis(restore.hold_until);
    }
    run
}

fn cut_policy(policy: &mut Policy) {
    cut(&mut policy.next_run_at);
}

fn cut_count(count: &mut RoomCount) {
    cut(&mut count.cutoff);
    cut(&mut count.oldest);
    cut(&mut count.newest);
}

fn cut_totals(totals: &mut Totals) {
    cut(&mut totals.oldest);
    cut(&mut totals.newest);
}

fn cut_rule(rule: &mut Rule) {
    for mute in &mut rule.mutes {
        mute.from = to_millis(mute.from);
        mute.until = to_millis(mute.until);
    }
}

fn cut(at: &mut Option<Timestamp>) {
    *at = at.map(to_millis);
}
