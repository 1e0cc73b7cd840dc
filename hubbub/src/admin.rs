//! The admin routes that no service has: people.

use chat_service::accounts::{Accounts, NewAccount};
use domain::{Email, Result, User, UserId, Username};
use edge::{Context, Endpoint, Service, answer, auth, body};
use hyper::StatusCode;
use serde::{Deserialize, Serialize};
use warp::{Filter, reply::Response};

/// What is asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    username: String,
    password: String,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    admin: bool,
}

/// What was made.
#[derive(Serialize)]
struct Made {
    id: UserId,
    username: Username,
    email: Option<Email>,
    admin: bool,
    created_at: domain::Timestamp,
}

/// The routes: `POST /api/v1/admin/users`, for administrators.
pub(crate) fn service(ctx: &Context) -> Service {
    let state = ctx.clone();
    let create = warp::path!("api" / "v1" / "admin" / "users")
        .and(warp::post())
        .and(auth::administrator(ctx.auth.clone()))
        .and(body::json::<Wanted>(ctx.limits.body_bytes))
        .then(
            move |caller: Result<domain::Caller>, wanted: Result<Wanted>| {
                let ctx = state.clone();
                async move { respond(create(&ctx, caller, wanted).await) }
            },
        );
    let endpoint = Endpoint {
        path: "/api/v1/admin/users",
        methods: &["POST"],
    };
    Service::new("admin", create, Vec::new()).with_endpoints(&[endpoint])
}

fn respond(made: Result<User>) -> Response {
    match made {
        Ok(user) => answer::json(StatusCode::CREATED, &Made::from(user)),
        Err(error) => answer::problem(&error),
    }
}

async fn create(
    ctx: &Context,
    caller: Result<domain::Caller>,
    wanted: Result<Wanted>,
) -> Result<User> {
    caller?;
    let wanted = wanted?;
    let new = NewAccount::parse(
        &wanted.username,
        wanted.email.as_deref(),
        wanted.password,
        ctx.settings.auth.password_min_chars,
    )?;
    Accounts::new(ctx).create(new, wanted.admin).await
}

impl From<User> for Made {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            username: user.username,
            email: user.email,
            admin: user.admin,
            created_at: user.created_at,
        }
    }
}
