//! What hosts turned out to support, and to need: remembered for the run, bounded.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use foldhash::fast::RandomState;
use url::{Position, Url};

use super::lengths::Lengths;

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
}

/// By scheme, host and port.
#[derive(Debug, Default)]
pub(super) struct Hosts(Mutex<HashMap<Box<str>, Host, RandomState>>);

impl Hosts {
    fn hosts(&self) -> MutexGuard<'_, HashMap<Box<str>, Host, RandomState>> {
        self.0.lock().expect("no panic under this lock")
    }

    pub(super) fn ranges(&self, key: &str) -> Ranges {
        self.hosts().get(key).map(|host| host.ranges).unwrap_or_default()
    }

    /// The first range of its next image, in bytes.
    pub(super) fn first(&self, key: &str) -> u64 {
        self.hosts().get(key).map_or_else(|| Lengths::default().first(), |host| host.lengths.first())
    }

    /// Notes what a host showed; that ranges work is never unlearned.
    pub(super) fn note(&self, key: &str, ranges: Ranges) {
        self.with(key, |host| {
            if host.ranges != Ranges::Work {
                host.ranges = ranges;
            }
        });
    }

    /// Notes up to where an image was looked at.
    pub(super) fn needed(&self, key: &str, bytes: u64) {
        self.with(key, |host| host.lengths.add(bytes));
    }

    fn with(&self, key: &str, change: impl FnOnce(&mut Host)) {
        let mut hosts = self.hosts();
        if let Some(host) = hosts.get_mut(key) {
            return change(host);
        }
        if hosts.len() >= CAPACITY {
            hosts.clear();
        }
        change(hosts.entry(key.into()).or_default());
    }
}

/// What a host is remembered by: without a user's name and password.
pub(super) fn key(url: &Url) -> Cow<'_, str> {
    if url.username().is_empty() && url.password().is_none() {
        return url[..Position::BeforePath].into();
    }
    format!("{}{}", &url[..Position::BeforeUsername], &url[Position::BeforeHost..Position::BeforePath]).into()
}
