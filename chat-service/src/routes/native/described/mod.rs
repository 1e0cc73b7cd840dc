//! What the native API says of itself. A route that is not described here fails the tests.

mod accounts;
mod administer;
mod files;
mod live;
mod members;
mod message;
mod messages;
mod rooms;
mod sessions;
mod socket;

use described::Operation;

/// Every operation of chat.
pub(in crate::routes) fn operations() -> Vec<Operation> {
    let groups = [
        accounts::operations(),
        sessions::operations(),
        rooms::operations(),
        live::operations(),
        messages::operations(),
        members::operations(),
        message::operations(),
        files::operations(),
        socket::operations(),
        administer::operations(),
    ];
    groups.into_iter().flatten().collect()
}
