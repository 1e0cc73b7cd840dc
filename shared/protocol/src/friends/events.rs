//! What other services tell of people and friendships: an action, and a body.

use domain::{
    Code, Error, FullName, Result,
    foreign::{Named, Told},
};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

/// The actions that are understood.
pub const ACTIONS: &[&str] = &[
    "user.created",
    "user.updated",
    "user.deleted",
    "friend.created",
];

/// What is said of friends who are not two.
const NOT_TWO: &str = "Friends are two people.";

/// Somebody, by the id that they have elsewhere.
#[derive(Default, Deserialize, ToSchema)]
pub struct EventPerson {
    /// What the other system calls them, or our id: a text, or a number.
    #[serde(default)]
    #[schema(value_type = String)]
    id: Value,
    /// Their name.
    #[serde(default)]
    full_name: Option<String>,
}

/// What an action is about. Whatever else is said is not kept.
#[derive(Deserialize, ToSchema)]
pub struct EventBody {
    /// Whom `user.created`, `user.updated` and `user.deleted` are about: a text, or a number.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    id: Value,
    /// Their name, for the first two.
    #[serde(default)]
    full_name: Option<String>,
    /// The two of `friend.created`.
    #[serde(default)]
    friends: Vec<EventPerson>,
}

/// Reads what is told.
///
/// # Errors
/// `not_found` for an action that is none; `invalid_json`; `invalid_field` for what is missing, and for
/// an id or a name that cannot be one.
pub fn read(action: &str, body: &[u8]) -> Result<Told> {
    if !ACTIONS.contains(&action) {
        return Err(Code::NotFound.into());
    }
    let body: EventBody = serde_json::from_slice(body)
        .map_err(|error| Error::new(Code::InvalidJson).with_detail(error.to_string()))?;
    match action {
        "friend.created" => befriended(body.friends),
        "user.deleted" => Ok(Told::Deleted(body.person().named()?)),
        _ => match body.person().named()? {
            named if named.names.is_some() => Ok(Told::Called(named)),
            _ => Err(invalid("full_name", "It says what somebody is called.")),
        },
    }
}

fn befriended(friends: Vec<EventPerson>) -> Result<Told> {
    let two = <[EventPerson; 2]>::try_from(friends);
    let [one, other] = two.map_err(|_| invalid("friends", NOT_TWO))?;
    let (one, other) = (one.named()?, other.named()?);
    match one.id == other.id {
        true => Err(invalid("friends", NOT_TWO)),
        false => Ok(Told::Befriended(one, other)),
    }
}

impl EventBody {
    fn person(self) -> EventPerson {
        EventPerson {
            id: self.id,
            full_name: self.full_name,
        }
    }
}

impl EventPerson {
    fn named(self) -> Result<Named> {
        let id = match self.id {
            Value::String(id) if !id.trim().is_empty() => id,
            Value::Number(id) => id.to_string(),
            _ => return Err(invalid("id", "It is a text or a number.")),
        };
        // A blank name is none.
        let name = self.full_name.filter(|name| !name.trim().is_empty());
        let names = name.map(|name| FullName::whole(&name, "full_name"));
        Ok(Named {
            id,
            names: names.transpose()?,
        })
    }
}

fn invalid(field: &'static str, detail: &'static str) -> Error {
    Error::invalid(Code::InvalidField, field, detail)
}
