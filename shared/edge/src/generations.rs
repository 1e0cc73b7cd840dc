//! A bounded map that forgets what was not put lately.

use std::{collections::HashMap, hash::Hash, mem};

/// Values by key, in two generations: when the young one is full, the old one is dropped whole.
#[derive(Debug)]
pub(crate) struct Generations<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    size: usize,
}

impl<K: Eq + Hash, V> Generations<K, V> {
    /// An empty map that keeps at least the last `size` keys, and at most twice as many.
    pub(crate) fn new(size: usize) -> Self {
        Self {
            young: HashMap::new(),
            old: HashMap::new(),
            size,
        }
    }

    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.young.get(key).or_else(|| self.old.get(key))
    }

    pub(crate) fn put(&mut self, key: K, value: V) {
        if self.young.len() >= self.size {
            self.old = mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }

    pub(crate) fn remove(&mut self, key: &K) {
        self.young.remove(key);
        self.old.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_keeps_the_newest_and_forgets_the_oldest() {
        let mut map = Generations::new(2);
        (1..=5).for_each(|n| map.put(n, n * 10));
        assert_eq!((map.get(&5), map.get(&4)), (Some(&50), Some(&40)));
        assert_eq!((map.get(&1), map.get(&2)), (None, None));
        map.put(4, 41);
        assert_eq!(map.get(&4), Some(&41), "the newest value counts");
        map.remove(&4);
        assert_eq!(map.get(&4), None);
    }
}
