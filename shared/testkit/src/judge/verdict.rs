//! The comparison. Every count must be 0 in a run that keeps the promises.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt,
};

use domain::{ClientId, MessageId, RoomId, Seq};

use super::{Heard, Kept, Ledger, Told};

/// What was wrong, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Sends that were looked at.
    pub sends: usize,
    /// Of those, acknowledged.
    pub acknowledged: usize,
    /// Of those, unknown to their sender.
    pub unknown: usize,
    /// Acknowledged, but not in the history as acknowledged.
    pub lost: usize,
    /// In the history, but refused or never sent.
    pub phantom: usize,
    /// In the history more than once.
    pub doubled: usize,
    /// Seqs of the history that do not rise, or a sender's messages out of order.
    pub reordered: usize,
    /// Heard more than once by one listener.
    pub heard_twice: usize,
    /// Heard out of order by one listener.
    pub heard_disordered: usize,
    /// Heard under a seq and id that the history does not have.
    pub disagreed: usize,
    /// Not heard although a later one was.
    pub skipped: usize,
    /// Positions that were called recovered although something was missing.
    pub dishonest: usize,
    /// Listeners that did not reach the head.
    pub stuck: usize,
}

impl Verdict {
    /// Whether every promise was kept.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.faults() == 0
    }

    /// How many faults there were.
    #[must_use]
    pub fn faults(&self) -> usize {
        self.lost
            + self.phantom
            + self.doubled
            + self.reordered
            + self.heard_twice
            + self.heard_disordered
            + self.disagreed
            + self.skipped
            + self.dishonest
            + self.stuck
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "sends {} acknowledged {} unknown {} | lost {} phantom {} doubled {} reordered {} | \
             heard twice {} disordered {} disagreed {} skipped {} | dishonest {} stuck {}",
            self.sends,
            self.acknowledged,
            self.unknown,
            self.lost,
            self.phantom,
            self.doubled,
            self.reordered,
            self.heard_twice,
            self.heard_disordered,
            self.disagreed,
            self.skipped,
            self.dishonest,
            self.stuck,
        )
    }
}

pub(super) fn of(ledger: &Ledger) -> Verdict {
    let mut verdict = Verdict {
        sends: ledger.sent.len(),
        ..Verdict::default()
    };
    judge_sends(ledger, &mut verdict);
    judge_history(ledger, &mut verdict);
    judge_listeners(ledger, &mut verdict);
    judge_recoveries(ledger, &mut verdict);
    judge_completeness(ledger, &mut verdict);
    verdict
}

fn judge_sends(ledger: &Ledger, verdict: &mut Verdict) {
    let kept: HashSet<(RoomId, ClientId, Seq, MessageId)> = ledger
        .history
        .iter()
        .flat_map(|(room, kept)| kept.iter().map(|k| (*room, k.client_id, k.seq, k.id)))
        .collect();
    for sent in &ledger.sent {
        match sent.told {
            Told::Stored { id, seq } => {
                verdict.acknowledged += 1;
                let there = kept.contains(&(sent.room, sent.client_id, seq, id));
                verdict.lost += usize::from(!there);
            }
            Told::Nothing => verdict.unknown += 1,
            Told::Refused => {}
        }
    }
}

fn judge_history(ledger: &Ledger, verdict: &mut Verdict) {
    let sent: HashMap<(RoomId, ClientId), (usize, u64)> = ledger
        .sent
        .iter()
        .filter(|sent| sent.told != Told::Refused)
        .map(|sent| ((sent.room, sent.client_id), (sent.sender, sent.n)))
        .collect();
    for (room, kept) in &ledger.history {
        let mut seen = HashSet::new();
        let mut counts: HashMap<usize, u64> = HashMap::new();
        verdict.reordered += kept.windows(2).filter(|w| w[0].seq >= w[1].seq).count();
        for k in kept {
            verdict.doubled += usize::from(!seen.insert(k.client_id));
            let Some((sender, n)) = sent.get(&(*room, k.client_id)) else {
                verdict.phantom += 1;
                continue;
            };
            let before = counts.insert(*sender, *n);
            verdict.reordered += usize::from(before.is_some_and(|before| before > *n));
        }
    }
}

/// What one listener heard in one room, in its order.
fn by_listener(ledger: &Ledger) -> BTreeMap<(usize, RoomId), Vec<Heard>> {
    let mut logs: BTreeMap<_, Vec<Heard>> = BTreeMap::new();
    for heard in &ledger.heard {
        logs.entry((heard.listener, heard.room))
            .or_default()
            .push(*heard);
    }
    logs
}

fn judge_listeners(ledger: &Ledger, verdict: &mut Verdict) {
    for ((_, room), log) in by_listener(ledger) {
        let kept = ledger.history.get(&room).map_or(&[][..], Vec::as_slice);
        let ids: HashMap<Seq, MessageId> = kept.iter().map(|k| (k.seq, k.id)).collect();
        let seqs: HashSet<Seq> = log.iter().map(|heard| heard.seq).collect();
        verdict.heard_twice += log.len() - seqs.len();
        verdict.heard_disordered += log.windows(2).filter(|w| w[0].seq > w[1].seq).count();
        verdict.disagreed += log
            .iter()
            .filter(|h| ids.get(&h.seq) != Some(&h.id))
            .count();
        let (first, last) = (seqs.iter().min(), seqs.iter().max());
        let (Some(first), Some(last)) = (first, last) else {
            continue;
        };
        let between = |k: &&Kept| k.seq > *first && k.seq < *last;
        let skipped = kept
            .iter()
            .filter(between)
            .filter(|k| !seqs.contains(&k.seq));
        verdict.skipped += skipped.count();
    }
}

fn judge_recoveries(ledger: &Ledger, verdict: &mut Verdict) {
    let logs = by_listener(ledger);
    for told in &ledger.recovered {
        let log = logs.get(&(told.listener, told.room));
        let heard: HashSet<Seq> = log.into_iter().flatten().map(|heard| heard.seq).collect();
        let kept = ledger.history.get(&told.room).into_iter().flatten();
        let promised = kept.filter(|k| k.seq > told.since && k.seq <= told.head);
        let missing = promised.filter(|k| !heard.contains(&k.seq)).count();
        verdict.dishonest += usize::from(missing > 0);
    }
}

fn judge_completeness(ledger: &Ledger, verdict: &mut Verdict) {
    let logs = by_listener(ledger);
    for (listener, room, from) in &ledger.complete {
        let head = ledger
            .history
            .get(room)
            .and_then(|kept| kept.iter().map(|k| k.seq).max());
        let Some(head) = head.filter(|head| head >= from) else {
            continue;
        };
        let reached = logs
            .get(&(*listener, *room))
            .and_then(|l| l.iter().map(|h| h.seq).max());
        verdict.stuck += usize::from(reached != Some(head));
    }
}
