//! The two commands that a fresh `mongod` needs, as OP_MSG by hand: testkit has
//! no driver.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::ensure;

const LIMIT: Duration = Duration::from_secs(5);
const OP_MSG: i32 = 2013;

/// The part of `hello` that matters here.
pub(super) struct Hello {
    /// Whether it takes writes.
    pub(super) is_primary: bool,
}

/// Asks for the server's state.
pub(super) fn hello(address: SocketAddr) -> anyhow::Result<Hello> {
    let reply = ask(
        address,
        Document::new().int("hello", 1).text("$db", "admin"),
    )?;
    Ok(Hello {
        is_primary: has(&reply, b"\x08isWritablePrimary\0\x01"),
    })
}

/// Makes a replica set of one; a set that exists already stays as it is.
pub(super) fn initiate(address: SocketAddr, set: &str) -> anyhow::Result<()> {
    let member = Document::new()
        .int("_id", 0)
        .text("host", &address.to_string());
    let members = Document::new().nested(ARRAY, "0", member);
    let config = Document::new()
        .text("_id", set)
        .nested(ARRAY, "members", members);
    let command = Document::new().nested(DOCUMENT, "replSetInitiate", config);
    ask(address, command.text("$db", "admin")).map(|_| ())
}

/// Sends one command and returns the reply's document as it came.
fn ask(address: SocketAddr, command: Document) -> anyhow::Result<Vec<u8>> {
    let mut stream = TcpStream::connect_timeout(&address, LIMIT)?;
    stream.set_read_timeout(Some(LIMIT))?;
    let body = command.finish();
    let mut message = Vec::new();
    // Header: length, request id, response to, operation; then flags and section 0.
    for number in [21 + body.len() as i32, 1, 0, OP_MSG, 0] {
        message.extend(number.to_le_bytes());
    }
    message.push(0);
    message.extend(body);
    stream.write_all(&message)?;
    let mut header = [0; 21];
    stream.read_exact(&mut header)?;
    let length = u32::from_le_bytes([header[0], header[1], header[2], header[3]]) as usize;
    ensure!((21..1 << 20).contains(&length), "a reply of {length} bytes");
    let mut reply = vec![0; length - 21];
    stream.read_exact(&mut reply)?;
    Ok(reply)
}

fn has(reply: &[u8], bytes: &[u8]) -> bool {
    reply.windows(bytes.len()).any(|window| window == bytes)
}

const DOCUMENT: u8 = 3;
const ARRAY: u8 = 4;

/// A BSON document under construction: fields without length and end.
struct Document(Vec<u8>);

impl Document {
    fn new() -> Self {
        Self(Vec::new())
    }

    fn field(mut self, kind: u8, name: &str, value: &[u8]) -> Self {
        self.0.push(kind);
        self.0.extend(name.as_bytes());
        self.0.push(0);
        self.0.extend(value);
        self
    }

    fn int(self, name: &str, value: i32) -> Self {
        self.field(16, name, &value.to_le_bytes())
    }

    fn text(self, name: &str, value: &str) -> Self {
        let length = value.len() as i32 + 1;
        self.field(
            2,
            name,
            &[&length.to_le_bytes(), value.as_bytes(), &[0]].concat(),
        )
    }

    fn nested(self, kind: u8, name: &str, value: Self) -> Self {
        self.field(kind, name, &value.finish())
    }

    fn finish(self) -> Vec<u8> {
        let length = self.0.len() as i32 + 5;
        [&length.to_le_bytes()[..], &self.0, &[0]].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mongo_server::{MongoServer, or_skip};

    #[test]
    fn a_server_understands_the_commands() {
        let Some(server) = or_skip(MongoServer::shared()) else {
            return;
        };
        let ping = Document::new().int("ping", 1).text("$db", "admin");
        let reply = ask(server.address().unwrap(), ping).unwrap();
        assert!(has(&reply, b"ok\0"), "{reply:?}");
    }
}
