//! How fast somebody is asked: less when they say so or fail, more again while they answer.
//!
//! Additive increase, multiplicative decrease, as TCP does it (RFC 5681): first of what is in flight, and where one at a
//! time is still too much, of how often.

use std::time::{Duration, Instant};

/// Who answers to pacing, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Most in flight.
    pub(crate) ceiling: usize,
    /// First gap between two starts, where one in flight is too much.
    pub(crate) gap: Duration,
    /// Longest of our own choosing.
    pub(crate) longest: Duration,
}

/// How a gap grows with each refusal and shrinks with each answer: of a host that takes so many a second, nine in ten of
/// those are used, and one request in fourteen is too much.
const GROWS: f64 = 1.5;
const SHRINKS: f64 = 0.97;

/// When the next one may start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    Now,
    /// Not before.
    At(Instant),
    /// When another one is done.
    Busy,
}

/// The pace at which one host, or the resolver, is asked.
#[derive(Debug, Clone)]
pub(crate) struct Pace {
    bounds: Bounds,
    limit: f64,
    gap: Duration,
    next: Instant,
    /// When it was slowed down last: what was under way then says nothing new.
    slowed: Option<Instant>,
}

impl Pace {
    pub(crate) fn new(bounds: Bounds, now: Instant) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a number of connections")]
        let limit = bounds.ceiling as f64;
        Self { bounds, limit, gap: Duration::ZERO, next: now, slowed: None }
    }

    /// Whether another one may start beside `in_flight`.
    pub(crate) fn turn(&self, in_flight: usize, now: Instant) -> Turn {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 to the ceiling")]
        let limit = self.limit as usize;
        match self.next {
            _ if in_flight >= limit.max(1) => Turn::Busy,
            next if next > now => Turn::At(next),
            _ => Turn::Now,
        }
    }

    /// One starts, now or when its turn has come; the next one a gap later.
    pub(crate) fn start(&mut self, now: Instant) {
        if !self.gap.is_zero() {
            self.next = self.next.max(now) + self.gap.mul_f64(0.75 + fastrand::f64() / 2.0);
        }
    }

    /// How long each of many takes that take `mean`, as many beside each other as may be.
    pub(crate) fn cost(&self, mean: Duration) -> Duration {
        mean.div_f64(self.limit).max(self.gap)
    }

    /// An answer came.
    pub(crate) fn answered(&mut self) {
        #[expect(clippy::cast_precision_loss, reason = "a number of connections")]
        let ceiling = self.bounds.ceiling as f64;
        // With gaps, too: who counts requests does not mind how many are under way, and one at a time may be less than the
        // gap allows, where answers take long.
        self.limit = (self.limit + 1.0 / self.limit).min(ceiling);
        self.gap = self.gap.mul_f64(SHRINKS);
        if self.gap < self.bounds.gap / 2 {
            self.gap = Duration::ZERO;
        }
    }

    /// What was begun at `started` shows that it is too much; `pause` is how long it is asked to wait.
    pub(crate) fn overloaded(&mut self, started: Instant, pause: Option<Duration>, now: Instant) {
        if let Some(at) = pause.and_then(|pause| now.checked_add(pause)) {
            self.next = self.next.max(at);
        }
        if self.slowed.is_some_and(|slowed| started < slowed) {
            return;
        }
        self.slowed = Some(now);
        let halves = self.limit >= 2.0;
        self.limit = (self.limit / 2.0).max(1.0);
        if !halves || !self.gap.is_zero() {
            self.gap = self.gap.mul_f64(GROWS).clamp(self.bounds.gap, self.bounds.longest);
            self.next = self.next.max(now + self.gap);
        }
    }

    /// The time before which nothing may start.
    pub(crate) fn paused_until(&self) -> Instant {
        self.next
    }

    /// Whether there is nothing to remember.
    pub(crate) fn is_at_ease(&self, now: Instant) -> bool {
        #[expect(clippy::cast_precision_loss, reason = "a number of connections")]
        let ceiling = self.bounds.ceiling as f64;
        self.limit >= ceiling && self.gap.is_zero() && self.next <= now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { ceiling: 8, gap: Duration::from_millis(50), longest: Duration::from_secs(10) };

    #[test]
    fn it_is_halved_once_for_what_was_under_way_and_grows_again() {
        let start = Instant::now();
        let mut pace = Pace::new(BOUNDS, start);
        assert_eq!((pace.turn(7, start), pace.turn(8, start)), (Turn::Now, Turn::Busy));
        let later = start + Duration::from_millis(10);
        (0..5).for_each(|_| pace.overloaded(start, None, later));
        assert_eq!((pace.turn(3, later), pace.turn(4, later)), (Turn::Now, Turn::Busy));
        (0..100).for_each(|_| pace.answered());
        assert!(pace.is_at_ease(later));
    }

    #[test]
    fn where_one_at_a_time_is_too_much_there_are_gaps() {
        let mut now = Instant::now();
        let mut pace = Pace::new(BOUNDS, now);
        for _ in 0..8 {
            now += Duration::from_millis(1);
            pace.overloaded(now, None, now);
        }
        let Turn::At(at) = pace.turn(0, now) else { panic!("no gap after eight overloads") };
        assert!(at - now >= Duration::from_millis(200), "{:?}", at - now);
        assert_eq!(pace.turn(0, at), Turn::Now);
        pace.start(at);
        assert!(matches!(pace.turn(0, at), Turn::At(next) if next - at >= Duration::from_millis(100)));
        (0..200).for_each(|_| pace.answered());
        assert!(pace.is_at_ease(at + Duration::from_secs(10)));
    }

    #[test]
    fn with_gaps_there_may_be_several_under_way() {
        let mut now = Instant::now();
        let mut pace = Pace::new(BOUNDS, now);
        for _ in 0..8 {
            now += Duration::from_millis(1);
            pace.overloaded(now, None, now);
        }
        (0..10).for_each(|_| pace.answered());
        let Turn::At(at) = pace.turn(3, now) else { panic!("{pace:?}") };
        assert_eq!((pace.turn(3, at), pace.turn(5, at)), (Turn::Now, Turn::Busy));
        pace.overloaded(at, None, at);
        assert!(matches!(pace.turn(1, at), Turn::At(_)) && pace.turn(2, at) == Turn::Busy, "{pace:?}");
    }

    #[test]
    fn a_pause_that_was_asked_for_is_kept() {
        let now = Instant::now();
        let mut pace = Pace::new(BOUNDS, now);
        pace.overloaded(now, Some(Duration::from_secs(5)), now);
        assert_eq!(pace.turn(0, now), Turn::At(now + Duration::from_secs(5)));
    }
}
