//! How far the list is read ahead of the images in flight.
//!
//! Far, so that hosts whose rows will take long are begun early. Where thousands of rows a second are over, that saves a second
//! or two at most, and costs more than it saves: rows that wait leave the processor's cache before their turn comes.

use std::time::{Duration, Instant};

/// Rows that may wait; beyond, the list is not read on.
const FAR: usize = 65_536;
/// Rows that may wait where they are soon over, and all places are taken.
const NEAR: usize = 4_096;
/// How long rows are counted, before it is said whether they are soon over.
const WINDOW: Duration = Duration::from_millis(500);

/// How far the list is read ahead.
#[derive(Debug)]
pub(crate) struct Ahead {
    since: Instant,
    over: usize,
    /// Whether those that are near were all over within a window.
    fast: bool,
}

impl Ahead {
    pub(crate) fn new(now: Instant) -> Self {
        Self { since: now, over: 0, fast: true }
    }

    /// Says that so many rows are over.
    pub(crate) fn note(&mut self, rows: usize, now: Instant) {
        self.over += rows;
        let elapsed = now.saturating_duration_since(self.since);
        if elapsed >= WINDOW {
            // More than a window may have passed since the last row.
            let windows = elapsed.as_millis() / WINDOW.as_millis();
            self.fast = self.over as u128 >= NEAR as u128 * windows;
            (self.since, self.over) = (now, 0);
        }
    }

    /// Rows that may wait. While a place is free, one of those that come may be what it is free for.
    pub(crate) fn rows(&self, all_busy: bool) -> usize {
        if all_busy && self.fast { NEAR } else { FAR }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_is_read_ahead_only_where_rows_are_soon_over_and_no_place_is_free() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut ahead = Ahead::new(start);
        assert_eq!((ahead.rows(true), ahead.rows(false)), (NEAR, FAR));
        ahead.note(1000, at(400));
        assert_eq!(ahead.rows(true), NEAR, "nothing can be said yet");
        ahead.note(1000, at(500));
        assert_eq!(ahead.rows(true), FAR);
        ahead.note(NEAR, at(1000));
        assert_eq!((ahead.rows(true), ahead.rows(false)), (NEAR, FAR));
        ahead.note(NEAR, at(2000));
        assert_eq!(ahead.rows(true), FAR, "two windows");
    }
}
