//! What hosts turned out to support: remembered for the run, bounded.

use std::collections::HashMap;
use std::sync::Mutex;

use url::Url;

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

/// By scheme, host and port.
#[derive(Debug, Default)]
pub(super) struct Hosts(Mutex<HashMap<String, Ranges>>);

impl Hosts {
    pub(super) fn ranges(&self, url: &Url) -> Ranges {
        let hosts = self.0.lock().expect("no panic under this lock");
        hosts.get(&key(url)).copied().unwrap_or_default()
    }

    /// Notes what a host showed; that ranges work is never unlearned.
    pub(super) fn note(&self, url: &Url, ranges: Ranges) {
        let mut hosts = self.0.lock().expect("no panic under this lock");
        if hosts.len() >= CAPACITY {
            hosts.clear();
        }
        let known = hosts.entry(key(url)).or_default();
        if *known != Ranges::Work {
            *known = ranges;
        }
    }
}

fn key(url: &Url) -> String {
    url[..url::Position::BeforePath].rsplit('@').next().unwrap_or_default().to_owned()
}
