//! Logging in and renewing as the framework's tokens do it, for the dialects that have them.

use std::sync::Arc;

use domain::{Code, Error, Result, User};
use edge::{Peer, answer, auth::Granted, request};
use protocol::drf::{Form, Tokens, blacklisted, no_refresh_token, wrong_credentials};
use warp::{Filter, Rejection, http::StatusCode, reply::Response};

use super::{
    House,
    drf::{self, Refused},
    with,
};

/// What a request for tokens brings: from where it comes, and its form.
pub(super) fn asked(
    house: &Arc<House>,
) -> impl Filter<Extract = (Arc<House>, Peer, Result<Form, Refused>), Error = Rejection> + Clone + use<>
{
    with(house).and(request::peer()).and(drf::form(house))
}

/// Answers a login with its tokens, or says that the name or the password is wrong.
pub(super) fn logged_in(login: Result<(User, Granted)>) -> Result<Response, Refused> {
    match login {
        Ok((_, granted)) => Ok(tokens(granted)),
        Err(error) if error.code() == Code::WrongCredentials => {
            answer::report(&error);
            Err(wrong_credentials().into())
        }
        Err(error) => Err(error.into()),
    }
}

/// Gives the next tokens for a refresh token.
pub(super) async fn refresh(
    house: Arc<House>,
    peer: Peer,
    form: Result<Form, Refused>,
) -> Result<Response, Refused> {
    let token = refresh_token(form?)?;
    house.ctx.rates.refresh(peer)?;
    let (_, granted) = house.ctx.auth.refresh(&token).await.map_err(unusable)?;
    Ok(tokens(granted))
}

/// The refresh token of a form.
pub(super) fn refresh_token(mut form: Form) -> Result<String, Refused> {
    let token = form.text("refresh");
    Ok(form.faults.pass(token)?)
}

/// What is said of a refresh token that is no good.
pub(super) fn unusable(error: Error) -> Refused {
    match error.code() {
        Code::TokenInvalid => no_refresh_token().into(),
        Code::RefreshReused => blacklisted().into(),
        _ => error.into(),
    }
}

fn tokens(Granted { token, refresh }: Granted) -> Response {
    let tokens = Tokens {
        refresh: refresh.token,
        access: token.token,
    };
    answer::json(StatusCode::OK, &tokens)
}
