//! What stands in paths, queries and headers. What many operations have is named once, here.

use serde_json::{Value, json};

/// Something in the query or in a header of a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Where: `query` or `header`.
    pub place: &'static str,
    /// What it is called.
    pub name: &'static str,
    /// What it is for.
    pub says: &'static str,
    /// Its form.
    pub schema: Value,
    /// Whether it must be there.
    pub required: bool,
}

/// A header of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// What it is called.
    pub name: &'static str,
    /// What it says.
    pub says: &'static str,
    /// Whether it is always there.
    pub always: bool,
}

/// The version of what is answered: send it back in `If-None-Match` or `If-Match`.
pub const ETAG: Header = Header {
    name: "ETag",
    says: "The version of what is answered.",
    always: true,
};

/// Where the thing is that was made.
pub const LOCATION: Header = Header {
    name: "Location",
    says: "Where the thing is that was made.",
    always: true,
};

/// The pages before and after this one.
pub const LINK: Header = Header {
    name: "Link",
    says: "The pages before (`prev`) and after (`next`) this one, as far as there are any.",
    always: false,
};

/// Which part of a file was answered.
pub const CONTENT_RANGE: Header = Header {
    name: "Content-Range",
    says: "Which part it is, and how long the whole is.",
    always: true,
};

/// That parts of a file can be asked for.
pub const ACCEPT_RANGES: Header = Header {
    name: "Accept-Ranges",
    says: "`bytes`: parts of it can be asked for.",
    always: true,
};

/// What a file is called, and whether a browser shows it.
pub const CONTENT_DISPOSITION: Header = Header {
    name: "Content-Disposition",
    says: "What the file is called, and whether a browser shows it.",
    always: true,
};

impl Header {
    /// What the document says of it.
    pub(crate) fn described(&self) -> Value {
        json!({
            "description": self.says, "required": self.always, "schema": {"type": "string"},
        })
    }
}

impl Parameter {
    /// Something in the query.
    #[must_use]
    pub fn query(name: &'static str, schema: Value, says: &'static str) -> Self {
        Self {
            place: "query",
            name,
            says,
            schema,
            required: false,
        }
    }

    /// The same, as one that must be there.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Something in a header.
    #[must_use]
    pub fn header(name: &'static str, schema: Value, says: &'static str) -> Self {
        Self {
            place: "header",
            ..Self::query(name, schema, says)
        }
    }

    /// How many items of a page are wanted.
    #[must_use]
    pub fn limit() -> Self {
        let schema = json!({"type": "integer", "format": "int64", "minimum": 0});
        Self::query(
            "limit",
            schema,
            "How many at most; what is too many counts as the most that a page has.",
        )
    }

    /// The last id of the page before.
    #[must_use]
    pub fn after() -> Self {
        Self::query("after", uuid(), "The last id of the page before.")
    }

    /// `Idempotency-Key`.
    #[must_use]
    pub fn idempotency_key() -> Self {
        let says = "Your own id for the message, as `client_id` says it in the body. A repeat changes nothing and is answered with the original.";
        Self::header("Idempotency-Key", uuid(), says)
    }

    /// `If-Match` on a revision.
    #[must_use]
    pub fn if_match() -> Self {
        let says = "The revision that you have seen, as in `\"3\"`: `stale_revision` if it is another by now.";
        Self::header("If-Match", json!({"type": "string"}), says)
    }

    /// `If-None-Match`.
    #[must_use]
    pub fn if_none_match() -> Self {
        let says = "An `ETag` that you have: 304 if nothing has changed.";
        Self::header("If-None-Match", json!({"type": "string"}), says)
    }
}

/// The form of an id.
#[must_use]
pub fn uuid() -> Value {
    json!({"type": "string", "format": "uuid"})
}

/// The form of a seq.
#[must_use]
pub fn seq() -> Value {
    json!({"type": "integer", "format": "int64", "minimum": 0})
}

/// The segments of paths: what each is called, its form, and what it names.
const SEGMENTS: &[(&str, &str)] = &[
    ("room", "The id of a room."),
    ("user", "The id of a user."),
    ("message", "The id of a message."),
    ("file", "The id of a file."),
    ("session", "The id of a session."),
    ("run", "The id of a run or a plan."),
];

/// Those that are named by people, and need be no ids.
const NAMED: &[(&str, &str)] = &[
    ("name", "What the file is called; for people."),
    ("policy", "The name of a policy, or its id."),
    ("emoji", "An emoji, percent-encoded."),
];

/// What a segment of a path names, and its form.
pub(crate) fn segment(name: &str) -> (&'static str, Value) {
    let find = |names: &'static [(&str, &'static str)]| {
        let found = names.iter().find(|(known, _)| *known == name);
        found.map(|(_, says)| *says)
    };
    match (find(SEGMENTS), find(NAMED)) {
        (Some(says), _) => (says, uuid()),
        (None, says) => (says.unwrap_or_default(), json!({"type": "string"})),
    }
}
