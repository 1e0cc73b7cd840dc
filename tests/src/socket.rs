//! A WebSocket client that keeps what it hears, in order.

use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream,
    tungstenite::{
        Error, Message, Utf8Bytes, client::IntoClientRequest, http::Response, protocol::CloseFrame,
    },
};

/// Why a handshake was refused: the status and the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The HTTP status.
    pub status: u16,
    /// The body as text.
    pub body: String,
}

/// An open socket.
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Socket {
    /// Opens a socket with a token in the `Authorization` header.
    ///
    /// # Errors
    /// When the handshake is refused.
    ///
    /// # Panics
    /// When there is no server.
    pub async fn open(addr: SocketAddr, path: &str, token: &str) -> Result<Self, Refused> {
        let bearer = format!("Bearer {token}");
        Self::open_with(addr, path, &[("authorization", &bearer)]).await
    }

    /// Opens a socket with any headers.
    ///
    /// # Errors
    /// When the handshake is refused.
    ///
    /// # Panics
    /// When there is no server.
    pub async fn open_with(
        addr: SocketAddr,
        path: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, Refused> {
        match crate::soon("the handshake", Self::try_open(addr, path, headers)).await {
            Ok(socket) => Ok(socket),
            Err(Error::Http(response)) => Err(refused(&response)),
            Err(error) => panic!("no server: {error}"),
        }
    }

    /// Opens a socket to a server that may not be there.
    ///
    /// # Errors
    /// When the connection is refused or cut, or the handshake is refused.
    pub async fn try_open(
        addr: SocketAddr,
        path: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, Error> {
        let mut request = format!("ws://{addr}{path}").into_client_request()?;
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse()?);
        }
        let tcp = TcpStream::connect(addr).await?;
        tcp.set_nodelay(true)?;
        let tcp = MaybeTlsStream::Plain(tcp);
        let (stream, _) = tokio_tungstenite::client_async(request, tcp).await?;
        Ok(Self { stream })
    }

    /// Sends a JSON frame.
    ///
    /// # Panics
    /// When the socket is closed.
    pub async fn send(&mut self, frame: &Value) {
        self.send_message(Message::text(frame.to_string())).await;
    }

    /// Sends any frame.
    ///
    /// # Panics
    /// When the socket is closed.
    pub async fn send_message(&mut self, message: Message) {
        crate::soon("sending", self.stream.send(message))
            .await
            .expect("an open socket");
    }

    /// Sends a frame on a socket that may be cut.
    ///
    /// # Errors
    /// When it is.
    pub async fn try_send(&mut self, frame: &Value) -> Result<(), Error> {
        self.stream.send(Message::text(frame.to_string())).await
    }

    /// The next text frame; `None` when the socket ends. Pings are answered on the way.
    async fn try_next_text(&mut self) -> Option<Utf8Bytes> {
        loop {
            match self.stream.next().await? {
                Ok(Message::Text(text)) => return Some(text),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// The next text frame as JSON; `None` when the socket ends.
    pub async fn try_next(&mut self) -> Option<Value> {
        let text = self.try_next_text().await?;
        Some(serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// The next text frame as it came.
    ///
    /// # Panics
    /// When none comes.
    pub async fn next_text(&mut self) -> Utf8Bytes {
        crate::soon("a frame", self.try_next_text())
            .await
            .expect("an open socket")
    }

    /// The next frame as JSON.
    ///
    /// # Panics
    /// When none comes.
    pub async fn next(&mut self) -> Value {
        crate::soon("a frame", self.try_next())
            .await
            .expect("an open socket")
    }

    /// The next frame of a `type`, passing over others.
    ///
    /// # Panics
    /// When none comes.
    pub async fn next_of(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.next().await;
            if frame["type"] == kind {
                return frame;
            }
        }
    }

    /// The answer to the request with this `id`, passing over events.
    ///
    /// # Panics
    /// When none comes.
    pub async fn answer(&mut self, id: &str) -> Value {
        loop {
            let frame = self.next().await;
            if frame["id"] == id && (frame["type"] == "ack" || frame["type"] == "error") {
                return frame;
            }
        }
    }

    /// Waits until the server closes, and gives the close code.
    ///
    /// # Panics
    /// When it does not.
    pub async fn closed(&mut self) -> Option<u16> {
        crate::soon("the close", async {
            loop {
                match self.stream.next().await {
                    Some(Ok(Message::Close(frame))) => return frame.map(code),
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return None,
                }
            }
        })
        .await
    }

    /// Closes from this side, and gives the frames that came before the end.
    pub async fn last_words(mut self) -> Vec<Value> {
        let _ = self.stream.close(None).await;
        let mut words = Vec::new();
        crate::soon("the end", async {
            while let Some(Ok(message)) = self.stream.next().await {
                if let Message::Text(text) = message {
                    words.push(serde_json::from_str(&text).unwrap_or(Value::Null));
                }
            }
        })
        .await;
        words
    }

    /// Closes from this side and waits for the end.
    pub async fn close(mut self) {
        let _ = self.stream.close(None).await;
        crate::soon("the end", async {
            while let Some(Ok(_)) = self.stream.next().await {}
        })
        .await;
    }
}

fn code(frame: CloseFrame) -> u16 {
    frame.code.into()
}

fn refused(response: &Response<Option<Vec<u8>>>) -> Refused {
    let body = response.body().as_deref().unwrap_or_default();
    Refused {
        status: response.status().as_u16(),
        body: String::from_utf8_lossy(body).into_owned(),
    }
}
