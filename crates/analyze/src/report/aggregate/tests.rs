//! Laws of adding up: nothing is lost, whatever is folded into others.

use super::names::NONE;
use super::*;

fn record<'a>(format: &'a str, model: Option<&'a str>, year: u16) -> Record<'a> {
    Record {
        format,
        mode: "RGB",
        width: 4000,
        height: 3000,
        orientation: Some(6),
        taken: (year > 0).then_some((year, 12)),
        model,
        position: Some((48.0, 2.0)),
        bytes: Some(1000),
        bytes_read: 10,
        ..Record::default()
    }
}

fn sum(cells: &Cells) -> u64 {
    cells.sorted().iter().map(|(_, _, count)| count).sum()
}

#[test]
fn every_record_is_in_every_chart_once_and_under_its_filters() {
    let mut all = Aggregate::default();
    for _ in 0..3 {
        all.record(&record("JPEG", Some("X100V"), 2020), [(0, "Make"), (1, "ISO")].into_iter());
    }
    all.record(&record("PNG", None, 0), std::iter::empty());
    all.finish();
    assert_eq!((all.formats.texts(), all.cameras.texts()), (vec!["JPEG".into(), "PNG".into()], vec!["X100V".into()]));
    let Charts { mode, size, aspect, orientation, hour, lens, tag } = &all.charts;
    for cells in [mode, size, aspect, orientation, hour, lens] {
        assert_eq!(sum(cells), 4);
    }
    assert_eq!(sum(tag), 6);
    assert_eq!(all.tags.texts(), [("0th", "Make".to_owned()), ("Exif", "ISO".to_owned())]);
    let slots = &all.slots.found;
    assert_eq!(slots.len(), 2);
    assert_eq!(slots[0].0, Slot { format: 2, camera: 2, year: 2 });
    assert_eq!(slots[0].1, Sums { records: 3, read: 30, sized: 3, whole: 3000, read_of_whole: 30 });
    assert_eq!(slots[1].0, Slot { format: 3, camera: NONE, year: NONE });
    assert_eq!(hour.sorted(), [(0, 12, 3), (1, NO_HOUR, 1)]);
}

#[test]
fn a_hostile_run_of_names_stays_bounded_and_is_counted_in_full() {
    let mut all = Aggregate::default();
    let mut random = 1u64;
    for at in 0..60_000u64 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let model = format!("camera {}", random >> 40);
        let lens = format!("lens {at}");
        let year = u16::try_from(random >> 50).unwrap_or(0) % 10_000;
        let mut one = record("JPEG", Some(&model), year);
        one.width = 1 << (at % 20);
        one.lens = Some(&lens);
        all.record(&one, [(4, "Make")].into_iter());
        if at % 1000 == 0 {
            all.make_room();
        }
    }
    all.finish();
    assert!(all.charts.len() <= KEPT.cells, "{}", all.charts.len());
    assert!(all.cameras.lossy && all.lenses.lossy);
    for cells in all.charts.all() {
        assert_eq!(sum(cells), 60_000);
    }
    assert_eq!(all.slots.found.iter().map(|(_, sums)| sums.records).sum::<u64>(), 60_000);
    for places in [&all.places, &all.places_by_slot] {
        assert!(places.sorted().len() <= KEPT.places);
        assert_eq!(places.sorted().iter().map(|(_, place)| place.count).sum::<u64>(), 60_000);
    }
}

#[test]
fn cameras_are_named_as_people_name_them() {
    for (make, model, name) in [
        (Some("Canon"), Some("Canon EOS R6"), Some("Canon EOS R6")),
        (Some("NIKON CORPORATION"), Some("NIKON D850"), Some("NIKON D850")),
        (Some("Apple"), Some("iPhone 12"), Some("Apple iPhone 12")),
        (Some("SONY"), None, Some("SONY")),
        (None, Some(" X "), Some("X")),
        (Some(""), Some(" "), None),
        (None, None, None),
    ] {
        assert_eq!(camera(make, model).as_deref(), name);
    }
}
