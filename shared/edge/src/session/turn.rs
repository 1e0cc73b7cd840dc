//! What one thing that came to a session leads to.

use std::{future::Future, pin::Pin};

use bytes::Bytes;
use domain::Code;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use super::{Ending, tenure::Tenure};

/// Work in the background, which ends with a `D`.
pub(crate) type Work<D> = Pin<Box<dyn Future<Output = D> + Send>>;

/// What a machine wants done: frames to be written, work to be begun, the end.
pub(crate) struct Turn<D> {
    messages: Vec<Message>,
    flush: bool,
    close: Option<Ending>,
    tenure: Option<Tenure>,
    commands: Option<Work<D>>,
    reading: Option<Work<D>>,
}

impl<D> Default for Turn<D> {
    fn default() -> Self {
        Self {
            messages: Vec::new(),
            flush: false,
            close: None,
            tenure: None,
            commands: None,
            reading: None,
        }
    }
}

impl<D> Turn<D> {
    /// Writes a frame.
    pub(crate) fn say(&mut self, text: impl Into<Utf8Bytes>) {
        self.messages.push(Message::Text(text.into()));
    }

    /// Writes bytes.
    #[cfg(test)]
    pub(crate) fn say_bytes(&mut self, bytes: Bytes) {
        self.messages.push(Message::Binary(bytes));
    }

    /// Pings, behind the frames said so far.
    pub(crate) fn ping(&mut self, payload: Bytes) {
        self.messages.push(Message::Ping(payload));
    }

    /// Writes what the library has to say.
    pub(crate) fn flush(&mut self) {
        self.flush = true;
    }

    /// Ends the session after writing. The first reason counts.
    pub(crate) fn close(&mut self, code: Code) {
        self.close.get_or_insert(Ending::Code(code));
    }

    /// Ends the session after writing: the other side does not speak the dialect. `status` is what
    /// the dialect's document closes with.
    pub(crate) fn break_off(&mut self, status: u16) {
        self.close.get_or_insert(Ending::Protocol(status));
    }

    /// Lets the session live by another token.
    pub(super) fn renew(&mut self, tenure: Tenure) {
        self.tenure = Some(tenure);
    }

    /// Begins the client's commands. There must be none under way.
    pub(crate) fn command(&mut self, work: impl Future<Output = D> + Send + 'static) {
        self.commands = Some(Box::pin(work));
    }

    /// Begins a read of the session's own, when all frames are written. There must be none under
    /// way.
    pub(crate) fn read(&mut self, work: impl Future<Output = D> + Send + 'static) {
        self.reading = Some(Box::pin(work));
    }

    pub(super) fn writes(&self) -> bool {
        self.flush || !self.messages.is_empty()
    }

    pub(super) fn messages(&mut self) -> impl Iterator<Item = Message> {
        self.flush = false;
        std::mem::take(&mut self.messages).into_iter()
    }

    pub(super) fn take_close(&mut self) -> Option<Ending> {
        self.close.take()
    }

    pub(super) fn take_tenure(&mut self) -> Option<Tenure> {
        self.tenure.take()
    }

    pub(super) fn take_work(&mut self) -> (Option<Work<D>>, Option<Work<D>>) {
        (self.commands.take(), self.reading.take())
    }
}
