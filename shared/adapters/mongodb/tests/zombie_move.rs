//! Workers of the archive who die with a request under way that reaches the server late, after
//! others have moved, changed or erased the message. Whatever comes of it: the message reads as
//! the others left it, has exactly one body, and can still be moved; what was erased stays so.

mod common;
mod worker;

use common::network::Network;
use domain::{
    Appended, UserId,
    ports::{Bodies, Log},
};
use testkit::{builders::edit, contract::steps};
use worker::{
    deeds::{Deed, MEANWHILE},
    room::Talk,
};

/// What dies at work.
#[derive(Debug, Clone, Copy)]
enum Work {
    Copy,
    Swing,
    SwingBack,
    Collect,
    Erase,
}

impl Work {
    /// Brings a message to where this work can begin.
    async fn prepare(self, talk: &mut Talk<'_>) {
        let deeds: &[Deed] = match self {
            Self::Copy | Self::Erase => &[],
            Self::Swing => &[Deed::Copy],
            Self::SwingBack => &[Deed::Move],
            // Leaves a copy that its key has left, and one that no key ever pointed to.
            Self::Collect => &[Deed::Move, Deed::Restore, Deed::Copy, Deed::Edit],
        };
        for deed in deeds {
            deed.done(talk).await;
        }
    }

    /// Does it on the far node, up to the request that is held. Whether there was such a request.
    async fn begin(self, talk: &Talk<'_>, answered: usize) -> bool {
        let (network, room, run) = (talk.network, talk.room, domain::RunId::new());
        let (due, archived) = (talk.due().await, talk.archived().await);
        // So that the connection stands, and the next request is the first of the work.
        network
            .far
            .heads(&[room])
            .await
            .expect("the server is there");
        let far = &network.far;
        let call = async {
            match self {
                Self::Copy => far.copy(room, run, &due).await.map(drop),
                Self::Swing => far.swing(room, run, &due).await.map(drop),
                Self::SwingBack => far.swing_back(room, &archived).await.map(drop),
                Self::Collect => far.collect(100).await.map(drop),
                Self::Erase => far.erase(room, talk.message).await.map(drop),
            }
        };
        match network.stop(answered, call).await {
            None => true,
            Some(done) => {
                done.expect("the server is there");
                false
            }
        }
    }
}

/// Holds each request of a work in turn, and does meanwhile what others may do. Returns how many
/// requests it has.
async fn in_every_way(network: &Network, work: Work) -> usize {
    for answered in 0.. {
        for deeds in MEANWHILE {
            let mut talk = Talk::begin(network).await;
            work.prepare(&mut talk).await;
            if !work.begin(&talk, answered).await {
                return answered;
            }
            for deed in *deeds {
                deed.done(&mut talk).await;
            }
            network.land().await;
            if matches!(work, Work::Erase) {
                Deed::Erase.done(&mut talk).await;
            }
            let case = format!("{work:?}, held after {answered} answers; meanwhile {deeds:?}");
            talk.is_whole(&case).await;
        }
    }
    0
}

async fn survives(work: Work, requests: usize) {
    let Some(network) = Network::open(common::patient()).await else {
        return;
    };
    let held = in_every_way(&network, work).await;
    assert!(held >= requests, "{held} requests of {work:?} were held");
}

#[tokio::test]
async fn a_copy_that_comes_late_harms_nothing() {
    survives(Work::Copy, 3).await;
}

#[tokio::test]
async fn a_swing_that_comes_late_harms_nothing() {
    survives(Work::Swing, 4).await;
}

#[tokio::test]
async fn a_swing_back_that_comes_late_harms_nothing() {
    survives(Work::SwingBack, 3).await;
}

#[tokio::test]
async fn a_collection_that_comes_late_harms_nothing() {
    survives(Work::Collect, 6).await;
}

#[tokio::test]
async fn an_erasure_that_comes_late_harms_nothing() {
    survives(Work::Erase, 3).await;
}

/// How many answers an append of an edit gets before it inserts: whether its sender is gone, what is
/// unapplied, and the key.
const BEFORE_AN_EDIT: usize = 3;

/// An edit that was decided on before the run came by is applied to the copy.
#[tokio::test]
async fn an_edit_that_comes_after_the_move_is_applied_to_the_copy() {
    let Some(network) = Network::open(common::patient()).await else {
        return;
    };
    let mut talk = Talk::begin(&network).await;
    steps::say(
        &*network.far,
        talk.room,
        UserId::new(),
        "so that the end is known",
    )
    .await;
    let row = edit(talk.sender, talk.message, "edited late", None);
    let call = network.far.append(talk.room, vec![row.clone()]);
    assert!(network.stop(BEFORE_AN_EDIT, call).await.is_none());
    Deed::Move.done(&mut talk).await;
    network.land().await;
    talk.text = Some("edited late".to_owned());
    talk.is_whole("an edit, held over a move").await;
    let answer = steps::one(&*network.near, talk.room, row).await;
    assert!(matches!(answer, Appended::Repeat(_)), "{answer:?}");
}
