//! Hosts that may have a place free, in two orders: in turn, and by how long their rows will take.
//!
//! In turn alone, a host with many rows gets no more starts than one with a single row while there are thousands of hosts, and
//! its rows are left at the end, one after the other. By length alone, those with few rows would wait for ever. Longest
//! processing time first: R. L. Graham, "Bounds on Multiprocessing Timing Anomalies", 1969.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// Hosts that may have a place free, each once.
#[derive(Debug, Default)]
pub(crate) struct Ready {
    turns: BTreeMap<u64, (Duration, Arc<str>)>,
    /// The same; of those that take equally long, the one that has waited longest is the last.
    lengths: BTreeSet<(Duration, Reverse<u64>)>,
    next: u64,
}

impl Ready {
    /// Adds a host whose waiting rows will take about `length`, and gives its turn.
    pub(crate) fn push(&mut self, key: Arc<str>, length: Duration) -> u64 {
        let turn = self.next;
        self.turns.insert(turn, (length, key));
        self.lengths.insert((length, Reverse(turn)));
        self.next += 1;
        turn
    }

    /// Says anew how long the rows of a host will take that has this turn.
    pub(crate) fn weigh(&mut self, turn: u64, length: Duration) {
        let Some((was, _)) = self.turns.get_mut(&turn) else { return };
        self.lengths.remove(&(*was, Reverse(turn)));
        self.lengths.insert((length, Reverse(turn)));
        *was = length;
    }

    /// Takes the host that has waited longest, or the one whose rows will take longest.
    pub(crate) fn pop(&mut self, by_length: bool) -> Option<Arc<str>> {
        let turn = if by_length { self.lengths.last()?.1.0 } else { *self.turns.first_key_value()?.0 };
        let (length, key) = self.turns.remove(&turn)?;
        self.lengths.remove(&(length, Reverse(turn)));
        Some(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_orders_are_kept_as_hosts_go_and_lengths_change() {
        let mut ready = Ready::default();
        for (key, seconds) in [("a", 1), ("b", 1), ("c", 1), ("d", 2), ("e", 1), ("f", 1)] {
            ready.push(key.into(), Duration::from_secs(seconds));
        }
        ready.weigh(2, Duration::from_secs(9));
        let order: Vec<_> = [false, true, false, true, false, true]
            .map(|by_length| ready.pop(by_length))
            .into_iter()
            .flatten()
            .collect();
        assert_eq!(order.join(""), "acbdef");
        assert!(ready.turns.is_empty() && ready.lengths.is_empty());
    }
}
