//! What hosts turned out to support, and to need: remembered for the run, bounded.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use foldhash::fast::RandomState;
use url::{Position, Url};

use super::lengths::{FIRST, Lengths, OF_ALL, OF_HOST, window};

/// What is known of a host's ranges.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Ranges {
    /// Nothing yet.
    #[default]
    Unknown,
    /// It answered 206.
    Work,
    /// It refused a range with an error, and a plain GET as well: such an answer is taken at its word.
    Tried,
    /// It refuses ranges, and answers plain GETs.
    Refused,
}

/// How many hosts are remembered; beyond, the memory starts anew.
const CAPACITY: usize = 100_000;

#[derive(Debug, Default)]
struct Host {
    ranges: Ranges,
    lengths: Lengths,
    /// The longest head of its 206s, in bytes on the wire.
    head: Option<u16>,
}

/// By scheme, host and port.
#[derive(Debug, Default)]
pub(super) struct Hosts(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    hosts: HashMap<Box<str>, Host, RandomState>,
    /// What the first images of hosts needed.
    newcomers: Lengths,
}

impl Hosts {
    fn known(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().expect("no panic under this lock")
    }

    pub(super) fn ranges(&self, key: &str) -> Ranges {
        self.known().hosts.get(key).map(|host| host.ranges).unwrap_or_default()
    }

    /// The first range of its next image, in bytes; of a new host, by what other hosts' first images needed.
    pub(super) fn first(&self, key: &str) -> u64 {
        let known = self.known();
        let (own, head) = known.hosts.get(key).map(|host| (host.lengths, host.head)).unwrap_or_default();
        own.first(known.newcomers, window(head)).unwrap_or(FIRST)
    }

    /// Notes what a host showed of plain GETs; that ranges work is never unlearned.
    pub(super) fn note(&self, key: &str, ranges: Ranges) {
        self.with(key, |host| {
            if host.ranges != Ranges::Work {
                host.ranges = ranges;
            }
        });
    }

    /// Notes a 206, and how long its head was.
    pub(super) fn works(&self, key: &str, head: usize) {
        let head = u16::try_from(head).unwrap_or(u16::MAX);
        self.with(key, |host| {
            host.ranges = Ranges::Work;
            host.head = host.head.max(Some(head));
        });
    }

    /// Notes up to where an image was looked at.
    pub(super) fn needed(&self, key: &str, bytes: u64) {
        let new = self.with(key, |host| {
            let window = window(host.head);
            host.lengths.add(bytes, window, OF_HOST);
            (!host.lengths.is_known()).then_some(window)
        });
        if let Some(window) = new {
            self.known().newcomers.add(bytes, window, OF_ALL);
        }
    }

    fn with<T>(&self, key: &str, change: impl FnOnce(&mut Host) -> T) -> T {
        let mut known = self.known();
        let hosts = &mut known.hosts;
        if let Some(host) = hosts.get_mut(key) {
            return change(host);
        }
        if hosts.len() >= CAPACITY {
            hosts.clear();
        }
        change(hosts.entry(key.into()).or_default())
    }
}

/// What a host is remembered by: without a user's name and password.
pub(super) fn key(url: &Url) -> Cow<'_, str> {
    if url.username().is_empty() && url.password().is_none() {
        return url[..Position::BeforePath].into();
    }
    format!("{}{}", &url[..Position::BeforeUsername], &url[Position::BeforeHost..Position::BeforePath]).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_host_is_asked_for_what_the_first_images_of_others_needed_and_then_for_what_its_own_do() {
        let hosts = Hosts::default();
        assert_eq!(hosts.first("http://a"), FIRST);
        for _ in 0..1000 {
            hosts.needed("http://a", 700);
        }
        assert_eq!((hosts.first("http://a"), hosts.first("http://b")), (4 << 10, FIRST), "one host is not all");
        for number in 0..100 {
            hosts.needed(&format!("http://{number}"), 7000);
        }
        assert_eq!((hosts.first("http://a"), hosts.first("http://b")), (4 << 10, 8 << 10));
        for _ in 0..32 {
            hosts.needed("http://b", 20_000);
        }
        assert_eq!(hosts.first("http://b"), 32 << 10);
    }
}
