//! One socket of the bare loop.

use std::{io::IoSlice, sync::Arc};

use anyhow::{Context as _, Result, ensure};
use bytes::{Buf, Bytes, BytesMut};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::{Hub, room::Room};
use crate::wire;

/// Frames of one write.
const BATCH: usize = 64;
/// Small, since each socket has one.
const BUFFER: usize = 1024;
/// Longest request for an upgrade.
const HEAD: usize = 8 * 1024;

/// Serves a socket until it ends, however it does.
pub(super) async fn serve(mut stream: TcpStream, hub: Arc<Hub>) {
    if let Ok(name) = upgrade(&mut stream).await {
        let _ = converse(stream, &hub, &name).await;
    }
}

/// Answers the request for an upgrade, and gives the room that it names.
async fn upgrade(stream: &mut TcpStream) -> Result<String> {
    let mut head = BytesMut::with_capacity(BUFFER);
    while memchr::memmem::find(&head, b"\r\n\r\n").is_none() {
        ensure!(head.len() < HEAD, "too long a head");
        ensure!(stream.read_buf(&mut head).await? > 0, "no request");
    }
    let head = str::from_utf8(&head)?;
    let (_, query) = head.split_once("?room=").context("no room")?;
    let room = query.split(' ').next().context("no room")?;
    let key = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("sec-websocket-key")
            .then_some(value)
    });
    let accept = derive_accept_key(key.context("no key")?.as_bytes());
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    );
    stream.write_all(answer.as_bytes()).await?;
    Ok(room.to_owned())
}

/// Reads what is said and writes what is told, in one task.
async fn converse(mut stream: TcpStream, hub: &Hub, name: &str) -> Result<()> {
    let room = hub.room(name);
    let mut told = room.enter();
    let mut read = BytesMut::with_capacity(BUFFER);
    let mut batch = Vec::with_capacity(BATCH);
    loop {
        tokio::select! {
            count = told.recv_many(&mut batch, BATCH) => {
                ensure!(count > 0, "the room is gone");
                write_all(&mut stream, &mut batch).await?;
            }
            count = stream.read_buf(&mut read) => {
                ensure!(count? > 0, "the socket ended");
                let said = take(&mut read);
                for text in said {
                    pass_on(hub, &room, (name, &text))?;
                }
            }
        }
    }
}

/// The texts that have come whole.
fn take(read: &mut BytesMut) -> Vec<String> {
    let mut texts = Vec::new();
    let used = wire::each(read, |frame| {
        if frame.opcode == wire::TEXT {
            texts.push(String::from_utf8_lossy(&frame.unmasked()).into_owned());
        }
    });
    read.advance(used);
    texts
}

fn pass_on(hub: &Hub, room: &Room, (name, text): (&str, &str)) -> Result<()> {
    if let Some(kept) = &hub.kept {
        kept.keep(name, text)?;
    }
    room.tell(text);
    Ok(())
}

/// One vectored write, and more only where the socket does not take it all.
async fn write_all(stream: &mut TcpStream, batch: &mut Vec<Bytes>) -> Result<()> {
    let mut slices = [IoSlice::new(&[]); BATCH];
    for (slice, frame) in slices.iter_mut().zip(batch.iter()) {
        *slice = IoSlice::new(frame);
    }
    let mut left = &mut slices[..batch.len()];
    while !left.is_empty() {
        let written = stream.write_vectored(left).await?;
        ensure!(written > 0, "the socket ended");
        IoSlice::advance_slices(&mut left, written);
    }
    batch.clear();
    Ok(())
}
