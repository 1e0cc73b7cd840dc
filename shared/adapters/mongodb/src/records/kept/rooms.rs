use domain::{
    Error, Member, MemberState, RunId,
    transfer::{KeptNotification, KeptRoom, RunRoom},
};

use crate::{
    records::{
        MemberRecord, NotificationRecord, RoomRecord, RunRoomRecord, StateRecord, incomplete,
    },
    values::{date, id, int, uuid},
};

impl From<&KeptRoom> for RoomRecord {
    fn from(kept: &KeptRoom) -> Self {
        let room = &kept.room;
        let mut record = Self {
            id: id(room.id.uuid()),
            tenant: room.tenant.as_str().to_owned(),
            kind: room.kind.into(),
            name: room.name.as_ref().map(|name| name.as_str().to_owned()),
            names: Vec::new(),
            claims: Vec::new(),
            created_by: id(room.created_by.uuid()),
            created_at: date(room.created_at),
            rev: int(room.rev),
            read_only: room.read_only,
            deleted_at: room.deleted_at.map(date),
            init: kept.init.iter().map(Into::into).collect(),
            cleared: kept.cleared.then_some(true),
        };
        record.names = record.own_name().into_iter().collect();
        record
    }
}

impl TryFrom<RoomRecord> for KeptRoom {
    type Error = Error;

    /// What it was about to be called is void: whoever wanted it so has heard nothing of it.
    fn try_from(mut record: RoomRecord) -> Result<Self, Error> {
        let init = std::mem::take(&mut record.init).into_iter();
        Ok(Self {
            init: init.map(TryInto::try_into).collect::<Result<_, _>>()?,
            cleared: record.cleared.unwrap_or_default(),
            room: record.into(),
        })
    }
}

impl From<&Member> for MemberRecord {
    fn from(member: &Member) -> Self {
        let has_rule = member.rule != domain::Rule::default();
        Self {
            room_id: id(member.room.uuid()),
            user_id: id(member.user.uuid()),
            role: member.role.into(),
            state: match member.state {
                MemberState::Active => StateRecord::Active,
                MemberState::Left => StateRecord::Left,
                MemberState::Removed => StateRecord::Removed,
            },
            rev: int(member.rev),
            joined_seq: int(member.joined_seq),
            joined_at: date(member.joined_at),
            read: int(member.read),
            received: int(member.received),
            notified: int(member.notified),
            hidden: int(member.hidden),
            rule: has_rule.then(|| member.rule.clone().into()),
        }
    }
}

impl TryFrom<&KeptNotification> for NotificationRecord {
    type Error = Error;

    fn try_from(kept: &KeptNotification) -> Result<Self, Error> {
        let record = Self::new(&kept.notification);
        let record = record.ok_or_else(|| incomplete("news that is not of a message"))?;
        Ok(Self {
            waiting: (!kept.settled).then_some(true),
            ..record
        })
    }
}

impl From<NotificationRecord> for KeptNotification {
    fn from(record: NotificationRecord) -> Self {
        Self {
            settled: record.waiting.is_none(),
            notification: record.into(),
        }
    }
}

/// Below the fence of every worker, so that each may go on with it.
const NO_FENCE: u64 = 0;

impl From<&RunRoom> for RunRoomRecord {
    fn from(outcome: &RunRoom) -> Self {
        Self::new(outcome.run, NO_FENCE, &outcome.count)
    }
}

impl From<RunRoomRecord> for RunRoom {
    fn from(record: RunRoomRecord) -> Self {
        Self {
            run: RunId::from_uuid(uuid(record.run_id)),
            count: record.into(),
        }
    }
}
