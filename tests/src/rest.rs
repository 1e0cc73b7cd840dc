//! A small HTTP client: one connection per request, JSON or text, every header visible.

use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{HeaderMap, Method, Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

/// An HTTP answer, whole.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as text.
    pub text: String,
}

impl Answer {
    /// The body as JSON; `null` where it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    /// A header as text; empty where there is none.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or("")
    }

    /// The JSON body of an answer that must have this status.
    ///
    /// # Panics
    /// When the status is another; it prints the body.
    #[must_use]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "answered {}", self.text);
        self.json()
    }

    /// The stable code of a refusal.
    #[must_use]
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// A client of one server, perhaps with a token.
#[derive(Debug, Clone)]
pub struct Rest {
    addr: SocketAddr,
    token: Option<String>,
}

impl Rest {
    /// A client without a token.
    #[must_use]
    pub fn new(addr: SocketAddr) -> Self {
        Self { addr, token: None }
    }

    /// The same client with a token.
    #[must_use]
    pub fn with_token(&self, token: impl Into<String>) -> Self {
        Self {
            addr: self.addr,
            token: Some(token.into()),
        }
    }

    /// The server's address.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Gets a path.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], None).await
    }

    /// Posts JSON to a path.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_with(path, body, &[]).await
    }

    /// Posts JSON to a path, with more headers.
    pub async fn post_with(&self, path: &str, body: &Value, more: &[(&str, &str)]) -> Answer {
        self.json(Method::POST, path, body, more).await
    }

    /// Puts JSON to a path.
    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.json(Method::PUT, path, body, &[]).await
    }

    /// Patches a path with JSON, with more headers.
    pub async fn patch(&self, path: &str, body: &Value, more: &[(&str, &str)]) -> Answer {
        self.json(Method::PATCH, path, body, more).await
    }

    /// Deletes a path, with more headers.
    pub async fn delete(&self, path: &str, more: &[(&str, &str)]) -> Answer {
        self.send(Method::DELETE, path, more, None).await
    }

    async fn json(
        &self,
        method: Method,
        path: &str,
        body: &Value,
        more: &[(&str, &str)],
    ) -> Answer {
        let mut headers = vec![("content-type", "application/json")];
        headers.extend_from_slice(more);
        let body = body.to_string().into();
        self.send(method, path, &headers, Some(body)).await
    }

    /// Sends any request.
    ///
    /// # Panics
    /// When the server does not answer.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Bytes>,
    ) -> Answer {
        let answer = self.try_send(method, path, headers, body);
        crate::soon("an answer", answer).await.expect("an answer")
    }

    /// Sends any request to a server that may not be there.
    ///
    /// # Errors
    /// When the connection is refused or cut.
    pub async fn try_send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Bytes>,
    ) -> anyhow::Result<Answer> {
        let stream = TcpStream::connect(self.addr).await?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, self.addr.to_string());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request.body(Full::new(body.unwrap_or_default()))?;
        let exchange = async {
            let response = sender.send_request(request).await?;
            let (parts, body) = response.into_parts();
            let body = body.collect().await?.to_bytes();
            drop(sender);
            anyhow::Ok((parts, body))
        };
        let (exchanged, _) = tokio::join!(exchange, connection);
        let (parts, body) = exchanged?;
        let text = String::from_utf8_lossy(&body).into_owned();
        Ok(Answer {
            status: parts.status,
            headers: parts.headers,
            text,
        })
    }
}
