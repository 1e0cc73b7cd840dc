//! What people are called besides their username.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::visible;
use crate::{Code, Error, Result, Username};

/// Longest first or last name, in characters.
const PERSON_CHARS: usize = 150;

text!(
    /// A first or a last name (NFC): 1 to 150 characters, none of them a control character, and no
    /// white space at either end. Many people may have the same.
    PersonName
);

impl PersonName {
    /// Parses a name; white space around it goes. `field` is what it is called in a refusal.
    ///
    /// # Errors
    /// `invalid_field` when nothing of it is left, it is too long or has control characters.
    pub fn parse(text: &str, field: &'static str) -> Result<Self> {
        visible(text.trim(), PERSON_CHARS)
            .map(Self)
            .map_err(|detail| Error::invalid(Code::InvalidField, field, detail))
    }
}

/// What somebody is called besides their username, as far as they have said it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct FullName {
    /// Their first name.
    pub first: Option<PersonName>,
    /// Their last name.
    pub last: Option<PersonName>,
}

impl FullName {
    /// Takes what a store kept.
    #[must_use]
    pub fn stored(first: Option<String>, last: Option<String>) -> Self {
        Self {
            first: first.map(PersonName::stored),
            last: last.map(PersonName::stored),
        }
    }

    /// The name of somebody who was deleted.
    pub(crate) fn erased() -> Self {
        Self {
            first: Some(PersonName::stored(super::ERASED.to_owned())),
            last: None,
        }
    }

    /// Takes a name that is said whole: what stands behind the last space is the last name.
    ///
    /// # Errors
    /// As [`PersonName::parse`].
    pub fn whole(text: &str, field: &'static str) -> Result<Self> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let (first, last) = match words.as_slice() {
            [first @ .., last] if !first.is_empty() => (first.join(" "), Some(*last)),
            words => (words.concat(), None),
        };
        let first = PersonName::parse(&first, field)?;
        let last = last
            .map(|last| PersonName::parse(last, field))
            .transpose()?;
        Ok(Self {
            first: Some(first),
            last,
        })
    }

    /// The name whole, as [`FullName::shown`] has its parts.
    #[must_use]
    pub fn written(&self, username: &Username) -> String {
        let (first, last) = self.shown(username);
        format!("{first} {last}").trim().to_owned()
    }

    /// The first name, if there is one.
    #[must_use]
    pub fn first(&self) -> Option<&str> {
        self.first.as_ref().map(PersonName::as_str)
    }

    /// The last name, if there is one.
    #[must_use]
    pub fn last(&self) -> Option<&str> {
        self.last.as_ref().map(PersonName::as_str)
    }

    /// First and last name as clients need them that know nobody without: who has said neither is
    /// shown with the username as the first, and whatever is missing is empty.
    #[must_use]
    pub fn shown<'a>(&'a self, username: &'a Username) -> (&'a str, &'a str) {
        let last = self.last().unwrap_or_default();
        match self.first() {
            Some(first) => (first, last),
            None if last.is_empty() => (username.as_str(), last),
            None => ("", last),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full(first: Option<&str>, last: Option<&str>) -> FullName {
        FullName::stored(first.map(str::to_owned), last.map(str::to_owned))
    }

    #[test]
    fn names_are_trimmed_and_can_be_seen() {
        let parsed = PersonName::parse("  Mary Ann ", "first_name").unwrap();
        assert_eq!(parsed.as_str(), "Mary Ann");
        for bad in ["", "  ", "a\nb", "\u{202E}evil", &"x".repeat(151)] {
            let error = PersonName::parse(bad, "last_name").unwrap_err();
            let told = (error.code(), error.field());
            assert_eq!(told, (Code::InvalidField, Some("last_name")), "{bad:?}");
        }
    }

    #[test]
    fn a_name_that_is_said_whole_is_written_as_it_was_said() {
        let ann = Username::stored("ann".into());
        for (said, written, parts) in [
            ("Ann", "Ann", ("Ann", "")),
            ("Ann Lee", "Ann Lee", ("Ann", "Lee")),
            ("  Mary  Ann Lee ", "Mary Ann Lee", ("Mary Ann", "Lee")),
        ] {
            let names = FullName::whole(said, "full_name").unwrap();
            assert_eq!(names.written(&ann), written);
            assert_eq!(names.shown(&ann), parts);
        }
        assert_eq!(FullName::default().written(&ann), "ann");
        for bad in ["", "  ", "a\u{202E}b"] {
            let error = FullName::whole(bad, "full_name").unwrap_err();
            assert_eq!(error.field(), Some("full_name"), "{bad:?}");
        }
    }

    #[test]
    fn who_has_said_no_name_is_shown_by_the_username() {
        let ann = Username::stored("ann".into());
        assert_eq!(FullName::default().shown(&ann), ("ann", ""));
        let both = full(Some("Ann"), Some("Lee"));
        assert_eq!(both.shown(&ann), ("Ann", "Lee"));
        assert_eq!(full(Some("Ann"), None).shown(&ann), ("Ann", ""));
        assert_eq!(full(None, Some("Lee")).shown(&ann), ("", "Lee"));
    }
}
