//! Requests over HTTP, one after the other on a connection that stays open.

use std::net::SocketAddr;

use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{
    Method, Request,
    client::conn::http1::{SendRequest, handshake},
    header,
};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::{net::TcpStream, task::JoinSet};

/// A connection to a server.
pub(crate) struct Caller {
    addr: SocketAddr,
    sender: SendRequest<Full<Bytes>>,
    /// Ends with the caller.
    _connection: JoinSet<()>,
}

impl Caller {
    /// Connects.
    ///
    /// # Errors
    /// When nobody listens there.
    pub(crate) async fn connect(addr: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(addr).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        let mut driven = JoinSet::new();
        driven.spawn(async move {
            // How it ended, the next request tells.
            let _ = connection.await;
        });
        Ok(Self {
            addr,
            sender,
            _connection: driven,
        })
    }

    /// Posts JSON and gives the JSON that answers it.
    ///
    /// # Errors
    /// When it is refused.
    pub(crate) async fn post(
        &mut self,
        path: &str,
        token: Option<&str>,
        body: &Value,
    ) -> Result<Value> {
        let body = Bytes::from(body.to_string());
        let (status, text) = self.send(Method::POST, path, token, body).await?;
        let said = String::from_utf8_lossy(&text);
        ensure!((200..300).contains(&status), "{path}: {status} {said}");
        Ok(serde_json::from_slice(&text)?)
    }

    /// Gets what lies at a path.
    ///
    /// # Errors
    /// When it is refused.
    pub(crate) async fn get(&mut self, path: &str, token: Option<&str>) -> Result<Bytes> {
        let (status, text) = self.send(Method::GET, path, token, Bytes::new()).await?;
        ensure!(status == 200, "{path}: {status}");
        Ok(text)
    }

    /// Sends any request, and gives the status and the body.
    ///
    /// # Errors
    /// When the connection is cut.
    pub(crate) async fn send(
        &mut self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Bytes,
    ) -> Result<(u16, Bytes)> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, self.addr.to_string())
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        self.sender.ready().await?;
        let request = request.body(Full::new(body))?;
        let answer = self.sender.send_request(request).await;
        let answer = answer.with_context(|| format!("no answer at {path}"))?;
        let status = answer.status().as_u16();
        Ok((status, answer.into_body().collect().await?.to_bytes()))
    }
}
