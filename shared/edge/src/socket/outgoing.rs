//! Frames on their way out. The library would keep the memory of the longest burst for as long as
//! the socket lives; here it goes with the burst.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::AsyncWrite;
use tokio_tungstenite::tungstenite::{Error as WsError, protocol::frame::Frame};

/// What is collected before it is written.
const ENOUGH: usize = 16 * 1024;

/// Memory that is worth keeping for the next frames: an answer fits, and most messages.
const KEPT: usize = 256;

/// Whole frames, of which a part may be written.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    bytes: Vec<u8>,
    written: usize,
}

impl Outgoing {
    /// Adds a frame.
    ///
    /// # Errors
    /// A frame that the library cannot encode.
    pub(super) fn add(&mut self, frame: Frame) -> Result<(), WsError> {
        self.bytes.reserve(frame.len());
        frame.format(&mut self.bytes)
    }

    /// Whether so much waits that it is to be written before more comes.
    pub(super) fn is_full(&self) -> bool {
        self.bytes.len() >= ENOUGH
    }

    /// Whether a frame is written in part: nothing else may be written before its end.
    pub(super) fn is_cut(&self) -> bool {
        self.written > 0
    }

    /// Writes all that waits.
    pub(super) fn poll<S: AsyncWrite + Unpin>(
        &mut self,
        stream: &mut S,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        while self.written < self.bytes.len() {
            let rest = &self.bytes[self.written..];
            match ready!(Pin::new(&mut *stream).poll_write(cx, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                bytes => self.written += bytes,
            }
        }
        self.empty();
        Poll::Ready(Ok(()))
    }

    fn empty(&mut self) {
        self.written = 0;
        self.bytes.clear();
        if self.bytes.capacity() > KEPT {
            self.bytes = Vec::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::io::AsyncReadExt;
    use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

    use super::*;

    fn text(bytes: usize) -> Frame {
        Frame::message("x".repeat(bytes), OpCode::Data(Data::Text), true)
    }

    /// Through a pipe that takes a few bytes at a time.
    #[tokio::test]
    async fn frames_come_whole_and_their_memory_goes() {
        let (mut ours, mut theirs) = tokio::io::duplex(7);
        let mut out = Outgoing::default();
        out.add(text(3)).unwrap();
        out.add(text(70_000)).unwrap();
        assert!(out.is_full() && !out.is_cut());
        let mut read = vec![0; 2 + 3 + 10 + 70_000];
        let write = poll_fn(|cx| out.poll(&mut ours, cx));
        let (wrote, _) = tokio::join!(write, theirs.read_exact(&mut read));
        wrote.unwrap();
        assert_eq!(read[..5], *b"\x81\x03xxx");
        assert_eq!(read[5..15], [0x81, 127, 0, 0, 0, 0, 0, 1, 0x11, 0x70]);
        assert!(!out.is_cut());
        assert_eq!(out.bytes.capacity(), 0);
    }

    #[tokio::test]
    async fn what_is_written_in_part_is_told() {
        let (mut ours, _theirs) = tokio::io::duplex(7);
        let mut out = Outgoing::default();
        out.add(text(100)).unwrap();
        let polled = poll_fn(|cx| Poll::Ready(out.poll(&mut ours, cx))).await;
        assert!(polled.is_pending() && out.is_cut());
    }
}
