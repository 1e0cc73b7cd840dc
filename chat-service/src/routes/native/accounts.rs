//! `/api/v1/auth/*` and `/api/v1/me`.

use std::sync::Arc;

use domain::{Caller, Result, User};
use edge::{
    Peer, answer,
    auth::{Token, bearer, bearer_of},
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
    let sign_up = path!("api" / "v1" / "auth" / "signup")
        .and(warp::post())
        .and(with(house))
        .and(request::peer())
        .and(body::json(bytes))
        .then(sign_up);
    let log_in = path!("api" / "v1" / "auth" / "login")
        .and(warp::post())
        .and(with(house))
        .and(request::peer())
        .and(body::json(bytes))
        .then(log_in);
    let log_out = path!("api" / "v1" / "auth" / "logout")
        .and(warp::post())
        .and(with(house))
        .and(bearer(auth(house)))
        .and(warp::header::headers_cloned())
        .then(log_out);
    let me = path!("api" / "v1" / "me")
        .and(warp::get())
        .and(with(house))
        .and(bearer(auth(house)))
        .then(me);
    any_of(vec![
        sign_up.map(respond).boxed(),
        log_in.map(respond).boxed(),
        log_out.map(respond).boxed(),
        me.map(respond).boxed(),
    ])
}

async fn sign_up(house: Arc<House>, peer: Peer, body: Result<SignUp>) -> Result<Response> {
    let SignUp {
        username,
        email,
        password,
    } = body?;
    let min_chars = house.ctx.settings.auth.password_min_chars;
    let new = NewAccount::parse(&username, email.as_deref(), password, min_chars)?;
    let user = house.accounts.sign_up(peer, new).await?;
    let token = house.ctx.auth.issue(&user)?;
    Ok(answer::json(StatusCode::CREATED, &known(&user, token)))
}

async fn log_in(house: Arc<House>, peer: Peer, body: Result<Login>) -> Result<Response> {
    let Login { username, password } = body?;
    let (user, token) = house.accounts.log_in(peer, &username, password).await?;
    Ok(answer::json(StatusCode::OK, &known(&user, token)))
}

async fn log_out(house: Arc<House>, who: Result<Caller>, headers: HeaderMap) -> Result<Response> {
    who?;
    house.accounts.log_out(bearer_of(&headers)?).await?;
    Ok(answer::empty(StatusCode::NO_CONTENT))
}

async fn me(house: Arc<House>, who: Result<Caller>) -> Result<Response> {
    let user = house.accounts.account(who?.user).await?;
    Ok(answer::json(StatusCode::OK, &Me::new(&user)))
}

fn known(user: &User, token: Token) -> TokenBody {
    TokenBody {
        token: token.token,
        expires_at: token.expires_at,
        user: Me::new(user),
    }
}
