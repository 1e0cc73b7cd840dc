//! Somebody who listens, and notices what is lost, doubled or out of order.

use std::{rc::Rc, time::Instant};

use super::{Tally, client::Reader, gate::Gate};
use crate::{
    stamp::Stamp,
    wire::{self, Frame},
};

/// A listener of one room.
pub(crate) struct Ear {
    /// Its number, for reports.
    pub(crate) seat: usize,
    /// What it hears.
    pub(crate) reader: Reader,
    /// What is yet to come of each talker of its room.
    pub(crate) expected: Expected,
    /// Where it is counted.
    pub(crate) tally: Rc<Tally>,
    /// Opens when it is answered, where it also talks.
    pub(crate) own: Option<Rc<Gate>>,
}

/// The next number of each talker of a room.
#[derive(Debug, Clone)]
pub(crate) struct Expected {
    first: u16,
    next: Vec<u32>,
}

impl Expected {
    /// Of these talkers, from these numbers on.
    pub(crate) fn new(first: u16, next: Vec<u32>) -> Self {
        Self { first, next }
    }

    /// Takes a message.
    ///
    /// # Errors
    /// What is wrong with it.
    fn take(&mut self, stamp: Stamp) -> Result<(), String> {
        let Stamp { sender, number, .. } = stamp;
        let index = usize::from(sender.wrapping_sub(self.first));
        let Some(next) = self.next.get_mut(index) else {
            return Err(format!("message {number} of {sender} is of another room"));
        };
        let wanted = *next;
        *next = number.wrapping_add(1);
        if number == wanted {
            return Ok(());
        }
        let what = match number > wanted {
            true => "something is lost or late",
            false => "something is doubled or late",
        };
        Err(format!(
            "message {number} of {sender} came where {wanted} was to come: {what}"
        ))
    }
}

impl Ear {
    /// Listens until the socket ends, which is a fault as well.
    pub(crate) async fn listen(mut self) {
        loop {
            let Self {
                seat,
                reader,
                expected,
                tally,
                own,
            } = &mut self;
            let mut now = None;
            let open = reader.read(|frame| {
                let now = *now.get_or_insert_with(|| tally.since(Instant::now()));
                let own = own.as_deref();
                if let Err(fault) = hear(frame, now, expected, tally, own) {
                    tally.fault(format!("socket {seat}: {fault}"));
                }
            });
            let open = open.await;
            tally.moved();
            if !matches!(open, Ok(true)) {
                return tally.fault(format!("socket {seat} was closed: {open:?}"));
            }
        }
    }
}

fn hear(
    frame: Frame<'_>,
    now: u64,
    expected: &mut Expected,
    tally: &Tally,
    own: Option<&Gate>,
) -> Result<(), String> {
    let payload = frame.payload;
    match frame.opcode {
        wire::TEXT => {}
        wire::CLOSE => return Err(format!("closed with {}", close_code(payload))),
        other => return Err(format!("a frame of kind {other} came")),
    }
    if payload.starts_with(br#"{"id":"#) {
        return answer(payload, tally, own);
    }
    if let Some(stamp) = Stamp::find(payload) {
        expected.take(stamp)?;
        tally.heard(stamp.at, now, payload.len());
        return Ok(());
    }
    match is_alarm(payload) {
        true => Err(String::from_utf8_lossy(payload).into_owned()),
        false => Ok(()),
    }
}

fn close_code(payload: &[u8]) -> u16 {
    payload.first_chunk().copied().map_or(0, u16::from_be_bytes)
}

/// What answers something that was said.
fn answer(payload: &[u8], tally: &Tally, own: Option<&Gate>) -> Result<(), String> {
    if memchr::memmem::find(payload, br#""type":"ack""#).is_none() {
        return Err(String::from_utf8_lossy(payload).into_owned());
    }
    tally.answered();
    if let Some(own) = own {
        own.arrived();
    }
    Ok(())
}

/// Frames that say that something is or will be missing.
fn is_alarm(payload: &[u8]) -> bool {
    [
        r#"{"type":"error""#,
        r#"{"type":"gap""#,
        r#"{"type":"draining""#,
    ]
    .iter()
    .any(|alarm| payload.starts_with(alarm.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(sender: u16, number: u32) -> Stamp {
        let at = 0;
        Stamp { sender, number, at }
    }

    #[test]
    fn what_comes_in_order_is_right() {
        let mut expected = Expected::new(4, vec![0, 0]);
        for stamp in [said(4, 0), said(5, 0), said(5, 1), said(4, 1)] {
            expected.take(stamp).unwrap();
        }
    }

    #[test]
    fn loss_repetition_disorder_and_strangers_are_noticed() {
        for wrong in [said(4, 3), said(4, 1), said(4, 0), said(6, 0), said(3, 0)] {
            let mut expected = Expected::new(4, vec![2, 0]);
            assert!(expected.take(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_refusal_is_a_fault_and_an_answer_is_counted() {
        let tally = Tally::new();
        assert!(answer(br#"{"id":"s","type":"ack"}"#, &tally, None).is_ok());
        assert!(answer(br#"{"id":"s","type":"error"}"#, &tally, None).is_err());
        assert_eq!(tally.take().answered, 1);
    }
}
