//! The judge is judged: a clean log passes, and each doctored one is caught for what it is.

use super::*;

/// One room, two senders, two listeners, one of which was away and resumed.
fn clean() -> Ledger {
    let room = RoomId::new();
    let mut ledger = Ledger::default();
    for seq in 1..=10_u64 {
        let (client_id, id) = (ClientId::new(), MessageId::new());
        let (sender, n) = ((seq % 2) as usize, seq / 2);
        let told = Told::Stored { id, seq };
        ledger.sent.push(Sent {
            client_id,
            room,
            sender,
            n,
            told,
        });
        ledger
            .history
            .entry(room)
            .or_default()
            .push(Kept { seq, id, client_id });
        ledger.heard.push(Heard {
            listener: 0,
            room,
            seq,
            id,
            how: How::Live,
        });
        let how = if (4..=7).contains(&seq) {
            How::Replay
        } else {
            How::Live
        };
        ledger.heard.push(Heard {
            listener: 1,
            room,
            seq,
            id,
            how,
        });
    }
    ledger.recovered.push(Recovered {
        listener: 1,
        room,
        since: 3,
        head: 7,
    });
    ledger.complete = vec![(0, room, 1), (1, room, 1)];
    ledger
}

fn history(ledger: &mut Ledger) -> &mut Vec<Kept> {
    ledger.history.values_mut().next().unwrap()
}

fn forget(ledger: &mut Ledger, listener: usize, seq: Seq) {
    ledger
        .heard
        .retain(|heard| heard.listener != listener || heard.seq != seq);
}

#[test]
fn a_clean_log_passes() {
    let verdict = clean().judge();
    assert!(verdict.is_clean(), "{verdict}");
    assert_eq!((verdict.sends, verdict.acknowledged), (10, 10));
}

#[test]
fn an_unknown_outcome_may_be_stored_or_not() {
    let mut ledger = clean();
    ledger.sent[4].told = Told::Nothing;
    assert!(
        ledger.judge().is_clean(),
        "stored, but its sender was not told"
    );
    history(&mut ledger).retain(|k| k.seq != 5);
    ledger.heard.retain(|heard| heard.seq != 5);
    assert!(
        ledger.judge().is_clean(),
        "not stored, and its sender was not told"
    );
}

#[test]
fn a_lost_message_is_caught() {
    let mut ledger = clean();
    history(&mut ledger).remove(4);
    ledger.heard.retain(|heard| heard.seq != 5);
    assert_eq!(
        ledger.judge(),
        Verdict {
            lost: 1,
            ..clean().judge()
        }
    );
}

#[test]
fn an_acknowledgement_of_another_seq_is_caught() {
    let mut ledger = clean();
    let Told::Stored { id, .. } = ledger.sent[4].told else {
        unreachable!()
    };
    ledger.sent[4].told = Told::Stored { id, seq: 6 };
    assert_eq!(ledger.judge().lost, 1);
}

#[test]
fn a_doubled_message_is_caught() {
    let mut ledger = clean();
    let twice = Kept {
        seq: 11,
        id: MessageId::new(),
        ..history(&mut ledger)[9]
    };
    history(&mut ledger).push(twice);
    ledger.complete.clear();
    assert_eq!(
        ledger.judge(),
        Verdict {
            doubled: 1,
            ..clean().judge()
        }
    );
}

#[test]
fn a_phantom_is_caught() {
    let mut ledger = clean();
    ledger.sent[9].told = Told::Refused;
    assert_eq!(ledger.judge().phantom, 1);
}

#[test]
fn swapped_messages_of_one_sender_are_caught() {
    let mut ledger = clean();
    let (a, b) = (ledger.sent[2].n, ledger.sent[4].n);
    (ledger.sent[2].n, ledger.sent[4].n) = (b, a);
    assert!(ledger.judge().reordered > 0);
}

#[test]
fn a_listener_that_hears_twice_out_of_order_or_not_is_caught() {
    let mut twice = clean();
    twice.heard.push(twice.heard[6]);
    assert_eq!(twice.judge().heard_twice, 1);

    let mut swapped = clean();
    swapped.heard.swap(6, 8);
    assert!(swapped.judge().heard_disordered > 0);

    let mut skipped = clean();
    forget(&mut skipped, 0, 5);
    assert_eq!(
        skipped.judge(),
        Verdict {
            skipped: 1,
            ..clean().judge()
        }
    );
}

#[test]
fn listeners_that_disagree_are_caught() {
    let mut ledger = clean();
    ledger.heard[6].id = MessageId::new();
    assert_eq!(
        ledger.judge(),
        Verdict {
            disagreed: 1,
            ..clean().judge()
        }
    );
}

#[test]
fn a_false_recovery_is_caught() {
    let mut ledger = clean();
    forget(&mut ledger, 1, 6);
    let verdict = ledger.judge();
    assert_eq!((verdict.dishonest, verdict.skipped), (1, 1));
}

#[test]
fn a_stuck_listener_is_caught() {
    let mut ledger = clean();
    forget(&mut ledger, 0, 10);
    assert_eq!(
        ledger.judge(),
        Verdict {
            stuck: 1,
            ..clean().judge()
        }
    );
}
