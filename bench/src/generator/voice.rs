//! Somebody who talks.

use std::{io, rc::Rc};

use tokio::{io::AsyncWriteExt, net::tcp::OwnedWriteHalf};

use super::{Tally, Tongue, gate::Gate};
use crate::{stamp::Stamp, wire};

/// What is said beside the stamp, so that a text has about a hundred characters.
const WORDS: &str = "the quick brown fox jumps over the lazy dog, and the dog takes no notice";

/// A talker of one room.
pub(crate) struct Voice {
    /// Its number, through all rooms.
    pub(crate) sender: u16,
    /// How many it has said.
    pub(crate) said: u32,
    /// How the server is spoken to.
    pub(crate) tongue: Tongue,
    /// Where it writes.
    pub(crate) writer: OwnedWriteHalf,
    /// Where it is counted.
    pub(crate) tally: Rc<Tally>,
    /// Opens when it is answered.
    pub(crate) own: Rc<Gate>,
}

impl Voice {
    /// Says the next message, which was meant to be said at `at`.
    ///
    /// # Errors
    /// When the socket is closed.
    pub(crate) async fn say(&mut self, at: u64) -> io::Result<()> {
        let stamp = Stamp {
            sender: self.sender,
            number: self.said,
            at,
        };
        self.said += 1;
        let text = self.tongue.say(&format!("{stamp}{WORDS}"));
        let frame = wire::masked(wire::TEXT, text.as_bytes());
        self.writer.write_all(&frame).await
    }

    /// The same, meant to be said now.
    ///
    /// # Errors
    /// When the socket is closed.
    pub(crate) async fn say_now(&mut self) -> io::Result<()> {
        self.say(self.tally.now()).await
    }
}
