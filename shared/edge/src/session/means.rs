//! What a session works with: whose it is, and whom it asks.

use std::sync::Arc;

use domain::{
    Caller, Command, Limits, Receipt, Reply, Result, RoomId, Seq, command::ReplayPage, ports::Clock,
};

use crate::{Application, Authenticator, application::unexpected, live::Live};

/// Rows and rooms of one read. The next begins when the last is written.
const PAGE: usize = 200;

/// Whose session it is, and whom it asks.
pub(crate) struct Means {
    /// Who.
    pub(crate) caller: Caller,
    /// The rules.
    pub(crate) app: Arc<dyn Application>,
    /// Whose token a token is.
    pub(crate) auth: Arc<Authenticator>,
    /// Who else is here.
    pub(crate) live: Arc<Live>,
    /// What may be taken.
    pub(crate) limits: Arc<Limits>,
    /// The store's time.
    pub(crate) clock: Arc<dyn Clock>,
}

impl Means {
    /// Reads the log of a room after a row.
    pub(super) async fn replay(&self, room: RoomId, after: Seq) -> Result<ReplayPage> {
        let limit = PAGE;
        let command = Command::Replay { room, after, limit };
        match self.app.handle(&self.caller, command).await? {
            Reply::Replay(page) if page.through <= after && page.head > after => Err(unexpected()),
            Reply::Replay(page) => Ok(page),
            _ => Err(unexpected()),
        }
    }

    /// Looks how far the members of a room are.
    pub(super) async fn receipts(&self, room: RoomId) -> Result<Vec<Receipt>> {
        let command = Command::ListReceipts { room };
        match self.app.handle(&self.caller, command).await? {
            Reply::Receipts { receipts, .. } => Ok(receipts),
            _ => Err(unexpected()),
        }
    }

    /// Looks at a room of the user's.
    pub(super) async fn room(&self, room: RoomId) -> Result<domain::command::RoomView> {
        let command = Command::GetRoom { room };
        match self.app.handle(&self.caller, command).await? {
            Reply::Room(view) => Ok(view),
            _ => Err(unexpected()),
        }
    }

    /// Lists the user's rooms after one, also hidden ones, since they are heard when somebody says
    /// something in them; says whether there are more.
    pub(super) async fn rooms(
        &self,
        after: Option<RoomId>,
    ) -> Result<(Vec<domain::command::RoomView>, bool)> {
        let command = Command::ListOwnRooms {
            after,
            limit: PAGE,
            hidden: true,
        };
        match self.app.handle(&self.caller, command).await? {
            Reply::Rooms { rooms, more } => Ok((rooms, more)),
            _ => Err(unexpected()),
        }
    }
}
