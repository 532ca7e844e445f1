//! Outcomes, added up as they come, in bounded memory.

mod cells;
mod failures;
mod names;
mod places;
mod sizes;
mod tags;

use super::row::Record;
pub(super) use cells::{Cells, Slot, Slots, Sums};
pub(super) use failures::Failures;
pub(super) use names::Names;
pub(super) use places::Places;
pub(super) use sizes::{STEPS, aspects};
use tags::Tags;

/// Cameras and lenses that are told apart while outcomes are read.
const NAMES: usize = 4096;
/// Formats and modes: the program knows fewer than a hundred of either.
const FEW_NAMES: usize = 1024;
/// Counts that are held while outcomes are read: about 100 MB.
const CELLS: usize = 2_000_000;
/// Cells of the map that are held, of each grid.
const PLACES: usize = 400_000;
/// What a page holds of each.
const KEPT: Kept = Kept { formats: 12, modes: 16, lenses: 24, tags: 100, cells: 220_000, places: 30_000 };
/// Cameras and years that filters start with; there are fewer where the counts would be too many for a page.
const FILTERS: usize = 40;

/// What a page holds at most.
struct Kept {
    formats: usize,
    modes: usize,
    lenses: usize,
    tags: usize,
    cells: usize,
    places: usize,
}

/// Hours of a day; the last stands for "unknown".
pub(super) const NO_HOUR: u32 = 24;

/// Counts of each chart of records.
#[derive(Debug, Default)]
pub(super) struct Charts {
    pub(super) mode: Cells,
    pub(super) size: Cells,
    pub(super) aspect: Cells,
    pub(super) orientation: Cells,
    pub(super) hour: Cells,
    pub(super) lens: Cells,
    pub(super) tag: Cells,
}

/// All that is known of the outcomes so far.
#[derive(Debug)]
pub(super) struct Aggregate {
    pub(super) formats: Names,
    pub(super) cameras: Names,
    pub(super) years: Names,
    pub(super) modes: Names,
    pub(super) lenses: Names,
    pub(super) tags: Tags,
    pub(super) slots: Slots,
    pub(super) charts: Charts,
    /// Positions of all records, in a fine grid.
    pub(super) places: Places,
    /// The same by slot, in one that is coarser where there is much.
    pub(super) places_by_slot: Places,
    pub(super) failures: Failures,
}

impl Default for Aggregate {
    fn default() -> Self {
        let few = || Names::new(FEW_NAMES);
        Self {
            formats: few(),
            cameras: Names::new(NAMES),
            years: few(),
            modes: few(),
            lenses: Names::new(NAMES),
            tags: Tags::default(),
            slots: Slots::default(),
            charts: Charts::default(),
            places: Places::default(),
            places_by_slot: Places::default(),
            failures: Failures::default(),
        }
    }
}

impl Charts {
    fn all(&mut self) -> [&mut Cells; 7] {
        let Self { mode, size, aspect, orientation, hour, lens, tag } = self;
        [mode, size, aspect, orientation, hour, lens, tag]
    }

    fn len(&mut self) -> usize {
        self.all().iter().map(|cells| cells.len()).sum()
    }
}

impl Aggregate {
    /// Counts a record; `tags` are the IFD (its place in [`Ifd::ALL`](imgmeta_record::Ifd::ALL)) and the key of each.
    pub(super) fn record<'t>(&mut self, record: &Record<'_>, tags: impl Iterator<Item = (usize, &'t str)>) {
        let slot = self.slot(record);
        let charts = &mut self.charts;
        charts.mode.count(slot, self.modes.count(Some(record.mode)));
        charts.size.count(slot, sizes::cell(record.width, record.height));
        charts.aspect.count(slot, sizes::aspect(record.width, record.height));
        charts.orientation.count(slot, record.orientation.filter(|way| *way <= 8).map_or(0, u32::from));
        let hour = record.taken.map(|(_, hour)| u32::from(hour)).filter(|hour| *hour < NO_HOUR);
        charts.hour.count(slot, hour.unwrap_or(NO_HOUR));
        charts.lens.count(slot, self.lenses.count(record.lens));
        for (ifd, key) in tags {
            charts.tag.count(slot, self.tags.id(ifd, key));
        }
        if let Some(position) = record.position
            && self.places.count(0, position)
        {
            self.places_by_slot.count(slot, position);
        }
    }

