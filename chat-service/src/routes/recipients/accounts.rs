//! Registering, logging in and out, and the next tokens.

use std::sync::Arc;

use domain::{Code, Email, Label, Password, PersonName, Result, Username};
use edge::{Peer, auth::bearer_of, request};
use protocol::{
    drf::{Faults, Form, blacklisted},
    recipients::http,
};
use warp::{
    Filter,
    filters::BoxedFilter,
    http::{HeaderMap, StatusCode},
    path,
    reply::Response,
};

use crate::{
    accounts::NewAccount,
    routes::{
        House, any_of,
        drf::{self, Refused, respond},
        tokens, with,
    },
};

/// What is said of an address that is none, and of one that cannot also be a username.
const NO_ADDRESS: &str = "Enter a valid email address.";
const LONG_ADDRESS: &str = "Ensure this field has no more than 64 characters.";

pub(super) fn routes(house: &Arc<House>) -> BoxedFilter<(Response,)> {
    let register = path!("api" / "register")
        .and(warp::post())
        .and(tokens::asked(house))
        .then(register);
    let log_in = path!("api" / "login")
        .and(warp::post())
        .and(tokens::asked(house))
        .and(request::label())
        .then(log_in);
    let log_out = path!("api" / "logout")
        .and(warp::post())
        .and(with(house))
        .and(warp::header::headers_cloned())
        .and(drf::form(house))
        .then(log_out);
    let refresh = path!("api" / "token" / "refresh")
        .and(warp::post())
        .and(tokens::asked(house))
        .then(tokens::refresh);
    any_of(vec![
        register.map(respond).boxed(),
        log_in.map(respond).boxed(),
        log_out.map(respond).boxed(),
        refresh.map(respond).boxed(),
    ])
}

async fn register(
    house: Arc<House>,
    peer: Peer,
    form: Result<Form, Refused>,
) -> Result<Response, Refused> {
    let new = wanted(form?)?;
    match house.accounts.sign_up(peer, new).await {
        Ok(user) => Ok(drf::json(StatusCode::CREATED, http::registered(&user))),
        Err(error) if error.code() == Code::UsernameTaken => Err(http::address_taken().into()),
        Err(error) => Err(error.into()),
    }
}

/// The account that a form asks for. Its username is the address.
fn wanted(mut form: Form) -> Result<NewAccount, Refused> {
    let [first, last] = ["first_name", "last_name"].map(|field| form.text(field));
    let [email, password, confirmed] =
        ["email", "password", "confirm_password"].map(|field| form.text(field));
    let mut faults = form.faults;
    judge(&mut faults, "first_name", || name_fault(&first));
    judge(&mut faults, "last_name", || name_fault(&last));
    judge(&mut faults, "email", || email_fault(&email));
    if faults.spare("password") {
        http::judge_password(&password, &mut faults);
    }
    if faults.is_empty() && password != confirmed {
        faults.add("password", "Password fields didn't match.");
    }
    faults.pass(())?;
    let password = Password::parse(password, 1)
        .map_err(|error| Faults::one("password", error.message()).refusal())?;
    let email = Email::parse(email.trim())?;
    let new = NewAccount {
        username: Username::parse(email.as_str(), Some(&email))?,
        email: Some(email),
        names: domain::FullName::default(),
        password,
    };
    Ok(new.called(Some(&first), Some(&last))?)
}

/// Notes what is wrong with a field, unless something is already.
fn judge(faults: &mut Faults, field: &'static str, fault: impl FnOnce() -> Option<String>) {
    let found = if faults.spare(field) { fault() } else { None };
    if let Some(fault) = found {
        faults.add(field, fault);
    }
}

fn name_fault(name: &str) -> Option<String> {
    let parsed = PersonName::parse(name, "name");
    parsed.err().map(|error| error.message().to_owned())
}

fn email_fault(address: &str) -> Option<String> {
    let Ok(email) = Email::parse(address.trim()) else {
        return Some(NO_ADDRESS.to_owned());
    };
    let named = Username::parse(email.as_str(), Some(&email));
    named.is_err().then(|| LONG_ADDRESS.to_owned())
}

async fn log_in(
    house: Arc<House>,
    peer: Peer,
    form: Result<Form, Refused>,
    label: Label,
) -> Result<Response, Refused> {
    let mut form = form?;
    let (address, password) = (form.text("email"), form.text("password"));
    form.faults.pass(())?;
    let known = house
        .accounts
        .log_in_by_address(peer, label, address.trim(), password);
    tokens::logged_in(known.await)
}

/// Ends the login of a refresh token, and that of the token in the header, if one is there.
async fn log_out(
    house: Arc<House>,
    headers: HeaderMap,
    form: Result<Form, Refused>,
) -> Result<Response, Refused> {
    let token = tokens::refresh_token(form?)?;
    if !house
        .ctx
        .auth
        .end_by_refresh(&token)
        .await
        .map_err(tokens::unusable)?
    {
        return Err(blacklisted().into());
    }
    if let Ok(access) = bearer_of(&headers) {
        match house.accounts.log_out(access).await {
            Err(error) if error.code() != Code::TokenInvalid => return Err(error.into()),
            // One that is no token has no login that could be ended.
            _ => {}
        }
    }
    Ok(drf::json(StatusCode::OK, "{}".to_owned()))
}
