//! An open socket of the generator. All share one buffer: a socket keeps only what is not whole.

use std::{
    cell::RefCell,
    future::poll_fn,
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Poll, ready},
    time::Duration,
};

use anyhow::{Context as _, Result, bail, ensure};
use tokio::{
    io::{AsyncRead, AsyncWriteExt, ReadBuf},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    time::timeout,
};

use super::Seat;
use crate::wire::{self, Frame};

/// What is read at once. A listener that falls behind reads much at once, and so catches up.
const SCRATCH: usize = 256 * 1024;
/// How long a socket may take to be open and in its room.
const PATIENCE: Duration = Duration::from_secs(60);
/// The nonce of RFC 6455's own example; nobody caches here.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

thread_local! {
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; SCRATCH]);
}

/// An open socket, before it is split into who listens and who talks.
pub(crate) struct Client {
    /// What is heard.
    pub(crate) reader: Reader,
    /// What is said.
    pub(crate) writer: OwnedWriteHalf,
}

/// The half that hears.
pub(crate) struct Reader {
    half: OwnedReadHalf,
    pending: Vec<u8>,
}

impl Client {
    /// Opens a socket and waits until it is live in its room.
    ///
    /// # Errors
    /// When it is refused, or takes too long.
    pub(crate) async fn open(addr: SocketAddr, seat: &Seat) -> Result<Self> {
        let opened = async {
            let mut client = Self::connect(addr, seat).await?;
            client.hear(r#"{"type":"hello""#).await?;
            if let Some(question) = seat.tongue.last_question() {
                client.say(question).await?;
                client.hear(r#"{"id":"ready""#).await?;
            }
            anyhow::Ok(client)
        };
        let opened = timeout(PATIENCE, opened).await;
        opened.context("a socket took too long to be open")?
    }

    /// Opens a socket and waits for nothing but the handshake.
    ///
    /// # Errors
    /// When it is refused.
    pub(crate) async fn connect(addr: SocketAddr, seat: &Seat) -> Result<Self> {
        let mut stream = TcpStream::connect(addr).await.context("no connection")?;
        stream.set_nodelay(true)?;
        stream.write_all(handshake(addr, seat).as_bytes()).await?;
        let (half, writer) = stream.into_split();
        let pending = Vec::new();
        let mut reader = Reader { half, pending };
        reader.upgraded().await?;
        Ok(Self { reader, writer })
    }

    /// Says a text.
    ///
    /// # Errors
    /// When the socket is closed.
    pub(crate) async fn say(&mut self, text: &str) -> io::Result<()> {
        let frame = wire::masked(wire::TEXT, text.as_bytes());
        self.writer.write_all(&frame).await
    }

    /// Waits for a text that begins so, passing over others.
    ///
    /// # Errors
    /// When the socket ends before.
    pub(crate) async fn hear(&mut self, beginning: &str) -> Result<()> {
        let mut heard = false;
        while !heard {
            let open = self.reader.read(|frame| {
                heard |= frame.payload.starts_with(beginning.as_bytes());
            });
            ensure!(open.await? || heard, "the socket ended before {beginning}");
        }
        Ok(())
    }
}

fn handshake(addr: SocketAddr, seat: &Seat) -> String {
    let token = seat.token.as_ref();
    let token = token.map_or_else(String::new, |token| {
        format!("Authorization: Bearer {token}\r\n")
    });
    format!(
        "GET {} HTTP/1.1\r\nHost: {addr}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n{token}\r\n",
        seat.path
    )
}

impl Reader {
    /// Waits until something comes, and shows every frame that is whole by then. False once the
    /// socket has ended. Pings are answered.
    ///
    /// # Errors
    /// When the connection is cut.
    pub(crate) async fn read(&mut self, mut show: impl FnMut(Frame<'_>)) -> io::Result<bool> {
        if wire::parse(&self.pending).is_some() {
            // It came with the answer to the handshake.
            keep_rest(&mut self.pending, &[], show);
            return Ok(true);
        }
        let mut pings = Vec::new();
        let open = poll_fn(|cx| {
            BUFFER.with_borrow_mut(|buffer| {
                let mut room = ReadBuf::new(buffer);
                ready!(Pin::new(&mut self.half).poll_read(cx, &mut room))?;
                let filled = room.filled();
                keep_rest(&mut self.pending, filled, |frame| match frame.opcode {
                    wire::PING => pings.push(frame.payload.to_vec()),
                    _ => show(frame),
                });
                Poll::Ready(Ok::<_, io::Error>(!filled.is_empty()))
            })
        });
        let open = open.await?;
        for ping in pings {
            // Nobody talks on a socket for so long that its buffer is full when a ping comes.
            let pong = wire::masked(wire::PONG, &ping);
            let _ = self.half.as_ref().try_write(&pong);
        }
        Ok(open)
    }

    /// Reads the answer to the handshake; frames behind it stay.
    async fn upgraded(&mut self) -> Result<()> {
        loop {
            let mut chunk = [0; 1024];
            let mut room = ReadBuf::new(&mut chunk);
            poll_fn(|cx| Pin::new(&mut self.half).poll_read(cx, &mut room)).await?;
            ensure!(!room.filled().is_empty(), "no answer to the handshake");
            self.pending.extend_from_slice(room.filled());
            if let Some(end) = memchr::memmem::find(&self.pending, b"\r\n\r\n") {
                let head: Vec<u8> = self.pending.drain(..end + 4).collect();
                if head.starts_with(b"HTTP/1.1 101") {
                    return Ok(());
                }
                bail!("refused: {}", String::from_utf8_lossy(&head));
            }
        }
    }
}

/// Shows what is whole of what was pending and what has come, and keeps the rest.
fn keep_rest(pending: &mut Vec<u8>, come: &[u8], show: impl FnMut(Frame<'_>)) {
    if pending.is_empty() {
        let used = wire::each(come, show);
        pending.extend_from_slice(&come[used..]);
    } else {
        pending.extend_from_slice(come);
        let used = wire::each(pending, show);
        pending.drain(..used);
    }
}