    fn slot(&mut self, record: &Record<'_>) -> u32 {
        let year = record.taken.map(|(year, _)| year.to_string());
        let slot = Slot {
            format: self.formats.count(Some(record.format)),
            camera: self.cameras.count(camera(record.make, record.model).as_deref()),
            year: self.years.count(year.as_deref()),
        };
        let mut sums = Sums { records: 1, read: record.bytes_read, ..Sums::default() };
        if let Some(whole) = record.bytes {
            sums = Sums { sized: 1, whole, read_of_whole: record.bytes_read, ..sums };
        }
        self.slots.add(slot, &sums)
    }

    /// Makes room, where much was counted: to be called now and then.
    pub(super) fn make_room(&mut self) {
        self.failures.make_room();
        self.places.shrink(PLACES);
        self.places_by_slot.shrink(PLACES);
        let crowded = self.charts.len() > CELLS;
        if self.formats.is_full() || self.cameras.is_full() || self.years.is_full() || crowded {
            let formats = self.formats.room(false);
            let (cameras, years) = (self.cameras.room(crowded), self.years.room(crowded));
            self.rename_slots(&formats, &cameras, &years);
        }
        if self.lenses.is_full() || crowded {
            let lenses = self.lenses.room(crowded);
            self.charts.lens.rename(|slot, lens| (slot, lenses[lens as usize]));
        }
        if self.modes.is_full() {
            let modes = self.modes.room(false);
            self.charts.mode.rename(|slot, mode| (slot, modes[mode as usize]));
        }
    }

    /// Keeps what a page can hold.
    pub(super) fn finish(&mut self) {
        let modes = self.modes.keep(KEPT.modes);
        self.charts.mode.rename(|slot, mode| (slot, modes[mode as usize]));
        let lenses = self.lenses.keep(KEPT.lenses);
        self.charts.lens.rename(|slot, lens| (slot, lenses[lens as usize]));
        let tags = self.tags.keep(&self.charts.tag.sorted(), KEPT.tags);
        self.charts.tag.rename(|slot, tag| (slot, tags[tag as usize]));
        let mut filters = FILTERS;
        loop {
            let formats = self.formats.keep(KEPT.formats);
            let (cameras, years) = (self.cameras.keep(filters), self.years.keep(filters));
            self.rename_slots(&formats, &cameras, &years);
            if self.charts.len() <= KEPT.cells || filters <= 1 {
                break;
            }
            filters = filters * 3 / 4;
        }
        self.places.shrink(KEPT.places);
        self.places_by_slot.shrink(KEPT.places);
        self.failures.finish();
    }

    fn rename_slots(&mut self, formats: &[u32], cameras: &[u32], years: &[u32]) {
        let slots = self.slots.rename(|slot| Slot {
            format: formats[slot.format as usize],
            camera: cameras[slot.camera as usize],
            year: years[slot.year as usize],
        });
        for cells in self.charts.all() {
            cells.rename(|slot, value| (slots[slot as usize], value));
        }
        self.places_by_slot.rename(&slots);
    }
}

/// The name of a camera: its maker is left out where the model begins with it.
fn camera(make: Option<&str>, model: Option<&str>) -> Option<String> {
    let named = |name: Option<&str>| name.map(str::trim).filter(|name| !name.is_empty()).map(ToOwned::to_owned);
    let (Some(make), Some(model)) = (named(make), named(model)) else { return named(model).or_else(|| named(make)) };
    let first = |name: &str| name.split(' ').next().unwrap_or_default().to_lowercase();
    if first(&make) == first(&model) { Some(model) } else { Some(format!("{make} {model}")) }
}

#[cfg(test)]
mod tests;
