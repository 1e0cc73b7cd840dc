//! `GET /api/v1/ws`: one socket per client, for all its rooms.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{Caller, Code, Error, Result};
use hyper::header::AUTHORIZATION;
use protocol::{
    Dialect, Viewer,
    native::{Native, SUBPROTOCOL, TOKEN_PROTOCOL},
};
use warp::{Filter, filters::BoxedFilter, reply::Response};

use super::{HandshakeError, Seated, Upgrade, guest, means, upgrade};
use crate::{
    Application, Context, answer,
    auth::{Identity, bearer_of},
    session::member::{Member, Wants},
    trace,
};

/// The native socket, mounted at `/api/v1/ws`. It takes the token from `Authorization: Bearer`,
/// from the subprotocol `base64url.bearer.hubbub.…`, or from a first frame `authenticate`; a
/// `?ticket=` stands in for one.
#[must_use]
pub fn native(ctx: &Context, app: Arc<dyn Application>) -> BoxedFilter<(Response,)> {
    let door = Arc::new(Door {
        ctx: ctx.clone(),
        app,
    });
    warp::path!("api" / "v1" / "ws")
        .and(warp::get())
        .and(upgrade(ctx))
        .and(query())
        .then(
            move |upgrade: Result<Upgrade, HandshakeError>, query: String| {
                let door = Arc::clone(&door);
                async move {
                    match upgrade {
                        Ok(upgrade) => door.open(upgrade, &query).await,
                        Err(error) => error.response(),
                    }
                }
            },
        )
        .boxed()
}

/// The query as it is written, empty where there is none.
fn query() -> impl Filter<Extract = (String,), Error = std::convert::Infallible> + Copy {
    let none = |_| async { Ok::<_, std::convert::Infallible>((String::new(),)) };
    warp::query::raw().or_else(none)
}

/// Who comes to the door.
enum Coming {
    /// Somebody with a place.
    Known(Box<Caller>, Seated, Wants),
    /// Somebody who has yet to say who they are.
    Guest(Wants),
}

/// What opens native sockets.
pub(super) struct Door {
    pub(super) ctx: Context,
    app: Arc<dyn Application>,
}

impl Door {
    async fn open(self: Arc<Self>, upgrade: Upgrade, query: &str) -> Response {
        let offered = upgrade.subprotocols().any(|offer| offer == SUBPROTOCOL);
        let subprotocol = offered.then_some(SUBPROTOCOL);
        let coming = match self.look(&upgrade, query).await {
            Ok(coming) => coming,
            Err(error) => return self.turn_away(upgrade, subprotocol, error),
        };
        let peer = upgrade.peer;
        let (response, opening) = upgrade.accept(subprotocol);
        match coming {
            Coming::Known(caller, seated, wants) => {
                let machine = self.machine(*caller, &seated, wants);
                seated.spawn(&self.ctx, opening, machine);
            }
            Coming::Guest(wants) => {
                let tasks = self.ctx.tasks.clone();
                tasks.spawn(trace::carry(guest::welcome(self, opening, peer, wants)));
            }
        }
        response
    }

    /// Who comes, and whether there is a place for them.
    async fn look(&self, upgrade: &Upgrade, query: &str) -> Result<Coming> {
        let wants = wants(query)?;
        let Some(who) = self.identify(upgrade, query).await? else {
            return Ok(Coming::Guest(wants));
        };
        let seated = Seated::enter(&self.ctx, upgrade.peer, &who, native_to(&who)).await?;
        Ok(Coming::Known(Box::new(who.caller), seated, wants))
    }

    /// Refuses by HTTP, or, to who speaks our subprotocol, by a close code: a browser shows its
    /// page nothing else.
    fn turn_away(
        &self,
        upgrade: Upgrade,
        subprotocol: Option<&'static str>,
        error: Error,
    ) -> Response {
        if subprotocol.is_none() {
            return answer::problem(&error);
        }
        let (response, opening) = upgrade.accept(subprotocol);
        let limits = Arc::clone(&self.ctx.limits);
        let told = guest::turn_away(opening, limits, error);
        self.ctx.tasks.spawn(told);
        response
    }

