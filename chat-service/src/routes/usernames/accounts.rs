//! Logging in, and the next tokens.

use std::sync::Arc;

use domain::{Label, Result};
use edge::{Peer, request};
use protocol::drf::Form;
use warp::{Filter, filters::BoxedFilter, path, reply::Response};

use crate::routes::{
    House, any_of,
    drf::{Refused, respond},
    tokens,
};

pub(super) fn routes(house: &Arc<House>) -> BoxedFilter<(Response,)> {
    let log_in = path!("api" / "auth" / "token")
        .and(warp::post())
        .and(tokens::asked(house))
        .and(request::label())
        .then(log_in);
    let refresh = path!("api" / "auth" / "token" / "refresh")
        .and(warp::post())
        .and(tokens::asked(house))
        .then(tokens::refresh);
    any_of(vec![
        log_in.map(respond).boxed(),
        refresh.map(respond).boxed(),
    ])
}

async fn log_in(
    house: Arc<House>,
    peer: Peer,
    form: Result<Form, Refused>,
    label: Label,
) -> Result<Response, Refused> {
    let mut form = form?;
    let (name, password) = (form.text("username"), form.text("password"));
    form.faults.pass(())?;
    let login = house.accounts.log_in(peer, label, &name, password);
    tokens::logged_in(login.await)
}
