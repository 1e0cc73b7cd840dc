//! Taking turns: a few of many each time, all of them in a round.

/// How far a round has come among things that come and go.
#[derive(Debug)]
pub(super) struct Round<K> {
    /// The last that had its turn.
    last: Option<K>,
    /// How many turns make a round.
    turns: usize,
}

impl<K: Copy + Ord> Round<K> {
    /// A round of so many turns, which begins with the smallest.
    pub(super) fn of(turns: usize) -> Self {
        Self { last: None, turns }
    }

    /// Those whose turn it is among all that there are, rising; and whether the round is over, and
    /// begins anew with the next turn.
    pub(super) fn turn(&mut self, mut all: Vec<K>) -> (Vec<K>, bool) {
        all.sort_unstable();
        all.dedup();
        let share = all.len().div_ceil(self.turns);
        let mut rest = match self.last {
            Some(last) => all.split_off(all.partition_point(|one| *one <= last)),
            None => all,
        };
        let over = rest.len() <= share;
        rest.truncate(share);
        self.last = if over { None } else { rest.last().copied() };
        (rest, over)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_has_a_turn_in_a_round() {
        let mut round = Round::of(3);
        let mut turn = || round.turn(vec![5, 1, 4, 2, 3, 1]);
        assert_eq!(turn(), (vec![1, 2], false));
        assert_eq!(turn(), (vec![3, 4], false));
        assert_eq!(turn(), (vec![5], true));
        assert_eq!(turn(), (vec![1, 2], false), "and again");
    }

    #[test]
    fn who_comes_and_goes_changes_nothing_for_the_others() {
        let mut round = Round::of(3);
        assert_eq!(round.turn(vec![1, 2, 3, 4, 5, 6]).0, [1, 2]);
        assert_eq!(round.turn(vec![2, 4, 5, 6]).0, [4, 5]);
        assert_eq!(round.turn(vec![0, 6]), (vec![6], true));
        assert_eq!(round.turn(Vec::new()), (Vec::new(), true));
    }
}
