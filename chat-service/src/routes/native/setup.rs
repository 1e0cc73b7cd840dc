//! `/setup` and `/api/v1/setup`: the first administrator.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{Code, Error, Label, Result};
use edge::{Peer, answer, body, request};
use protocol::native::SetUp;
use sha2::{Digest, Sha256};
use warp::{
    Filter,
    filters::BoxedFilter,
    http::{
        StatusCode,
        header::{CONTENT_SECURITY_POLICY, HeaderValue},
    },
    path,
    reply::Response,
};

use super::accounts::known;
use crate::{
    accounts::NewAccount,
    routes::{House, any_of, respond, with},
};

/// One page, without anything from elsewhere.
const PAGE: &str = include_str!("setup.html");

pub(super) fn routes(house: &Arc<House>) -> BoxedFilter<(Response,)> {
    let policy = policy();
    let page = path!("setup")
        .and(warp::get())
        .and(with(house))
        .then(move |house| show(house, policy.clone()));
    let make = path!("api" / "v1" / "setup")
        .and(warp::post())
        .and(with(house))
        .and(request::peer())
        .and(request::label())
        .and(body::json(house.ctx.limits.body_bytes))
        .then(make);
    any_of(vec![page.map(respond).boxed(), make.map(respond).boxed()])
}

/// Lets the page run its own script and speak to its own server, and nothing else.
fn policy() -> HeaderValue {
    let (script, style) = (hash_of("script"), hash_of("style"));
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{script}'; style-src 'sha256-{style}'; \
         connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).expect("a hash in base64 is visible ASCII")
}

/// The hash of what stands in an element of the page, in base64.
fn hash_of(element: &str) -> String {
    let (begin, end) = (format!("<{element}>"), format!("</{element}>"));
    let inner = PAGE.split_once(&begin).map_or("", |(_, rest)| rest);
    let inner = inner.split_once(&end).map_or("", |(text, _)| text);
    STANDARD.encode(Sha256::digest(inner))
}

async fn show(house: Arc<House>, policy: HeaderValue) -> Result<Response> {
    if !house.setup.is_open().await? {
        return Err(Error::new(Code::NotFound));
    }
    let min_chars = house.ctx.settings.auth.password_min_chars.to_string();
    let page = PAGE.replace("{min}", &min_chars).into_bytes();
    let mut page = answer::with_type(StatusCode::OK, "text/html; charset=utf-8", page);
    page.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    Ok(page)
}

async fn make(
    house: Arc<House>,
    peer: Peer,
    label: Label,
    body: Result<SetUp>,
) -> Result<Response> {
    let SetUp { token, account } = body?;
    let min_chars = house.ctx.settings.auth.password_min_chars;
    let email = account.email.as_deref();
    let new = NewAccount::chosen(&account.username, email, account.password, min_chars)?;
    let user = house.setup.make(peer, &token, new).await?;
    let granted = house.ctx.auth.begin(&user, label).await?;
    Ok(answer::json(StatusCode::CREATED, &known(&user, granted)))
}
