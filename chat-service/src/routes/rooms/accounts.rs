//! `/api/user/*`: sign-up, login, logout.

use std::sync::Arc;

use domain::{Caller, Code, Email, Error, Label, Result};
use edge::{
    Peer, answer,
    auth::{bearer, bearer_of},
    body::{self},
    request,
};
use serde::Serialize;
use warp::{
    Filter,
    filters::BoxedFilter,
    http::{HeaderMap, StatusCode},
    hyper::body::Bytes,
    path,
    reply::Response,
};

use super::{
    form::{Form, Values},
    json, refuse, refuse_body, unknown_caller,
};
use crate::{
    accounts::NewAccount,
    routes::{House, any_of, auth, with},
};

const SIGN_UP: Form = Form {
    name: "SignUpUserRequest",
    fields: &[
        ("Username", "username"),
        ("Email", "email"),
        ("Password", "password"),
    ],
};

const LOG_IN: Form = Form {
    name: "LogInUserRequest",
    fields: &[("Username", "username"), ("Password", "password")],
};

/// The original asks for no more than that there is a password.
const PASSWORD_CHARS: usize = 1;

const TAKEN: &str = "Username with give username and email already exists";

#[derive(Serialize)]
struct Registered {
    message: &'static str,
}

#[derive(Serialize)]
struct Token {
    token: String,
}

/// The claims of a token that was ended, as the original shows them.
#[derive(Serialize)]
struct Claims<'a> {
    exp: i64,
    id: String,
    username: &'a str,
}

pub(super) fn routes(house: &Arc<House>) -> BoxedFilter<(Response,)> {
    let form = || {
        with(house)
            .and(request::peer())
            .and(warp::header::headers_cloned())
            .and(body::bytes(house.ctx.limits.body_bytes))
    };
    let sign_up = path!("api" / "user" / "signup")
        .and(warp::post())
        .and(form())
        .then(sign_up);
    let log_in = path!("api" / "user" / "login")
        .and(warp::post())
        .and(form())
        .and(request::label())
        .then(log_in);
    let log_out = path!("api" / "user" / "logout")
        .and(warp::post())
        .and(with(house))
        .and(bearer(auth(house)))
        .and(warp::header::headers_cloned())
        .then(log_out);
    any_of(vec![sign_up.boxed(), log_in.boxed(), log_out.boxed()])
}

async fn sign_up(
    house: Arc<House>,
    peer: Peer,
    headers: HeaderMap,
    body: Result<Bytes>,
) -> Response {
    let values = match body.map(|body| SIGN_UP.read(&headers, &body)) {
        Ok(Ok(values)) => values,
        Ok(Err(said)) => return refuse_body(&said),
        Err(error) => return refuse(&error),
    };
    if let Some(said) = sign_up_faults(&values) {
        return refuse_body(&said);
    }
    match try_sign_up(&house, peer, values).await {
        Ok(()) => {
            let message = "User registered successfully";
            json(StatusCode::CREATED, &Registered { message })
        }
        Err(error) if error.code() == Code::UsernameTaken => {
            refuse(&Error::new(Code::UsernameTaken).with_detail(TAKEN))
        }
        Err(error) => refuse(&error),
    }
}

/// What the original's validation says, one line for each field.
fn sign_up_faults(values: &Values) -> Option<String> {
    let mut faults = SIGN_UP.missing(values);
    let email = &values[1];
    if !email.is_empty() && Email::parse(email).is_err() {
        faults.push((1, SIGN_UP.failed(1, "email")));
    }
    faults.sort();
    lines(faults)
}

fn lines(faults: Vec<(usize, String)>) -> Option<String> {
    let lines: Vec<String> = faults.into_iter().map(|(_, line)| line).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

async fn try_sign_up(house: &House, peer: Peer, values: Values) -> Result<()> {
    let [username, email, password] =
        <[String; 3]>::try_from(values).map_err(|_| Error::internal("a form has lost a field"))?;
    let new = NewAccount::parse(&username, Some(&email), password, PASSWORD_CHARS)?;
    house.accounts.sign_up(peer, new).await.map(drop)
}

async fn log_in(
    house: Arc<House>,
    peer: Peer,
    headers: HeaderMap,
    body: Result<Bytes>,
    label: Label,
) -> Response {
    let values = match body.map(|body| LOG_IN.read(&headers, &body)) {
        Ok(Ok(values)) => values,
        Ok(Err(said)) => return refuse_body(&said),
        Err(error) => return refuse(&error),
    };
    if let Some(said) = lines(LOG_IN.missing(&values)) {
        return refuse_body(&said);
    }
    let [username, password] = &values[..] else {
        return refuse(&Error::internal("a form has lost a field"));
    };
    match house
        .accounts
        .log_in_once(peer, label, username, password.clone())
        .await
    {
        Ok(token) => json(StatusCode::OK, &Token { token: token.token }),
        Err(error) if error.code() == Code::WrongCredentials => {
            answer::report(&error);
            refuse_body("invalid username or password")
        }
        Err(error) => refuse(&error),
    }
}

async fn log_out(house: Arc<House>, who: Result<Caller>, headers: HeaderMap) -> Response {
    match try_log_out(&house, who, &headers).await {
        Ok(caller) => json(
            StatusCode::OK,
            &Claims {
                exp: caller.expires_at.as_second(),
                id: caller.user.to_string(),
                username: caller.username.as_str(),
            },
        ),
        Err(error) => unknown_caller(&error),
    }
}

async fn try_log_out(house: &House, who: Result<Caller>, headers: &HeaderMap) -> Result<Caller> {
    let caller = who?;
    house.accounts.log_out(bearer_of(headers)?).await?;
    Ok(caller)
}
