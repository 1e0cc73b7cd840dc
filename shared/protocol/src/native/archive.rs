//! The archive over REST, below `/api/v1/admin/archive`.

mod policies;
mod runs;

pub use self::{
    policies::{Policies, PolicyText, PolicyView},
    runs::{
        DifferenceView, Differences, PreviewRequest, Reason, RestoreRequest, RoomCountView,
        RunRequest, RunRooms, RunView, Runs, Totals,
    },
};

#[cfg(test)]
mod tests {
    use domain::archive::{Action, CatchUp};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn requests_name_what_is_meant_and_nothing_else() {
        let restore: RestoreRequest =
            serde_json::from_str(r#"{"run":"01890a5d-ac96-774b-bcce-b302099a8057"}"#).unwrap();
        assert_eq!((restore.room, restore.hold_days), (None, None));
        assert!(serde_json::from_str::<RunRequest>(r#"{"plans":"x"}"#).is_err());
        assert!(serde_json::from_str::<PreviewRequest>(r#"{"olderthan":"1h"}"#).is_err());
    }

    #[test]
    fn a_policy_is_one_flat_object() {
        let view = PolicyView {
            policy: PolicyText {
                id: Uuid::nil(),
                name: "nightly".into(),
                rooms: None,
                older_than: "90d".into(),
                action: Action::Archive,
                schedule: "0 2 * * *".into(),
                timezone: "UTC".into(),
            },
            in_words: "At 02:00.".into(),
            catch_up: CatchUp::RunOnce,
            enabled: true,
            next_run_at: None,
            next: vec!["2027-01-01T02:00:00+00:00".into()],
        };
        assert_eq!(
            serde_json::to_value(&view).unwrap(),
            serde_json::json!({
                "id": "00000000-0000-0000-0000-000000000000",
                "name": "nightly",
                "older_than": "90d",
                "action": "archive",
                "schedule": "0 2 * * *",
                "timezone": "UTC",
                "in_words": "At 02:00.",
                "catch_up": "run_once",
                "enabled": true,
                "next": ["2027-01-01T02:00:00+00:00"],
            })
        );
    }
}
