//! Logging in, and the next tokens.

use std::sync::Arc;

use domain::{Label, Result};
use edge::{Peer, body, request};
use warp::{
    Filter, filters::BoxedFilter, http::HeaderMap, hyper::body::Bytes, path, reply::Response,
};

use crate::routes::{
    House, any_of,
    drf::{self, Refused, respond},
    tokens, with,
};

pub(super) fn routes(house: &Arc<House>) -> BoxedFilter<(Response,)> {
    let bytes = house.ctx.limits.body_bytes;
    let form = || {
        with(house)
            .and(request::peer())
            .and(warp::header::headers_cloned())
            .and(body::bytes(bytes))
    };
    let log_in = path!("api" / "auth" / "token")
        .and(warp::post())
        .and(form())
        .and(request::label())
        .then(log_in);
    let refresh = path!("api" / "auth" / "token" / "refresh")
        .and(warp::post())
        .and(form())
        .then(tokens::refresh);
    any_of(vec![
        log_in.map(respond).boxed(),
        refresh.map(respond).boxed(),
    ])
}

async fn log_in(
    house: Arc<House>,
    peer: Peer,
    headers: HeaderMap,
    body: Result<Bytes>,
    label: Label,
) -> Result<Response, Refused> {
    let mut form = drf::form(&headers, body)?;
    let (name, password) = (form.text("username"), form.text("password"));
    if !form.faults.is_empty() {
        return Err(form.faults.refusal().into());
    }
    let login = house.accounts.log_in(peer, label, &name, password);
    tokens::logged_in(login.await)
}
