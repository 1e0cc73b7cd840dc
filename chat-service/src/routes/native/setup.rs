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
    let script = PAGE.split_once("<script>").map_or("", |(_, rest)| rest);
    let script = script.split_once("</script>").map_or("", |(text, _)| text);
    let hash = STANDARD.encode(Sha256::digest(script));
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{hash}'; connect-src 'self'; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).expect("a hash in base64 is visible ASCII")
}

async fn show(house: Arc<House>, policy: HeaderValue) -> Result<Response> {
    if !house.setup.is_open().await? {
        return Err(Error::new(Code::NotFound));
    }
    let page = PAGE.as_bytes().to_vec();
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
    let new = NewAccount::parse(&account.username, email, account.password, min_chars)?;
    let user = house.setup.make(peer, &token, new).await?;
    let granted = house.ctx.auth.begin(&user, label).await?;
    Ok(answer::json(StatusCode::CREATED, &known(&user, granted)))
}
