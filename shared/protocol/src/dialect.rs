//! What a dialect is: a codec between its document's frames and the one domain underneath.

use std::collections::BTreeMap;

use domain::{Command, Error, Limits, Reply, RoomId, RoomName, Scene, Seq};
use uuid::Uuid;

/// What a socket is bound to; a dialect whose frames name no room finds it here.
#[derive(Debug, Clone)]
pub struct Scope {
    /// The room of the socket's path, if the path names one.
    pub room: Option<RoomId>,
    /// The limits that content is held to.
    pub limits: std::sync::Arc<Limits>,
}

/// One frame of a client, understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The client's own id for it, echoed in the answer.
    pub id: Option<String>,
    /// What it asks for.
    pub action: Action,
}

/// What a frame asks for: of the application, or of the session itself.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Of the application.
    Command(Command),
    /// Of the application, which has to find the channel of this name first.
    JoinByName(RoomName),
    /// To be told everything since these positions.
    Resume(Resume),
    /// Whether the session is still there.
    Ping,
    /// To be known by this token.
    Authenticate(String),
}

/// Where a client was when it went away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resume {
    /// The store's epoch that the positions belong to.
    pub epoch: Uuid,
    /// The last seq it saw, per room.
    pub rooms: BTreeMap<RoomId, Seq>,
}

/// A frame that was not understood, and the id it carried, as far as that could be read.
#[derive(Debug)]
pub struct Refused {
    /// The client's own id for it.
    pub id: Option<String>,
    /// Why.
    pub error: Error,
}

/// A codec between frames and the domain. Its methods neither wait nor fail: what cannot be said
/// in a dialect is `None`.
pub trait Dialect: Send + Sync + 'static {
    /// Its name, for metrics and logs.
    fn name(&self) -> &'static str;

    /// Reads a frame of a client.
    ///
    /// # Errors
    /// What [`Dialect::refuse`] then says in the dialect's own words.
    fn decode(&self, scope: &Scope, text: &str) -> Result<Request, Refused>;

    /// Says what happened, the same to everybody who may hear it, so that it is encoded once.
    fn encode(&self, scene: &Scene) -> Option<String>;

    /// Answers a request.
    fn reply(&self, request: Option<&str>, reply: &Reply) -> Option<String>;

    /// Refuses a request. The socket stays open.
    fn refuse(&self, request: Option<&str>, error: &Error) -> Option<String>;
}
