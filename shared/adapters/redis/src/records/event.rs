use domain::{
    Card, FamilyId, FullName, NodeId, Presence, PresenceState, Receipt, RoomId, Row, TokenKey,
    UserId, Username, Visit,
    ports::{BusEvent, BusMessage},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{RowRecord, encoded, millis, moment};

/// An event on the bus, and the process that it comes from.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct MessageRecord {
    origin: Uuid,
    event: EventRecord,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum EventRecord {
    Rows {
        rows: Vec<RowRecord>,
    },
    News {
        room: Uuid,
        seq: u64,
    },
    TokensEnded {
        tokens: Vec<TokenRecord>,
    },
    Renamed(CardRecord),
    UserDeleted {
        user: Uuid,
    },
    Relist {
        user: Uuid,
    },
    Receipt(ReceiptRecord),
    Typing {
        room: Uuid,
        user: Uuid,
        on: bool,
    },
    Presence(PresenceRecord),
    Visited {
        room: Uuid,
        user: Uuid,
        here: bool,
    },
    /// Something that was too large to be sent.
    TooLarge,
    /// Something of a later version.
    #[serde(other)]
    Unknown,
}

#[derive(Debug, Serialize, Deserialize)]
struct ReceiptRecord {
    room: Uuid,
    user: Uuid,
    read: u64,
    received: u64,
    unread: Option<u64>,
    everybody: bool,
    #[serde(default)]
    more_read: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct CardRecord {
    user: Uuid,
    username: String,
    #[serde(default)]
    first_name: Option<String>,
    #[serde(default)]
    last_name: Option<String>,
    #[serde(default)]
    alias: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct PresenceRecord {
    user: Uuid,
    state: StateRecord,
    last_seen: Option<i64>,
    rooms: Vec<Uuid>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum TokenRecord {
    Family(Uuid),
    Single(String),
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StateRecord {
    Online,
    Away,
    Busy,
    Offline,
}

impl MessageRecord {
    /// A message as it is sent: in several parts if it holds many rows. What is larger than
    /// `largest` bytes by itself is only told to be missing.
    pub(crate) fn encoded(message: &BusMessage, largest: usize) -> Vec<Vec<u8>> {
        let origin = message.origin.uuid();
        match &message.event {
            BusEvent::Rows(rows) => parts(origin, rows, largest),
            event => vec![bounded(origin, event.into(), largest)],
        }
    }

    /// The message; `None` when there was one that is lost, or that is not understood here.
    pub(crate) fn message(self) -> Option<BusMessage> {
        Some(BusMessage {
            origin: NodeId::from_uuid(self.origin),
            event: self.event.event()?,
        })
    }
}

/// Halves rows until they fit.
fn parts(origin: Uuid, rows: &[Row], largest: usize) -> Vec<Vec<u8>> {
    let event = EventRecord::Rows {
        rows: rows.iter().map(RowRecord::from).collect(),
    };
    let whole = encoded(&MessageRecord { origin, event });
    match rows.len() {
        2.. if whole.len() > largest => {
            let (older, newer) = rows.split_at(rows.len() / 2);
            let mut parts = parts(origin, older, largest);
            parts.extend(self::parts(origin, newer, largest));
            parts
        }
        _ if whole.len() > largest => vec![too_large(origin)],
        _ => vec![whole],
    }
}

fn bounded(origin: Uuid, event: EventRecord, largest: usize) -> Vec<u8> {
    let whole = encoded(&MessageRecord { origin, event });
    match whole.len() > largest {
        true => too_large(origin),
        false => whole,
    }
}

fn too_large(origin: Uuid) -> Vec<u8> {
    let event = EventRecord::TooLarge;
    encoded(&MessageRecord { origin, event })
}

impl From<&BusEvent> for EventRecord {
    fn from(event: &BusEvent) -> Self {
        match event {
            BusEvent::Rows(rows) => Self::Rows {
                rows: rows.iter().map(RowRecord::from).collect(),
            },
            BusEvent::News { room, seq } => Self::News {
                room: room.uuid(),
                seq: *seq,
            },
            BusEvent::TokensEnded(tokens) => Self::TokensEnded {
                tokens: tokens.iter().map(TokenRecord::from).collect(),
            },
            BusEvent::Renamed(card) => Self::Renamed(card.into()),
            BusEvent::UserDeleted { user } => Self::UserDeleted { user: user.uuid() },
            BusEvent::Relist { user } => Self::Relist { user: user.uuid() },
            BusEvent::Receipt {
                receipt,
                unread,
                everybody,
                more_read,
            } => Self::Receipt(ReceiptRecord {
                room: receipt.room.uuid(),
                user: receipt.user.uuid(),
                read: receipt.read,
                received: receipt.received,
                unread: *unread,
                everybody: *everybody,
                more_read: *more_read,
            }),
            BusEvent::Typing { room, user, on } => Self::Typing {
                room: room.uuid(),
                user: user.uuid(),
                on: *on,
            },
            BusEvent::Visited { visit, here } => Self::Visited {
                room: visit.room.uuid(),
                user: visit.user.uuid(),
                here: *here,
            },
            BusEvent::Presence { presence, rooms } => Self::Presence(PresenceRecord {
                user: presence.user.uuid(),
                state: presence.state.into(),
                last_seen: presence.last_seen.map(millis),
                rooms: rooms.iter().map(|room| room.uuid()).collect(),
            }),
        }
    }
}

impl EventRecord {
    fn event(self) -> Option<BusEvent> {
        Some(match self {
            Self::Rows { rows } => BusEvent::Rows(rows.into_iter().map(Row::from).collect()),
            Self::News { room, seq } => BusEvent::News {
                room: RoomId::from_uuid(room),
                seq,
            },
            Self::TokensEnded { tokens } => {
                BusEvent::TokensEnded(tokens.into_iter().map(TokenKey::from).collect())
            }
            Self::Renamed(card) => BusEvent::Renamed(card.into()),
            Self::UserDeleted { user } => BusEvent::UserDeleted {
                user: UserId::from_uuid(user),
            },
            Self::Relist { user } => BusEvent::Relist {
                user: UserId::from_uuid(user),
            },
            Self::Receipt(receipt) => receipt.event(),
            Self::Typing { room, user, on } => BusEvent::Typing {
                room: RoomId::from_uuid(room),
                user: UserId::from_uuid(user),
                on,
            },
            Self::Visited { room, user, here } => BusEvent::Visited {
                visit: Visit {
                    room: RoomId::from_uuid(room),
                    user: UserId::from_uuid(user),
                },
                here,
            },
            Self::Presence(presence) => presence.event(),
            Self::TooLarge | Self::Unknown => return None,
        })
    }
}

impl From<&Card> for CardRecord {
    fn from(card: &Card) -> Self {
        Self {
            user: card.user.uuid(),
            username: card.username.as_str().to_owned(),
            first_name: card.names.first().map(str::to_owned),
            last_name: card.names.last().map(str::to_owned),
            alias: card.alias.clone(),
        }
    }
}

impl From<CardRecord> for Card {
    fn from(record: CardRecord) -> Self {
        Self {
            user: UserId::from_uuid(record.user),
            username: Username::stored(record.username),
            names: FullName::stored(record.first_name, record.last_name),
            alias: record.alias,
        }
    }
}

impl ReceiptRecord {
    fn event(self) -> BusEvent {
        BusEvent::Receipt {
            receipt: Receipt {
                room: RoomId::from_uuid(self.room),
                user: UserId::from_uuid(self.user),
                read: self.read,
                received: self.received,
            },
            unread: self.unread,
            everybody: self.everybody,
            more_read: self.more_read,
        }
    }
}

impl PresenceRecord {
    fn event(self) -> BusEvent {
        BusEvent::Presence {
            presence: Presence {
                user: UserId::from_uuid(self.user),
                state: self.state.into(),
                last_seen: self.last_seen.map(moment),
            },
            rooms: self.rooms.into_iter().map(RoomId::from_uuid).collect(),
        }
    }
}

impl From<&TokenKey> for TokenRecord {
    fn from(key: &TokenKey) -> Self {
        match key {
            TokenKey::Family(family) => Self::Family(family.uuid()),
            TokenKey::Single(token) => Self::Single(token.to_string()),
        }
    }
}

impl From<TokenRecord> for TokenKey {
    fn from(record: TokenRecord) -> Self {
        match record {
            TokenRecord::Family(family) => Self::Family(FamilyId::from_uuid(family)),
            TokenRecord::Single(token) => Self::Single(token.into()),
        }
    }
}

impl From<PresenceState> for StateRecord {
    fn from(state: PresenceState) -> Self {
        match state {
            PresenceState::Online => Self::Online,
            PresenceState::Away => Self::Away,
            PresenceState::Busy => Self::Busy,
            PresenceState::Offline => Self::Offline,
        }
    }
}

impl From<StateRecord> for PresenceState {
    fn from(record: StateRecord) -> Self {
        match record {
            StateRecord::Online => Self::Online,
            StateRecord::Away => Self::Away,
            StateRecord::Busy => Self::Busy,
            StateRecord::Offline => Self::Offline,
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{Change, ClientId, RowId, RunId, Timestamp};

    use super::*;

    fn rows(count: u64) -> BusMessage {
        let row = |seq| Row {
            id: RowId::new(),
            room: RoomId::from_uuid(Uuid::nil()),
            seq,
            generation: 0,
            sender: UserId::new(),
            client_id: ClientId::new(),
            created_at: Timestamp::UNIX_EPOCH,
            change: Change::Archive {
                run: RunId::new(),
                through: 0,
            },
        };
        BusMessage {
            origin: NodeId::new(),
            event: BusEvent::Rows((1..=count).map(row).collect()),
        }
    }

    fn read(part: &[u8]) -> Option<BusMessage> {
        serde_json::from_slice::<MessageRecord>(part)
            .unwrap()
            .message()
    }

    #[test]
    fn many_rows_go_in_parts_and_in_order() {
        let message = rows(100);
        let parts = MessageRecord::encoded(&message, 4_000);
        assert!(parts.len() > 1 && parts.iter().all(|part| part.len() <= 4_000));
        let heard = parts
            .iter()
            .flat_map(|part| match read(part).unwrap().event {
                BusEvent::Rows(rows) => rows,
                other => panic!("{other:?}"),
            });
        let BusEvent::Rows(sent) = message.event else {
            unreachable!()
        };
        assert_eq!(heard.collect::<Vec<_>>(), sent);
    }

    #[test]
    fn what_is_too_large_is_told_to_be_missing() {
        let parts = MessageRecord::encoded(&rows(1), 100);
        assert_eq!(parts.len(), 1);
        assert_eq!(read(&parts[0]), None);
    }

    #[test]
    fn events_are_read_as_they_always_were_and_later_ones_are_missing() {
        let id = "00000000-0000-0000-0000-000000000001";
        let heard = |event: &str| {
            read(format!(r#"{{"origin":"{id}","event":{event}}}"#).as_bytes()).map(|m| m.event)
        };
        let room = RoomId::from_uuid(Uuid::from_u128(1));
        let news = format!(r#"{{"kind":"news","room":"{id}","seq":4}}"#);
        assert_eq!(heard(&news), Some(BusEvent::News { room, seq: 4 }));
        let ended = r#"{"kind":"tokens_ended","tokens":[{"single":"a"}]}"#;
        let single = TokenKey::Single("a".into());
        assert_eq!(heard(ended), Some(BusEvent::TokensEnded(vec![single])));
        assert_eq!(heard(r#"{"kind":"waved","at":"somebody"}"#), None);
    }
}
