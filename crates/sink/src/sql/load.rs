//! A shard on its way into the tables.

use std::sync::Arc;

use bytes::Bytes;
use imgmeta_record::schema::Rows;
use memchr::memchr;
use roaring::RoaringTreemap;

use super::Run;
use super::table::Table;
use crate::Error;

/// A committed shard, of which lines become rows.
#[derive(Debug)]
pub(super) struct Load<'a> {
    pub(super) run: &'a Run,
    /// The database, for messages.
    pub(super) url: &'a str,
    pub(super) number: u64,
    pub(super) rows: &'a RoaringTreemap,
    /// Those that the run fills.
    pub(super) tables: &'a [Arc<Table>],
    /// Lines of JSON by their kind, not compressed, and how many.
    pub(super) parts: Vec<(Rows, Bytes, i64)>,
}

impl Load<'_> {
    pub(super) fn damaged(&self, why: String) -> Error {
        Error::Damaged { url: self.run.output.clone(), name: format!("the JSON of shard {}", self.number), why }
    }

    pub(super) fn count(&self, rows: Rows) -> i64 {
        self.parts.iter().filter(|(kind, ..)| *kind == rows).map(|(_, _, lines)| lines).sum()
    }

    /// What a table gets, in pieces that end with their lines.
    pub(super) fn pieces(&self, table: &Table, cut: Cut) -> impl Iterator<Item = Bytes> {
        let parts = self.parts.iter().filter(|(rows, ..)| *rows == table.rows());
        parts.flat_map(move |(_, lines, _)| pieces(lines.clone(), cut))
    }
}

/// Where a piece of lines ends.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cut {
    /// After so many bytes, at the end of a line.
    Bytes(usize),
    /// After so many lines.
    Lines(usize),
}

fn pieces(mut lines: Bytes, cut: Cut) -> impl Iterator<Item = Bytes> {
    std::iter::from_fn(move || {
        if lines.is_empty() {
            return None;
        }
        let end = match cut {
            Cut::Bytes(bytes) => end_of_line(&lines, bytes.min(lines.len() - 1)),
            Cut::Lines(number) => {
                (0..number).fold(0, |at, _| if at < lines.len() { end_of_line(&lines, at) } else { at })
            }
        };
        Some(lines.split_to(end))
    })
}

/// Where the line ends that has the byte `at`.
fn end_of_line(lines: &[u8], at: usize) -> usize {
    memchr(b'\n', &lines[at..]).map_or(lines.len(), |found| at + found + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_whole_lines_and_all_of_them() {
        let lines = Bytes::from_static(b"1\n22\n333\n\n4\n");
        for (cut, expected) in [
            (Cut::Bytes(1), vec!["1\n", "22\n", "333\n", "\n4\n"]),
            (Cut::Bytes(4), vec!["1\n22\n", "333\n\n", "4\n"]),
            (Cut::Bytes(100), vec!["1\n22\n333\n\n4\n"]),
            (Cut::Lines(2), vec!["1\n22\n", "333\n\n", "4\n"]),
            (Cut::Lines(9), vec!["1\n22\n333\n\n4\n"]),
        ] {
            let found: Vec<_> = pieces(lines.clone(), cut).collect();
            assert_eq!(found, expected, "{cut:?}");
        }
        assert_eq!(pieces(Bytes::new(), Cut::Bytes(1)).count(), 0);
    }
}
