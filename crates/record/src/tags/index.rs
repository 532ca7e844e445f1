//! Rows by number: of every image, all tags are looked up.

use super::Row;

/// High bytes that the numbers of a table may have, with one for those that none has.
const PAGES: usize = 32;

/// Rows, sorted by number.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) rows: &'static [Row],
    /// The page of each high byte; the first page is empty.
    pages: [u8; 256],
    /// By page and low byte: one more than the place in `rows`, or 0.
    places: [[u16; 256]; PAGES],
}

impl Table {
    pub(super) const fn new(rows: &'static [Row]) -> Self {
        let (mut pages, mut places, mut used, mut at) = ([0; 256], [[0; 256]; PAGES], 1, 0);
        while at < rows.len() {
            let [high, low] = rows[at].number.to_be_bytes();
            if pages[high as usize] == 0 {
                assert!((used as usize) < PAGES, "more high bytes than pages");
                pages[high as usize] = used;
                used += 1;
            }
            at += 1;
            assert!(at <= u16::MAX as usize, "a number has two bytes");
            #[expect(clippy::cast_possible_truncation, reason = "asserted")]
            let place = at as u16;
            places[pages[high as usize] as usize][low as usize] = place;
        }
        Self { rows, pages, places }
    }

    #[inline]
    pub(super) fn get(&self, number: u16) -> Option<&'static Row> {
        let [high, low] = number.to_be_bytes().map(usize::from);
        let place = usize::from(self.places[usize::from(self.pages[high])][low]);
        self.rows.get(place.wrapping_sub(1))
    }
}
