//! How a run tells a room what it did.

use async_trait::async_trait;
use domain::{
    Appended, ClientId, Error, NewChange, NewRow, Refusal, Result, Room, RowId, Seq, UserId,
    archive::Run,
};
use uuid::Uuid;

/// How often an append is repeated whose outcome is not known.
const ATTEMPTS: usize = 3;

/// Appends rows to the logs of rooms, and shows them to whoever is connected.
///
/// Of one room at most one append per process may be under way ([`domain::ports::Log::append`]);
/// where a process has room writers, they are this.
#[async_trait]
pub trait RoomLog: Send + Sync {
    /// Appends one row. What was stored is announced before the answer. Idempotent by
    /// (sender, `client_id`).
    async fn append(&self, room: &Room, row: NewRow) -> Result<Appended>;
}

/// Tells a room what a run did in it, so that clients and caches look anew at what came before.
/// After an interruption the row is there already, unless the run has come further since.
pub(crate) async fn tell(log: &dyn RoomLog, room: &Room, run: &Run, through: Seq) -> Result<()> {
    let row = row_of(room, run, through);
    for _ in 0..ATTEMPTS {
        match log.append(room, row.clone()).await? {
            Appended::Unknown => {}
            Appended::Stored(_) | Appended::Repeat(_) => return Ok(()),
            // Deleted during the run: nobody is left to be told.
            Appended::Refused(Refusal::RoomDeleted) => return Ok(()),
            other => return Err(Error::internal(format!("archive row refused: {other:?}"))),
        }
    }
    Err(Error::unknown_outcome("the archive row has no answer"))
}

fn row_of(room: &Room, run: &Run, through: Seq) -> NewRow {
    let told = [&room.id.uuid().as_bytes()[..], &through.to_be_bytes()].concat();
    let client_id = Uuid::new_v5(&run.id.uuid(), &told);
    NewRow {
        id: RowId::new(),
        client_id: ClientId::from_uuid(client_id),
        sender: SCHEDULER,
        change: NewChange::Archive {
            run: run.id,
            through,
        },
    }
}

/// Who archives: nobody with an account.
const SCHEDULER: UserId = UserId::from_uuid(Uuid::nil());
