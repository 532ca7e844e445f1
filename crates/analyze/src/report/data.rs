//! What the page holds: counts by name and number, as columns, which are short as JSON.

use imgmeta_record::Kind;
use serde::Serialize;

use super::aggregate::{Aggregate, Cells, Names, Places, STEPS, aspects};

/// All that the page is drawn from.
#[derive(Debug, Serialize)]
pub(super) struct Data {
    version: &'static str,
    url: String,
    /// When the page was made, in UTC.
    made: String,
    pub(super) records: u64,
    pub(super) failed: u64,
    /// Names by what is counted; the first two stand for "none" and "others".
    names: NamesByChart,
    /// Charts of which the counts may be too low by what stands under others.
    lossy: Vec<&'static str>,
    slots: Slots,
    charts: Charts,
    /// Columns of the heat map of sizes.
    steps: u32,
    places: Positions,
    places_by_slot: Positions,
    failures: Failures,
}

#[derive(Debug, Serialize)]
struct NamesByChart {
    format: Vec<String>,
    camera: Vec<String>,
    year: Vec<String>,
    mode: Vec<String>,
    lens: Vec<String>,
    aspect: Vec<String>,
    /// The IFDs of the tags, and their names.
    ifd: Vec<String>,
    tag: Vec<String>,
    kind: Vec<String>,
    phase: Vec<String>,
    host: Vec<String>,
}

/// Sums by what filters tell apart.
#[derive(Debug, Default, Serialize)]
struct Slots {
    format: Vec<u32>,
    camera: Vec<u32>,
    year: Vec<u32>,
    records: Vec<u64>,
    read: Vec<u64>,
    sized: Vec<u64>,
    whole: Vec<u64>,
    read_of_whole: Vec<u64>,
}

#[derive(Debug, Serialize)]
struct Charts {
    mode: Counts,
    size: Counts,
    aspect: Counts,
    orientation: Counts,
    hour: Counts,
    lens: Counts,
    tag: Counts,
}

#[derive(Debug, Default, Serialize)]
struct Counts {
    slot: Vec<u32>,
    value: Vec<u32>,
    count: Vec<u64>,
}

/// Clusters of positions: the page makes larger ones of them.
#[derive(Debug, Default, Serialize)]
struct Positions {
    /// Cells around the equator: 2^level.
    level: u32,
    slot: Vec<u32>,
    count: Vec<u64>,
    /// In hundredths of a degree.
    latitude: Vec<i32>,
    longitude: Vec<i32>,
}

#[derive(Debug, Default, Serialize)]
struct Failures {
    kind: Vec<u32>,
    phase: Vec<u32>,
    host: Vec<u32>,
    status: Vec<u16>,
    count: Vec<u64>,
    /// Whether `imgmeta retry` takes them by default.
    retryable: Vec<bool>,
    /// What to do, by kind.
    hints: Vec<&'static str>,
    examples: Vec<Example>,
}

#[derive(Debug, Serialize)]
struct Example {
    kind: u32,
    phase: u32,
    host: u32,
    status: u16,
    url: String,
    error: String,
}

impl Data {
    pub(super) fn new(mut aggregate: Aggregate, url: String, made: String) -> Self {
        aggregate.finish();
        let failures = Failures::new(&aggregate);
        Self {
            version: env!("CARGO_PKG_VERSION"),
            url,
            made,
            records: aggregate.slots.found.iter().map(|(_, sums)| sums.records).sum(),
            failed: failures.count.iter().sum(),
            names: NamesByChart::new(&aggregate),
            lossy: lossy(&aggregate),
            slots: Slots::new(&aggregate),
            charts: Charts::new(&aggregate),
            steps: STEPS,
            places: Positions::new(&aggregate.places),
            places_by_slot: Positions::new(&aggregate.places_by_slot),
            failures,
        }
    }
}

