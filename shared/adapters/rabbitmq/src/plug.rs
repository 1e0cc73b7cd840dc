//! The socket under a connection, which can be pulled.
//!
//! The driver waits for a peer that says nothing, in a thread of its own per connection; pulling
//! the plug ends that whatever the peer does.

use std::{
    io,
    net::{Shutdown, TcpStream},
    os::fd::AsFd,
    sync::{Arc, Mutex, PoisonError},
};

use async_compat::Compat;
use lapin::{
    AsyncTcpStream, Connection, ConnectionProperties, runtime,
    tcp::TLSConfig,
    uri::{AMQPScheme, AMQPUri},
};

use crate::{failure::Failure, place::Place};

/// The socket of a connection, once there is one. Pulled when it is dropped.
#[derive(Default)]
pub(crate) struct Plug {
    socket: Arc<Mutex<Socket>>,
}

#[derive(Default)]
enum Socket {
    #[default]
    None,
    In(TcpStream),
    Pulled,
}

impl Plug {
    /// Connects, and logs in. What limits the time is around this. `name` is what the broker's
    /// administration shows.
    pub(crate) async fn connect(&self, place: &Place, name: &str) -> Result<Connection, Failure> {
        let options = ConnectionProperties::default().with_connection_name(name.into());
        let socket = Arc::clone(&self.socket);
        let connect = async move |uri: AMQPUri, _| {
            let authority = &uri.authority;
            let address = (authority.host.as_str(), authority.port);
            let stream = tokio::net::TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            put_in(&socket, stream.as_fd().try_clone_to_owned()?.into())?;
            let stream = AsyncTcpStream::Plain(Compat::new(stream));
            Ok(match uri.scheme {
                AMQPScheme::AMQP => stream,
                AMQPScheme::AMQPS => {
                    let config = TLSConfig::default();
                    stream.into_tls(&authority.host, config).await?
                }
            })
        };
        let runtime = runtime::default_runtime()?;
        let connecting = Connection::connector(place.uri(), runtime, connect, options);
        // Boxed, since it is large and seldom.
        Ok(Box::pin(connecting).await?)
    }

    /// Ends the connection, and every later attempt to make it.
    pub(crate) fn pull(&self) {
        let mut socket = self.socket.lock().unwrap_or_else(PoisonError::into_inner);
        if let Socket::In(socket) = std::mem::replace(&mut *socket, Socket::Pulled) {
            // One that has ended already cannot be ended, which is as good.
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}

fn put_in(socket: &Mutex<Socket>, stream: TcpStream) -> io::Result<()> {
    let mut socket = socket.lock().unwrap_or_else(PoisonError::into_inner);
    if matches!(*socket, Socket::Pulled) {
        return Err(io::ErrorKind::Interrupted.into());
    }
    *socket = Socket::In(stream);
    Ok(())
}

impl Drop for Plug {
    fn drop(&mut self) {
        self.pull();
    }
}
