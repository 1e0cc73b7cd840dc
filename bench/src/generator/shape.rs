//! How much is said, and when.

use std::{
    io,
    rc::Rc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use tokio::task::JoinSet;

use super::{gate::Gate, pacer, voice::Voice};

/// How much is said at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// So many messages are on their way, on the average of all listeners; talkers take turns.
    /// One is: the next is said when everybody has heard the last.
    InFlight(usize),
    /// Each talker waits for the answer to each message.
    Answered,
    /// So many are said in a second, whatever comes back; late is what comes after it was meant.
    PerSecond(u32),
}

/// Lets the voices talk for a while and gives them back.
pub(crate) async fn talk(
    voices: Vec<Voice>,
    shape: Shape,
    shared: Option<Rc<Gate>>,
    length: Duration,
) -> Result<Vec<Voice>> {
    match shape {
        Shape::PerSecond(rate) => paced(voices, rate, length).await,
        Shape::InFlight(_) | Shape::Answered => gated(voices, shared, length).await,
    }
}

async fn gated(
    voices: Vec<Voice>,
    shared: Option<Rc<Gate>>,
    length: Duration,
) -> Result<Vec<Voice>> {
    let until = Instant::now() + length;
    let mut talking = JoinSet::new();
    for mut voice in voices {
        let gate = shared.clone().unwrap_or_else(|| voice.own.clone());
        talking.spawn_local(async move {
            let done = through(&mut voice, &gate, until).await;
            done.map(|()| voice)
        });
    }
    let mut voices = Vec::with_capacity(talking.len());
    while let Some(voice) = talking.join_next().await {
        voices.push(voice?.context("a talker was cut off")?);
    }
    voices.sort_by_key(|voice| voice.sender);
    Ok(voices)
}

async fn through(voice: &mut Voice, gate: &Gate, until: Instant) -> io::Result<()> {
    loop {
        gate.pass().await;
        if Instant::now() >= until {
            gate.yield_to_others();
            return Ok(());
        }
        voice.say_now().await?;
    }
}

async fn paced(mut voices: Vec<Voice>, rate: u32, length: Duration) -> Result<Vec<Voice>> {
    let mut moments = pacer::moments(rate, length);
    let mut turn = 0;
    while let Some(moment) = moments.recv().await {
        let voice = &mut voices[turn];
        let at = voice.tally.since(moment);
        voice.say(at).await.context("a talker was cut off")?;
        turn = (turn + 1) % voices.len();
    }
    Ok(voices)
}
