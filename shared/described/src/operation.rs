//! What one method of one path does, said by the service that serves it.

use std::collections::BTreeMap;

use domain::{Code, Rate};
use protocol::schema::{Schemas, Shape, shape};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::parameter::{Header, Parameter};

/// One method of one path: what it takes, what it answers, and how it refuses.
#[derive(Debug, Clone)]
pub struct Operation {
    /// The method, upper case.
    pub method: &'static str,
    /// The path, with `{name}` for a segment that varies.
    pub path: &'static str,
    /// Its stable name, in snake case.
    pub id: &'static str,
    /// The group that it stands in: one of [`crate::TAGS`].
    pub tag: &'static str,
    /// What it does, in a sentence.
    pub says: &'static str,
    /// Who may ask.
    pub who: Who,
    /// What may stand in the query and in the headers.
    pub parameters: Vec<Parameter>,
    /// What is sent, if anything: one of these.
    pub bodies: Vec<Content>,
    /// What it answers when it does what was asked, by status.
    pub answers: BTreeMap<u16, Answer>,
    /// The rates that count it.
    pub rates: Vec<Rate>,
    /// The codes of its refusals, besides those that follow from who asks, what is sent, and what
    /// counts it.
    pub codes: Vec<Code>,
}

/// Who may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Machines and people alike: it refuses nobody.
    Everybody,
    /// Anybody, also without a token.
    Anybody,
    /// Whoever has a token.
    Bearer,
    /// Administrators.
    Administrator,
}

/// Something of a media type.
#[derive(Debug, Clone)]
pub struct Content {
    /// Of which type.
    pub media_type: &'static str,
    /// Of which form; `None` for what has none, such as text.
    pub shape: Option<Shape>,
    /// One of it.
    pub example: Option<Value>,
}

/// One answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What it means.
    pub says: &'static str,
    /// What it holds, if anything.
    pub content: Option<Content>,
    /// The headers that it has.
    pub headers: Vec<Header>,
}

impl Operation {
    /// An operation that reads.
    #[must_use]
    pub fn get(path: &'static str, id: &'static str) -> Self {
        Self::new("GET", path, id)
    }

    /// An operation that does something, or makes something.
    #[must_use]
    pub fn post(path: &'static str, id: &'static str) -> Self {
        Self::new("POST", path, id)
    }

    /// An operation that sets something.
    #[must_use]
    pub fn put(path: &'static str, id: &'static str) -> Self {
        Self::new("PUT", path, id)
    }

    /// An operation that changes something.
    #[must_use]
    pub fn patch(path: &'static str, id: &'static str) -> Self {
        Self::new("PATCH", path, id)
    }

    /// An operation that takes something away.
    #[must_use]
    pub fn delete(path: &'static str, id: &'static str) -> Self {
        Self::new("DELETE", path, id)
    }

    fn new(method: &'static str, path: &'static str, id: &'static str) -> Self {
        Self {
            method,
            path,
            id,
            tag: "",
            says: "",
            who: Who::Bearer,
            parameters: Vec::new(),
            bodies: Vec::new(),
            answers: BTreeMap::new(),
            rates: Vec::new(),
            codes: Vec::new(),
        }
    }

    /// Says what it does, and puts it into a group.
    #[must_use]
    pub fn says(mut self, tag: &'static str, text: &'static str) -> Self {
        (self.tag, self.says) = (tag, text);
        self
    }

    /// Says who may ask. Unless said, whoever has a token.
    #[must_use]
    pub fn of(mut self, who: Who) -> Self {
        self.who = who;
        self
    }

    /// Says what may stand in the query or in a header.
    #[must_use]
    pub fn with(mut self, parameter: Parameter) -> Self {
        self.parameters.push(parameter);
        self
    }

    /// Says that JSON of this type is sent, as in the example.
    #[must_use]
    pub fn takes<T: ToSchema>(mut self, example: Value) -> Self {
        self.bodies.push(Content::json::<T>(example));
        self
    }

