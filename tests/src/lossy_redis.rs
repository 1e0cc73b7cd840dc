//! A proxy before Redis that loses some messages of its channels, as happens to whoever does not
//! listen for a moment: the connection stays, and nobody is told.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::{TcpListener, TcpStream, tcp},
    task::JoinSet,
};

/// How a message of a channel begins, in either version of the protocol.
const MESSAGE: [&[u8]; 2] = [b"*3\r\n$7\r\nmessage\r\n", b">3\r\n$7\r\nmessage\r\n"];

/// Fibonacci hashing: numbers in a row become numbers without order.
const SCATTER: u64 = 0x9e37_79b9_7f4a_7c15;

/// A proxy on a port of its own; all its connections end when it is dropped.
pub struct LossyRedis {
    address: SocketAddr,
    losses: Arc<Losses>,
    _accepting: JoinSet<()>,
}

struct Losses {
    one_in: u64,
    seed: u64,
    seen: AtomicU64,
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
        let losses = Arc::new(Losses {
            one_in,
            seed,
            seen: AtomicU64::new(0),
            lost: AtomicU64::new(0),
        });
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, server, Arc::clone(&losses)));
        Ok(Self {
            address,
            losses,
            _accepting: accepting,
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
        self.losses.lost.load(Ordering::Relaxed)
    }
}

async fn accept(listener: TcpListener, server: SocketAddr, losses: Arc<Losses>) {
    let mut links = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        while links.try_join_next().is_some() {}
        let losses = Arc::clone(&losses);
        // Whoever is cut sees it.
        links.spawn(async move { drop(pass(client, server, &losses).await) });
    }
}

async fn pass(client: TcpStream, server: SocketAddr, losses: &Losses) -> io::Result<()> {
    let server = TcpStream::connect(server).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    tokio::select! {
        passed = copy(&mut from_client, &mut to_server) => passed.map(drop),
        answered = answers(&mut from_server, &mut to_client, losses) => answered,
    }
}

/// Passes whole values only: a message is lost as a whole.
async fn answers(
    from: &mut tcp::OwnedReadHalf,
    to: &mut tcp::OwnedWriteHalf,
    losses: &Losses,
) -> io::Result<()> {
    let mut read = Vec::new();
    while from.read_buf(&mut read).await? > 0 {
        let mut begin = 0;
        while let Some(length) = value(&read[begin..]) {
            let value = &read[begin..begin + length];
            begin += length;
            if !losses.take(value) {
                to.write_all(value).await?;
            }
        }
        read.drain(..begin);
    }
    Ok(())
}

impl Losses {
    /// Whether this is lost.
    fn take(&self, value: &[u8]) -> bool {
        if !MESSAGE.iter().any(|begin| value.starts_with(begin)) {
            return false;
        }
        let seen = self.seen.fetch_add(1, Ordering::Relaxed);
        let place = self.seed.wrapping_add(seen).wrapping_mul(SCATTER) >> 32;
        let lost = place.is_multiple_of(self.one_in);
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
        let losses = Losses {
            one_in: 10,
            seed: 1,
            seen: AtomicU64::new(0),
            lost: AtomicU64::new(0),
        };
        for _ in 0..1_000 {
            let _ = losses.take(b">3\r\n$7\r\nmessage\r\n+a\r\n+b\r\n");
            assert!(!losses.take(b">3\r\n$9\r\nsubscribe\r\n+a\r\n:1\r\n"));
        }
        let lost = losses.lost.into_inner();
        assert!((60..140).contains(&lost), "{lost}");
    }
}
