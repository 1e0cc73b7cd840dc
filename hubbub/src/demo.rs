//! `hubbub serve --demo`: people and rooms to try things out with.
//!
//! The people are known by an alias, so that a start finds those that the one before made, and
//! never takes over somebody who happens to have such a name. Their password is made anew at each
//! start, is printed once and stored as a hash alone.

use std::{net::SocketAddr, sync::Arc};

use domain::{
    Caller, ClientId, Code, Command, Content, Error, FullName, NewUser, Password, Reply, Result,
    RoomId, RoomName, TenantId, Timestamp, User, UserId, Username, WantedRoom,
};
use edge::{Application, Context, random};
use settings::{Mode, Settings};
use uuid::Uuid;

use crate::{Failure, Server};

/// Who there is. The first makes the rooms.
pub(crate) const PEOPLE: [&str; 4] = ["ann", "bob", "cid", "eve"];

/// What was said, and by whom, in which room.
const TALK: [(&str, &[(&str, &str)]); 2] = [
    (
        "Demo lounge",
        &[
            ("ann", "Welcome! Everybody of the demo is in here."),
            ("bob", "Good morning."),
            ("eve", "Is there coffee?"),
            ("ann", "In the kitchen, which is a room of its own."),
        ],
    ),
    (
        "Demo kitchen",
        &[
            ("cid", "The coffee is ready."),
            ("eve", "On my way."),
            ("bob", "Leave some for me, please."),
        ],
    ),
];

/// Where the client ids of the demo's messages are derived: said again, they change nothing.
const SAID: Uuid = Uuid::from_u128(0x1d0c_9c2e_7a61_4f5b_8a3e_52d4_90b7_1f66);

/// What is printed of the demo.
#[derive(Debug)]
pub(crate) struct Demo {
    /// Whether an earlier start had made it.
    pub(crate) known: bool,
    /// The password of all its people, until the next start.
    pub(crate) password: String,
}

/// Refuses a demo that others than this machine's users could reach.
pub(crate) fn check(settings: &Settings, addresses: &[SocketAddr]) -> Result<(), Failure> {
    let alone = addresses.iter().all(|address| address.ip().is_loopback());
    match settings.mode {
        Mode::Development if alone => Ok(()),
        _ => Err(Failure::DemoInPublic),
    }
}

/// Makes what is missing of the demo, and gives its people a new password.
pub(crate) async fn furnish(server: &Server) -> Result<Demo, Failure> {
    let made = Furnisher {
        ctx: server.ctx(),
        app: Arc::clone(server.app()),
    };
    made.all().await.map_err(Failure::Demo)
}

struct Furnisher<'a> {
    ctx: &'a Context,
    app: Arc<dyn Application>,
}

impl Furnisher<'_> {
    async fn all(&self) -> Result<Demo> {
        let mut known = Vec::new();
        for name in PEOPLE {
            known.push(self.find(name).await?);
        }
        let had_some = known.iter().any(Option::is_some);
        let password = random::hex(8);
        let hash = Password::parse(password.clone(), 1)?;
        let hash = self.ctx.passwords.hash(hash).await?;
        let mut people = Vec::new();
        for (name, known) in PEOPLE.into_iter().zip(known) {
            people.push(self.person(name, known, hash.clone()).await?);
        }
        for (room, said) in TALK {
            self.room(room, said, &people).await?;
        }
        Ok(Demo {
            known: had_some,
            password,
        })
    }

    /// The demo's person of this name. Somebody else of the name is in its way.
    async fn find(&self, name: &str) -> Result<Option<User>> {
        let (store, tenant) = (&self.ctx.ports.store, TenantId::default());
        if let Some(user) = store.user_by_alias(&tenant, &alias(name)).await? {
            return Ok(Some(user));
        }
        let name = Username::parse(name, None)?;
        match store.user_by_name(&tenant, &name).await? {
            None => Ok(None),
            Some(_) => Err(Error::new(Code::UsernameTaken)
                .with_detail(format!("somebody else is called {name}"))),
        }
    }

    /// The person, with the new password.
    async fn person(&self, name: &str, known: Option<User>, hash: String) -> Result<Caller> {
        let store = &self.ctx.ports.store;
        let user = match known {
            Some(user) => {
                let was = user.password_hash.as_deref();
                // Who changes their password at this very moment keeps the one they chose.
                let _set = store.set_password_hash(user.id, was, hash).await?;
                user
            }
            None => store.create_user(newcomer(name, hash)?).await?,
        };
        Ok(Caller {
            tenant: user.tenant,
            user: user.id,
            username: user.username,
            admin: user.admin,
            expires_at: Timestamp::MAX,
            session: None,
        })
    }

    async fn room(&self, name: &str, said: &[(&str, &str)], people: &[Caller]) -> Result<()> {
        let room = self.channel(name, people).await?;
        for who in people {
            self.app.handle(who, Command::Join { room }).await?;
        }
        for (number, (who, text)) in said.iter().enumerate() {
            let speaker = PEOPLE.iter().position(|person| person == who);
            let speaker = speaker.and_then(|index| people.get(index));
            let speaker = speaker.ok_or_else(|| Error::internal("nobody of the demo says this"))?;
            let said = format!("{room}/{number}");
            let send = Command::Send {
                room,
                client_id: ClientId::from_uuid(Uuid::new_v5(&SAID, said.as_bytes())),
                draft: Content::text((*text).to_owned(), &self.ctx.limits)?.into(),
            };
            self.app.handle(speaker, send).await?;
        }
        Ok(())
    }

    /// The channel of this name, made if it is not there.
    async fn channel(&self, name: &str, people: &[Caller]) -> Result<RoomId> {
        let maker = people
            .first()
            .ok_or_else(|| Error::internal("the demo has nobody"))?;
        let name = RoomName::parse(name, &self.ctx.limits)?;
        let find = Command::FindChannel { name: name.clone() };
        let found = match self.app.handle(maker, find).await {
            Err(error) if error.code() == Code::RoomNotFound => {
                let room = WantedRoom::Channel {
                    name,
                    read_only: false,
                };
                let create = Command::CreateRoom { room, key: None };
                self.app.handle(maker, create).await?
            }
            found => found?,
        };
        match found {
            Reply::Room(view) | Reply::Opened { room: view, .. } => Ok(view.room.id),
            _ => Err(Error::internal("an answer to another question")),
        }
    }
}

fn alias(name: &str) -> String {
    format!("demo:{name}")
}

fn newcomer(name: &str, hash: String) -> Result<NewUser> {
    Ok(NewUser {
        id: UserId::new(),
        tenant: TenantId::default(),
        username: Username::parse(name, None)?,
        email: None,
        names: FullName::default(),
        password_hash: Some(hash),
        alias: Some(alias(name)),
        admin: false,
    })
}
