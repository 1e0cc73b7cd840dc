//! What the API says of itself: OpenAPI 3.1 for requests, AsyncAPI 3.0 for the socket, and a page
//! that shows both.
//!
//! Each service says what its routes do ([`Operation`]), next to them; `edge` puts that together
//! and serves it. Schemas come from the wire types in `protocol`, and the codes from `domain`, so
//! that nothing is said twice.

mod asyncapi;
mod limits;
mod openapi;
mod operation;
mod page;
mod parameter;
mod problem;
mod rates;

pub use asyncapi::asyncapi;
pub use openapi::{TAGS, openapi};
pub use operation::{Answer, Content, Operation, Who};
pub use page::{SEARCH, STYLE, codes, page};
pub use parameter::{
    ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_RANGE, ETAG, Header, LINK, LOCATION, Parameter,
    seq, uuid,
};

/// A document as YAML.
#[must_use]
pub fn yaml(document: &serde_json::Value) -> String {
    serde_saphyr::to_string(document).unwrap_or_default()
}

#[cfg(test)]
mod tests;
