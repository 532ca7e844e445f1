//! Rows by number: of every image, all tags are looked up.

use super::Row;

/// Rows, sorted by number.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) rows: &'static [Row],
    /// Where the numbers of each high byte begin in `rows`, and where the last ones end.
    starts: [u16; 257],
}

impl Table {
    pub(super) const fn new(rows: &'static [Row]) -> Self {
        let mut starts = [0; 257];
        let (mut at, mut high) = (0, 0);
        while high < 257 {
            while at < rows.len() && ((rows[at].number >> 8) as usize) < high {
                at += 1;
            }
            assert!(at <= u16::MAX as usize, "a number has two bytes");
            #[expect(clippy::cast_possible_truncation, reason = "asserted")]
            let start = at as u16;
            starts[high] = start;
            high += 1;
        }
        Self { rows, starts }
    }

    pub(super) fn get(&self, number: u16) -> Option<&'static Row> {
        let high = usize::from(number >> 8);
        let rows = &self.rows[usize::from(self.starts[high])..usize::from(self.starts[high + 1])];
        rows.binary_search_by_key(&number, |row| row.number).ok().map(|at| &rows[at])
    }
}
