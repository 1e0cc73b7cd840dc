//! A socket that ends when one message takes endless bytes: a client may cut a message into
//! pieces, but empty pieces without end are an attack that no count of messages would show.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_util::{Sink, SinkExt, Stream, StreamExt};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf},
    time::{Duration, timeout},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error as WsError, Message,
        protocol::frame::{
            Frame,
            coding::{Data, OpCode},
        },
    },
};

use super::outgoing::Outgoing;
use crate::{Socket, session::flood_error};

/// How long a closed socket is listened to, so that the other side reads our last words.
const LINGER: Duration = Duration::from_secs(1);

/// A stream that counts the bytes of one message.
#[derive(Debug)]
pub(super) struct Metered<S> {
    stream: S,
    bytes: usize,
    max: usize,
}

impl<S> Metered<S> {
    /// Allows one message of `message_bytes` to come byte by byte: each piece has 6 bytes more.
    pub(super) fn new(stream: S, message_bytes: usize) -> Self {
        Self {
            stream,
            bytes: 0,
            max: 16 * 1024 + 7 * message_bytes,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.bytes > self.max {
            return Poll::Ready(Err(flood_error()));
        }
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        self.bytes += buffer.filled().len() - before;
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// A WebSocket whose messages are metered one by one, and which keeps no memory of what it wrote.
#[derive(Debug)]
pub(super) struct WebSocket<S = Socket> {
    /// Reads, and writes what the protocol itself has to say: pongs, and the close.
    inner: WebSocketStream<Metered<S>>,
    out: Outgoing,
    /// What the library is to write behind `out`.
    last: Option<Message>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> WebSocket<S> {
    pub(super) fn new(socket: WebSocketStream<Metered<S>>) -> Self {
        Self {
            inner: socket,
            out: Outgoing::default(),
            last: None,
        }
    }

    /// Ends the connection. What the other side still sends is read and forgotten for a moment:
    /// closing over unread bytes would reset the connection, and our last words with it.
    pub(super) async fn linger(self) {
        let mut stream = self.inner.into_inner().stream;
        let rest = async {
            stream.shutdown().await?;
            let mut sink = [0; 1024];
            while stream.read(&mut sink).await? > 0 {}
            Ok::<_, io::Error>(())
        };
        // Nothing is left to be done for who is not gone by then.
        let _ = timeout(LINGER, Box::pin(rest)).await;
    }

    fn poll_out(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), WsError>> {
        self.out.poll(self.inner.get_mut(), cx).map_err(WsError::Io)
    }

    /// The library writes while it reads, and never into the middle of a frame.
    fn poll_whole(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), WsError>> {
        match self.out.is_cut() {
            true => self.poll_out(cx),
            false => Poll::Ready(Ok(())),
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Stream for WebSocket<S> {
    type Item = Result<Message, WsError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Err(error) = ready!(self.poll_whole(cx)) {
            return Poll::Ready(Some(Err(error)));
        }
        let polled = self.inner.poll_next_unpin(cx);
        if polled.is_ready() {
            self.inner.get_mut().bytes = 0;
        }
        polled
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Sink<Message> for WebSocket<S> {
    type Error = WsError;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), WsError>> {
        match self.out.is_full() || self.last.is_some() {
            true => self.poll_flush_unpin(cx),
            false => Poll::Ready(Ok(())),
        }
    }

    fn start_send(mut self: Pin<&mut Self>, message: Message) -> Result<(), WsError> {
        match message {
            Message::Text(text) => {
                let opcode = OpCode::Data(Data::Text);
                self.out.add(Frame::message(text, opcode, true))
            }
            Message::Binary(bytes) => {
                let opcode = OpCode::Data(Data::Binary);
                self.out.add(Frame::message(bytes, opcode, true))
            }
            Message::Ping(payload) => self.out.add(Frame::ping(payload)),
            other => {
                self.last = Some(other);
                Ok(())
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), WsError>> {
        ready!(self.poll_whole(cx))?;
        ready!(self.inner.poll_flush_unpin(cx))?;
        ready!(self.poll_out(cx))?;
        if self.last.is_some() {
            ready!(self.inner.poll_ready_unpin(cx))?;
            if let Some(last) = self.last.take() {
                self.inner.start_send_unpin(last)?;
            }
        }
        self.inner.poll_flush_unpin(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), WsError>> {
        ready!(self.poll_flush_unpin(cx))?;
        self.inner.poll_close_unpin(cx)
    }
}
