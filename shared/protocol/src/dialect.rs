//! What a dialect is: a codec between its document's frames and the one domain underneath.

use std::{collections::BTreeMap, fmt, sync::Arc};

use domain::{
    Attachment, Card, ClientId, Command, Draft, Error, Limits, Message, Page, Presence, Reaction,
    Reply, RoomId, RoomName, Scene, Seq, Timestamp, UserId, Username, command::RoomView,
};
use uuid::Uuid;

/// What a socket is bound to; a dialect whose frames name no room finds it here.
#[derive(Debug, Clone)]
pub struct Scope {
    /// The room of the socket's path, if the path names one.
    pub room: Option<RoomId>,
    /// With whom that room is, if it is for two.
    pub peer: Option<Card>,
    /// The limits that content is held to.
    pub limits: std::sync::Arc<Limits>,
}

/// Makes links to files that are good without a token, for a while.
pub trait Links: fmt::Debug + Send + Sync {
    /// The link to what a message shows, as an address that a page of any origin can load.
    fn link(&self, attachment: &Attachment) -> String;
}

/// Who hears what is said, for dialects whose words depend on that.
#[derive(Debug, Clone)]
pub struct Viewer {
    /// Who.
    pub user: UserId,
    /// With whom the room of their socket is, if it is bound to one that is for two.
    pub peer: Option<Card>,
    /// Makes them links to files, where the dialect shows such.
    pub links: Option<Arc<dyn Links>>,
}

impl Viewer {
    /// Somebody whose socket is bound to no room of two.
    #[must_use]
    pub const fn of(user: UserId) -> Self {
        Self {
            user,
            peer: None,
            links: None,
        }
    }

    /// A link to what a message shows; its name, for who is made none.
    #[must_use]
    pub fn link(&self, attachment: &Attachment) -> String {
        match &self.links {
            Some(links) => links.link(attachment),
            None => attachment.name.clone(),
        }
    }
}

/// What people are called, as far as it is known.
pub type Names<'a> = &'a dyn Fn(UserId) -> Option<Username>;

/// Who people are, as far as it is known.
pub type Cards<'a> = &'a dyn Fn(UserId) -> Option<Card>;

/// One frame of a client, understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The client's own id for it, echoed in the answer; where a dialect has none, what its answer
    /// has to know of the request.
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
    /// Of the application, in the room of this id; or in the direct room with the person whom
    /// clients name so, which is opened when something is said.
    Aimed {
        /// The id.
        room: String,
        /// What is to be done there.
        deed: Deed,
    },
    /// Whether the session is still there.
    Ping,
    /// To be known by this token.
    Authenticate(String),
    /// To have this room open, of those whose sockets have one open at a time.
    Enter(RoomId),
    /// To have none open.
    Exit,
}

/// What is to be done in a room that has yet to be found.
#[derive(Debug, Clone, PartialEq)]
pub enum Deed {
    /// Something is said. The id makes a repeat harmless.
    Say(ClientId, Box<Draft>),
    /// The user types, or no longer does.
    Type(bool),
    /// Everything in it is read.
    Read,
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

    /// Whether its words depend on who hears them. Where they do not, each is encoded once for all.
    fn is_personal(&self) -> bool {
        false
    }

    /// Says what happened. Only a dialect that is personal looks at the viewer.
    fn encode(&self, viewer: &Viewer, scene: &Scene) -> Option<String>;

    /// Whether a socket of it shows all that its user has with friends: their direct rooms and no
    /// others, who of them comes and goes ([`Dialect::meet`]), and nothing that it did itself.
    fn shows_friends(&self) -> bool {
        false
    }

    /// Says that somebody came or went, to who has a direct room with them. `last` is the newest
    /// message in it.
    fn meet(&self, _room: &RoomView, _seen: &Presence, _last: Option<&Message>) -> Option<String> {
        None
    }

    /// How many messages [`Dialect::greet`] shows at most.
    fn greets_with(&self) -> usize {
        1
    }

    /// The first frame of a room's socket, made of the newest messages; `None` where nothing is said
    /// before something happens.
    fn greet(&self, _page: &Page, _names: Names<'_>) -> Option<String> {
        None
    }

    /// Whether it tells who opens the conversation of its socket and who closes it.
    fn tells_visits(&self) -> bool {
        false
    }

    /// What a conversation's socket is told next: that its user has come, who found these there.
    fn welcome(&self, _me: &Card, _there: &[Card]) -> Vec<String> {
        Vec::new()
    }

    /// Whether its sockets have one room open at a time, and hear of no other.
    fn hears_one_room(&self) -> bool {
        false
    }

    /// The first frame of a socket that is bound to no room.
    fn introduce(&self, _who: &Card, _tenant: &str, _at: Timestamp) -> Option<String> {
        None
    }

    /// What is said when a room is opened, made of its newest messages and of what people reacted
    /// with.
    fn entered(
        &self,
        _room: RoomId,
        _page: &Page,
        _reactions: &[Reaction],
        _cards: Cards<'_>,
    ) -> Option<String> {
        None
    }

    /// What is said when the room that was open is left.
    fn left(&self) -> Option<String> {
        None
    }

    /// Answers a request.
    fn reply(&self, request: Option<&str>, reply: &Reply) -> Option<String>;

    /// Refuses a request. The socket stays open, unless [`Dialect::breaks_off`] says otherwise.
    fn refuse(&self, request: Option<&str>, error: &Error) -> Option<String>;

    /// The close code with which a socket ends whose client sent what cannot be read; `None` where
    /// it stays.
    fn breaks_off(&self, _error: &Error) -> Option<u16> {
        None
    }
}
