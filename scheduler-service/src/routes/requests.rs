//! What administrators ask for, understood.

use domain::{
    Code, Error, Limits, PolicyId, Result, RoomId, RoomName, RunId,
    archive::{Action, CatchUp, Policy, Scope},
};
use protocol::native::archive::{PreviewRequest, RestoreRequest};

use crate::{
    age,
    archive::{Archive, Restore},
};

/// What an unnamed policy is called in records.
const UNNAMED: &str = "preview";

/// Longest hold of a restore: a hundred years, like the oldest age.
const LONGEST_HOLD_DAYS: u32 = 36_500;

/// The policy that a preview names, or the one that it spells out.
pub(super) async fn policy_of(
    archive: &Archive,
    request: PreviewRequest,
    limits: &Limits,
) -> Result<Policy> {
    match (request.policy, request.older_than) {
        (Some(name), None) if request.rooms.is_empty() => archive.policy(&name).await,
        (None, Some(older_than)) => unnamed(&older_than, &request.rooms, limits),
        _ => {
            let detail = "Name a policy, or say `older_than` and, if not all are meant, `rooms`.";
            Err(Error::invalid(Code::InvalidField, "policy", detail))
        }
    }
}

fn unnamed(older_than: &str, rooms: &[String], limits: &Limits) -> Result<Policy> {
    let older_than = age::parse(older_than)
        .map_err(|reason| Error::invalid(Code::InvalidField, "older_than", reason))?;
    let rooms: Vec<RoomName> = rooms
        .iter()
        .map(|room| RoomName::parse(room, limits))
        .collect::<Result<_>>()?;
    Ok(Policy {
        id: PolicyId::new(),
        name: UNNAMED.to_owned(),
        scope: if rooms.is_empty() {
            Scope::AllRooms
        } else {
            Scope::Rooms(rooms)
        },
        older_than,
        action: Action::Archive,
        schedule: String::new(),
        timezone: "UTC".to_owned(),
        catch_up: CatchUp::Skip,
        enabled: false,
        next_run_at: None,
    })
}

/// The restore that is asked for.
pub(super) fn restore_of(request: &RestoreRequest) -> Result<Restore> {
    if let Some(0 | LONGEST_HOLD_DAYS..) = request.hold_days {
        let detail = "What comes back is held for 1 to 36,499 days.";
        return Err(Error::invalid(Code::InvalidField, "hold_days", detail));
    }
    Ok(Restore {
        run: RunId::from_uuid(request.run),
        room: request.room.map(RoomId::from_uuid),
        hold_days: request.hold_days,
    })
}
