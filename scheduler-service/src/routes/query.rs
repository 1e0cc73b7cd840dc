//! Query parameters, read one by one so that each can be refused by name.

use std::{collections::HashMap, convert::Infallible, str::FromStr};

use domain::{Code, Error, Limits, Result};
use protocol::native::page_size;
use warp::Filter;

/// The parameters of a request; of duplicates the last.
#[derive(Debug, Default)]
pub(super) struct Query(HashMap<String, String>);

/// Extracts the parameters. A query that cannot be read has none.
pub(super) fn query() -> impl Filter<Extract = (Query,), Error = Infallible> + Clone {
    warp::query::<HashMap<String, String>>()
        .map(Query)
        .or(warp::any().map(Query::default))
        .unify()
}

impl Query {
    /// A parameter as it is.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A parameter of a cursor: a number or an id.
    ///
    /// # Errors
    /// `invalid_cursor` when it cannot be read.
    pub(super) fn cursor<T: FromStr>(&self, name: &'static str) -> Result<Option<T>> {
        let parse = |text: &str| {
            text.parse()
                .map_err(|_| Error::invalid(Code::InvalidCursor, name, "This cannot be read."))
        };
        self.text(name).map(parse).transpose()
    }

    /// How many items are asked for, within the limits.
    ///
    /// # Errors
    /// `invalid_cursor` when it is no number.
    pub(super) fn limit(&self, limits: &Limits) -> Result<usize> {
        Ok(page_size(self.cursor("limit")?, limits))
    }
}
