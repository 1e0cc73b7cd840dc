//! What *relocate* promises in every state, and the situations it must have met.

use stateright::Property;

use super::message::Body;
use super::model::{Relocate, State};

/// The message is hot, archived or a tombstone, never two of them and never none.
pub const ONE_BODY: &str = "exactly one readable body, or a tombstone";
/// A reader gets the revision that the key names, and never one older than the
/// newest that was acknowledged.
pub const NEWEST: &str = "the body is the newest acknowledged revision";
/// The copy that the key points to is there.
pub const COPY_THERE: &str = "no copy that the key points to is missing";
/// After an erasure every copy that is left will be taken by the next
/// collection, also one that a slept mover inserts afterwards: after the last
/// collection the erased body is nowhere.
pub const ERASED_GONE: &str = "an erased body is left to the collector";

/// A body came back and was archived again.
pub const ARCHIVED_AGAIN: &str = "(met) archived, restored and archived again";
/// An edit was applied to a copy.
pub const EDITED_IN_ARCHIVE: &str = "(met) an edit is applied in the archive";
/// An erased message still has a copy, which the collector has to take.
pub const GARBAGE_OF_ERASED: &str = "(met) a copy comes after the erasure";

/// Returns all properties.
pub(super) fn all() -> Vec<Property<Relocate>> {
    vec![
        Property::always(ONE_BODY, |_, s: &State| one_body(s)),
        Property::always(NEWEST, |_, s: &State| newest(s)),
        Property::always(COPY_THERE, |_, s: &State| {
            s.message
                .key
                .copy
                .is_none_or(|id| s.message.copies.contains_key(&id))
        }),
        Property::always(ERASED_GONE, |model, s: &State| {
            let garbage = s.message.garbage(&s.message.key, model.without);
            !s.message.key.erased || garbage.len() == s.message.copies.len()
        }),
        Property::sometimes(ARCHIVED_AGAIN, |_, s: &State| {
            s.message.key.copy.is_some() && s.message.key.place >= 3
        }),
        Property::sometimes(EDITED_IN_ARCHIVE, |_, s: &State| {
            let place = Some(s.message.key.place);
            s.message.key.copy.is_some_and(|id| id.place == place)
        }),
        Property::sometimes(GARBAGE_OF_ERASED, |_, s: &State| {
            s.message.key.erased && !s.message.copies.is_empty()
        }),
    ]
}

fn one_body(state: &State) -> bool {
    let key = &state.message.key;
    let bodies = usize::from(key.body.is_some()) + usize::from(key.copy.is_some());
    bodies == usize::from(!key.erased)
}

fn newest(state: &State) -> bool {
    let key = &state.message.key;
    let named = key.erased || state.message.readable() == Some(Body::Of(key.rev));
    named && key.rev >= state.acked
}
