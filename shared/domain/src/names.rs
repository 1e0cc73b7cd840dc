//! Names that people choose. Each is parsed once, at the edge, and valid ever after.

use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use uuid::Uuid;

use crate::{Code, Error, Limits, Result, RoomId, UserId};

/// Longest username and e-mail address, in characters (the latter: RFC 5321, section 4.5.3.1).
const NAME_CHARS: usize = 64;
const EMAIL_CHARS: usize = 254;

/// How many digits make a name of its own out of one that is taken.
const DIGITS: usize = 6;

/// Longest emoji, in characters: the family of four takes seven, flags of regions take eight.
const EMOJI_CHARS: usize = 16;

/// Largest password that bcrypt takes whole: 72 bytes less the closing zero.
const PASSWORD_BYTES: usize = 71;

macro_rules! text {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Takes what a store kept, which was parsed when it came in.
            #[must_use]
            pub fn stored(text: String) -> Self {
                Self(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

text!(
    /// A user's name, unique in the tenant as written (NFC): 1 to 64 characters, none of them a
    /// control character. Names that differ in case, or only look alike, are different names.
    /// Blank ones are legal, as in the backends that Hubbub replaces; nobody gets one anew by the
    /// native API ([`Username::chosen`]).
    Username
);
text!(
    /// An e-mail address, in lower case.
    Email
);
text!(
    /// The name of a channel, unique in the tenant (NFC): 1 to 64 characters, no control characters.
    RoomName
);

mod person;

pub use person::{FullName, PersonName};

text!(
    /// What somebody reacts with, or says as a message of one emoji (NFC).
    Emoji
);

impl Emoji {
    /// Parses an emoji: 1 to 16 characters that can be seen, without white space. Which of them a
    /// client can draw changes every year and is not checked.
    ///
    /// # Errors
    /// `invalid_emoji`.
    pub fn parse(text: &str) -> Result<Self> {
        Self::read(text, "emoji")
    }

    /// Parses the emoji that a message consists of.
    ///
    /// # Errors
    /// `invalid_emoji`, naming `content`.
    pub fn said(text: &str) -> Result<Self> {
        Self::read(text, "content")
    }

    fn read(text: &str, field: &'static str) -> Result<Self> {
        let refused = |detail| Error::invalid(Code::InvalidEmoji, field, detail);
        let emoji = visible(text, EMOJI_CHARS).map_err(refused)?;
        if emoji.chars().any(char::is_whitespace) {
            return Err(refused("It must not contain white space.".to_owned()));
        }
        Ok(Self(emoji))
    }
}

/// Names that nobody gets anew, since front ends that reach people by their names have other paths
/// in their place.
const RESERVED: [&str; 3] = ["chat", "join", "notifications"];

/// The same of all names that begin so: the path goes to another service where there are several.
const RESERVED_BEGINNING: &str = "join-notification";

/// What somebody is called who was deleted.
const ERASED: &str = "Deleted user";

impl Username {
    /// The name of somebody who was deleted, which is nobody else's.
    #[must_use]
    pub fn erased(user: UserId) -> Self {
        Self(format!("{ERASED}~{}", user.uuid().simple()))
    }

    /// Whether nobody gets this name anew. Who has it from before keeps it.
    #[must_use]
    pub fn is_reserved(name: &str) -> bool {
        RESERVED.contains(&name) || name.starts_with(RESERVED_BEGINNING)
    }

    /// Parses what somebody wants to be called. A name with `@` is an e-mail address, and taken
    /// only by the account that has that address.
    ///
    /// # Errors
    /// `invalid_username` when it is empty, too long, has control characters, or holds an `@`
    /// without being `email`.
    pub fn parse(text: &str, email: Option<&Email>) -> Result<Self> {
        Self::read(text, email, visible)
    }

    /// Parses a name that somebody chooses anew: it can be seen, and told from others.
    ///
    /// # Errors
    /// `invalid_username` for what [`Username::parse`] refuses, for white space at either end and
    /// for invisible characters.
    pub fn chosen(text: &str, email: Option<&Email>) -> Result<Self> {
        Self::read(text, email, presentable)
    }

    /// A name for somebody whose wanted one is taken, or not allowed: `name~` and six hexadecimal
    /// digits of their id, others at each attempt (0 to 4). The name itself must be allowed.
    #[must_use]
    pub fn numbered(name: &str, id: UserId, attempt: usize) -> Self {
        Self(numbered(name, NAME_CHARS, id.uuid(), attempt))
    }

    fn read(text: &str, email: Option<&Email>, form: Form) -> Result<Self> {
        let name = form(text, NAME_CHARS)
            .map_err(|detail| Error::invalid(Code::InvalidUsername, "username", detail))?;
        let own = email.is_some_and(|email| email.0 == name.to_lowercase());
        if name.contains('@') && !own {
            let detail = "A username with '@' must be the account's own e-mail address.";
            return Err(Error::invalid(Code::InvalidUsername, "username", detail));
        }
        if name.starts_with(ERASED) {
            let detail = "Names that begin like this are kept for people who were deleted.";
            return Err(Error::invalid(Code::InvalidUsername, "username", detail));
        }
        Ok(Self(name))
    }
}

impl Email {
    /// Parses an address: one `@` with something before it and a domain after it. Whether mail
    /// reaches it only a mail can tell.
    ///
    /// # Errors
    /// `invalid_email`.
    pub fn parse(text: &str) -> Result<Self> {
        let email = visible(text, EMAIL_CHARS)
            .map_err(|detail| Error::invalid(Code::InvalidEmail, "email", detail))?
            .to_lowercase();
        if plausible(&email) {
            return Ok(Self(email));
        }
        let detail = "An e-mail address looks like name@example.org.";
        Err(Error::invalid(Code::InvalidEmail, "email", detail))
    }
}

fn plausible(email: &str) -> bool {
    let Some((local, domain)) = email.rsplit_once('@') else {
        return false;
    };
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    let atom = |c: char| !c.is_whitespace() && !"@<>()[],;:\\\"".contains(c);
    !local.is_empty()
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && local.chars().all(atom)
        && domain.contains('.')
        && domain.split('.').all(label)
}

impl RoomName {
    /// Parses the name of a room.
    ///
    /// # Errors
    /// `invalid_room_name` when it is empty, longer than the limit, or has control characters.
    pub fn parse(text: &str, limits: &Limits) -> Result<Self> {
        Self::read(text, limits, visible)
    }

    /// Parses a name that somebody chooses anew: it can be seen, and told from others.
    ///
    /// # Errors
    /// `invalid_room_name` for what [`RoomName::parse`] refuses, for white space at either end and
    /// for invisible characters.
    pub fn chosen(text: &str, limits: &Limits) -> Result<Self> {
        Self::read(text, limits, presentable)
    }

    /// A name for a room whose wanted one is taken, or not allowed: `name~` and six hexadecimal
    /// digits of its id, others at each attempt (0 to 4). The name itself must be allowed.
    #[must_use]
    pub fn numbered(name: &str, id: RoomId, attempt: usize, limits: &Limits) -> Self {
        Self(numbered(name, limits.room_name_chars, id.uuid(), attempt))
    }

    fn read(text: &str, limits: &Limits, form: Form) -> Result<Self> {
        form(text, limits.room_name_chars)
            .map(Self)
            .map_err(|detail| Error::invalid(Code::InvalidRoomName, "name", detail))
    }
}

/// What a name must look like: takes the text and the most characters, and gives the name or what
/// is wrong.
type Form = fn(&str, usize) -> Result<String, String>;

/// As [`visible`], and nothing that nobody sees: neither around the name nor in it.
fn presentable(text: &str, max_chars: usize) -> Result<String, String> {
    let text = visible(text, max_chars)?;
    if text.trim() != text {
        return Err("It must not begin or end with white space.".to_owned());
    }
    if text.chars().any(is_invisible) {
        return Err("It must not contain invisible characters.".to_owned());
    }
    Ok(text)
}

/// Whether nothing of a text can be seen.
pub(crate) fn is_blank(text: &str) -> bool {
    let unseen = |c: char| c.is_whitespace() || is_hidden(c) || is_invisible(c);
    text.chars().all(unseen)
}

/// Characters that show nothing, besides those of [`is_hidden`]. The joiners and the variation
/// selectors, which scripts and emoji need, are none of them.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{AD}'
            | '\u{34F}'
            | '\u{61C}'
            | '\u{115F}'
            | '\u{1160}'
            | '\u{17B4}'
            | '\u{17B5}'
            | '\u{180E}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{FFA0}'
    ) || ('\u{2060}'..='\u{206F}').contains(&c)
}

/// A name like another: as much of it as leaves room for `~` and six hexadecimal digits of an id,
/// which differ from attempt to attempt (0 to 4), so that all who name one thing agree.
fn numbered(name: &str, max_chars: usize, id: Uuid, attempt: usize) -> String {
    let stem = name.chars().take(max_chars.saturating_sub(DIGITS + 1));
    let digits = id.simple().to_string();
    let digits = digits.chars().skip(DIGITS * attempt).take(DIGITS);
    stem.chain(['~']).chain(digits).collect()
}

/// Normalises to NFC and refuses what cannot be seen or is too long.
pub(crate) fn visible(text: &str, max_chars: usize) -> Result<String, String> {
    let text: String = text.nfc().take(max_chars + 1).collect();
    if text.is_empty() {
        return Err("It must not be empty.".to_owned());
    }
    if text.chars().count() > max_chars {
        return Err(format!("It may have at most {max_chars} characters."));
    }
    if text.chars().any(is_hidden) {
        return Err("It must not contain control characters.".to_owned());
    }
    Ok(text)
}

/// Control characters, and those that turn or hide the text around them.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}' | '\u{2029}' | '\u{FEFF}'
        )
        || ('\u{202A}'..='\u{202E}').contains(&c)
        || ('\u{2066}'..='\u{2069}').contains(&c)
}

