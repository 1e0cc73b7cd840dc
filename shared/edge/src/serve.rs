//! The accept loop, and the graceful end.

use std::{convert::Infallible, io, sync::Arc, time::Duration};

use bytes::Bytes;
use domain::Limits;
use hyper::{
    Request, Response,
    body::{Body, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    time::{Instant, interval, sleep, timeout_at},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    Context, Front, Listener, Peer, Service, Socket, Stream, Task, Tls,
    caps::Places,
    listener::{LocalListener, LocalSocket},
    otlp::Sending,
    pace::{HEAD, Pace, Paced},
    serving,
    supervise::{self, Failure},
    telemetry,
};

/// Most headers of a request, and most bytes of its head.
const HEADERS: usize = 64;
const HEAD_BYTES: usize = 16 * 1024;

/// How often a connection's pace is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// How long the accept loop rests when the system has no file left.
const NO_FILES: Duration = Duration::from_millis(100);

/// The parts of [`Limits::DRAIN`]: until then requests are to be answered, sessions to be gone,
/// and tasks to be done. What is left belongs to the main function, which closes the store.
const REQUESTS_END: Duration = Duration::from_secs(5);
const SESSIONS_END: Duration = Duration::from_secs(7);
const TASKS_END: Duration = Duration::from_secs(9);

/// How long the collector of traces may take at the end, within the time of the tasks.
const SPANS_END: Duration = Duration::from_secs(2);

/// What a client is told that finds all places taken.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\n\
    content-length: 0\r\nconnection: close\r\n\r\n";

/// What the connections of one process share.
#[derive(Clone)]
struct Shared {
    front: Front,
    places: Arc<Places>,
    connections: TaskTracker,
    drain: CancellationToken,
    /// Cancelled when requests have had their time.
    cut: CancellationToken,
}

/// Serves everything on every listener until [`Context::drain`] is cancelled, and then ends: no
/// new connections; requests that were taken are answered, sessions end; then [`Context::stop`],
/// and the tasks end. All of it takes less than [`Limits::DRAIN`]; what is not done then is left.
///
/// # Errors
/// `internal` when a task failed that the process cannot be without.
pub async fn serve(
    ctx: &Context,
    listeners: Vec<Listener>,
    mut services: Vec<Service>,
) -> domain::Result<()> {
    let failure = Failure::default();
    let sending = Sending::begin();
    let listening = ctx.health.part("listeners");
    let certificate = certificate(&listeners).map(|tls| tls.task(ctx.stop.clone()));
    let own = own_tasks(ctx).into_iter().chain(certificate);
    for task in own.chain(take_tasks(&mut services)) {
        supervise::start(ctx, task, &failure);
    }
    let shared = Shared::new(ctx, services);
    for listener in listeners {
        let accepting = shared.clone();
        shared.connections.spawn(accepting.accept(listener));
    }
    listening.up();
    ctx.drain.cancelled().await;
    end(ctx, &shared, sending).await;
    failure.into_result()
}

/// Offers the routes within the process, without a socket, to whoever may open its data: the
/// command line. Nobody runs the services' tasks.
#[must_use]
pub fn in_process(ctx: &Context, services: Vec<Service>) -> Front {
    Front::new(ctx, services).for_local_administrator()
}

fn own_tasks(ctx: &Context) -> Vec<Task> {
    let mut tasks = vec![
        ctx.health.clone().task(ctx.stop.clone()),
        ctx.auth.clone().task(ctx.stop.clone()),
        telemetry::task(ctx.stop.clone()),
    ];
    tasks.extend(ctx.rates.clone().tasks(&ctx.stop));
    tasks.extend(ctx.auth.clone().issuers_task(ctx.stop.clone()));
    tasks.extend(serving::task(ctx));
    tasks.extend(crate::Live::tasks(ctx));
    tasks
}

/// All listeners have the same certificate.
fn certificate(listeners: &[Listener]) -> Option<Tls> {
    listeners.iter().find_map(|listener| match listener {
        Listener::Tcp(_, tls) => tls.clone(),
        Listener::Local(_) => None,
    })
}

fn take_tasks(services: &mut [Service]) -> Vec<Task> {
    let tasks = services.iter_mut().map(|service| &mut service.tasks);
    tasks.flat_map(std::mem::take).collect()
}

async fn end(ctx: &Context, shared: &Shared, sending: Sending) {
    let begun = Instant::now();
    tracing::info!(sessions = ctx.sessions.open(), "draining");
    shared.connections.close();
    if timeout_at(begun + REQUESTS_END, shared.connections.wait())
        .await
        .is_err()
    {
        let open = shared.connections.len();
        tracing::warn!(open, "connections were cut off at the end");
    }
    shared.cut.cancel();
    if timeout_at(begun + SESSIONS_END, ctx.sessions.all_gone())
        .await
        .is_err()
    {
        let open = ctx.sessions.open();
        tracing::warn!(open, "sessions were cut off at the end");
    }
    ctx.stop.cancel();
    ctx.tasks.close();
    if timeout_at(begun + TASKS_END, ctx.tasks.wait())
        .await
        .is_err()
    {
        tracing::warn!(running = ctx.tasks.len(), "tasks were left at the end");
    }
    // Last, because until here there are spans that end.
    let spans_end = Instant::now() + SPANS_END;
    sending.end(spans_end.min(begun + TASKS_END)).await;
    debug_assert!(TASKS_END < Limits::DRAIN);
    let ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(ms, "drained");
}

impl Shared {
    fn new(ctx: &Context, services: Vec<Service>) -> Self {
        Self {
            front: Front::new(ctx, services),
            places: Arc::new(places(ctx)),
            connections: TaskTracker::new(),
            drain: ctx.drain.clone(),
            cut: CancellationToken::new(),
        }
    }

    async fn accept(self, listener: Listener) {
        let drain = self.drain.clone();
        let forever = async move {
            match listener {
                Listener::Tcp(listener, tls) => self.accept_tcp(&listener, tls).await,
                Listener::Local(listener) => self.accept_local(&listener).await,
            }
        };
        drain.run_until_cancelled(forever).await;
    }

    async fn accept_tcp(&self, listener: &TcpListener, tls: Option<Tls>) {
        loop {
            match listener.accept().await {
                Ok((stream, address)) => self.take(stream, tls.clone(), Peer(address)),
                Err(error) => rest_after(&error).await,
            }
        }
    }

    async fn accept_local(&self, listener: &LocalListener) {
        let front = self.front.clone().for_local_administrator();
        loop {
            match listener.inner.accept().await {
                Ok((stream, _)) => self.take_local(stream, front.clone()),
                Err(error) => rest_after(&error).await,
            }
        }
    }

    fn take(&self, stream: TcpStream, tls: Option<Tls>, peer: Peer) {
        let Some(place) = self.places.take(peer) else {
            metrics::counter!("hubbub_connections_refused_total").increment(1);
            // Whether it can still be told is not worth waiting for.
            let _ = tls.is_none().then(|| stream.try_write(FULL));
            return;
        };
        // Small frames must not wait 40 ms for company. A socket that is gone already fails soon.
        let _ = stream.set_nodelay(true);
        let pace = Pace::begin();
        let this = self.clone();
        self.connections.spawn(async move {
            let opened = match tls {
                None => Some((Stream::Plain(stream), this.front.clone())),
                Some(tls) => this.shake_hands(tls, stream, &pace).await,
            };
            if let Some((stream, front)) = opened {
                let socket = Socket::new(stream, pace.clone(), place);
                this.converse(socket, pace, front, peer).await;
            }
        });
    }

    /// The handshake is a part of the first head: it has no more time than that.
    async fn shake_hands(
        &self,
        tls: Tls,
        stream: TcpStream,
        pace: &Pace,
    ) -> Option<(Stream, Front)> {
        // On the heap for as long as it takes: most of a connection's life it is over.
        let shaken = Box::pin(tls.accept(stream));
        let shaken = tokio::select! {
            shaken = shaken => shaken,
            () = overdue(pace) => return None,
            () = self.drain.cancelled() => return None,
        };
        let stream = shaken
            .inspect_err(|error| {
                metrics::counter!("hubbub_tls_handshakes_failed_total").increment(1);
                tracing::debug!(%error, "no TLS handshake");
            })
            .ok()?;
        Some((Stream::Tls(Box::new(stream)), self.front.clone().over_tls()))
    }

    fn take_local(&self, stream: tokio::net::UnixStream, front: Front) {
        let Some(place) = self.places.take(Peer::local()) else {
            return;
        };
        let pace = Pace::begin();
        let socket: LocalSocket = Socket::new(stream, pace.clone(), place);
        let this = self.clone();
        self.connections
            .spawn(async move { this.converse(socket, pace, front, Peer::local()).await });
    }

    /// Serves one connection until it ends, is upgraded, takes too long, or the process ends.
    async fn converse<S>(&self, socket: Socket<S>, pace: Arc<Pace>, front: Front, peer: Peer)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let _open = Open::count();
        let paced = pace.clone();
        let service =
            service_fn(move |request| respond(request, front.clone(), paced.clone(), peer));
        let connection = http().serve_connection(TokioIo::new(socket), service);
        let connection = connection.with_upgrades();
        let mut connection = std::pin::pin!(connection);
        let ending = async {
            tokio::select! {
                () = overdue(&pace) => {}
                () = self.drain.cancelled() => {}
            }
        };
        tokio::select! {
            // How a connection ended is its client's business.
            _ = connection.as_mut() => return,
            () = ending => connection.as_mut().graceful_shutdown(),
        }
        tokio::select! {
            _ = connection.as_mut() => {}
            () = overdue_again(&pace) => {}
            () = self.cut.cancelled() => {}
        }
    }
}

