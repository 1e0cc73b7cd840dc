//! `/api/v1/notifications/explain`.

use domain::{Caller, Code, Error, Result, Timestamp, Verdict};
use edge::{
    Context, answer,
    auth::bearer,
    notifier::Heard,
    query::{Query, query},
};
use protocol::native::{Explanation, OutcomeView, RuleView, SocketView, VerdictView};
use warp::{Filter, http::StatusCode, path, reply::Response};

use super::{Routes, respond, with};
use crate::explain::{Decision, decide};

pub(super) fn routes(ctx: &Context) -> Routes {
    path!("api" / "v1" / "notifications" / "explain")
        .and(warp::get())
        .and(with(ctx))
        .and(bearer(ctx.auth.clone()))
        .and(query())
        .then(explain)
        .map(respond)
        .boxed()
}

async fn explain(ctx: Context, who: Result<Caller>, query: Query) -> Result<Response> {
    let who = who?;
    let message = query.text("message").ok_or_else(|| {
        let detail = "It names the message that is to be explained.";
        Error::invalid(Code::InvalidField, "message", detail)
    })?;
    // What is no id is the id of no message.
    let message = message.parse().map_err(|_| Code::MessageNotFound)?;
    let decision = decide(&*ctx.ports.store, message, who.user).await?;
    let sockets = ctx.live.notifier.told(who.user, decision.message.room);
    let explanation = show(&decision, sockets, ctx.ports.clock.now());
    Ok(answer::json(StatusCode::OK, &explanation))
}

fn show(decision: &Decision, sockets: Vec<Heard>, now: Timestamp) -> Explanation {
    let (message, member) = (&decision.message, &decision.member);
    let decided_by = VerdictView::from(decision.verdict);
    let socket = |heard: Heard| SocketView {
        session: heard.session.uuid(),
        dialect: heard.dialect.to_owned(),
        told: heard.told,
        passed: heard.told >= message.seq,
    };
    Explanation {
        message: message.id.uuid(),
        room: message.room.uuid(),
        seq: message.seq,
        outcome: match decision.verdict {
            Verdict::News if decision.waits() => OutcomeView::Waiting,
            Verdict::News => OutcomeView::Acknowledged,
            _ => OutcomeView::Suppressed,
        },
        decided_by,
        because: decided_by.because().to_owned(),
        rule: RuleView::new(member.room, &member.rule, now),
        acknowledged: member.notified_through(),
        sockets: sockets.into_iter().map(socket).collect(),
    }
}