/// A password on its way to the hash. It prints as `***`.
pub struct Password(String);

impl Password {
    /// Takes a password that somebody wants to have, at least `min_chars` characters long.
    ///
    /// # Errors
    /// `invalid_password` when it is too short, or longer than bcrypt reads (71 bytes): what is
    /// beyond would be ignored silently.
    pub fn parse(text: String, min_chars: usize) -> Result<Self> {
        if text.chars().count() < min_chars {
            let detail = format!("A password needs at least {min_chars} characters.");
            return Err(Error::invalid(Code::InvalidPassword, "password", detail));
        }
        if text.len() > PASSWORD_BYTES {
            let detail = format!("A password may have at most {PASSWORD_BYTES} bytes of UTF-8.");
            return Err(Error::invalid(Code::InvalidPassword, "password", detail));
        }
        Ok(Self(text))
    }

    /// Takes a password that is to be compared. One that could never have been set gives `None`.
    #[must_use]
    pub fn attempt(text: String) -> Option<Self> {
        (text.len() <= PASSWORD_BYTES).then_some(Self(text))
    }

    /// The password itself, for the hash alone.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn username(text: &str) -> Result<Username> {
        Username::parse(text, None)
    }

    #[test]
    fn some_names_are_paths_of_front_ends() {
        for name in [
            "chat",
            "join",
            "notifications",
            "join-notification",
            "join-notification-fan",
        ] {
            assert!(Username::is_reserved(name), "{name}");
        }
        for name in ["Chat", "joined", "notification", "ann-lee", "ws"] {
            assert!(!Username::is_reserved(name), "{name}");
        }
    }

    #[test]
    fn names_are_compared_in_nfc() {
        assert_eq!(username("e\u{301}").unwrap(), username("\u{e9}").unwrap());
    }

    #[test]
    fn names_that_cannot_be_seen_are_refused() {
        for bad in ["", "a\nb", "a\0", "\u{202E}evil", "\u{7f}"] {
            assert_eq!(
                username(bad).unwrap_err().code(),
                Code::InvalidUsername,
                "{bad:?}"
            );
        }
        assert!(
            username(" ").is_ok(),
            "the original allows a blank username"
        );
    }

    #[test]
    fn a_name_that_is_chosen_can_be_seen() {
        let limits = Limits::default();
        for good in [
            "ann",
            "Ann Lee",
            "\u{645}\u{6CC}\u{200C}\u{62E}",
            "\u{2764}\u{FE0F}",
        ] {
            assert!(Username::chosen(good, None).is_ok(), "{good}");
            assert!(RoomName::chosen(good, &limits).is_ok(), "{good}");
        }
        for bad in [
            "",
            " ",
            " ann",
            "ann\u{A0}",
            "\u{3164}",
            "a\u{AD}b",
            "a\u{200B}",
            "\u{2800}",
        ] {
            let name = Username::chosen(bad, None).unwrap_err();
            assert_eq!(name.code(), Code::InvalidUsername, "{bad:?}");
            let room = RoomName::chosen(bad, &limits).unwrap_err();
            assert_eq!(room.code(), Code::InvalidRoomName, "{bad:?}");
        }
    }

    #[test]
    fn length_is_counted_in_characters() {
        assert!(username(&"é".repeat(64)).is_ok());
        assert!(username(&"é".repeat(65)).is_err());
    }

    #[test]
    fn a_name_with_an_at_sign_must_be_ones_own_address() {
        let email = Email::parse("Ann@Example.org").unwrap();
        assert!(Username::parse("ann@example.org", Some(&email)).is_ok());
        assert!(Username::parse("bob@example.org", Some(&email)).is_err());
    }

    #[test]
    fn an_emoji_is_short_and_without_white_space() {
        for good in [
            "\u{1F44D}",
            "\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467}\u{200D}\u{1F466}",
            "\u{2764}\u{FE0F}",
            "+1",
        ] {
            assert!(Emoji::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "a b", "\n", &"x".repeat(17)] {
            assert_eq!(
                Emoji::parse(bad).unwrap_err().code(),
                Code::InvalidEmoji,
                "{bad:?}"
            );
        }
    }

    #[test]
    fn addresses() {
        for good in ["test@test.com", "a.b+c@x-y.co.uk", "ü@müller.de"] {
            assert!(Email::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "", "a", "a@", "@b.c", "a@b", "a b@c.de", "a@b..c", ".a@b.c", "a@-b.c",
        ] {
            assert!(Email::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_password_is_measured_in_bytes_where_bcrypt_stops_reading() {
        assert!(Password::parse("x".repeat(71), 1).is_ok());
        assert!(Password::parse("x".repeat(72), 1).is_err());
        assert!(Password::parse("€".repeat(24), 1).is_err());
        assert!(Password::parse(String::new(), 1).is_err());
        assert_eq!(
            format!("{:?}", Password::attempt("hunter2".into()).unwrap()),
            "***"
        );
    }
}
