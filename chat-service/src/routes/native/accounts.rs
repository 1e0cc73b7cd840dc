//! `/api/v1/auth/*`: coming in and leaving.

use std::sync::Arc;

use domain::{Caller, Label, Result, User};
use edge::{
    Peer, answer,
    auth::{Granted, bearer, bearer_of},
    body, request,
};
use protocol::native::{Login, Me, SignUp, TokenBody};
use warp::{
    Filter,
    filters::BoxedFilter,
    http::{HeaderMap, StatusCode},
    path,
    reply::Response,
};

use crate::{
    accounts::NewAccount,
    routes::{House, any_of, auth, respond, with},
};

pub(super) fn routes(house: &Arc<House>) -> BoxedFilter<(Response,)> {
    let bytes = house.ctx.limits.body_bytes;
    let visitor = || with(house).and(request::peer()).and(request::label());
    let sign_up = path!("api" / "v1" / "auth" / "signup")
        .and(warp::post())
        .and(visitor())
        .and(body::json(bytes))
        .then(sign_up);
    let log_in = path!("api" / "v1" / "auth" / "login")
        .and(warp::post())
        .and(visitor())
        .and(body::json(bytes))
        .then(log_in);
    let log_out = path!("api" / "v1" / "auth" / "logout")
        .and(warp::post())
        .and(with(house))
        .and(bearer(auth(house)))
        .and(warp::header::headers_cloned())
        .then(log_out);
    any_of(vec![
        sign_up.map(respond).boxed(),
        log_in.map(respond).boxed(),
        log_out.map(respond).boxed(),
    ])
}

async fn sign_up(
    house: Arc<House>,
    peer: Peer,
    label: Label,
    body: Result<SignUp>,
) -> Result<Response> {
    let SignUp {
        username,
        email,
        password,
        first_name,
        last_name,
    } = body?;
    let min_chars = house.ctx.settings.auth.password_min_chars;
    let new = NewAccount::chosen(&username, email.as_deref(), password, min_chars)?;
    let new = new.called(first_name.as_deref(), last_name.as_deref())?;
    let user = house.accounts.sign_up(peer, new).await?;
    let granted = house.ctx.auth.begin(&user, label).await?;
    Ok(answer::json(StatusCode::CREATED, &known(&user, granted)))
}

async fn log_in(
    house: Arc<House>,
    peer: Peer,
    label: Label,
    body: Result<Login>,
) -> Result<Response> {
    let Login { username, password } = body?;
    let known_as = house.accounts.log_in(peer, label, &username, password);
    let (user, granted) = known_as.await?;
    Ok(answer::json(StatusCode::OK, &known(&user, granted)))
}

async fn log_out(house: Arc<House>, who: Result<Caller>, headers: HeaderMap) -> Result<Response> {
    who?;
    house.accounts.log_out(bearer_of(&headers)?).await?;
    Ok(answer::empty(StatusCode::NO_CONTENT))
}

/// What somebody is given who has shown who they are.
pub(super) fn known(user: &User, Granted { token, refresh }: Granted) -> TokenBody {
    TokenBody {
        token: token.token,
        expires_at: token.expires_at,
        refresh_token: refresh.token,
        refresh_expires_at: refresh.expires_at,
        user: Me::new(user),
    }
}
