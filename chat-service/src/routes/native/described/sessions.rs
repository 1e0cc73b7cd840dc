//! What logins begin, described.

use described::{Operation, Parameter, Who};
use domain::{Code, Rate};
use protocol::native::{
    Refresh, Sessions, TicketBody, TokenBody,
    examples::{AT, RUN, TOKEN, token},
};
use serde_json::json;

pub(super) fn operations() -> Vec<Operation> {
    let session = json!({
        "id": RUN, "label": "Firefox on Linux", "created_at": AT, "last_used_at": AT,
        "expires_at": "2027-04-01T09:30:00Z", "current": true,
    });
    vec![
        Operation::post("/api/v1/auth/refresh", "refresh")
            .says(
                "accounts",
                "Renews a session: both tokens are new. A refresh token that comes a second time \
                 was stolen, and ends its session; only the honest repeat after a lost answer, \
                 within 30 seconds, does not: it is answered with the same refresh token, and an \
                 access token of its own.",
            )
            .of(Who::Anybody)
            .takes::<Refresh>(json!({"refresh_token": TOKEN}))
            .answers::<TokenBody>(200, "The next tokens.", token())
            .counted_by(&[Rate::Refreshes])
            .refuses(&[Code::TokenInvalid, Code::RefreshReused]),
        Operation::post("/api/v1/auth/logout-everywhere", "log_out_everywhere")
            .says("accounts", "Ends all your sessions, with their sockets.")
            .answers_nothing(204, "None of your tokens is of use any more."),
        Operation::get("/api/v1/sessions", "list_sessions")
            .says(
                "accounts",
                "Lists your sessions, those that were used last first.",
            )
            .with(Parameter::query(
                "after",
                json!({"type": "string", "format": "uuid"}),
                "The last session of the page before.",
            ))
            .with(Parameter::limit())
            .answers::<Sessions>(200, "Them.", json!({"sessions": [session], "more": false}))
            .refuses(&[Code::InvalidCursor]),
        Operation::delete("/api/v1/sessions/{session}", "end_session")
            .says("accounts", "Ends one of your sessions, with its sockets.")
            .answers_nothing(204, "It is over.")
            .refuses(&[Code::SessionNotFound]),
        Operation::post("/api/v1/ws-ticket", "make_ticket")
            .says(
                "socket",
                "A ticket that opens one socket within half a minute, for clients that can set no \
                 headers: `/api/v1/ws?ticket=`.",
            )
            .answers::<TicketBody>(201, "It.", json!({"ticket": TOKEN, "expires_at": AT}))
            .counted_by(&[Rate::Tickets]),
    ]
}
