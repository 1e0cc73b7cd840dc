//! What others do while a worker's request is held.

use domain::{
    Appended, Refusal, RunId,
    ports::{Bodies, Copied, Swung},
};
use testkit::{
    builders::{deletion, edit},
    contract::steps,
};

use super::room::Talk;

/// Something that is done whole, on the near node. Where it does not apply, nothing is done.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Deed {
    Edit,
    Delete,
    Erase,
    Copy,
    Move,
    Restore,
    Collect,
}

use Deed::{Collect, Delete, Edit, Erase, Move, Restore};

/// What may happen meanwhile.
pub(crate) const MEANWHILE: &[&[Deed]] = &[
    &[],
    &[Edit],
    &[Delete, Collect],
    &[Erase, Collect],
    &[Move],
    &[Restore, Collect],
    &[Move, Restore, Collect],
    &[Restore, Move],
    &[Move, Restore, Collect, Move],
    &[Restore, Edit, Move],
    &[Move, Collect, Erase],
];

impl Deed {
    /// Does it, and notes what readers should see from then on.
    pub(crate) async fn done(self, talk: &mut Talk<'_>) {
        match self {
            Self::Edit => change(talk).await,
            Self::Delete => delete(talk).await,
            Self::Erase => {
                let erased = talk.network.near.erase(talk.room, talk.message).await;
                assert!(erased.expect("the server is there"));
                talk.text = None;
            }
            Self::Copy => {
                copy(talk).await;
            }
            Self::Move => swing(talk).await,
            Self::Restore => restore(talk).await,
            Self::Collect => collect(talk).await,
        }
    }
}

async fn change(talk: &mut Talk<'_>) {
    let text = format!("said in {}, edited", talk.room);
    let row = edit(talk.sender, talk.message, &text, None);
    match steps::one(&*talk.network.near, talk.room, row).await {
        Appended::Stored(_) => talk.text = Some(text),
        Appended::Refused(_) => {}
        other => panic!("an edit is stored or refused: {other:?}"),
    }
}

async fn delete(talk: &mut Talk<'_>) {
    let row = deletion(talk.sender, talk.message, None);
    let answer = steps::one(&*talk.network.near, talk.room, row).await;
    let gone = Appended::Refused(Refusal::Deleted);
    assert!(
        matches!(answer, Appended::Stored(_)) || answer == gone,
        "{answer:?}"
    );
    talk.text = None;
}

async fn copy(talk: &Talk<'_>) -> RunId {
    let (run, keys) = (RunId::new(), talk.due().await);
    let copied = talk.network.near.copy(talk.room, run, &keys).await;
    let copied = copied.expect("the server is there");
    assert!(copied.iter().all(|copied| *copied == Copied::Verified));
    run
}

async fn swing(talk: &Talk<'_>) {
    let run = copy(talk).await;
    let keys = talk.due().await;
    let swung = talk.network.near.swing(talk.room, run, &keys).await;
    let swung = swung.expect("the server is there");
    assert!(swung.iter().all(|swung| *swung == Swung::Done));
}

async fn restore(talk: &Talk<'_>) {
    let keys = talk.archived().await;
    let swung = talk.network.near.swing_back(talk.room, &keys).await;
    let swung = swung.expect("the server is there");
    assert!(swung.iter().all(|swung| *swung == Swung::Done));
}

async fn collect(talk: &Talk<'_>) {
    let collected = async || talk.network.near.collect(100).await;
    while collected().await.expect("the server is there") > 0 {}
}
