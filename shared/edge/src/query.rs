//! Query parameters, read one by one so that each can be refused by name.

use std::{collections::HashMap, convert::Infallible, str::FromStr};

use domain::{Code, Error, Limits, Result, RoomId, UserId};
use protocol::native::page_size;
use uuid::Uuid;
use warp::Filter;

/// The parameters of a request; of duplicates the last.
#[derive(Debug, Default)]
pub struct Query(HashMap<String, String>);

/// What a cursor can be.
pub trait Cursor: FromStr {
    /// What it must look like, for who sent another.
    const FORM: &'static str;
}

/// The form of a cursor that is the id of something on the page before.
const ID: &str = "It must be an id, which is a UUID, as the page before names it.";

/// The form of a cursor that counts.
const NUMBER: &str = "It must be a whole number from 0 up.";

impl Cursor for u64 {
    const FORM: &'static str = NUMBER;
}

impl Cursor for usize {
    const FORM: &'static str = NUMBER;
}

impl Cursor for Uuid {
    const FORM: &'static str = ID;
}

impl Cursor for UserId {
    const FORM: &'static str = ID;
}

impl Cursor for RoomId {
    const FORM: &'static str = ID;
}

impl Cursor for domain::notification::Position {
    const FORM: &'static str = "It must be the cursor that the page before gives.";
}

impl Cursor for domain::FamilyId {
    const FORM: &'static str = ID;
}

/// Extracts the parameters. A query that cannot be read has none.
pub fn query() -> impl Filter<Extract = (Query,), Error = Infallible> + Clone {
    warp::query::<HashMap<String, String>>()
        .map(Query)
        .or(warp::any().map(Query::default))
        .unify()
}

impl Query {
    /// A parameter as it is.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A parameter of a cursor: a number or an id.
    ///
    /// # Errors
    /// `invalid_cursor`, naming it and what it must be, when it cannot be read.
    pub fn cursor<T: Cursor>(&self, name: &'static str) -> Result<Option<T>> {
        let parse = |text: &str| {
            text.parse()
                .map_err(|_| Error::invalid(Code::InvalidCursor, name, T::FORM))
        };
        self.text(name).map(parse).transpose()
    }

    /// How many items are asked for, within the limits.
    ///
    /// # Errors
    /// `invalid_cursor` when it is no number.
    pub fn limit(&self, limits: &Limits) -> Result<usize> {
        Ok(page_size(self.cursor("limit")?, limits))
    }
}
