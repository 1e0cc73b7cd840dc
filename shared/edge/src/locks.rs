//! Locks whose holder cannot leave half a change behind.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Takes a lock, also after a panic of its holder: one broken session must not stop the others.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
