//! One address for the services, as the balancer's file that is shipped makes it: the beginning of
//! a connection's first request says whose it is. Bytes are passed on as they come, so that what a
//! service says to the wrong bytes can be tested through it.

use std::{
    collections::BTreeMap,
    io,
    net::SocketAddr,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use futures_util::future::{Either, select};
use testkit::accepting::Accepting;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy, sink},
    net::TcpStream,
    time::{Duration, timeout},
};

/// The file whose paths are followed.
const SHIPPED: &str = include_str!("../../deploy/nginx/hubbub.conf");

/// What is said where the file says that nobody is to see a path.
const NOWHERE: &[u8] = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// Who has not said by then what they ask for is passed on to whoever has everything else.
const FIRST_LINE: Duration = Duration::from_millis(500);

/// How long a client may take to end after it was answered.
const LINGER: Duration = Duration::from_secs(5);

/// Most bytes that are read for a first line.
const LINE_BYTES: usize = 32 * 1024;

/// Which service has which paths.
#[derive(Debug, Clone)]
pub struct Paths(Vec<Location>);

#[derive(Debug, Clone)]
struct Location {
    path: String,
    /// The path itself, not what begins with it.
    exact: bool,
    /// `None`: nobody's.
    upstream: Option<String>,
}

impl Paths {
    /// What the file says that is shipped for nginx.
    ///
    /// # Panics
    /// When it has something that is not understood here.
    #[must_use]
    pub fn shipped() -> Self {
        let blocks = SHIPPED.split("location ").skip(1);
        Self(blocks.map(location).collect())
    }

    /// The upstream that has a path: by the longest that it begins with, as nginx decides.
    #[must_use]
    pub fn upstream(&self, path: &str) -> Option<&str> {
        let fits = |location: &&Location| match location.exact {
            true => path == location.path,
            false => path.starts_with(&location.path),
        };
        let fitting = self.0.iter().filter(fits);
        let best = fitting.max_by_key(|location| (location.exact, location.path.len()));
        best?.upstream.as_deref()
    }

    /// What begins with something of its own, and whose that is.
    pub fn prefixes(&self) -> impl Iterator<Item = (&str, &str)> {
        let of = |location: &'_ Location| !location.exact && location.path != "/";
        let prefixes = self.0.iter().filter(move |location| of(location));
        prefixes
            .filter_map(|location| Some((location.path.as_str(), location.upstream.as_deref()?)))
    }
}

/// Reads what stands behind `location` up to the end of its block.
fn location(block: &str) -> Location {
    let (head, rest) = block.split_once('{').expect("a block");
    let (body, _) = rest.split_once('}').expect("its end");
    let (exact, path) = match head.trim().strip_prefix("= ") {
        Some(path) => (true, path),
        None => (false, head.trim()),
    };
    let upstream = body
        .trim()
        .strip_prefix("proxy_pass http://")
        .map(|rest| rest.trim_end_matches(';').to_owned());
    assert!(
        upstream.is_some() || body.trim() == "return 404;",
        "not understood: {body}"
    );
    Location {
        path: path.to_owned(),
        exact,
        upstream,
    }
}

/// The nodes of each upstream.
pub type Upstreams = BTreeMap<&'static str, Vec<SocketAddr>>;

/// A running balancer; its connections end when it is dropped.
pub struct Balancer {
    address: SocketAddr,
    _accepting: Accepting,
}

struct Shared {
    paths: Paths,
    upstreams: Upstreams,
    turn: AtomicUsize,
}

