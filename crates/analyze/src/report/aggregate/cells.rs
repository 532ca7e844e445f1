//! Counts by slot and by what a chart shows.

use std::collections::HashMap;
use std::hash::Hash;

use foldhash::fast::RandomState;

/// What filters tell apart: each combination of a format, a camera and a year that is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::report) struct Slot {
    pub(in crate::report) format: u32,
    pub(in crate::report) camera: u32,
    pub(in crate::report) year: u32,
}

/// What the records of a slot add up to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::report) struct Sums {
    pub(in crate::report) records: u64,
    /// Bytes read of all of them.
    pub(in crate::report) read: u64,
    /// Of how many the whole size is known ...
    pub(in crate::report) sized: u64,
    /// ... that size ...
    pub(in crate::report) whole: u64,
    /// ... and how much of it was read.
    pub(in crate::report) read_of_whole: u64,
}

impl Sums {
    pub(super) fn add(&mut self, other: &Self) {
        let Self { records, read, sized, whole, read_of_whole } = *other;
        self.records += records;
        self.read = self.read.saturating_add(read);
        self.sized += sized;
        self.whole = self.whole.saturating_add(whole);
        self.read_of_whole = self.read_of_whole.saturating_add(read_of_whole);
    }
}

/// The slots, each with an id.
#[derive(Debug, Default)]
pub(in crate::report) struct Slots {
    ids: HashMap<Slot, u32, RandomState>,
    pub(in crate::report) found: Vec<(Slot, Sums)>,
}

impl Slots {
    pub(super) fn add(&mut self, slot: Slot, sums: &Sums) -> u32 {
        let next = u32::try_from(self.found.len()).expect("there are fewer slots");
        let id = *self.ids.entry(slot).or_insert(next);
        if id == next {
            self.found.push((slot, Sums::default()));
        }
        self.found[id as usize].1.add(sums);
        id
    }

    /// Replaces slots by others, and gives new ids by old ones.
    pub(super) fn rename(&mut self, new: impl Fn(Slot) -> Slot) -> Vec<u32> {
        let old = std::mem::take(self).found;
        let slots: Vec<Slot> = old.iter().map(|(slot, _)| new(*slot)).collect();
        // In order, so that the same outcomes make the same page, whichever thread was first.
        let mut order = slots.clone();
        order.sort_unstable();
        for slot in order {
            self.add(slot, &Sums::default());
        }
        slots.into_iter().zip(&old).map(|(slot, (_, sums))| self.add(slot, sums)).collect()
    }
}

/// How many records of a slot fall on which value of one chart.
#[derive(Debug, Default)]
pub(in crate::report) struct Cells(HashMap<(u32, u32), u64, RandomState>);

impl Cells {
    pub(super) fn count(&mut self, slot: u32, value: u32) {
        *self.0.entry((slot, value)).or_default() += 1;
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Replaces slots and values by others.
    pub(super) fn rename(&mut self, new: impl Fn(u32, u32) -> (u32, u32)) {
        let old = std::mem::take(&mut self.0);
        for ((slot, value), count) in old {
            *self.0.entry(new(slot, value)).or_default() += count;
        }
    }

    /// All of them, in order.
    pub(in crate::report) fn sorted(&self) -> Vec<(u32, u32, u64)> {
        let mut all: Vec<_> = self.0.iter().map(|((slot, value), count)| (*slot, *value, *count)).collect();
        all.sort_unstable();
        all
    }
}
