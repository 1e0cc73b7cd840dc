//! Rows that are delivered together, encoded once per dialect.

use domain::{Scene, Seq};
use protocol::Dialect;
use tokio_tungstenite::tungstenite::Utf8Bytes;

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

    /// What `dialect` says of the rows after `after`. Encoded at the first asking; the bytes are
    /// shared from then on.
    pub(super) fn frames(
        &mut self,
        dialect: &'static dyn Dialect,
        after: Seq,
    ) -> impl Iterator<Item = Item> {
        let place = self.place(dialect);
        let frames = self.said[place].1.iter();
        frames
            .filter(move |(seq, _)| *seq > after)
            .map(|(_, text)| Item::Frame(text.clone()))
    }

    fn place(&mut self, dialect: &'static dyn Dialect) -> usize {
        let name = dialect.name();
        if let Some(place) = self.said.iter().position(|(known, _)| *known == name) {
            return place;
        }
        self.said.push((name, encode(self.scenes, dialect)));
        self.said.len() - 1
    }
}

fn encode(scenes: &[Scene], dialect: &dyn Dialect) -> Frames {
    let say = |scene| Some((seq(scene)?, dialect.encode(scene)?.into()));
    scenes.iter().filter_map(say).collect()
}

/// The number of the row that a scene shows.
pub(super) fn seq(scene: &Scene) -> Option<Seq> {
    scene.row().map(|row| row.seq)
}
