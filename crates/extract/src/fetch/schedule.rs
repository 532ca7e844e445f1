//! Which image is started next: no host has more than its share in flight, and none waits for another.

mod ready;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use foldhash::fast::RandomState;
use ready::Ready;

use crate::fetch::hosts::Hosts;
use crate::fetch::job::Job;
use crate::fetch::pace::Turn;

/// Jobs by host.
#[derive(Debug, Default)]
pub(crate) struct Schedule {
    hosts: HashMap<Arc<str>, Host, RandomState>,
    /// Hosts that have a job waiting and perhaps a place free.
    ready: Ready,
    /// Hosts whose next job may not start before a time.
    later: BinaryHeap<Reverse<(Instant, Arc<str>)>>,
    /// Jobs that no host need be spared for.
    free: VecDeque<Job>,
    waiting: usize,
    in_flight: usize,
    /// How many of those were started because their host's rows will take long.
    long: usize,
}

/// What a row is taken to cost at a host that has not answered yet: a round trip or two, eight at a time.
const UNKNOWN: Duration = Duration::from_millis(10);

#[derive(Debug)]
struct Host {
    in_flight: usize,
    /// How many of those were started because its rows will take long.
    long: usize,
    waiting: VecDeque<Job>,
    queued: Queued,
    /// What a row takes on average, places shared.
    cost: Duration,
}

/// Where a host stands that has jobs waiting.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Queued {
    /// Nowhere: all its places are taken, or nothing waits.
    #[default]
    No,
    /// In `ready`, with this turn.
    Ready(u64),
    /// In `later`.
    Later,
}

impl Host {
    fn new() -> Self {
        Self { in_flight: 0, long: 0, waiting: VecDeque::new(), queued: Queued::No, cost: UNKNOWN }
    }

    /// How long what waits will take, shared by the places that it would have: so hosts that have equally much to do get a place
    /// each before one gets two, for which it would need another connection.
    fn length(&self) -> Duration {
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        self.cost.saturating_mul(number(self.waiting.len())) / number(self.in_flight + 1)
    }
}

