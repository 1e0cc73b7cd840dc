//! Tokens of HTTP requests.

use std::{convert::Infallible, sync::Arc};

use domain::{Caller, Code, Error, Result, TenantId, Timestamp, UserId, Username};
use hyper::{HeaderMap, header::AUTHORIZATION};
use uuid::Uuid;
use warp::Filter;

use super::{Authenticator, Identity};
use crate::request::LocalAdministrator;

/// The token of `Authorization: Bearer`, whose scheme may be written in any case.
///
/// # Errors
/// `unauthenticated` when the header is missing, comes twice, or has another form.
pub fn bearer_of(headers: &HeaderMap) -> Result<&str> {
    token_with(headers, &["bearer"])
}

/// The token of `Authorization`, with one of these schemes, which may be written in any case.
///
/// # Errors
/// As above.
pub fn token_with<'a>(headers: &'a HeaderMap, schemes: &[&str]) -> Result<&'a str> {
    let mut given = headers.get_all(AUTHORIZATION).iter();
    let (Some(only), None) = (given.next(), given.next()) else {
        return Err(Error::new(Code::Unauthenticated));
    };
    only.to_str()
        .ok()
        .and_then(|value| value.split_once(' '))
        .filter(|(given, _)| {
            schemes
                .iter()
                .any(|scheme| given.eq_ignore_ascii_case(scheme))
        })
        .map(|(_, token)| token.trim_matches(' '))
        .filter(|token| !token.is_empty())
        .ok_or_else(|| Error::new(Code::Unauthenticated))
}

/// The token of `Authorization`, also where no scheme stands before it.
///
/// # Errors
/// As [`bearer_of`].
pub fn token_of(headers: &HeaderMap) -> Result<&str> {
    let mut given = headers.get_all(AUTHORIZATION).iter();
    let bare = given.next().and_then(|only| only.to_str().ok());
    let bare = bare.map(|value| value.trim_matches(' '));
    match bare.filter(|value| !value.is_empty() && !value.contains(' ')) {
        // The name of the scheme is no token.
        Some(token) if given.next().is_none() && !token.eq_ignore_ascii_case("bearer") => Ok(token),
        _ => bearer_of(headers),
    }
}

/// Extracts who asks.
///
/// Extracts `unauthenticated` without a token, and `token_invalid` with one that is not good.
pub fn bearer(
    auth: Arc<Authenticator>,
) -> impl Filter<Extract = (Result<Caller>,), Error = Infallible> + Clone {
    authorized(auth, &["bearer"])
}

/// Extracts who asks, by a token with one of these schemes.
///
/// Extracts what [`bearer`] does where that is an error.
pub fn authorized(
    auth: Arc<Authenticator>,
    schemes: &'static [&'static str],
) -> impl Filter<Extract = (Result<Caller>,), Error = Infallible> + Clone {
    warp::header::headers_cloned().then(move |headers: HeaderMap| {
        let auth = auth.clone();
        async move { auth.check(token_with(&headers, schemes)?).await }
    })
}

/// Extracts who asks, also by a token before which no scheme stands.
///
/// Extracts what [`bearer`] does where that is an error.
pub fn token(
    auth: Arc<Authenticator>,
) -> impl Filter<Extract = (Result<Caller>,), Error = Infallible> + Clone {
    warp::header::headers_cloned().then(move |headers: HeaderMap| {
        let auth = auth.clone();
        async move { auth.check(token_of(&headers)?).await }
    })
}

/// Extracts who asks, and by which token.
///
/// Extracts what [`bearer`] does where that is an error.
pub fn identified(
    auth: Arc<Authenticator>,
) -> impl Filter<Extract = (Result<Identity>,), Error = Infallible> + Clone {
    warp::header::headers_cloned().then(move |headers: HeaderMap| {
        let auth = auth.clone();
        async move { auth.identify(bearer_of(&headers)?).await }
    })
}

/// Extracts an administrator: by token, or whoever speaks through `admin.sock` or from within the
/// process, who needs none.
///
/// Extracts what [`bearer`] does, and `forbidden` for everybody else.
pub fn administrator(
    auth: Arc<Authenticator>,
) -> impl Filter<Extract = (Result<Caller>,), Error = Infallible> + Clone {
    warp::ext::optional::<LocalAdministrator>()
        .and(warp::header::headers_cloned())
        .then(
            move |local: Option<LocalAdministrator>, headers: HeaderMap| {
                let auth = auth.clone();
                async move {
                    if local.is_some() {
                        return Ok(local_administrator());
                    }
                    let caller = auth.check(bearer_of(&headers)?).await?;
                    caller
                        .admin
                        .then_some(caller)
                        .ok_or_else(|| Error::new(Code::Forbidden))
                }
            },
        )
}

/// Who may open the data directory may administer. They are no user, and no room's member.
fn local_administrator() -> Caller {
    Caller {
        tenant: TenantId::default(),
        user: UserId::from_uuid(Uuid::nil()),
        username: Username::stored("local administrator".to_owned()),
        admin: true,
        expires_at: Timestamp::MAX,
        session: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, value.parse().unwrap());
        }
        headers
    }

    fn of(values: &[&str]) -> Result<String> {
        bearer_of(&headers(values)).map(str::to_owned)
    }

    #[test]
    fn a_dialect_may_take_a_token_without_its_scheme() {
        let of = |values: &[&str]| token_of(&headers(values)).map(str::to_owned);
        for value in ["t", " t ", "Bearer t", "bearer  t"] {
            assert_eq!(of(&[value]).unwrap(), "t");
        }
        let bad: [&[&str]; 7] = [
            &[],
            &[""],
            &["Bearer"],
            &["Bearer "],
            &["Basic t"],
            &["a b c"],
            &["t", "t"],
        ];
        for values in bad {
            assert_eq!(of(values).unwrap_err().code(), Code::Unauthenticated);
        }
    }

    #[test]
    fn the_scheme_may_be_written_in_any_case() {
        for value in ["Bearer t", "bearer t", "BEARER  t "] {
            assert_eq!(of(&[value]).unwrap(), "t");
        }
    }

    #[test]
    fn everything_else_is_no_token() {
        let bad: [&[&str]; 7] = [
            &[],
            &[""],
            &["Bearer"],
            &["Bearer "],
            &["Basic t"],
            &["t"],
            &["Bearer t", "Bearer t"],
        ];
        for values in bad {
            assert_eq!(
                of(values).unwrap_err().code(),
                Code::Unauthenticated,
                "{values:?}"
            );
        }
    }
}
