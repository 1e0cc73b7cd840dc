//! Accounts and people, described.

use described::{Content, Operation, Parameter, Who};
use domain::{Code, Rate};
use protocol::native::{
    ChangeMe, ChangePassword, Login, Me, People, PersonView, SetUp, SignUp, TokenBody,
    examples::{USER, me, person, token},
};
use serde_json::json;

/// How a new account can be refused.
const NEW: &[Code] = &[
    Code::InvalidUsername,
    Code::InvalidPassword,
    Code::InvalidEmail,
    Code::InvalidField,
    Code::UsernameTaken,
];

/// What counts log-ins, and whatever else asks for a password.
const LOGINS: &[Rate] = &[Rate::Logins, Rate::LoginsOfName];

pub(super) fn operations() -> Vec<Operation> {
    let mut all = coming_in();
    all.extend(oneself());
    all.extend(others());
    all
}

fn coming_in() -> Vec<Operation> {
    let account =
        json!({"username": "ann", "password": "correct horse", "email": "ann@example.com"});
    let mut first = account.clone();
    first["token"] = "what the server printed".into();
    vec![
        Operation::post("/api/v1/auth/signup", "sign_up")
            .says("accounts", "Makes an account and logs it in.")
            .of(Who::Anybody)
            .takes::<SignUp>(account)
            .answers::<TokenBody>(201, "The account, and a token for it.", token())
            .counted_by(&[Rate::Signups])
            .refuses(NEW),
        Operation::post("/api/v1/auth/login", "log_in")
            .says(
                "accounts",
                "Logs in. `wrong_credentials` does not say which of the two was wrong.",
            )
            .of(Who::Anybody)
            .takes::<Login>(json!({"username": "ann", "password": "correct horse"}))
            .answers::<TokenBody>(200, "A token.", token())
            .counted_by(LOGINS)
            .refuses(&[Code::WrongCredentials]),
        Operation::post("/api/v1/setup", "set_up")
            .says(
                "accounts",
                "Makes the first administrator, with the one-time token that the server printed.",
            )
            .of(Who::Anybody)
            .takes::<SetUp>(first)
            .answers::<TokenBody>(201, "The administrator, and a token.", token())
            .counted_by(&[Rate::Signups])
            .refuses(NEW)
            .refuses(&[Code::NotFound, Code::TokenInvalid]),
        Operation::get("/setup", "setup_page")
            .says(
                "accounts",
                "A page to make the first administrator with, until there is one.",
            )
            .of(Who::Anybody)
            .answers_content(
                200,
                "The page.",
                Some(Content::of("text/html; charset=utf-8")),
            )
            .refuses(&[Code::NotFound]),
        Operation::post("/api/v1/auth/logout", "log_out")
            .says(
                "accounts",
                "Ends the token's session at once, with its sockets.",
            )
            .answers_nothing(204, "The token is of no use any more."),
    ]
}

fn oneself() -> Vec<Operation> {
    vec![
        Operation::get("/api/v1/me", "me")
            .says("accounts", "Who the token says you are.")
            .answers::<Me>(200, "You.", me()),
        Operation::patch("/api/v1/me", "change_me")
            .says(
                "accounts",
                "Changes what you say of yourself. What is left out stays.",
            )
            .takes::<ChangeMe>(json!({"email": "ann@example.org"}))
            .answers::<Me>(200, "You, as you are now.", me())
            .counted_by(&[Rate::Changes])
            .refuses(&[
                Code::InvalidUsername,
                Code::InvalidEmail,
                Code::InvalidField,
                Code::UsernameTaken,
            ]),
        Operation::post("/api/v1/me/password", "change_password")
            .says(
                "accounts",
                "Changes your password. All your sessions end; the answer begins a new one.",
            )
            .takes::<ChangePassword>(json!({"current": "correct horse", "new": "battery staple"}))
            .answers::<TokenBody>(200, "A token of the new session.", token())
            .counted_by(LOGINS)
            .refuses(&[Code::WrongCredentials, Code::InvalidPassword]),
    ]
}

fn others() -> Vec<Operation> {
    let name = json!({"type": "string"});
    let before = json!({"type": "string", "format": "uuid", "example": USER});
    vec![
        Operation::get("/api/v1/people", "list_people")
            .says(
                "accounts",
                "Lists the people of one's tenant, those who signed up last first.",
            )
            .with(Parameter::query(
                "before",
                before,
                "The last of the page before.",
            ))
            .with(Parameter::limit())
            .answers::<People>(200, "A page.", json!({"people": [person()], "more": false}))
            .refuses(&[Code::InvalidCursor]),
        Operation::get("/api/v1/users", "find_user")
            .says("accounts", "Finds somebody by name.")
            .with(Parameter::query("name", name, "What they are called, exactly.").required())
            .answers::<PersonView>(200, "Who it is.", person())
            .refuses(&[Code::UserNotFound, Code::InvalidField]),
        Operation::get("/api/v1/users/{user}", "get_user")
            .says("accounts", "What everybody may know of somebody.")
            .answers::<PersonView>(200, "Who it is.", person())
            .refuses(&[Code::UserNotFound]),
    ]
}