    /// Says that something else than JSON is sent, or may be.
    #[must_use]
    pub fn takes_content(mut self, content: Content) -> Self {
        self.bodies.push(content);
        self
    }

    /// Says that JSON of this type is answered, as in the example.
    #[must_use]
    pub fn answers<T: ToSchema>(self, status: u16, says: &'static str, example: Value) -> Self {
        self.answers_content(status, says, Some(Content::json::<T>(example)))
    }

    /// Says that a status alone is answered.
    #[must_use]
    pub fn answers_nothing(self, status: u16, says: &'static str) -> Self {
        self.answers_content(status, says, None)
    }

    /// Says that something else than JSON is answered.
    #[must_use]
    pub fn answers_content(
        mut self,
        status: u16,
        says: &'static str,
        content: Option<Content>,
    ) -> Self {
        let headers = Vec::new();
        let answer = Answer {
            says,
            content,
            headers,
        };
        self.answers.insert(status, answer);
        self
    }

    /// Says that the answers given so far have a header.
    #[must_use]
    pub fn with_header(mut self, header: Header) -> Self {
        for answer in self.answers.values_mut() {
            answer.headers.push(header);
        }
        self
    }

    /// Says which rates count it. That answers tell of them, and that it can be refused with
    /// `rate_limited`, follows.
    #[must_use]
    pub fn counted_by(mut self, rates: &[Rate]) -> Self {
        self.rates.extend_from_slice(rates);
        self
    }

    /// Names the codes of its refusals, besides those that follow from who asks, what is sent, and
    /// what counts it.
    #[must_use]
    pub fn refuses(mut self, codes: &[Code]) -> Self {
        self.codes.extend_from_slice(codes);
        self
    }

    /// Every code that it can refuse with.
    #[must_use]
    pub fn all_codes(&self) -> Vec<Code> {
        let mut codes = self.codes.clone();
        if matches!(self.who, Who::Bearer | Who::Administrator) {
            codes.extend([Code::Unauthenticated, Code::TokenInvalid]);
        }
        if self.who == Who::Administrator {
            codes.push(Code::Forbidden);
        }
        if !self.bodies.is_empty() {
            codes.extend([Code::BodyTooLarge, Code::BodyTooSlow, Code::MediaType]);
            codes.extend([Code::InvalidJson, Code::InvalidField]);
        }
        if !self.rates.is_empty() {
            codes.push(Code::RateLimited);
        }
        // A segment that is no UTF-8 leads nowhere.
        if self.segments().next().is_some() {
            codes.push(Code::NotFound);
        }
        if self.who != Who::Everybody {
            codes.extend([Code::Unavailable, Code::Internal]);
            if self.method != "GET" {
                codes.extend([Code::Busy, Code::UnknownOutcome]);
            }
        }
        let mut listed = Code::ALL.to_vec();
        listed.retain(|code| codes.contains(code));
        listed
    }

    /// The names of the segments that vary.
    pub fn segments(&self) -> impl Iterator<Item = &'static str> {
        let segments = self.path.split('/');
        segments.filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
    }
}

impl Content {
    /// JSON of a type.
    #[must_use]
    pub fn json<T: ToSchema>(example: Value) -> Self {
        Self {
            media_type: "application/json",
            shape: Some(shape::<T>()),
            example: Some(example),
        }
    }

    /// A form with one file, in the field of this name.
    #[must_use]
    pub fn file_form(field: &str, says: &str) -> Self {
        let bytes = json!({
            "type": "string", "format": "binary", "contentMediaType": "application/octet-stream",
            "description": says,
        });
        let schema = json!({
            "type": "object", "required": [field], "properties": {field: bytes},
            "additionalProperties": false,
        });
        Self {
            media_type: "multipart/form-data",
            shape: Some(Shape {
                schema,
                named: Schemas::new(),
            }),
            example: None,
        }
    }

    /// Something without a form that could be described, such as text.
    #[must_use]
    pub const fn of(media_type: &'static str) -> Self {
        Self {
            media_type,
            shape: None,
            example: None,
        }
    }
}
