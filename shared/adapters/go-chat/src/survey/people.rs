//! Who there will be, and what they are called.

use domain::{Email, UserId, Username, foreign::NAMELESS};
use mongodb::bson::oid::ObjectId;

use super::Survey;
use crate::{
    census::Person,
    documents::Client,
    findings::{Matter, short},
    ids,
};

/// How many names are tried for somebody whose own is not to be had.
pub(super) const ATTEMPTS: usize = 5;

/// How much of a name is looked at that is not allowed: as much as may be.
const CHARACTERS: usize = 64;

impl Survey<'_> {
    /// Takes somebody in who has an account.
    pub(super) fn admit(&mut self, client: &Client) {
        let id = ids::user(client.id);
        let address = self.address(client);
        let name = self.name(client, id, address.as_ref());
        if client.hash.is_none() {
            self.findings.note(Matter::NoPassword, client.id);
        }
        if client.since.by_id {
            let undated = format!("clients {}", client.id);
            self.findings.note(Matter::Undated, undated);
        }
        let person = Person {
            original: client.id,
            name,
            account: true,
            address: address.is_some(),
        };
        self.census.people.insert(id, person);
    }

    /// Somebody whom a room or a message names; who has no account gets a placeholder.
    pub(super) fn person(&mut self, original: ObjectId) -> UserId {
        let id = ids::user(original);
        if self.census.people.contains_key(&id) {
            return id;
        }
        let name = self.another_name(NAMELESS, id);
        self.findings
            .note(Matter::Placeholder, format!("{original}: {name}"));
        let person = Person {
            original,
            name,
            account: false,
            address: false,
        };
        self.census.people.insert(id, person);
        id
    }

    /// Their address, if it is one and nobody's yet.
    fn address(&mut self, client: &Client) -> Option<Email> {
        let said = client.email.as_deref().unwrap_or_default();
        let address = Email::parse(said).ok();
        let own = address.filter(|email| self.addresses.insert(email.as_str().to_owned()));
        if own.is_none() {
            let said = format!("{}: {}", client.id, short(said));
            self.findings.note(Matter::NoAddress, said);
        }
        own
    }

    /// Their name, if it is allowed and nobody's yet; else one like it.
    fn name(&mut self, client: &Client, id: UserId, address: Option<&Email>) -> Username {
        let wanted = Username::parse(&client.username, address).ok();
        let own = wanted.filter(|name| self.names.insert(name.as_str().to_owned()));
        own.unwrap_or_else(|| {
            let other = self.another_name(&stem(&client.username), id);
            let told = format!("{}: {} is {other}", client.id, short(&client.username));
            self.findings.note(Matter::OtherName, told);
            other
        })
    }

    fn another_name(&mut self, stem: &str, id: UserId) -> Username {
        let mut tried = (0..ATTEMPTS).map(|attempt| Username::numbered(stem, id, attempt));
        let free = tried.find(|name| self.names.insert(name.as_str().to_owned()));
        free.unwrap_or_else(|| Username::stored(id.to_string()))
    }
}

/// What of a name shows who is meant and is allowed here: of an address, what stands before the `@`.
fn stem(name: &str) -> String {
    let (local, _) = name.split_once('@').unwrap_or((name, ""));
    let allowed = Username::parse(&beginning(local, CHARACTERS), None);
    allowed.map_or(NAMELESS.to_owned(), |name| name.as_str().to_owned())
}

/// The beginning of a name, without control characters.
pub(super) fn beginning(name: &str, characters: usize) -> String {
    let shown = name.chars().filter(|c| !c.is_control());
    shown.take(characters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_name_still_shows_who_is_meant() {
        for (name, left) in [
            ("ann@example.org", "ann"),
            ("a\nnn", "ann"),
            ("", "user"),
            ("@", "user"),
            ("\u{202E}", "user"),
            (" ", " "),
        ] {
            assert_eq!(stem(name), left, "{name:?}");
        }
        assert_eq!(stem(&"é".repeat(65)).chars().count(), CHARACTERS);
    }
}