impl NamesByChart {
    fn new(of: &Aggregate) -> Self {
        let named = |none: &str, other: &str, names: &Names| {
            [none.to_owned(), other.to_owned()].into_iter().chain(names.texts()).collect()
        };
        let tags = of.tags.texts();
        let ifds = ["", ""].into_iter().chain(tags.iter().map(|(ifd, _)| *ifd)).map(ToOwned::to_owned);
        let tags = ["no tag", "other tags"].into_iter().chain(tags.iter().map(|(_, tag)| tag.as_str()));
        Self {
            format: named("no format", "other formats", &of.formats),
            camera: named("no camera named", "other cameras", &of.cameras),
            year: named("no date", "other years", &of.years),
            mode: named("no mode", "other modes", &of.modes),
            lens: named("no lens named", "other lenses", &of.lenses),
            aspect: aspects(),
            ifd: ifds.collect(),
            tag: tags.map(ToOwned::to_owned).collect(),
            kind: named("no kind", "other kinds", &of.failures.kinds),
            phase: named("no phase", "other phases", &of.failures.phases),
            host: named("no host (files)", "other hosts", &of.failures.hosts),
        }
    }
}

fn lossy(of: &Aggregate) -> Vec<&'static str> {
    let all = [
        ("camera", &of.cameras),
        ("lens", &of.lenses),
        ("year", &of.years),
        ("format", &of.formats),
        ("mode", &of.modes),
        ("host", &of.failures.hosts),
        ("kind", &of.failures.kinds),
        ("phase", &of.failures.phases),
    ];
    all.into_iter().filter(|(_, names)| names.lossy).map(|(name, _)| name).collect()
}

impl Slots {
    fn new(of: &Aggregate) -> Self {
        let mut slots = Self::default();
        for (slot, sums) in &of.slots.found {
            slots.format.push(slot.format);
            slots.camera.push(slot.camera);
            slots.year.push(slot.year);
            slots.records.push(sums.records);
            slots.read.push(sums.read);
            slots.sized.push(sums.sized);
            slots.whole.push(sums.whole);
            slots.read_of_whole.push(sums.read_of_whole);
        }
        slots
    }
}

impl Charts {
    fn new(of: &Aggregate) -> Self {
        let charts = &of.charts;
        Self {
            mode: Counts::new(&charts.mode),
            size: Counts::new(&charts.size),
            aspect: Counts::new(&charts.aspect),
            orientation: Counts::new(&charts.orientation),
            hour: Counts::new(&charts.hour),
            lens: Counts::new(&charts.lens),
            tag: Counts::new(&charts.tag),
        }
    }
}

impl Counts {
    fn new(cells: &Cells) -> Self {
        let mut counts = Self::default();
        for (slot, value, count) in cells.sorted() {
            counts.slot.push(slot);
            counts.value.push(value);
            counts.count.push(count);
        }
        counts
    }
}

impl Positions {
    fn new(places: &Places) -> Self {
        let mut positions = Self { level: places.level, ..Self::default() };
        for (slot, place) in places.sorted() {
            let (latitude, longitude) = place.middle();
            positions.slot.push(slot);
            positions.count.push(place.count);
            positions.latitude.push(latitude);
            positions.longitude.push(longitude);
        }
        positions
    }
}

impl Failures {
    fn new(of: &Aggregate) -> Self {
        let names = of.failures.kinds.texts();
        let kind = |id: u32| (id as usize).checked_sub(2).and_then(|at| Kind::from_name(names.get(at)?));
        let hints = (0u32..).take(names.len() + 2).map(|id| kind(id).map_or("", Kind::hint));
        let mut failures = Self { hints: hints.collect(), ..Self::default() };
        for (cell, count) in of.failures.sorted() {
            let status = (cell.status > 0).then_some(cell.status);
            failures.kind.push(cell.kind);
            failures.phase.push(cell.phase);
            failures.host.push(cell.host);
            failures.status.push(cell.status);
            failures.count.push(count);
            failures.retryable.push(kind(cell.kind).is_some_and(|kind| kind.retryable(status)));
        }
        for (cell, example) in of.failures.examples() {
            let (url, error) = (example.url.clone(), example.error.clone());
            let (kind, phase, host, status) = (cell.kind, cell.phase, cell.host, cell.status);
            failures.examples.push(Example { kind, phase, host, status, url, error });
        }
        failures
    }
}
