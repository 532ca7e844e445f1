//! Time of each format's reader, and of a record's way to its line of JSON, in memory and without a peer.

use std::collections::BTreeMap;
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use imgmeta_extract::{probe, read};
use imgmeta_record::{Outcome, json};

/// The image whose EXIF has all directories.
const RICH: &str = "tests/data/images/synthetic/exif_all_ifds.jpg";

criterion_group! {
    name = formats;
    config = Criterion::default().warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(1));
    targets = readers, lines
}
criterion_main!(formats);

/// One benchmark for each name in the table of formats: all of its images that are read, one after the other.
fn readers(criterion: &mut Criterion) {
    let samples = samples();
    let mut group = criterion.benchmark_group("read");
    for name in names() {
        let images = samples.get(name).unwrap_or_else(|| panic!("no image in tests/data/images is of format {name}"));
        group.throughput(Throughput::Elements(images.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                for image in images {
                    black_box(read(black_box(image), probe::Options::default()));
                }
            });
        });
    }
}

fn lines(criterion: &mut Criterion) {
    let image = Bytes::from(fs::read(root().join(RICH)).expect("the image can be read"));
    let outcome = read(&image, probe::Options::default());
    assert!(matches!(outcome, Outcome::Record(_)), "{outcome:?}");
    let mut line = Vec::new();
    criterion.bench_function("record to JSON line", |bencher| {
        bencher.iter(|| {
            line.clear();
            json::write_line(&mut line, black_box(&outcome), json::Keys::default());
            black_box(&line);
        });
    });
}

/// Each name once, in the order of the table.
fn names() -> Vec<&'static str> {
    let mut names = Vec::new();
    for name in probe::FORMATS.iter().flat_map(|format| format.names) {
        if !names.contains(name) {
            names.push(*name);
        }
    }
    names
}

/// The hand-made images that are read, by format.
fn samples() -> BTreeMap<&'static str, Vec<Bytes>> {
    let mut samples = BTreeMap::<_, Vec<_>>::new();
    for path in ["synthetic", "made"].iter().flat_map(|folder| files(&root().join("tests/data/images").join(folder))) {
        let image = Bytes::from(fs::read(&path).expect("the image can be read"));
        if let Outcome::Record(record) = read(&image, probe::Options::default()) {
            samples.entry(record.format).or_default().push(image);
        }
    }
    samples
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder of images can be listed");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("the folder of images can be listed").path()).collect();
    files.sort();
    files
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
