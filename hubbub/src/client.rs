//! The client of the admin routes. What it speaks over is the only difference between a command
//! that works through a running server and one that works on the store itself.

use std::{path::Path, time::Duration};

use bytes::Bytes;
use edge::{Context, Front};
use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    Method, Request, Response, StatusCode,
    body::Body,
    client::conn::http1::{self, SendRequest},
    header::{ACCEPT, CONTENT_TYPE, HOST},
};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::UnixStream;
use tokio_util::task::TaskTracker;

use crate::Failure;

/// How long an answer may take. A plan of a large store counts a while.
const ANSWER: Duration = Duration::from_secs(120);

/// Largest answer that is read.
const LARGEST: usize = 64 * 1024 * 1024;

/// A client's own process.
pub(crate) struct Inside {
    front: Front,
    ctx: Context,
    /// Whether signals drain the process, instead of ending it.
    orderly: bool,
}

impl Inside {
    pub(crate) fn new(front: Front, ctx: &Context) -> Self {
        Self {
            front,
            ctx: ctx.clone(),
            orderly: false,
        }
    }

    /// From the first question on, ctrl-c and SIGTERM let what was begun end in order. Before,
    /// while somebody is asked for a password, there is nothing to wait for.
    fn listen_to_signals(&mut self) -> std::io::Result<()> {
        if !self.orderly {
            edge::shutdown::signals(&self.ctx.settings, &self.ctx.drain)?;
            self.orderly = true;
        }
        Ok(())
    }
}

/// Speaks to the admin routes as a local administrator, by HTTP.
pub(crate) enum Client {
    /// Within this process.
    InProcess(Box<Inside>),
    /// Over `admin.sock` of another, or our own.
    Socket(SendRequest<Full<Bytes>>),
}

impl Client {
    /// Connects to a running server; the connection lives on `tasks` until the client is dropped.
    ///
    /// # Errors
    /// The system's, when nobody listens.
    pub(crate) async fn connect(path: &Path, tasks: &TaskTracker) -> std::io::Result<Self> {
        let stream = UnixStream::connect(path).await?;
        let shaken = http1::handshake(TokioIo::new(stream)).await;
        let (sender, connection) = shaken.map_err(std::io::Error::other)?;
        tasks.spawn(connection);
        Ok(Self::Socket(sender))
    }

    /// Reads a resource.
    pub(crate) async fn get(&mut self, path: &str) -> Result<Value, Failure> {
        self.ask(Method::GET, path, Full::default()).await
    }

    /// Asks for something to be done.
    pub(crate) async fn post(&mut self, path: &str, body: &Value) -> Result<Value, Failure> {
        let body = Full::from(body.to_string());
        self.ask(Method::POST, path, body).await
    }

    async fn ask(
        &mut self,
        method: Method,
        path: &str,
        body: Full<Bytes>,
    ) -> Result<Value, Failure> {
        let asked = tokio::time::timeout(ANSWER, self.exchange(method, path, body));
        let (status, body) = match asked.await {
            Ok(answer) => answer.map_err(|error| self.lost(&error))?,
            Err(_) => return Err(self.lost(&"no answer within two minutes")),
        };
        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
        if status.is_success() {
            return Ok(body);
        }
        Err(Failure::Refused(reason(status, &body)))
    }

    fn lost(&self, error: &dyn std::fmt::Display) -> Failure {
        let who = match self {
            Self::InProcess(inside) if inside.ctx.drain.is_cancelled() => {
                "told to end before it was done".to_owned()
            }
            _ => format!("the server went away before it answered ({error})"),
        };
        Failure::Refused(format!("{who}; look at what was done, and try again"))
    }

    async fn exchange(
        &mut self,
        method: Method,
        path: &str,
        body: Full<Bytes>,
    ) -> Result<(StatusCode, Bytes), Box<dyn std::error::Error + Send + Sync>> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, "localhost")
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/json")
            .body(body)?;
        match self {
            Self::InProcess(inside) => {
                inside.listen_to_signals()?;
                let drain = inside.ctx.drain.clone();
                let called = tower::Service::call(&mut inside.front, request);
                let answered = drain.run_until_cancelled(called).await;
                let Ok(response) = answered.ok_or("it was told to end")?;
                whole(response).await
            }
            Self::Socket(sender) => {
                sender.ready().await?;
                whole(sender.send_request(request).await?).await
            }
        }
    }
}

async fn whole<B>(
    response: Response<B>,
) -> Result<(StatusCode, Bytes), Box<dyn std::error::Error + Send + Sync>>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let status = response.status();
    let body = Limited::new(response.into_body(), LARGEST)
        .collect()
        .await?;
    Ok((status, body.to_bytes()))
}

/// What a problem document says, in one line.
fn reason(status: StatusCode, body: &Value) -> String {
    let text = |key: &str| body.get(key).and_then(Value::as_str);
    let Some(detail) = text("detail").or_else(|| text("title")) else {
        return format!("the server answered {status}");
    };
    let code = text("code").unwrap_or("error");
    format!("{} ({code})", detail.replace('\n', " "))
}

/// A text as a part of a path or a query: what is neither letter nor digit is escaped.
pub(crate) fn encoded(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_parts_of_addresses() {
        assert_eq!(encoded("nightly-2.old_~"), "nightly-2.old_~");
        assert_eq!(encoded("a b/c?ü"), "a%20b%2Fc%3F%C3%BC");
    }
}
