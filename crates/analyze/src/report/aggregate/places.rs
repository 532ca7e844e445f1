//! Positions in the cells of a grid, which becomes coarser when it is full.

use std::collections::HashMap;

use foldhash::fast::RandomState;

/// The finest grid: 2^13 cells around the equator, of 0.044 degrees (5 km) each.
const FINEST: u32 = 13;

/// Positions by slot and cell.
#[derive(Debug)]
pub(in crate::report) struct Places {
    /// The cells around the equator are 2^level.
    pub(in crate::report) level: u32,
    cells: HashMap<(u32, u16, u16), Place, RandomState>,
}

/// The positions in a cell.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(in crate::report) struct Place {
    pub(in crate::report) count: u64,
    /// Sums, so that a cluster is shown where its pictures are, rather than in the middle of a cell.
    latitude: f64,
    longitude: f64,
}

impl Default for Places {
    fn default() -> Self {
        Self { level: FINEST, cells: HashMap::default() }
    }
}

impl Place {
    fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.latitude += other.latitude;
        self.longitude += other.longitude;
    }

    /// Latitude and longitude of its middle, in hundredths of a degree.
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "degrees, of fewer than 2^52")]
    pub(in crate::report) fn middle(&self) -> (i32, i32) {
        let hundredths = |sum: f64| (sum * 100.0 / self.count.max(1) as f64).round() as i32;
        (hundredths(self.latitude), hundredths(self.longitude))
    }
}

impl Places {
    /// Counts a position, where it is one on this earth.
    pub(super) fn count(&mut self, slot: u32, (latitude, longitude): (f64, f64)) -> bool {
        if !((-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude)) {
            return false;
        }
        let cells = f64::from(1u32 << self.level);
        let at = (slot, cell(longitude + 180.0, cells), cell(latitude + 90.0, cells));
        self.cells.entry(at).or_default().add(&Place { count: 1, latitude, longitude });
        true
    }

    /// Makes the grid coarser until there are at most so many cells.
    pub(super) fn shrink(&mut self, most: usize) {
        while self.cells.len() > most && self.level > 0 {
            self.level -= 1;
            self.replace(|slot, x, y| (slot, x / 2, y / 2));
        }
    }

    /// Replaces slots by others.
    pub(super) fn rename(&mut self, slots: &[u32]) {
        self.replace(|slot, x, y| (slots[slot as usize], x, y));
    }

    fn replace(&mut self, new: impl Fn(u32, u16, u16) -> (u32, u16, u16)) {
        let old = std::mem::take(&mut self.cells);
        // In order, so that the sums are rounded alike whatever the order in a map.
        let mut old: Vec<_> = old.into_iter().collect();
        old.sort_unstable_by_key(|(at, _)| *at);
        for ((slot, x, y), place) in old {
            self.cells.entry(new(slot, x, y)).or_default().add(&place);
        }
    }

    /// All of them, in order, with their slots.
    pub(in crate::report) fn sorted(&self) -> Vec<(u32, Place)> {
        let mut all: Vec<_> = self.cells.iter().collect();
        all.sort_unstable_by_key(|(at, _)| **at);
        all.into_iter().map(|((slot, _, _), place)| (*slot, *place)).collect()
    }
}

/// The cell of a coordinate that starts at 0, where `cells` are 360 degrees.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 360 degrees in at most 2^13 cells")]
fn cell(degrees: f64, cells: f64) -> u16 {
    // 180 degrees east is the last cell, rather than one behind it.
    (degrees / 360.0 * cells).min(cells - 1.0) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_grid_becomes_coarser_and_loses_nobody() {
        let mut places = Places::default();
        for at in 0..1000 {
            assert!(places.count(at % 2, (f64::from(at) / 20.0, f64::from(at) / 10.0)));
        }
        places.shrink(100);
        assert!(places.cells.len() <= 100 && places.level < FINEST && places.level > 0);
        assert_eq!(places.sorted().iter().map(|(_, place)| place.count).sum::<u64>(), 1000);
        places.rename(&[7, 7]);
        assert_eq!(places.sorted().iter().map(|(slot, place)| place.count * u64::from(*slot)).sum::<u64>(), 7000);
    }

    #[test]
    fn a_cluster_stands_where_its_pictures_are() {
        let mut places = Places::default();
        for position in [(48.85, 2.35), (48.87, 2.37)] {
            places.count(0, position);
        }
        places.shrink(1);
        assert_eq!(places.sorted()[0].1.middle(), (4886, 236));
    }

    #[test]
    fn the_edges_of_the_earth_are_on_it_and_what_is_beyond_is_not() {
        let mut places = Places::default();
        for position in [(90.0, 180.0), (-90.0, -180.0), (0.0, 0.0)] {
            assert!(places.count(0, position), "{position:?}");
        }
        for position in [(90.1, 0.0), (0.0, -180.1), (f64::NAN, 0.0), (0.0, f64::INFINITY)] {
            assert!(!places.count(0, position), "{position:?}");
        }
        assert_eq!(places.cells.len(), 3);
    }
}
