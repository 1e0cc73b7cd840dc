//! The archive over REST, below `/api/v1/admin/archive`.

mod policies;
mod rooms;
mod runs;

pub use self::{
    policies::{
        NewPolicy, Policies, PolicyChange, PolicyText, PolicyView, ScheduleRequest, ScheduleView,
    },
    rooms::{CoverageView, ExplainView, HoldView, RoomRuleRequest, RoomRuleView, RoomRules},
    runs::{
        DifferenceView, Differences, PreviewRequest, Reason, RestoreRequest, RoomCountView,
        RunRequest, RunRooms, RunView, Runs, Totals,
    },
};

#[cfg(test)]
mod tests {
    use domain::archive::{Action, CatchUp, PolicySource};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn requests_name_what_is_meant_and_nothing_else() {
        let restore: RestoreRequest =
            serde_json::from_str(r#"{"run":"01890a5d-ac96-774b-bcce-b302099a8057"}"#).unwrap();
        assert_eq!((restore.room, restore.hold_days), (None, None));
        assert!(serde_json::from_str::<RunRequest>(r#"{"plans":"x"}"#).is_err());
        assert!(serde_json::from_str::<PreviewRequest>(r#"{"olderthan":"1h"}"#).is_err());
        assert!(serde_json::from_str::<PolicyChange>(r#"{"olderthan":"1h"}"#).is_err());
        assert!(serde_json::from_str::<RoomRuleRequest>(r#"{"exempted":true}"#).is_err());
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
            when: ScheduleView {
                cron: "0 2 * * *".into(),
                english: "every day at 02:00 UTC".into(),
                zone: "UTC".into(),
                next: vec!["2027-01-01T02:00:00+00:00".into()],
            },
            catch_up: CatchUp::RunOnce,
            enabled: true,
            paused: false,
            source: PolicySource::Administrator,
            rev: 3,
            next_run_at: None,
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
                "cron": "0 2 * * *",
                "english": "every day at 02:00 UTC",
                "zone": "UTC",
                "catch_up": "run_once",
                "enabled": true,
                "paused": false,
                "source": "administrator",
                "rev": 3,
                "next": ["2027-01-01T02:00:00+00:00"],
            })
        );
    }
}
