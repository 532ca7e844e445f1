//! Failures by kind, phase, host and status, with examples.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use imgmeta_record::mask;

use super::names::{Names, cut};
use crate::report::row::Failure;

/// Kinds and phases: closed lists, unless a newer version wrote the run.
const FEW_NAMES: usize = 256;
/// Hosts that are told apart while outcomes are read.
const HOSTS: usize = 4096;
/// Combinations that are held.
const CELLS: usize = 100_000;
/// Hosts, combinations and examples of a page.
const KEPT_HOSTS: usize = 50;
const KEPT_EXAMPLES: usize = 400;
/// Examples of each combination.
const EXAMPLES: usize = 3;
/// Examples that are held, of some hundred bytes each.
const ALL_EXAMPLES: usize = 20_000;
/// Characters of a URL or error that are shown.
const LONGEST: usize = 300;

/// What failures are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::report) struct Cell {
    pub(in crate::report) kind: u32,
    pub(in crate::report) phase: u32,
    pub(in crate::report) host: u32,
    /// 0 where there is none.
    pub(in crate::report) status: u16,
}

/// A failure that stands for others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::report) struct Example {
    pub(in crate::report) url: String,
    pub(in crate::report) error: String,
}

/// The failures.
#[derive(Debug)]
pub(in crate::report) struct Failures {
    pub(in crate::report) kinds: Names,
    pub(in crate::report) phases: Names,
    pub(in crate::report) hosts: Names,
    cells: HashMap<Cell, (u64, Vec<Example>), RandomState>,
    examples: usize,
}

impl Default for Failures {
    fn default() -> Self {
        Self {
            kinds: Names::new(FEW_NAMES),
            phases: Names::new(FEW_NAMES),
            hosts: Names::new(HOSTS),
            cells: HashMap::default(),
            examples: 0,
        }
    }
}

impl Failures {
    pub(in crate::report) fn count(&mut self, failure: &Failure<'_>) {
        let cell = Cell {
            kind: self.kinds.count(Some(failure.kind)),
            phase: self.phases.count(Some(failure.phase)),
            host: self.hosts.count(Some(host(failure.url))),
            status: failure.status.unwrap_or(0),
        };
        let (count, examples) = self.cells.entry(cell).or_default();
        *count += 1;
        if examples.len() < EXAMPLES && self.examples < ALL_EXAMPLES {
            self.examples += 1;
            let (url, error) = (mask(failure.url), cut(failure.error, LONGEST).to_owned());
            examples.push(Example { url: cut(&url, LONGEST).to_owned(), error });
        }
    }

    pub(super) fn make_room(&mut self) {
        let crowded = self.cells.len() > CELLS;
        if !(crowded || self.hosts.is_full() || self.kinds.is_full() || self.phases.is_full()) {
            return;
        }
        let (kinds, phases) = (self.kinds.room(false), self.phases.room(false));
        let hosts = self.hosts.room(crowded);
        self.rename(&kinds, &phases, &hosts);
    }

    pub(super) fn finish(&mut self) {
        let (kinds, phases) = (self.kinds.keep(FEW_NAMES), self.phases.keep(FEW_NAMES));
        let hosts = self.hosts.keep(KEPT_HOSTS);
        self.rename(&kinds, &phases, &hosts);
    }

    fn rename(&mut self, kinds: &[u32], phases: &[u32], hosts: &[u32]) {
        let new = |cell: Cell| Cell {
            kind: kinds[cell.kind as usize],
            phase: phases[cell.phase as usize],
            host: hosts[cell.host as usize],
            ..cell
        };
        let mut old: Vec<_> = std::mem::take(&mut self.cells).into_iter().collect();
        old.sort_unstable();
        for (cell, (count, examples)) in old {
            let (counted, kept) = self.cells.entry(new(cell)).or_default();
            *counted += count;
            kept.extend(examples);
            kept.truncate(EXAMPLES);
        }
        self.examples = self.cells.values().map(|(_, examples)| examples.len()).sum();
    }

    /// Counts by what they are counted by, in order.
    pub(in crate::report) fn sorted(&self) -> Vec<(Cell, u64)> {
        let mut all: Vec<_> = self.cells.iter().map(|(cell, (count, _))| (*cell, *count)).collect();
        all.sort_unstable();
        all
    }

    /// Examples of a page, those of what is frequent first.
    pub(in crate::report) fn examples(&self) -> Vec<(Cell, &Example)> {
        let mut all: Vec<_> = self.cells.iter().collect();
        all.sort_unstable_by(|a, b| b.1.0.cmp(&a.1.0).then_with(|| a.0.cmp(b.0)));
        let examples = all.into_iter().flat_map(|(cell, (_, examples))| examples.iter().map(move |one| (*cell, one)));
        examples.take(KEPT_EXAMPLES).collect()
    }
}

/// Who was asked: the host of a URL, the bucket or cluster of a store, and nothing for a path.
fn host(url: &str) -> &str {
    let Some((scheme, rest)) = url.split_once("://") else { return "" };
    let authority = &rest[..rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len())];
    // Userinfo may hold a password.
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let web = ["http", "https"].iter().any(|web| scheme.eq_ignore_ascii_case(web));
    if web || authority.len() != host.len() { host } else { &url[..scheme.len() + 3 + host.len()] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure<'a>(url: &'a str, kind: &'a str) -> Failure<'a> {
        Failure { url, error: "gone", kind, phase: "request", status: Some(404) }
    }

    #[test]
    fn hosts_are_named_without_credentials() {
        for (url, name) in [
            ("https://h.example/a/b", "h.example"),
            ("http://me:secret@h:80?x", "h:80"),
            ("s3://bucket/key", "s3://bucket"),
            ("hdfs://me:pw@nn:8020/a", "nn:8020"),
            ("images/a.jpg", ""),
        ] {
            assert_eq!(host(url), name, "{url}");
        }
    }

    #[test]
    fn a_million_hosts_are_counted_in_bounded_memory_and_the_frequent_ones_are_kept() {
        let mut failures = Failures::default();
        for at in 0..200_000 {
            failures.count(&failure(&format!("http://h{at}/a.jpg"), "not_found"));
            failures.count(&failure("http://often/a.jpg?sig=secret", "timeout"));
            if at % 1000 == 0 {
                failures.make_room();
            }
        }
        assert!(failures.cells.len() < 2 * CELLS && failures.examples <= ALL_EXAMPLES);
        failures.finish();
        assert_eq!(failures.sorted().iter().map(|(_, count)| count).sum::<u64>(), 400_000);
        assert_eq!(failures.hosts.texts()[0], "often");
        let examples = failures.examples();
        assert_eq!(examples[0].1.url, "http://often/a.jpg?sig=***");
        assert!(examples.len() <= KEPT_EXAMPLES && failures.sorted().len() <= KEPT_HOSTS + 2);
    }
}