fn places(ctx: &Context) -> Places {
    let (lifted, proxies) = (ctx.settings.no_limits, ctx.proxies.clone());
    Places::new(&ctx.limits, lifted, proxies)
}

async fn respond(
    mut request: Request<Incoming>,
    mut front: Front,
    pace: Arc<Pace>,
    peer: Peer,
) -> Result<Response<Paced<impl Body<Data = Bytes, Error = warp::Error>>>, Infallible> {
    pace.moves();
    request.extensions_mut().insert(peer);
    let response = tower::Service::call(&mut front, request).await?;
    Ok(response.map(|body| Paced::new(body, pace)))
}

/// HTTP/1.1 and nothing else. hyper reads heads only; how long they take, [`Pace`] says.
fn http() -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(None)
        .max_headers(HEADERS)
        .max_buf_size(HEAD_BYTES);
    http
}

/// Waits until the connection takes longer than it may.
async fn overdue(pace: &Pace) {
    let mut look = interval(LOOK);
    loop {
        look.tick().await;
        if pace.is_overdue() {
            return;
        }
    }
}

/// Waits for as long as a connection that was asked to end may take over it.
async fn overdue_again(pace: &Pace) {
    sleep(HEAD).await;
    overdue(pace).await;
}

/// An error of accepting concerns one connection, which is gone, or the whole process, which has
/// no files left: then it rests, and what is closed meanwhile makes room.
async fn rest_after(error: &io::Error) {
    let of_one_connection = matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
    );
    if !of_one_connection {
        metrics::counter!("hubbub_accept_errors_total").increment(1);
        tracing::warn!(%error, "cannot accept connections");
        sleep(NO_FILES).await;
    }
}

/// A connection that is counted while this lives.
struct Open;

impl Open {
    fn count() -> Self {
        metrics::gauge!("hubbub_http_connections_open").increment(1.0);
        Self
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        metrics::gauge!("hubbub_http_connections_open").decrement(1.0);
    }
}

#[cfg(test)]
mod tests;