impl Balancer {
    /// Listens on an address in front of these nodes. A node that is away is passed over.
    ///
    /// # Panics
    /// When the address cannot be had.
    #[must_use]
    pub fn start(address: SocketAddr, upstreams: Upstreams) -> Self {
        let listener = edge::listen(address).expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            paths: Paths::shipped(),
            upstreams,
            turn: AtomicUsize::new(0),
        });
        let serve = move |client| {
            let shared = Arc::clone(&shared);
            // Whoever is cut sees it.
            async move { drop(shared.pass(client).await) }
        };
        Self {
            address,
            _accepting: Accepting::on(listener, serve),
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Shared {
    async fn pass(&self, mut client: TcpStream) -> io::Result<()> {
        client.set_nodelay(true)?;
        let mut begun = Vec::new();
        let line = timeout(FIRST_LINE, first_line(&mut client, &mut begun)).await;
        line.unwrap_or(Ok(()))?;
        let Some(upstream) = self.paths.upstream(&asked(&begun)) else {
            return client.write_all(NOWHERE).await;
        };
        let Some(mut node) = self.connect(upstream).await else {
            // As a balancer is cut off whose last node went: the client comes again.
            return client.set_zero_linger();
        };
        node.set_nodelay(true)?;
        node.write_all(&begun).await?;
        let exchanged = exchange(&mut client, &mut node).await;
        if exchanged.is_err() {
            client.set_zero_linger()?;
        }
        exchanged
    }

    /// A connection to one of the nodes, by turns.
    async fn connect(&self, upstream: &str) -> Option<TcpStream> {
        let nodes = self.upstreams.get(upstream)?;
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        for n in 0..nodes.len() {
            if let Ok(node) = TcpStream::connect(nodes[(turn + n) % nodes.len()]).await {
                return Some(node);
            }
        }
        None
    }
}

/// Passes bytes both ways until the node has no more to say. What the client still sends then is
/// read for a while, so that it reads the answer before it hears that nobody listens.
async fn exchange(client: &mut TcpStream, node: &mut TcpStream) -> io::Result<()> {
    let (mut from_client, mut to_client) = client.split();
    let (mut from_node, mut to_node) = node.split();
    let up = pin!(async {
        let _ = copy(&mut from_client, &mut to_node).await;
        let _ = to_node.shutdown().await;
        let _ = copy(&mut from_client, &mut sink()).await;
    });
    let down = pin!(async {
        copy(&mut from_node, &mut to_client).await?;
        to_client.shutdown().await
    });
    match select(down, up).await {
        Either::Left((ended, up)) => {
            if ended.is_ok() {
                let _ = timeout(LINGER, up).await;
            }
            ended
        }
        Either::Right((_, down)) => down.await,
    }
}

/// Reads until there is a whole line, or something that begins no request.
async fn first_line(client: &mut TcpStream, begun: &mut Vec<u8>) -> io::Result<()> {
    loop {
        let is_request = begun.first().is_none_or(u8::is_ascii_alphabetic);
        if !is_request || begun.contains(&b'\n') || begun.len() > LINE_BYTES {
            return Ok(());
        }
        if client.read_buf(begun).await? == 0 {
            return Ok(());
        }
    }
}

/// The path of the first line; `/` where there is none to be seen, as through TLS.
fn asked(begun: &[u8]) -> String {
    let line = begun
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    let target = line.split(' ').nth(1).filter(|path| path.starts_with('/'));
    let path = target.and_then(|target| target.split('?').next());
    path.unwrap_or("/").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_beginning_decides() {
        let paths = Paths::shipped();
        for (path, upstream) in [
            ("/", Some("chat")),
            ("/api/v1/rooms", Some("chat")),
            ("/api/v1/notifications/ack", Some("notifications")),
            ("/ws/join-notification/", Some("notifications")),
            ("/api/v1/admin/archive/runs", Some("scheduler")),
            ("/api/v1/admin/users", Some("chat")),
            ("/metrics", None),
            ("/metrics/more", Some("chat")),
        ] {
            assert_eq!(paths.upstream(path), upstream, "{path}");
        }
    }

    #[test]
    fn what_is_asked_for_is_in_the_first_line() {
        assert_eq!(asked(b"GET /a/b?c=/d HTTP/1.1\r\nhost: x\r\n"), "/a/b");
        for unclear in [
            &b""[..],
            b"\x16\x03\x01\n",
            b"GET",
            b"OPTIONS * HTTP/1.1\r\n",
        ] {
            assert_eq!(asked(unclear), "/", "{unclear:?}");
        }
    }
}
