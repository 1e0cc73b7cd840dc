//! What administrators see.

mod policies;
mod rooms;
mod runs;

pub(super) use self::{
    policies::{policy, schedule},
    rooms::{explained, own_rule},
    runs::{difference, in_a_list, room, run},
};
