//! Times, counted in buckets that are never wider than a sixty-fourth of what they hold.

use std::time::Duration;

/// Bits of a value that are kept below its highest one.
const BITS: u32 = 6;
/// Values below this have a bucket each.
const EXACT: u64 = 2 << BITS;

/// How often something took how long.
#[derive(Debug, Clone, Default)]
pub(crate) struct Histogram {
    counts: Vec<u64>,
    total: u64,
}

impl Histogram {
    /// Counts one time, in nanoseconds.
    pub(crate) fn record(&mut self, nanoseconds: u64) {
        let index = bucket(nanoseconds);
        if index >= self.counts.len() {
            self.counts.resize(index + 1, 0);
        }
        self.counts[index] += 1;
        self.total += 1;
    }

    /// The time that a part of all (0 to 1) did not exceed; zero of none.
    pub(crate) fn quantile(&self, part: f64) -> Duration {
        let rank = ((self.total as f64 * part).ceil() as u64).max(1);
        let mut seen = 0;
        let index = self.counts.iter().position(|count| {
            seen += count;
            seen >= rank
        });
        Duration::from_nanos(index.map_or(0, floor))
    }
}

fn bucket(value: u64) -> usize {
    let shift = value
        .checked_ilog2()
        .unwrap_or_default()
        .saturating_sub(BITS);
    let bucket = (u64::from(shift) << BITS) + (value >> shift);
    usize::try_from(bucket).unwrap_or(usize::MAX)
}

fn floor(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    if bucket < EXACT {
        return bucket;
    }
    let shift = (bucket >> BITS) - 1;
    (bucket - (shift << BITS)) << shift
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_falls_into_a_bucket_that_begins_close_below_it() {
        for power in 0..50 {
            for value in [1u64 << power, (1 << power) + 1, (3 << power) / 2] {
                let begins = floor(bucket(value));
                assert!(begins <= value && value - begins <= value / 64, "{value}");
            }
        }
    }

    #[test]
    fn quantiles_are_of_what_was_counted() {
        let mut histogram = Histogram::default();
        (1..=100).for_each(|value| histogram.record(value));
        assert_eq!(histogram.quantile(0.5), Duration::from_nanos(50));
        assert_eq!(histogram.quantile(0.99), Duration::from_nanos(99));
    }

    #[test]
    fn nothing_has_no_quantile() {
        assert_eq!(Histogram::default().quantile(0.99), Duration::ZERO);
    }
}
