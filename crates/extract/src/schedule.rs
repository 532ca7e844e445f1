//! Which image is started next: no host has more than its share in flight, and none waits for another.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::time::Instant;

use crate::hosts::Hosts;
use crate::job::Job;
use crate::pace::Turn;

/// Rows that may wait for busy hosts; beyond, the list is not read on.
pub(crate) const LOOK_AHEAD: usize = 65_536;

/// Jobs by host.
#[derive(Debug, Default)]
pub(crate) struct Schedule {
    hosts: HashMap<String, Host>,
    /// Hosts that have a job waiting and perhaps a place free, in turn.
    ready: VecDeque<String>,
    /// Hosts whose next job may not start before a time.
    later: BinaryHeap<Reverse<(Instant, String)>>,
    /// Jobs that no host need be spared for.
    free: VecDeque<Job>,
    waiting: usize,
}

#[derive(Debug, Default)]
struct Host {
    in_flight: usize,
    waiting: VecDeque<Job>,
    /// Whether it stands in `ready` or `later`.
    queued: bool,
}

impl Schedule {
    /// Whether another job may be added.
    pub(crate) fn has_room(&self) -> bool {
        self.waiting < LOOK_AHEAD
    }

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
        let host = self.hosts.entry(key.clone()).or_default();
        host.waiting.push_back(job);
        if !host.queued {
            host.queued = true;
            self.ready.push_back(key);
        }
    }

    /// Takes the next job whose host has a place free: one of each host in turn.
    pub(crate) fn pop(&mut self, hosts: &Hosts, now: Instant) -> Option<Job> {
        if let Some(job) = self.free.pop_front() {
            self.waiting -= 1;
            return Some(job);
        }
        while self.later.peek().is_some_and(|Reverse((at, _))| *at <= now) {
            let Reverse((_, key)) = self.later.pop().expect("one was seen");
            self.ready.push_back(key);
        }
        while let Some(key) = self.ready.pop_front() {
            // A host whose jobs were all taken back is known no more.
            let Some(host) = self.hosts.get_mut(&key) else { continue };
            host.queued = false;
            match hosts.turn(&key, host.in_flight, now) {
                _ if host.waiting.is_empty() => {}
                Turn::Busy => {}
                Turn::At(at) => {
                    host.queued = true;
                    self.later.push(Reverse((at, key)));
                }
                Turn::Now => {
                    let job = host.waiting.pop_front().expect("one waits");
                    hosts.start(&key, now);
                    host.in_flight += 1;
                    self.waiting -= 1;
                    host.queued = !host.waiting.is_empty();
                    if host.queued {
                        self.ready.push_back(key);
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
    pub(crate) fn done(&mut self, key: Option<&str>) {
        let Some((key, host)) = key.and_then(|key| Some((key, self.hosts.get_mut(key)?))) else { return };
        host.in_flight -= 1;
        if host.waiting.is_empty() {
            if host.in_flight == 0 {
                self.hosts.remove(key);
            }
        } else if !host.queued {
            host.queued = true;
            self.ready.push_back(key.to_owned());
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
    use crate::locate::Target;
    use imgmeta_record::{ImageRef, Kind, Phase};
    use std::path::PathBuf;
    use std::time::Duration;

    fn job(name: &str) -> Job {
        Job {
            image: ImageRef::new(name),
            target: Target::File(PathBuf::new()),
            host: Some(name[..1].to_owned()),
            since: None,
        }
    }

    #[test]
    fn a_busy_host_waits_and_the_others_do_not() {
        let (mut schedule, hosts, now) = (Schedule::default(), Hosts::new(2), Instant::now());
        for name in ["a1", "a2", "a3", "a4", "b1"] {
            schedule.push(job(name));
        }
        let started: Vec<_> = std::iter::from_fn(|| schedule.pop(&hosts, now)).map(|job| job.image.url).collect();
        assert_eq!(started, ["a1", "b1", "a2"]);
        schedule.done(Some("a"));
        assert_eq!(schedule.pop(&hosts, now).expect("a place is free").image.url, "a3");
        assert!(schedule.pop(&hosts, now).is_none());
        for host in ["a", "b", "a"] {
            schedule.done(Some(host));
        }
        assert_eq!(schedule.pop(&hosts, now).expect("the last").image.url, "a4");
        schedule.done(Some("a"));
        assert!(schedule.hosts.is_empty() && schedule.waiting == 0);
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
