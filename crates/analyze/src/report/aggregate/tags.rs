//! EXIF tags by IFD and name.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use imgmeta_record::{Ifd, tags};

use super::names::{NONE, OTHER, cut};

/// Tags that are told apart: those with names are some 500, and with `--exif-keys ids` anything may be a key.
const MOST: usize = 4096;
const LONGEST: usize = 60;
const FIRST: usize = 2;

/// The tags, each with an id.
#[derive(Debug, Default)]
pub(in crate::report) struct Tags {
    ids: [HashMap<Box<str>, u32, RandomState>; Ifd::ALL.len()],
    /// IFD and name by id.
    found: Vec<(usize, Box<str>)>,
}

impl Tags {
    pub(super) fn id(&mut self, ifd: usize, key: &str) -> u32 {
        if let Some(id) = self.ids[ifd].get(key) {
            return *id;
        }
        if self.found.len() >= MOST {
            return OTHER;
        }
        let id = u32::try_from(self.found.len() + FIRST).expect("there are fewer tags");
        self.found.push((ifd, cut(key, LONGEST).into()));
        self.ids[ifd].insert(key.into(), id);
        id
    }

    /// Keeps the most frequent ones of those that were counted, and gives new ids by old ones.
    pub(super) fn keep(&mut self, counted: &[(u32, u32, u64)], most: usize) -> Vec<u32> {
        let mut counts = vec![0; self.found.len() + FIRST];
        for (_, tag, count) in counted {
            counts[*tag as usize] += count;
        }
        let mut order: Vec<usize> = (FIRST..counts.len()).collect();
        order.sort_by(|a, b| {
            let names = (&self.found[a - FIRST], &self.found[b - FIRST]);
            counts[*b].cmp(&counts[*a]).then_with(|| names.0.cmp(names.1))
        });
        order.truncate(most);
        let mut renamed = vec![OTHER; counts.len()];
        renamed[NONE as usize] = NONE;
        for (new, old) in (2u32..).zip(&order) {
            renamed[*old] = new;
        }
        self.found = order.iter().map(|old| self.found[old - FIRST].clone()).collect();
        renamed
    }

    /// All of them by id: the IFD and the name, also where the run has numbers for keys.
    pub(in crate::report) fn texts(&self) -> Vec<(&'static str, String)> {
        let text = |(ifd, key): &(usize, Box<str>)| {
            let ifd = Ifd::ALL[*ifd];
            let row = key.parse().ok().and_then(|number| tags::lookup(ifd, number));
            (ifd.name(), row.map_or_else(|| key.to_string(), |row| row.name.to_owned()))
        };
        self.found.iter().map(text).collect()
    }
}
