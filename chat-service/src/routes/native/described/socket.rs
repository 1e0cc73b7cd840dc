//! `/api/v1/ws`, as far as HTTP goes. Its frames are described by AsyncAPI.

use described::{Operation, Parameter, Who};
use domain::Code;
use serde_json::json;

pub(super) fn operations() -> Vec<Operation> {
    let events =
        json!({"type": "string", "enum": ["messages", "notifications", "messages,notifications"]});
    let text = || json!({"type": "string"});
    vec![
        Operation::get("/api/v1/ws", "open_socket")
            .says(
                "socket",
                "Opens the socket of a client, with a token in `Authorization`, in a subprotocol, \
                 or in the first frame.",
            )
            .of(Who::Anybody)
            .with(Parameter::query(
                "events",
                events,
                "What is heard; unless said, `messages`.",
            ))
            .with(Parameter::query(
                "resume",
                json!({"type": "boolean"}),
                "Whether the first frame will be `resume`.",
            ))
            .with(Parameter::query(
                "ticket",
                text(),
                "A ticket of `/api/v1/ws-ticket` instead of a token.",
            ))
            .with(Parameter::header("Upgrade", text(), "`websocket`."))
            .with(Parameter::header("Sec-WebSocket-Version", text(), "`13`."))
            .with(Parameter::header(
                "Sec-WebSocket-Key",
                text(),
                "16 bytes in base64.",
            ))
            .with(Parameter::header(
                "Sec-WebSocket-Protocol",
                text(),
                "`hubbub.v1`, and for browsers the token, too.",
            ))
            .answers_nothing(101, "The socket is open.")
            .refuses(&[
                Code::Unauthenticated,
                Code::TokenInvalid,
                Code::InvalidHandshake,
                Code::UpgradeRequired,
                Code::InvalidField,
                Code::OriginRefused,
                Code::TooManySessions,
                Code::Busy,
                Code::Draining,
            ]),
    ]
}
