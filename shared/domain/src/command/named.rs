//! What a command is called where it is told of, and which room it is about.

use super::Command;
use crate::RoomId;

impl Command {
    /// What sending is called. Messages are often sent together, and then told of one by one.
    pub const SEND: &'static str = "send";

    /// What it is called in traces. Never changed, so that they can be compared over versions.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::CreateRoom { .. } => "create_room",
            Self::OpenDirect { .. } => "open_direct",
            Self::ChangeRoom { .. } => "change_room",
            Self::DeleteRoom { .. } => "delete_room",
            Self::Join { .. } => "join",
            Self::Leave { .. } => "leave",
            Self::AddMember { .. } => "add_member",
            Self::RemoveMember { .. } => "remove_member",
            Self::SetRole { .. } => "set_role",
            Self::Transfer { .. } => "transfer",
            Self::Send { .. } => Self::SEND,
            Self::Edit { .. } => "edit",
            Self::Delete { .. } => "delete",
            Self::React { .. } => "react",
            Self::GetMessage { .. } => "get_message",
            Self::ReadHistory { .. } => "read_history",
            Self::ReadNumbered { .. } => "read_numbered",
            Self::Replay { .. } => "replay",
            Self::ListOwnRooms { .. } => "list_own_rooms",
            Self::ListChannels { .. } => "list_channels",
            Self::GetRoom { .. } => "get_room",
            Self::FindChannel { .. } => "find_channel",
            Self::ListMembers { .. } => "list_members",
            Self::RaiseMark { .. } => "raise_mark",
            Self::ListReceipts { .. } => "list_receipts",
            Self::Type { .. } => "type",
            Self::SetPresence { .. } => "set_presence",
            Self::ListPresence { .. } => "list_presence",
            Self::ListRoomPresence { .. } => "list_room_presence",
        }
    }

    /// The room that it is about, if it is about one that the caller named.
    #[must_use]
    pub fn room(&self) -> Option<RoomId> {
        match self {
            Self::ChangeRoom { room, .. }
            | Self::DeleteRoom { room }
            | Self::Join { room }
            | Self::Leave { room }
            | Self::AddMember { room, .. }
            | Self::RemoveMember { room, .. }
            | Self::SetRole { room, .. }
            | Self::Transfer { room, .. }
            | Self::Send { room, .. }
            | Self::Edit { room, .. }
            | Self::Delete { room, .. }
            | Self::React { room, .. }
            | Self::GetMessage { room, .. }
            | Self::ReadHistory { room, .. }
            | Self::ReadNumbered { room, .. }
            | Self::Replay { room, .. }
            | Self::GetRoom { room }
            | Self::ListMembers { room, .. }
            | Self::RaiseMark { room, .. }
            | Self::ListReceipts { room }
            | Self::Type { room, .. }
            | Self::ListRoomPresence { room, .. } => Some(*room),
            Self::CreateRoom { .. }
            | Self::OpenDirect { .. }
            | Self::ListOwnRooms { .. }
            | Self::ListChannels { .. }
            | Self::FindChannel { .. }
            | Self::SetPresence { .. }
            | Self::ListPresence { .. } => None,
        }
    }
}
