//! Which of many things are lost: at places without order, and the same each time.

/// Loses one thing in so many.
#[derive(Debug, Clone)]
pub struct Losses {
    one_in: u64,
    state: u64,
}

impl Losses {
    /// One in `one_in`, at places that `seed` determines.
    ///
    /// # Panics
    /// When `one_in` is 0.
    #[must_use]
    pub fn new(one_in: u64, seed: u64) -> Self {
        assert!(one_in > 0, "one in how many");
        let state = mixed(seed);
        Self { one_in, state }
    }

    /// The same for the `n`th of several to whom other things are lost.
    #[must_use]
    pub fn of(&self, n: u64) -> Self {
        let state = mixed(self.state ^ mixed(n));
        Self { state, ..*self }
    }

    /// Whether the next one is lost.
    pub fn next_is_lost(&mut self) -> bool {
        self.state = self.state.wrapping_add(1);
        mixed(self.state).is_multiple_of(self.one_in)
    }
}

/// SplitMix64's mixing: numbers in a row become numbers without order.
fn mixed(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn about_one_in_ten_is_lost_and_always_the_same_ones() {
        let lost = |mut losses: Losses| -> Vec<u32> {
            (0..10_000).filter(|_| losses.next_is_lost()).collect()
        };
        let all = Losses::new(10, 1);
        assert!((900..1_100).contains(&lost(all.clone()).len()));
        assert_eq!(lost(all.clone()), lost(all.clone()));
        assert_ne!(lost(all.clone()), lost(Losses::new(10, 2)));
        assert_ne!(lost(all.of(0)), lost(all.of(1)));
    }
}
