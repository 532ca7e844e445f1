//! What is known of the hosts of a run: their pace, and whether anybody is there.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use foldhash::fast::RandomState;
use imgmeta_record::{Kind, Phase};

use crate::fetch::pace::{Bounds, Pace, Turn};
use crate::trouble::Trouble;

/// Rows in a row that could not connect, after which a host is given up.
const GONE: u32 = 100;
/// Rows in a row after which a host that has never answered gets one attempt for each row: the other rows are attempts
/// enough.
const SILENT: u32 = 8;
/// The share of the newest attempt in what they take on average.
const NEWEST: u32 = 8;
/// Hosts that are remembered; beyond, those are forgotten of which there is little to remember.
const CAPACITY: usize = 100_000;

/// The hosts of a run, by name and port.
#[derive(Debug)]
pub(crate) struct Hosts {
    bounds: Bounds,
    hosts: Mutex<HashMap<String, Host, RandomState>>,
}

#[derive(Debug)]
struct Host {
    pace: Pace,
    /// How long an attempt takes, on average of late.
    mean: Duration,
    /// Rows in a row that could not connect.
    unreachable: u32,
    /// Whether it ever did.
    answered: bool,
}

impl Hosts {
    pub(crate) fn new(per_host: usize) -> Self {
        let (gap, longest) = (Duration::from_millis(50), Duration::from_secs(10));
        Self { bounds: Bounds { ceiling: per_host, gap, longest }, hosts: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Host, RandomState>> {
        self.hosts.lock().expect("no panic under this lock")
    }

    /// Whether a row of a host may start beside `in_flight` others.
    pub(crate) fn turn(&self, key: &str, in_flight: usize, now: Instant) -> Turn {
        match self.lock().get(key) {
            Some(host) => host.pace.turn(in_flight, now),
            None if in_flight >= self.bounds.ceiling => Turn::Busy,
            None => Turn::Now,
        }
    }

    /// An attempt starts, now or when its turn has come: the next one's turn is a gap later.
    pub(crate) fn start(&self, key: &str, now: Instant) {
        if let Some(host) = self.lock().get_mut(key) {
            host.pace.start(now);
        }
    }

    /// What an attempt costs at this pace, those counted that run beside it; `None` of a host that is not remembered.
    pub(crate) fn cost(&self, key: &str) -> Option<Duration> {
        self.lock().get(key).map(|host| host.pace.cost(host.mean))
    }

    /// How an attempt ended that was begun at `started`.
    pub(crate) fn attempted(&self, key: &str, started: Instant, trouble: Option<&Trouble>) {
        let now = Instant::now();
        self.with(key, now, |host| {
            let took = now.saturating_duration_since(started);
            host.mean = if host.mean.is_zero() { took } else { (host.mean * (NEWEST - 1) + took) / NEWEST };
            let reached = trouble.is_none_or(|trouble| trouble.phase > Phase::Connect);
            // Who never answered is not slow but absent: to be slow there would only make it take longer to see.
            match trouble.filter(|trouble| is_overload(trouble) && (reached || host.answered)) {
                Some(trouble) => host.pace.overloaded(started, trouble.retry_after, now),
                None if reached => host.pace.answered(),
                None => {}
            }
            if reached {
                (host.answered, host.unreachable) = (true, 0);
            }
        });
    }

    /// A row failed, after all its attempts.
    pub(crate) fn ended(&self, key: &str, trouble: &Trouble) {
        if trouble.phase == Phase::Connect && matches!(trouble.kind, Kind::Connect | Kind::Timeout) {
            self.with(key, Instant::now(), |host| host.unreachable += 1);
        }
    }

    fn with(&self, key: &str, now: Instant, change: impl FnOnce(&mut Host)) {
        let mut hosts = self.lock();
        if let Some(host) = hosts.get_mut(key) {
            return change(host);
        }
        if hosts.len() >= CAPACITY {
            hosts.retain(|_, host| host.unreachable > 0 || !host.pace.is_at_ease(now));
        }
        if hosts.len() >= CAPACITY {
            hosts.retain(|_, host| host.unreachable >= GONE);
        }
        let fresh = Host { pace: Pace::new(self.bounds, now), mean: Duration::ZERO, unreachable: 0, answered: false };
        change(hosts.entry(key.to_owned()).or_insert(fresh));
    }

    /// Whether it never answered, to several rows by now.
    pub(crate) fn is_silent(&self, key: &str) -> bool {
        self.lock().get(key).is_some_and(|host| !host.answered && host.unreachable >= SILENT)
    }

    /// Whether nobody was there for a hundred rows in a row.
    pub(crate) fn is_gone(&self, key: &str) -> bool {
        self.lock().get(key).is_some_and(|host| host.unreachable >= GONE)
    }

    /// How long a host is to be left alone.
    pub(crate) fn pause(&self, key: &str, now: Instant) -> Duration {
        self.lock().get(key).map_or(Duration::ZERO, |host| host.pace.paused_until().saturating_duration_since(now))
    }

    /// How many are remembered, how many of them are left alone for now, and how many are given up.
    pub(crate) fn count(&self, now: Instant) -> (u64, u64, u64) {
        let hosts = self.lock();
        let count = |is: &dyn Fn(&Host) -> bool| hosts.values().filter(|host| is(host)).count() as u64;
        let (paused, gone) = (count(&|host| host.pace.paused_until() > now), count(&|host| host.unreachable >= GONE));
        (hosts.len() as u64, paused, gone)
    }

    /// After how long the first of those may be asked again that asked to be left alone.
    pub(crate) fn shortest_pause(&self, now: Instant) -> Option<Duration> {
        let hosts = self.lock();
        let pauses = hosts.values().map(|host| host.pace.paused_until().saturating_duration_since(now));
        pauses.filter(|pause| !pause.is_zero()).min()
    }

    /// Another pass begins: of each host that is gone one more row is tried before it is given up again.
    pub(crate) fn begin_pass(&self) {
        for host in self.lock().values_mut() {
            host.unreachable = host.unreachable.min(GONE - 1);
        }
    }
}

/// Whether a host has too much to do, or says so.
fn is_overload(trouble: &Trouble) -> bool {
    match trouble.kind {
        Kind::RateLimited | Kind::Timeout | Kind::Connect => true,
        Kind::HttpStatus => trouble.status == Some(503),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused() -> Trouble {
        Trouble::new(Kind::Connect, Phase::Connect, "refused")
    }

    #[test]
    fn a_host_is_gone_after_a_hundred_rows_and_back_after_one() {
        let (hosts, mut silent) = (Hosts::new(8), 0);
        for _ in 0..GONE {
            assert!(!hosts.is_gone("h:80"));
            silent += u32::from(hosts.is_silent("h:80"));
            hosts.attempted("h:80", Instant::now(), Some(&refused()));
            hosts.ended("h:80", &refused());
        }
        assert!(hosts.is_gone("h:80") && !hosts.is_gone("other:80") && silent == GONE - SILENT);
        hosts.begin_pass();
        assert!(!hosts.is_gone("h:80"));
        hosts.ended("h:80", &refused());
        assert!(hosts.is_gone("h:80"));
        hosts.attempted("h:80", Instant::now(), None);
        assert!(!hosts.is_gone("h:80") && !hosts.is_silent("h:80"));
    }

    #[test]
    fn a_host_that_asks_for_a_pause_gets_it_and_others_do_not() {
        let hosts = Hosts::new(8);
        let trouble = Trouble {
            retry_after: Some(Duration::from_secs(7)),
            ..Trouble::new(Kind::RateLimited, Phase::Request, "slow down")
        };
        let now = Instant::now();
        hosts.attempted("h:80", now, Some(&trouble));
        assert!(hosts.pause("h:80", now) >= Duration::from_secs(7));
        assert!(matches!(hosts.turn("h:80", 0, now), Turn::At(_)));
        assert_eq!((hosts.turn("i:80", 7, now), hosts.turn("i:80", 8, now)), (Turn::Now, Turn::Busy));
    }
}