impl Schedule {
    /// How many jobs wait.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting
    }

    /// How many jobs of a host wait.
    pub(crate) fn waiting_for(&self, key: &str) -> usize {
        self.hosts.get(key).map_or(0, |host| host.waiting.len())
    }

    /// Adds a job.
    pub(crate) fn push(&mut self, job: Job) {
        self.waiting += 1;
        let Some(key) = job.host.clone() else { return self.free.push_back(job) };
        let host = self.hosts.entry(key.clone()).or_insert_with(Host::new);
        host.waiting.push_back(job);
        if host.queued == Queued::No {
            host.queued = Queued::Ready(self.ready.push(key, host.length()));
        }
    }

    /// Takes the next job whose host has a place free. Half of what is in flight is given to hosts in turn, half to those whose
    /// rows will take longest: halves of places rather than of starts, since new hosts hold theirs while their names are
    /// looked up.
    pub(crate) fn pop(&mut self, hosts: &Hosts, now: Instant) -> Option<Job> {
        if let Some(job) = self.free.pop_front() {
            self.waiting -= 1;
            return Some(job);
        }
        while self.later.peek().is_some_and(|Reverse((at, _))| *at <= now) {
            let Reverse((_, key)) = self.later.pop().expect("one was seen");
            // A host whose jobs were all taken back is known no more.
            if let Some(host) = self.hosts.get_mut(&key) {
                host.queued = Queued::Ready(self.ready.push(key, host.length()));
            }
        }
        let by_length = self.long * 2 <= self.in_flight;
        while let Some(key) = self.ready.pop(by_length) {
            let Some(host) = self.hosts.get_mut(&key) else { continue };
            host.queued = Queued::No;
            match hosts.turn(&key, host.in_flight, now) {
                _ if host.waiting.is_empty() => {}
                Turn::Busy => {}
                Turn::At(at) => {
                    host.queued = Queued::Later;
                    self.later.push(Reverse((at, key)));
                }
                Turn::Now => {
                    let job = host.waiting.pop_front().expect("one waits");
                    hosts.start(&key, now);
                    host.in_flight += 1;
                    host.long += usize::from(by_length);
                    self.in_flight += 1;
                    self.long += usize::from(by_length);
                    self.waiting -= 1;
                    if !host.waiting.is_empty() {
                        host.queued = Queued::Ready(self.ready.push(key, host.length()));
                    }
                    return Some(job);
                }
            }
        }
        None
    }

    /// When a host's pause ends for which jobs wait.
    pub(crate) fn wake(&self) -> Option<Instant> {
        self.later.peek().map(|Reverse((at, _))| *at)
    }

    /// Says that a job of a host is done.
    pub(crate) fn done(&mut self, key: Option<&str>, hosts: &Hosts) {
        let Some((key, _)) = key.and_then(|key| self.hosts.get_key_value(key)) else { return };
        let key = Arc::clone(key);
        let Some(host) = self.hosts.get_mut(&key) else { return };
        host.in_flight -= 1;
        self.in_flight -= 1;
        if host.long > 0 {
            host.long -= 1;
            self.long -= 1;
        }
        if host.waiting.is_empty() {
            if host.in_flight == 0 {
                self.hosts.remove(&key);
            }
            return;
        }
        host.cost = hosts.cost(&key).unwrap_or(host.cost);
        match host.queued {
            Queued::No => host.queued = Queued::Ready(self.ready.push(key, host.length())),
            Queued::Ready(turn) => self.ready.weigh(turn, host.length()),
            Queued::Later => {}
        }
    }

    /// Takes back what waits for a host.
    pub(crate) fn take_waiting(&mut self, key: &str) -> VecDeque<Job> {
        let Some(host) = self.hosts.get_mut(key) else { return VecDeque::new() };
        let taken = std::mem::take(&mut host.waiting);
        self.waiting -= taken.len();
        if host.in_flight == 0 {
            self.hosts.remove(key);
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::locate::Target;
    use imgmeta_record::{ImageRef, Kind, Phase};
    use std::path::PathBuf;
    use std::time::Duration;

    fn job(name: &str) -> Job {
        let job = Job::new(ImageRef::new(name), Target::File(PathBuf::new()), None);
        Job { host: Some(name[..1].into()), ..job }
    }

    #[test]
    fn a_busy_host_waits_and_the_others_do_not() {
        let (mut schedule, hosts, now) = (Schedule::default(), Hosts::new(2), Instant::now());
        for name in ["a1", "a2", "a3", "a4", "b1"] {
            schedule.push(job(name));
        }
        let started: Vec<_> = std::iter::from_fn(|| schedule.pop(&hosts, now)).map(|job| job.image.url).collect();
        assert_eq!(started, ["a1", "b1", "a2"]);
        schedule.done(Some("a"), &hosts);
        assert_eq!(schedule.pop(&hosts, now).expect("a place is free").image.url, "a3");
        assert!(schedule.pop(&hosts, now).is_none());
        for host in ["a", "b", "a"] {
            schedule.done(Some(host), &hosts);
        }
        assert_eq!(schedule.pop(&hosts, now).expect("the last").image.url, "a4");
        schedule.done(Some("a"), &hosts);
        assert!(schedule.hosts.is_empty() && schedule.waiting == 0);
    }

    #[test]
    fn a_host_with_many_rows_has_all_its_places_beside_many_with_one() {
        let (mut schedule, hosts, now) = (Schedule::default(), Hosts::new(4), Instant::now());
        (0..20).for_each(|row| schedule.push(job(&format!("a{row}"))));
        "bcdefghijklmnop".chars().for_each(|host| schedule.push(job(&format!("{host}1"))));
        let started: Vec<_> =
            std::iter::from_fn(|| schedule.pop(&hosts, now)).take(8).map(|job| job.image.url).collect();
        assert_eq!(started.iter().filter(|url| url.starts_with('a')).count(), 4, "{started:?}");
    }

    #[test]
    fn a_paused_host_waits_for_its_time_and_can_be_emptied() {
        let (mut schedule, hosts, now) = (Schedule::default(), Hosts::new(8), Instant::now());
        let slow = crate::trouble::Trouble {
            retry_after: Some(Duration::from_mins(1)),
            ..crate::trouble::Trouble::new(Kind::RateLimited, Phase::Request, "slow down")
        };
        hosts.attempted("a", now, Some(&slow));
        for name in ["a1", "a2", "b1"] {
            schedule.push(job(name));
        }
        assert_eq!(schedule.pop(&hosts, now).expect("another host").image.url, "b1");
        assert!(schedule.pop(&hosts, now).is_none());
        let wake = schedule.wake().expect("a pause ends");
        assert!(wake >= now + Duration::from_mins(1));
        assert_eq!(schedule.pop(&hosts, wake).expect("the pause is over").image.url, "a1");
        assert_eq!((schedule.take_waiting("a").len(), schedule.waiting), (1, 0));
        assert!(schedule.pop(&hosts, wake).is_none());
    }
}
