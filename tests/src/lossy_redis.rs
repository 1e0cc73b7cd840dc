//! A proxy before Redis that loses some messages of its channels, as happens to whoever does not
//! listen for a moment: the connection stays, and nobody is told.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::{TcpListener, TcpStream, tcp},
};

use testkit::{accepting::Accepting, losses::Losses};

/// How a message of a channel begins, in either version of the protocol.
const MESSAGE: [&[u8]; 2] = [b"*3\r\n$7\r\nmessage\r\n", b">3\r\n$7\r\nmessage\r\n"];

/// A proxy on a port of its own; all its connections end when it is dropped.
pub struct LossyRedis {
    address: SocketAddr,
    messages: Arc<Messages>,
    _accepting: Accepting,
}

struct Messages {
    losses: Mutex<Losses>,
    lost: AtomicU64,
}

impl LossyRedis {
    /// Passes everything to `server` and back, but one message in `one_in`, at random places that
    /// `seed` determines.
    ///
    /// # Errors
    /// If no port can be had.
    pub async fn to(server: SocketAddr, one_in: u64, seed: u64) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let messages = Arc::new(Messages::new(one_in, seed));
        let passed = Arc::clone(&messages);
        let serve = move |client| {
            let messages = Arc::clone(&passed);
            // Whoever is cut sees it.
            async move { drop(pass(client, server, &messages).await) }
        };
        Ok(Self {
            address,
            messages,
            _accepting: Accepting::on(listener, serve),
        })
    }

    /// Where clients connect.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many messages were lost so far.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.messages.lost.load(Ordering::Relaxed)
    }
}

async fn pass(client: TcpStream, server: SocketAddr, messages: &Messages) -> io::Result<()> {
    let server = TcpStream::connect(server).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    tokio::select! {
        passed = copy(&mut from_client, &mut to_server) => passed.map(drop),
        answered = answers(&mut from_server, &mut to_client, messages) => answered,
    }
}

/// Passes whole values only: a message is lost as a whole.
async fn answers(
    from: &mut tcp::OwnedReadHalf,
    to: &mut tcp::OwnedWriteHalf,
    messages: &Messages,
) -> io::Result<()> {
    let mut read = Vec::new();
    while from.read_buf(&mut read).await? > 0 {
        let mut begin = 0;
        while let Some(length) = value(&read[begin..]) {
            let value = &read[begin..begin + length];
            begin += length;
            if !messages.lose(value) {
                to.write_all(value).await?;
            }
        }
        read.drain(..begin);
    }
    Ok(())
}

impl Messages {
    fn new(one_in: u64, seed: u64) -> Self {
        Self {
            losses: Mutex::new(Losses::new(one_in, seed)),
            lost: AtomicU64::new(0),
        }
    }

    /// Whether this is lost: nothing but messages ever is.
    fn lose(&self, value: &[u8]) -> bool {
        if !MESSAGE.iter().any(|begin| value.starts_with(begin)) {
            return false;
        }
        let lost = self.losses.lock().expect("no panic").next_is_lost();
        self.lost.fetch_add(u64::from(lost), Ordering::Relaxed);
        lost
    }
}

/// How many bytes the first value takes; `None` while it is not whole.
fn value(bytes: &[u8]) -> Option<usize> {
    let line = bytes.windows(2).position(|two| two == b"\r\n")?;
    let (line, end) = (&bytes[..line], line + 2);
    let number: usize = std::str::from_utf8(line.get(1..)?)
        .ok()
        .and_then(|number| number.parse().ok())
        .unwrap_or(0);
    let is_null = line.get(1) == Some(&b'-');
    let count = match line.first()? {
        b'$' | b'=' | b'!' if !is_null => {
            let whole = end + number + 2;
            return (bytes.len() >= whole).then_some(whole);
        }
        b'*' | b'>' | b'~' => number,
        b'%' => 2 * number,
        _ => 0,
    };
    (0..count).try_fold(end, |at, _| Some(at + value(bytes.get(at..)?)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_measured_whole() {
        for (bytes, length) in [
            (&b"+OK\r\n"[..], Some(5)),
            (b"$5\r\nhe\r\nl\r\n", Some(11)),
            (b"$-1\r\n:1\r\n", Some(5)),
            (b">2\r\n+a\r\n$1\r\nb\r\nrest", Some(15)),
            (b"%1\r\n+a\r\n*0\r\n", Some(12)),
            (b"*-1\r\n", Some(5)),
            (b"$5\r\nhel", None),
            (b"*2\r\n:1\r\n", None),
            (b"", None),
        ] {
            assert_eq!(value(bytes), length, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn of_messages_and_of_nothing_else_one_in_ten_is_lost() {
        let messages = Messages::new(10, 1);
        for _ in 0..1_000 {
            let _ = messages.lose(b">3\r\n$7\r\nmessage\r\n+a\r\n+b\r\n");
            assert!(!messages.lose(b">3\r\n$9\r\nsubscribe\r\n+a\r\n:1\r\n"));
        }
        let lost = messages.lost.into_inner();
        assert!((60..140).contains(&lost), "{lost}");
    }
}
