//! What the server keeps.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Mutex,
};

use bytes::Bytes;

/// The smallest part of an object, but for the last.
const SMALLEST_PART: usize = 5 * 1024 * 1024;

type Parts = BTreeMap<u32, Bytes>;

/// Objects by key, and uploads that are not complete.
#[derive(Default)]
pub(crate) struct Storage {
    objects: Mutex<HashMap<String, Bytes>>,
    uploads: Mutex<HashMap<String, Parts>>,
}

impl Storage {
    /// The keys of all objects.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.objects.lock().unwrap().keys().cloned().collect()
    }

    /// How many uploads were begun and neither completed nor aborted.
    pub(crate) fn open_uploads(&self) -> usize {
        self.uploads.lock().unwrap().len()
    }

    pub(super) fn put(&self, key: &str, object: Bytes) {
        self.objects.lock().unwrap().insert(key.to_owned(), object);
    }

    pub(super) fn get(&self, key: &str) -> Option<Bytes> {
        self.objects.lock().unwrap().get(key).cloned()
    }

    pub(super) fn delete(&self, key: &str) {
        self.objects.lock().unwrap().remove(key);
    }

    pub(super) fn begin(&self) -> String {
        let upload = domain::FileId::new().to_string();
        let mut uploads = self.uploads.lock().unwrap();
        uploads.insert(upload.clone(), Parts::new());
        upload
    }

    pub(super) fn part(&self, upload: &str, number: u32, part: Bytes) {
        let mut uploads = self.uploads.lock().unwrap();
        uploads.get_mut(upload).unwrap().insert(number, part);
    }

    pub(super) fn abort(&self, upload: &str) {
        self.uploads.lock().unwrap().remove(upload);
    }

    /// Puts the parts together; `false` when one is too small.
    pub(super) fn complete(&self, upload: &str, key: &str) -> bool {
        let parts = self.uploads.lock().unwrap().remove(upload).unwrap();
        let parts: Vec<Bytes> = parts.into_values().collect();
        let (_, before) = parts.split_last().unwrap();
        if before.iter().any(|part| part.len() < SMALLEST_PART) {
            return false;
        }
        self.put(key, parts.concat().into());
        true
    }
}
