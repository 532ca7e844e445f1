//! Sorting more lines than memory has room for.

use std::io;
use std::ops::Range;

use roaring::RoaringTreemap;

use super::Order;
use super::key::Key;
use super::runs::{Merged, Run, RunWriter};

/// Runs of one size that become one of the next: so many are open at once, of each size at most.
const AT_ONCE: usize = 128;

/// Takes lines in any order.
///
/// # Contract
/// - The same lines in the same order come out in the same order, however much memory there is.
/// - In memory are the lines of one run, or a window of each run that is merged.
pub(super) struct Sorter {
    order: Order,
    /// Bytes of lines and keys that are sorted in memory.
    most: usize,
    text: Vec<u8>,
    lines: Vec<(Key, Range<usize>)>,
    keys: usize,
    /// By their size: each has a run for up to [`AT_ONCE`] of the one before it.
    levels: Vec<Vec<Run>>,
    rows: RoaringTreemap,
}

/// Why a line could not be taken.
#[derive(Debug)]
pub(super) enum Trouble {
    Line(String),
    Disk(io::Error),
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

impl Sorter {
    pub(super) fn new(order: Order, most: usize) -> Self {
        Self {
            order,
            most,
            text: Vec::new(),
            lines: Vec::new(),
            keys: 0,
            levels: Vec::new(),
            rows: RoaringTreemap::new(),
        }
    }

    /// Takes a line, its end included.
    pub(super) fn add(&mut self, line: &[u8]) -> Result<(), Trouble> {
        let (key, row) = Key::of(line, self.order).map_err(Trouble::Line)?;
        if let Some(row) = row.filter(|row| !self.rows.insert(*row)) {
            return Err(Trouble::Line(format!("the row {row} is there twice")));
        }
        self.keys += key.size() + size_of::<Range<usize>>();
        let start = self.text.len();
        self.text.extend_from_slice(line);
        self.lines.push((key, start..self.text.len()));
        if self.text.len() + self.keys >= self.most { Ok(self.spill()?) } else { Ok(()) }
    }

    /// Writes what is in memory as a run.
    fn spill(&mut self) -> io::Result<()> {
        // Stable: lines that are alike, as those without a row, stay in their order.
        self.lines.sort_by(|(a, _), (b, _)| a.cmp(b));
        let mut run = RunWriter::new()?;
        for (key, line) in self.lines.drain(..) {
            run.write(&key, &self.text[line])?;
        }
        self.text.clear();
        self.keys = 0;
        self.push(0, run.finish()?)
    }

    fn push(&mut self, level: usize, run: Run) -> io::Result<()> {
        if self.levels.len() == level {
            self.levels.push(Vec::new());
        }
        self.levels[level].push(run);
        if self.levels[level].len() < AT_ONCE {
            return Ok(());
        }
        let mut larger = RunWriter::new()?;
        Merged::new(self.levels[level].drain(..))?.each(|key, line| larger.write(key, line))?;
        self.push(level + 1, larger.finish()?)
    }

    /// All lines in their order.
    pub(super) fn finish(mut self) -> io::Result<Merged> {
        if !self.lines.is_empty() {
            self.spill()?;
        }
        // The larger a run is, the earlier its lines were taken.
        Merged::new(self.levels.into_iter().rev().flatten())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines sorted with so much memory.
    fn sorted(lines: &[String], order: Order, most: usize) -> Vec<String> {
        let mut sorter = Sorter::new(order, most);
        for line in lines {
            sorter.add(line.as_bytes()).unwrap();
        }
        let mut found = Vec::new();
        let each = |_: &Key, line: &[u8]| -> io::Result<()> {
            found.push(String::from_utf8(line.to_vec()).unwrap());
            Ok(())
        };
        sorter.finish().unwrap().each(each).unwrap();
        found
    }

    #[test]
    fn lines_come_out_in_one_order_whatever_the_memory() {
        let mut random = fastrand::Rng::with_seed(9);
        let line = |row: u64, random: &mut fastrand::Rng| {
            let row = if random.u8(..5) == 0 { "null".to_owned() } else { row.to_string() };
            format!(r#"{{"URL":"{}","Row":{row},"Extra":{}}}"#, random.u8(..40), random.u32(..)) + "\n"
        };
        let lines: Vec<_> = (0..700).map(|row| line(row, &mut random)).collect();
        let expected = sorted(&lines, Order::Url, usize::MAX);
        assert!(expected.len() == 700 && expected != lines);
        // A run for each line, of which 128 become one.
        for most in [1, 1000, 20_000] {
            assert!(sorted(&lines, Order::Url, most) == expected, "{most}");
        }
        let mut all = (expected.clone(), lines.clone());
        all.0.sort();
        all.1.sort();
        assert_eq!(all.0, all.1);
    }

    #[test]
    fn a_row_that_is_there_twice_and_a_line_that_is_none_are_refused() {
        let mut sorter = Sorter::new(Order::Gps, 1);
        sorter.add(b"{\"URL\":\"a\",\"Row\":3}\n").unwrap();
        assert!(matches!(sorter.add(b"{\"URL\":\"b\",\"Row\":3}\n"), Err(Trouble::Line(why)) if why.contains("row 3")));
        assert!(matches!(sorter.add(b"{}\n"), Err(Trouble::Line(_))));
        assert!(sorted(&[], Order::Gps, 1).is_empty());
    }
}
