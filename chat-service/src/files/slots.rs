//! How many uploads are under way.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::{Code, Error, Result, UserId};

/// When somebody may try again.
const RETRY: Duration = Duration::from_secs(1);

/// The uploads that are under way in this process.
pub(super) struct Slots {
    most: usize,
    most_of_one: usize,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    all: usize,
    of: HashMap<UserId, usize>,
}

/// The place of one upload, until it is dropped.
pub(super) struct Slot {
    slots: Arc<Slots>,
    user: UserId,
}

impl Slots {
    pub(super) fn new(most: usize, most_of_one: usize) -> Self {
        Self {
            most,
            most_of_one,
            taken: Mutex::default(),
        }
    }

    /// Takes a place.
    ///
    /// # Errors
    /// `too_many_uploads` when the user has as many as they may, `busy` when the process has.
    pub(super) fn take(self: &Arc<Self>, user: UserId) -> Result<Slot> {
        let mut taken = self.lock();
        if taken.all >= self.most {
            return Err(Error::too_many(Code::Busy, RETRY));
        }
        let own = taken.of.get(&user).copied().unwrap_or(0);
        if own >= self.most_of_one {
            return Err(Error::too_many(Code::TooManyUploads, RETRY));
        }
        taken.of.insert(user, own + 1);
        taken.all += 1;
        drop(taken);
        Ok(Slot {
            slots: Arc::clone(self),
            user,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self.slots.lock();
        taken.all -= 1;
        match taken.of.get_mut(&self.user) {
            Some(own) if *own > 1 => *own -= 1,
            _ => {
                taken.of.remove(&self.user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_when_its_upload_is_over() {
        let slots = Arc::new(Slots::new(3, 2));
        let (ann, bob) = (UserId::new(), UserId::new());
        let code = |taken: Result<Slot>| taken.err().unwrap().code();
        let first = slots.take(ann).unwrap();
        let _second = slots.take(ann).unwrap();
        assert_eq!(code(slots.take(ann)), Code::TooManyUploads);
        let _third = slots.take(bob).unwrap();
        assert_eq!(code(slots.take(bob)), Code::Busy);
        drop(first);
        let _fourth = slots.take(ann).unwrap();
        assert_eq!(code(slots.take(bob)), Code::Busy);
    }
}
