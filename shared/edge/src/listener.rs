//! Where connections come from: TCP, and the machine's own `admin.sock`.

use std::{
    fs::{self, Permissions},
    io::{self, IoSlice},
    net::SocketAddr,
    os::unix::{fs::PermissionsExt, net::UnixStream as BlockingUnixStream},
    path::{Path, PathBuf},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use settings::TlsFiles;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpSocket, UnixListener, UnixStream},
};

use crate::{Stream, Tls, TlsError, caps::Place, pace::Pace};

/// How many connections the kernel keeps that were not accepted yet: a crowd that reconnects.
const BACKLOG: u32 = 4_096;

/// Something that accepts connections.
pub enum Listener {
    /// Everybody's, plain or under TLS.
    Tcp(TcpListener, Option<Tls>),
    /// Of whoever may open the file: they administer.
    Local(LocalListener),
}

/// A Unix socket that only its owner may open. The file goes when this is dropped.
pub struct LocalListener {
    pub(crate) inner: UnixListener,
    path: PathBuf,
}

impl From<TcpListener> for Listener {
    fn from(listener: TcpListener) -> Self {
        Self::Tcp(listener, None)
    }
}

impl Drop for LocalListener {
    fn drop(&mut self) {
        // Nothing to be done about a file that somebody else removed.
        let _ = fs::remove_file(&self.path);
    }
}

/// Listens on an address; port 0 takes a free one.
///
/// # Errors
/// The system's; its text names the address and says what to do.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    bind(address).map_err(|error| io::Error::new(error.kind(), advice(address, &error)))
}

/// Puts TLS over bound listeners, if the settings ask for it.
///
/// # Errors
/// [`TlsError`]; the text says what to do.
pub fn secured(bound: Vec<TcpListener>, files: &TlsFiles) -> Result<Vec<Listener>, TlsError> {
    let tls = Tls::of(files)?;
    let secured = |bound| Listener::Tcp(bound, tls.clone());
    Ok(bound.into_iter().map(secured).collect())
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // A restart must not wait for the old connections' last packets.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

fn advice(address: SocketAddr, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => format!(
            "{address} is taken: stop the other program, or choose another address with --listen"
        ),
        io::ErrorKind::PermissionDenied => {
            format!("{address} may not be opened: choose a port above 1023 with --listen")
        }
        io::ErrorKind::AddrNotAvailable => {
            format!("{address} is no address of this machine: choose another with --listen")
        }
        _ => format!("cannot listen on {address}: {error}"),
    }
}

/// Listens on a Unix socket that only the owner of the process may open (0600). A file that a
/// killed process left is replaced.
///
/// # Errors
/// `AddrInUse` when somebody listens there; the system's. A path has at most 107 bytes.
pub fn listen_local(path: &Path) -> io::Result<LocalListener> {
    if BlockingUnixStream::connect(path).is_ok() {
        let text = format!("another process listens on {}", path.display());
        return Err(io::Error::new(io::ErrorKind::AddrInUse, text));
    }
    // Bound under another name, so that nobody finds it before it is closed to others.
    let draft = path.with_extension("new");
    for old in [path, &draft] {
        match fs::remove_file(old) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    let inner = UnixListener::bind(&draft)?;
    fs::set_permissions(&draft, Permissions::from_mode(0o600))?;
    fs::rename(&draft, path)?;
    Ok(LocalListener {
        inner,
        path: path.to_owned(),
    })
}

/// A connection of ours: the bytes, its place under the cap on connections, and its pace. What
/// takes an upgraded connection takes all three, so that a WebSocket stays counted.
pub struct Socket<S = Stream> {
    stream: S,
    pace: Arc<Pace>,
    _place: Place,
}

/// A connection of `admin.sock`.
pub(crate) type LocalSocket = Socket<UnixStream>;

impl<S> Socket<S> {
    pub(crate) fn new(stream: S, pace: Arc<Pace>, place: Place) -> Self {
        Self {
            stream,
            pace,
            _place: place,
        }
    }

    /// The stream itself.
    pub fn stream(&self) -> &S {
        &self.stream
    }
}

impl<S> std::fmt::Debug for Socket<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Socket")
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Socket<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.pace.bytes_came();
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Socket<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_taken_address_is_said_in_one_line() {
        let taken = listen(([127, 0, 0, 1], 0).into()).unwrap();
        let error = listen(taken.local_addr().unwrap()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        assert!(error.to_string().contains("--listen"), "{error}");
    }

    #[tokio::test]
    async fn the_local_socket_is_its_owners_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("admin.sock");
        let listener = listen_local(&path).unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        let second = listen_local(&path).err().unwrap();
        assert_eq!(second.kind(), io::ErrorKind::AddrInUse);
        drop(listener);
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn a_file_that_a_killed_process_left_is_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("admin.sock");
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        let _listener = listen_local(&path).unwrap();
        BlockingUnixStream::connect(&path).unwrap();
    }
}
