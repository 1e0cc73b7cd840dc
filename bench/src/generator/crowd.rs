//! All who sit in a hall.

use std::{
    mem,
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::task::JoinSet;

use super::{
    Client, Hall, Seat, Shape, Tally,
    client::Reader,
    ear::{Ear, Expected},
    gate::Gate,
    shape,
    voice::Voice,
};
use crate::{histogram::Histogram, process::Server};

/// How many sockets are opened at once.
const WAVE: usize = 64;

/// Listeners and talkers of a server, who stay where they are between runs.
pub(crate) struct Crowd {
    hall: Hall,
    /// How many of a room listen.
    live: usize,
    tally: Rc<Tally>,
    voices: Vec<Voice>,
    /// Sockets that nobody reads any more.
    stalled: Vec<Reader>,
    /// Ended with the crowd.
    ears: JoinSet<()>,
}

/// What a run has shown.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    /// Messages that were said.
    pub(crate) messages: u64,
    /// Messages that listeners heard.
    pub(crate) deliveries: u64,
    /// Answers that talkers got.
    pub(crate) answers: u64,
    /// Bytes of a delivery, on the average.
    pub(crate) bytes: f64,
    /// From the first message until all were heard.
    pub(crate) took: Duration,
    /// What the server's processors did meanwhile.
    pub(crate) cpu: Duration,
    /// How late the deliveries were.
    pub(crate) latency: Histogram,
}

impl Outcome {
    /// Deliveries in a second.
    pub(crate) fn per_second(&self) -> f64 {
        self.deliveries as f64 / self.took.as_secs_f64()
    }

    /// The server's processor time for one delivery, in microseconds.
    pub(crate) fn cpu_each(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.deliveries.max(1) as f64
    }

    /// A quantile of the latency, in microseconds.
    pub(crate) fn late(&self, part: f64) -> f64 {
        self.latency.quantile(part).as_secs_f64() * 1e6
    }
}

impl Crowd {
    /// Nobody yet. Of each room, the last `stalled` will never read again.
    pub(crate) fn new(hall: Hall, stalled: usize) -> Self {
        Self {
            hall,
            live: hall.members - stalled,
            tally: Tally::new(),
            voices: Vec::new(),
            stalled: Vec::new(),
            ears: JoinSet::new(),
        }
    }

    /// Opens further seats, of which `first` is the number of the first.
    ///
    /// # Errors
    /// When a socket is refused.
    pub(crate) async fn fill(
        &mut self,
        addr: SocketAddr,
        seats: &[Seat],
        first: usize,
    ) -> Result<()> {
        let clients = open_all(addr, seats).await?;
        for (number, (client, seat)) in clients.into_iter().zip(seats).enumerate() {
            let number = first + number;
            let (_, place) = self.hall.place(number);
            if place < self.live {
                self.seat(number, client, seat)?;
            } else {
                client.writer.forget();
                self.stalled.push(client.reader);
            }
        }
        Ok(())
    }

    fn seat(&mut self, number: usize, client: Client, seat: &Seat) -> Result<()> {
        let hall = self.hall;
        let (room, place) = hall.place(number);
        let first = u16::try_from(room * hall.talkers).context("too many talkers")?;
        let own = Rc::new(Gate::new(1, 1));
        let talks = place < hall.talkers;
        let ear = Ear {
            seat: number,
            reader: client.reader,
            expected: Expected::new(first, vec![0; hall.talkers]),
            tally: self.tally.clone(),
            own: talks.then(|| own.clone()),
        };
        self.ears.spawn_local(ear.listen());
        if talks {
            self.voices.push(Voice {
                sender: first + u16::try_from(place)?,
                said: 0,
                tongue: seat.tongue.clone(),
                writer: client.writer,
                tally: self.tally.clone(),
                own,
            });
        } else {
            // Dropped, it would end the socket's other half.
            client.writer.forget();
        }
        Ok(())
    }

    /// Talks for a while, and waits until everybody has heard everything.
    ///
    /// # Errors
    /// When anything was lost, doubled or out of order, or a socket was closed.
    pub(crate) async fn run(
        &mut self,
        server: &Server,
        shape: Shape,
        length: Duration,
    ) -> Result<Outcome> {
        let gate = match shape {
            Shape::InFlight(open) => Some(Rc::new(Gate::new(open, self.live))),
            Shape::Answered | Shape::PerSecond(_) => None,
        };
        self.tally.begin(gate.clone());
        let before: u64 = self.said();
        let (begun, cpu) = (Instant::now(), server.cpu()?);
        let voices = mem::take(&mut self.voices);
        self.voices = shape::talk(voices, shape, gate, length).await?;
        let messages = self.said() - before;
        let expected = messages * self.live as u64;
        self.tally.complete(expected).await?;
        let (took, cpu) = (begun.elapsed(), server.cpu()? - cpu);
        let counts = self.tally.take();
        Ok(Outcome {
            messages,
            deliveries: counts.delivered,
            answers: counts.answered,
            bytes: counts.bytes as f64 / counts.delivered.max(1) as f64,
            took,
            cpu,
            latency: counts.latency,
        })
    }

    fn said(&self) -> u64 {
        self.voices.iter().map(|voice| u64::from(voice.said)).sum()
    }
}

/// Opens sockets, some at once, in the order of their seats.
///
/// # Errors
/// When one is refused.
pub(crate) async fn open_all(addr: SocketAddr, seats: &[Seat]) -> Result<Vec<Client>> {
    stream::iter(seats)
        .map(|seat| Client::open(addr, seat))
        .buffered(WAVE)
        .try_collect()
        .await
}