    /// Who comes, by the token of the handshake or a ticket in the address; `None` when neither is
    /// there.
    async fn identify(&self, upgrade: &Upgrade, query: &str) -> Result<Option<Identity>> {
        let auth = &self.ctx.auth;
        match (token(upgrade)?, ticket(query)) {
            (Some(token), _) => auth.identify(&token).await.map(Some),
            (None, Some(ticket)) => auth.admit(ticket).await.map(Some),
            (None, None) => Ok(None),
        }
    }

    /// Makes the machine of somebody who is known.
    pub(super) fn machine(
        &self,
        caller: Caller,
        seated: &Seated,
        wants: Wants,
    ) -> impl FnOnce(Arc<crate::hub::Subscriber>) -> Member + Send + 'static + use<> {
        let session = seated.subscriber.session;
        let means = means(&self.ctx, Arc::clone(&self.app), caller, session);
        let hub = Arc::clone(&self.ctx.live.hub);
        move |subscriber| Member::new(means, hub.seat(subscriber, wants.messages), wants)
    }
}

/// How somebody is spoken to here.
pub(super) fn native_to(who: &Identity) -> (Viewer, &'static dyn Dialect) {
    (Viewer::of(who.caller.user), &Native)
}

/// The token of the handshake, if it has one.
fn token(upgrade: &Upgrade) -> Result<Option<String>> {
    if upgrade.headers().contains_key(AUTHORIZATION) {
        return bearer_of(upgrade.headers()).map(|token| Some(token.to_owned()));
    }
    let mut offers = upgrade.subprotocols();
    let Some(offer) = offers.find_map(|offer| offer.strip_prefix(TOKEN_PROTOCOL)) else {
        return Ok(None);
    };
    let token = URL_SAFE_NO_PAD.decode(offer).ok();
    let token = token.and_then(|bytes| String::from_utf8(bytes).ok());
    token
        .map(Some)
        .ok_or_else(|| Error::new(Code::TokenInvalid))
}

/// The ticket of `?ticket=`, if there is one. Tickets need no escaping.
fn ticket(query: &str) -> Option<&str> {
    let mut pairs = query.split('&');
    pairs.find_map(|pair| pair.strip_prefix("ticket="))
}

/// Reads `?events=messages,notifications` (default: `messages`) and `?resume=true` (default: `false`).
fn wants(query: &str) -> Result<Wants> {
    let mut wants = Wants {
        messages: true,
        notifications: false,
        resume: false,
    };
    let pairs = query.split('&');
    for (name, value) in pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))) {
        match name {
            "events" => {
                let value = value.replace("%2C", ",").replace("%2c", ",");
                let known = |event| matches!(event, "messages" | "notifications");
                if !value.split(',').all(known) {
                    return Err(wrong("events", "It lists `messages` and `notifications`."));
                }
                wants.messages = value.split(',').any(|event| event == "messages");
                wants.notifications = value.split(',').any(|event| event == "notifications");
            }
            "resume" => {
                let value = value.parse();
                wants.resume = value.map_err(|_| wrong("resume", "It is `true` or `false`."))?;
            }
            "token" | "access_token" => {
                return Err(wrong("token", "A token in the address ends up in logs."));
            }
            _ => {}
        }
    }
    Ok(wants)
}

fn wrong(field: &'static str, detail: &'static str) -> Error {
    Error::invalid(Code::InvalidField, field, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(query: &str) -> Option<(bool, bool, bool)> {
        let wants = wants(query).ok()?;
        Some((wants.messages, wants.notifications, wants.resume))
    }

    #[test]
    fn the_query_says_what_is_heard() {
        assert_eq!(heard(""), Some((true, false, false)));
        assert_eq!(heard("events=messages"), Some((true, false, false)));
        assert_eq!(heard("events=notifications"), Some((false, true, false)));
        assert_eq!(
            heard("events=messages,notifications"),
            Some((true, true, false))
        );
        assert_eq!(
            heard("events=messages%2Cnotifications&resume=true"),
            Some((true, true, true))
        );
        assert_eq!(heard("&resume=false&x=y"), Some((true, false, false)));
    }

    #[test]
    fn a_wrong_query_is_refused() {
        for query in ["events=", "events", "events=typing", "events=messages,x"] {
            assert_eq!(heard(query), None, "{query}");
        }
        for query in ["resume=1", "resume=", "resume", "token=abc", "token"] {
            assert_eq!(heard(query), None, "{query}");
        }
    }
}
