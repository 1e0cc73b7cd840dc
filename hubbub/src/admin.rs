//! The admin routes that no service has: people.

use chat_service::accounts::{Accounts, NewAccount};
use described::{Operation, Who};
use domain::{Code, Email, Result, User, UserId, Username};
use edge::{Context, Endpoint, Service, answer, auth, body};
use hyper::StatusCode;
use protocol::native::examples::{AT, USER};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use warp::{Filter, reply::Response};

/// What is asked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// The name.
    username: String,
    /// The first password.
    password: String,
    /// An address, if there is one.
    #[serde(default)]
    email: Option<String>,
    /// Whether they may administer.
    #[serde(default)]
    admin: bool,
}

/// What was made.
#[derive(Serialize, ToSchema)]
struct Made {
    /// Who.
    #[schema(value_type = uuid::Uuid)]
    id: UserId,
    /// What they are called.
    #[schema(value_type = String)]
    username: Username,
    /// Their address, if there is one.
    #[schema(value_type = Option<String>)]
    email: Option<Email>,
    /// Whether they may administer.
    admin: bool,
    /// When they were made.
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
    Service::new("admin", create, Vec::new())
        .with_endpoints(&[endpoint])
        .with_operations(vec![described()])
}

fn described() -> Operation {
    let made = json!({
        "id": USER, "username": "ann", "email": null, "admin": true, "created_at": AT,
    });
    Operation::post("/api/v1/admin/users", "create_user")
        .says("administration", "Makes an account for somebody.")
        .of(Who::Administrator)
        .takes::<Wanted>(json!({"username": "ann", "password": "correct horse", "admin": true}))
        .answers::<Made>(201, "The account.", made)
        .refuses(&[
            Code::InvalidUsername,
            Code::InvalidPassword,
            Code::InvalidEmail,
            Code::UsernameTaken,
        ])
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
