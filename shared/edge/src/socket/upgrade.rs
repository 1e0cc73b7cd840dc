//! Our own upgrade, so that the buffers are ours: an idle socket costs a few KiB.

use std::{convert::Infallible, io, sync::Arc};

use domain::Limits;
use hyper::{
    HeaderMap, Method, StatusCode,
    header::{CONNECTION, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_PROTOCOL, UPGRADE},
    upgrade::{OnUpgrade, Parts},
};
use hyper_util::rt::TokioIo;
use tokio::time::{Duration, timeout};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        handshake::derive_accept_key,
        protocol::{Role, WebSocketConfig},
    },
};
use warp::{Filter, reply::Response};

use super::{
    handshake::{self, HandshakeError},
    metered::{Metered, WebSocket},
};
use crate::{Context, Origins, Peer, Socket, request};

/// What is read at once. Allocated for as long as the socket lives.
const READ_BUFFER: usize = 1024;

/// Room for what the library itself has to say, to somebody who does not read it.
const WRITE_BUFFER: usize = 4 * 1024;

/// How long the connection may take to be handed over after the answer.
const HAND_OVER: Duration = Duration::from_secs(10);

/// A handshake that was checked. It becomes a socket when its answer has been sent.
#[derive(Debug)]
pub struct Upgrade {
    /// Where it comes from.
    pub peer: Peer,
    headers: HeaderMap,
    key: HeaderValue,
    connection: OnUpgrade,
}

/// Extracts a checked handshake, or why it is refused.
pub fn upgrade(
    ctx: &Context,
) -> impl Filter<Extract = (Result<Upgrade, HandshakeError>,), Error = Infallible> + Clone + use<> {
    let origins = Arc::clone(&ctx.origins);
    warp::method()
        .and(warp::header::headers_cloned())
        .and(warp::ext::optional::<OnUpgrade>())
        .and(request::peer())
        .map(move |method, headers, connection, peer| {
            Upgrade::check(&origins, &method, headers, connection, peer)
        })
}

impl Upgrade {
    fn check(
        origins: &Origins,
        method: &Method,
        headers: HeaderMap,
        connection: Option<OnUpgrade>,
        peer: Peer,
    ) -> Result<Self, HandshakeError> {
        let key = handshake::check(method, &headers, origins)?;
        let connection = connection.ok_or(HandshakeError::Malformed(
            "This connection cannot be upgraded.",
        ))?;
        Ok(Self {
            peer,
            headers,
            key,
            connection,
        })
    }

    /// The headers of the request.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The subprotocols that the client offers, in its order.
    pub fn subprotocols(&self) -> impl Iterator<Item = &str> {
        handshake::subprotocols(&self.headers)
    }

    /// The answer that switches, and what becomes of the connection afterwards. `subprotocol` is
    /// named in the answer; it must be one that was offered.
    pub(super) fn accept(self, subprotocol: Option<&'static str>) -> (Response, Opening) {
        let mut response = Response::new(Vec::new().into());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        let accept = derive_accept_key(self.key.as_bytes());
        if let Ok(accept) = HeaderValue::try_from(accept) {
            headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
        }
        if let Some(subprotocol) = subprotocol {
            headers.insert(
                SEC_WEBSOCKET_PROTOCOL,
                HeaderValue::from_static(subprotocol),
            );
        }
        (response, Opening(self.connection))
    }
}

/// A connection that is about to become a socket.
#[derive(Debug)]
pub(super) struct Opening(OnUpgrade);

impl Opening {
    /// Waits for the connection, and takes the bare TCP stream out of it: hyper's buffers go.
    pub(super) async fn socket(self, limits: &Limits) -> io::Result<WebSocket> {
        let upgraded = timeout(HAND_OVER, self.0)
            .await?
            .map_err(io::Error::other)?;
        let parts: Parts<TokioIo<Socket>> = upgraded
            .downcast()
            .map_err(|_| io::Error::other("the connection does not come from a TCP listener"))?;
        let read = parts.read_buf.to_vec();
        drop(parts.read_buf);
        let stream = Metered::new(parts.io.into_inner(), limits.body_bytes);
        let config = Some(config(limits));
        let socket = WebSocketStream::from_partially_read(stream, read, Role::Server, config);
        Ok(WebSocket::new(socket.await))
    }
}

fn config(limits: &Limits) -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .max_write_buffer_size(WRITE_BUFFER)
        .max_message_size(Some(limits.body_bytes))
        .max_frame_size(Some(limits.body_bytes))
}
