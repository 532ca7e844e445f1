//! Which parts are rewritten.

use std::collections::HashMap;

use imgmeta_record::schema::Rows;

use crate::Tally;
use crate::finished::{Finished, part_number};
use crate::manifest::File;
use crate::output::{Compression, Output};

use super::{COMMAND, Compaction};

/// The parts that are rewritten, by kind and in the order of their numbers.
#[derive(Debug, Default)]
pub(super) struct Plan<'a> {
    pub(super) records: Vec<Part<'a>>,
    pub(super) failures: Vec<Part<'a>>,
}

/// A part of the JSON.
#[derive(Debug, Clone)]
pub(super) struct Part<'a> {
    pub(super) file: &'a File,
    pub(super) lines: u64,
}

impl<'a> Plan<'a> {
    pub(super) fn of(finished: &'a Finished, wanted: &Compaction) -> Self {
        if is_done(finished, wanted) {
            return Self::default();
        }
        let all = |rows| parts(finished, rows);
        let adds_geometry = wanted.geometry && !finished.outputs.geometry;
        if wanted.order.is_some() {
            // All of both kinds, so that what is new says of every row what counts.
            let but_one_empty =
                |parts: Vec<Part<'a>>| if lines(&parts) == 0 && parts.len() < 2 { Vec::new() } else { parts };
            let records = all(Rows::Success);
            let records = if adds_geometry { records } else { but_one_empty(records) };
            return Self { records, failures: but_one_empty(all(Rows::Failure)) };
        }
        let small = |parts: Vec<Part<'a>>| {
            let compression = finished.outputs.compression;
            let small: Vec<_> = parts.into_iter().filter(|part| part.is_small(wanted, compression)).collect();
            // One alone would become itself.
            if small.len() < 2 { Vec::new() } else { small }
        };
        let records = all(Rows::Success);
        Self { records: if adds_geometry { records } else { small(records) }, failures: small(all(Rows::Failure)) }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.records.is_empty() && self.failures.is_empty()
    }

    pub(super) fn of_kind(&self, rows: Rows) -> &[Part<'a>] {
        match rows {
            Rows::Success => &self.records,
            Rows::Failure => &self.failures,
        }
    }
}

impl Part<'_> {
    /// Whether it has less than half of what a part may have. How long its lines are is known where they are not compressed.
    fn is_small(&self, wanted: &Compaction, compression: Compression) -> bool {
        let most = u64::try_from(wanted.shard_rows.get()).unwrap_or(u64::MAX);
        let is_long = compression == Compression::None && self.file.size >= wanted.shard_bytes / 2;
        self.lines < most.div_ceil(2) && !is_long
    }
}

pub(super) fn lines(parts: &[Part<'_>]) -> u64 {
    parts.iter().map(|part| part.lines).sum()
}

/// Whether the last change but for the making of a mirror was the same as is wanted, or more.
fn is_done(finished: &Finished, wanted: &Compaction) -> bool {
    let last = finished.generations.iter().rev().find(|made| made.shards.iter().any(|shard| !shard.files.is_empty()));
    let Some(last) = last.filter(|last| last.command == COMMAND) else { return false };
    let (told, arguments) = (&last.arguments, wanted.arguments());
    let same = |name: &str| told[name] == arguments[name];
    same("shard_rows")
        && same("shard_bytes")
        && (wanted.order.is_none() || same("sort_by"))
        && (!wanted.geometry || finished.outputs.geometry)
}

/// The parts of a kind that readers see, and how many lines each has: as many as when it was written.
fn parts(finished: &Finished, rows: Rows) -> Vec<Part<'_>> {
    let tallies: HashMap<u64, &Tally> = finished.all_shards().map(|(_, shard)| (shard.number, &shard.tally)).collect();
    let of_kind = |file: &&File| {
        Output::ALL.into_iter().any(|output| !output.is_mirror() && output.rows() == rows && output.has(&file.path))
    };
    let count = |tally: &Tally| match rows {
        Rows::Success => tally.records,
        Rows::Failure => tally.failures,
    };
    let lines = |file: &File| tallies.get(&part_number(&file.path)).map_or(0, |tally| count(tally));
    let mut parts: Vec<_> = finished.files().filter(of_kind).map(|file| Part { file, lines: lines(file) }).collect();
    parts.sort_by_key(|part| part_number(&part.file.path));
    parts
}
