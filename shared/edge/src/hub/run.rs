//! Rows that are delivered together, encoded once per dialect, or once per session where a dialect is
//! personal.

use domain::{Scene, Seq};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::Subscriber;
use crate::outbox::Item;

type Frames = Vec<(Seq, Utf8Bytes)>;

/// Rows that follow each other, and what each dialect that was asked for says of them.
#[derive(Debug)]
pub(super) struct Run<'a> {
    scenes: &'a [Scene],
    said: Vec<(&'static str, Frames)>,
}

impl<'a> Run<'a> {
    pub(super) fn new(scenes: &'a [Scene]) -> Self {
        Self {
            scenes,
            said: Vec::new(),
        }
    }

    /// Gives a session the rows after `after`. Where its dialect says the same to everybody, they
    /// are encoded at the first asking, and the bytes are shared from then on.
    pub(super) fn give(&mut self, subscriber: &Subscriber, after: Seq) {
        if subscriber.dialect.is_personal() {
            let frames = encode(self.scenes, subscriber);
            return subscriber.outbox.extend(items(&frames, after));
        }
        let place = self.place(subscriber);
        subscriber.outbox.extend(items(&self.said[place].1, after));
    }

    fn place(&mut self, subscriber: &Subscriber) -> usize {
        let name = subscriber.dialect.name();
        if let Some(place) = self.said.iter().position(|(known, _)| *known == name) {
            return place;
        }
        self.said.push((name, encode(self.scenes, subscriber)));
        self.said.len() - 1
    }
}

fn items(frames: &[(Seq, Utf8Bytes)], after: Seq) -> impl Iterator<Item = Item> {
    frames
        .iter()
        .filter(move |(seq, _)| *seq > after)
        .map(|(_, text)| Item::Frame(text.clone()))
}

fn encode(scenes: &[Scene], subscriber: &Subscriber) -> Frames {
    let say = |scene| Some((seq(scene)?, subscriber.word(scene)?.into()));
    let frames: Frames = scenes.iter().filter_map(say).collect();
    let dialect = subscriber.dialect.name();
    metrics::counter!("hubbub_rows_encoded_total", "dialect" => dialect)
        .increment(frames.len() as u64);
    frames
}

/// The number of the row that a scene shows.
pub(super) fn seq(scene: &Scene) -> Option<Seq> {
    scene.row().map(|row| row.seq)
}
