//! The admin routes that no service has: people.

use chat_service::accounts::{Accounts, NewAccount};
use described::{Operation, Who};
use domain::{Caller, Code, Email, Result, User, UserId, Username};
use edge::{Context, Endpoint, Service, answer, auth, body};
use hyper::StatusCode;
use protocol::native::examples::{AT, USER};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::json;
use utoipa::ToSchema;
use warp::{Filter, Rejection, reply::Response};

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

/// Who is to have which password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPassword {
    /// Whose.
    username: String,
    /// The password from now on.
    password: String,
}

/// Who is to be an administrator, or no longer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewRights {
    /// Who.
    username: String,
    /// Whether they may administer from now on.
    admin: bool,
}

/// An account, as administrators see it.
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

const PATHS: [Endpoint; 3] = [
    posted("/api/v1/admin/users"),
    posted("/api/v1/admin/users/password"),
    posted("/api/v1/admin/users/rights"),
];

const fn posted(path: &'static str) -> Endpoint {
    Endpoint {
        path,
        methods: &["POST"],
    }
}

/// The routes below `/api/v1/admin/users`, for administrators.
pub(crate) fn service(ctx: &Context) -> Service {
    let users = || warp::path!("api" / "v1" / "admin" / "users" / ..);
    let create = users()
        .and(warp::path::end())
        .and(asked::<Wanted>(ctx))
        .then(async |ctx, wanted| respond(StatusCode::CREATED, create(ctx, wanted).await));
    let password = users()
        .and(warp::path!("password"))
        .and(asked::<NewPassword>(ctx))
        .then(async |ctx, new| respond(StatusCode::OK, reset_password(ctx, new).await));
    let rights = users()
        .and(warp::path!("rights"))
        .and(asked::<NewRights>(ctx))
        .then(async |ctx, new| respond(StatusCode::OK, set_rights(ctx, new).await));
    let routes = create.or(password).unify().or(rights).unify();
    Service::new("admin", routes, Vec::new())
        .with_endpoints(&PATHS)
        .with_operations(described())
}

/// What an administrator posts; from anybody else, why it is refused.
fn asked<T: DeserializeOwned + Send + 'static>(
    ctx: &Context,
) -> impl Filter<Extract = (Context, Result<T>), Error = Rejection> + Clone + use<T> {
    let state = ctx.clone();
    warp::post()
        .map(move || state.clone())
        .and(auth::administrator(ctx.auth.clone()))
        .and(body::json::<T>(ctx.limits.body_bytes))
        .map(|ctx, who: Result<Caller>, body: Result<T>| (ctx, who.and(body)))
        .untuple_one()
}

fn described() -> Vec<Operation> {
    let account = || {
        json!({
            "id": USER, "username": "ann", "email": null, "admin": true, "created_at": AT,
        })
    };
    let posted = |path, id, says| {
        Operation::post(path, id)
            .says("administration", says)
            .of(Who::Administrator)
    };
    vec![
        posted(
            PATHS[0].path,
            "create_user",
            "Makes an account for somebody.",
        )
        .takes::<Wanted>(json!({"username": "ann", "password": "correct horse", "admin": true}))
        .answers::<Made>(201, "The account.", account())
        .refuses(&[
            Code::InvalidUsername,
            Code::InvalidPassword,
            Code::InvalidEmail,
            Code::UsernameTaken,
        ]),
        posted(
            PATHS[1].path,
            "reset_password",
            "Gives somebody another password, and ends all their sessions.",
        )
        .takes::<NewPassword>(json!({"username": "ann", "password": "correct horse"}))
        .answers::<Made>(200, "The account.", account())
        .refuses(&[
            Code::InvalidPassword,
            Code::UserNotFound,
            Code::StaleRevision,
        ]),
        posted(
            PATHS[2].path,
            "set_rights",
            "Makes somebody an administrator, or no longer.",
        )
        .takes::<NewRights>(json!({"username": "ann", "admin": true}))
        .answers::<Made>(200, "The account.", account())
        .refuses(&[Code::UserNotFound]),
    ]
}

fn respond(status: StatusCode, account: Result<User>) -> Response {
    match account {
        Ok(user) => answer::json(status, &Made::from(user)),
        Err(error) => answer::problem(&error),
    }
}

async fn create(ctx: Context, wanted: Result<Wanted>) -> Result<User> {
    let wanted = wanted?;
    let new = NewAccount::chosen(
        &wanted.username,
        wanted.email.as_deref(),
        wanted.password,
        ctx.settings.auth.password_min_chars,
    )?;
    Accounts::new(&ctx).create(new, wanted.admin).await
}

async fn reset_password(ctx: Context, new: Result<NewPassword>) -> Result<User> {
    let NewPassword { username, password } = new?;
    let accounts = Accounts::new(&ctx);
    accounts.reset_password(&username, password).await
}

async fn set_rights(ctx: Context, new: Result<NewRights>) -> Result<User> {
    let NewRights { username, admin } = new?;
    Accounts::new(&ctx).set_admin(&username, admin).await
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
