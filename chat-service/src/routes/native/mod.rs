//! The native API's first part.

mod accounts;
mod administer;
mod conditions;
mod described;
mod files;
mod live;
mod members;
mod message;
mod messages;
mod people;
mod rooms;
mod sessions;
mod setup;

use std::sync::Arc;

pub(super) use described::operations;
use domain::{Code, MessageId, Result, RoomId, UserId};
use edge::{socket, unexpected};
use warp::{Filter, filters::BoxedFilter, reply::Response};

use super::{House, any_of};

pub(super) fn routes(house: &Arc<House>) -> BoxedFilter<(Response,)> {
    any_of(vec![
        accounts::routes(house),
        sessions::routes(house),
        people::routes(house),
        administer::routes(house),
        setup::routes(house),
        rooms::routes(house),
        members::routes(house),
        messages::routes(house),
        files::routes(house),
        live::routes(house),
        message::routes(house),
        socket::native(&house.ctx, Arc::clone(&house.app)),
    ])
    .boxed()
}

/// The room of a path. What is no id is the id of no room.
fn room_id(segment: &str) -> Result<RoomId> {
    segment.parse().map_err(|_| Code::RoomNotFound.into())
}

/// The message of a path. What is no id is the id of no message.
fn message_id(segment: &str) -> Result<MessageId> {
    segment.parse().map_err(|_| Code::MessageNotFound.into())
}

/// The user of a path. What is no id is the id of nobody.
fn user_id(segment: &str) -> Result<UserId> {
    segment.parse().map_err(|_| Code::UserNotFound.into())
}
