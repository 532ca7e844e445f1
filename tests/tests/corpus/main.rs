//! The readers against the judges of the corpus: Pillow, piexif, exiftool, and a walk of what a file physically holds.
//!
//! The hand-made files are the project's own. Where the whole corpus lies beside the checkout, all of it is judged;
//! under `CI=true` it must.

mod blocks;
mod bytes;
mod embedded;
mod exceptions;
mod expected;
mod instructions;
mod judge;
mod peer;
mod text;
mod values;
mod ways;

use std::collections::{BTreeMap, BTreeSet};

use expected::Sample;
use imgmeta_extract::probe;
use instructions::Cost;
use judge::{Report, judge};

/// Formats that are read so far; of others, only a failure that names them is asked for.
const FORMATS: &[&str] = &[
    "JPEG", "MPO", "PNG", "GIF", "WEBP", "BMP", "TIFF", "HEIF", "AVIF", "JPEG2000", "BLP", "BUFR", "CUR", "DCX", "DDS",
    "DIB", "EPS", "FITS", "FLI", "FTEX", "GBR", "GRIB", "HDF5", "ICNS", "ICO", "IM", "IMT", "IPTC", "MCIDAS", "MPEG",
    "MSP", "PCD", "PCX", "PIXAR", "PPM", "PSD", "QOI", "SGI", "SPIDER", "SUN", "TGA", "WMF", "XBM", "XPM", "XVThumb",
];

#[test]
fn what_is_read_of_the_hand_made_files_is_what_the_judges_say() {
    assert_judged(&expected::own(), 200);
}

#[test]
fn what_is_read_of_the_whole_corpus_is_what_the_judges_say() {
    let Some(samples) = expected::whole() else { return };
    assert_judged(&samples, 500);
}

#[test]
fn read_whole_by_need_and_byte_by_byte_a_file_gives_one_answer() {
    let samples = expected::whole().unwrap_or_else(expected::own);
    let differ: Vec<_> = samples.iter().filter_map(|sample| ways::compare(sample).err()).collect();
    assert!(differ.is_empty(), "{} files differ:\n{}", differ.len(), differ.join("\n"));
}

#[test]
fn every_prefix_of_a_file_is_a_need_or_the_answer_of_the_whole() {
    let wrong: Vec<_> = expected::all().iter().filter_map(|sample| ways::prefixes(sample).err()).collect();
    assert!(wrong.is_empty(), "{} files:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn chance_damage_is_an_answer_or_a_failure_and_never_a_panic_or_a_loop() {
    for (seed, sample) in (0..).zip(expected::all()) {
        ways::damage(&sample, seed);
    }
}

#[test]
fn any_single_byte_changed_is_read_by_need_as_whole() {
    for (seed, sample) in (0..).zip(expected::all()) {
        ways::single_bytes(&sample, seed);
    }
}

#[test]
fn the_peer_reads_the_same_tags_with_the_same_values() {
    let samples = expected::whole().unwrap_or_else(expected::own);
    let compared: Vec<_> = samples.iter().filter_map(peer::compare).collect();
    let values: usize = compared.iter().map(|compared| compared.values).sum();
    eprintln!("{} files, {values} values", compared.len());
    let list = |get: fn(&peer::Compared) -> &Vec<String>| compared.iter().flat_map(get).cloned().collect::<Vec<_>>();
    for line in list(|compared| &compared.explained) {
        eprintln!("explained: {line}");
    }
    let differ = list(|compared| &compared.differ);
    assert!(differ.is_empty(), "{} differences:\n{}", differ.len(), differ.join("\n"));
    assert!(values > 2000, "only {values} values were compared");
}

#[test]
fn of_damaged_blocks_that_both_read_without_complaint_the_peer_reads_the_same() {
    let mut values = 0;
    for (seed, sample) in (0..).zip(expected::own()) {
        let Ok(header) = ways::whole(&sample.bytes) else { continue };
        let Some(block) = peer::block(&header, &sample.bytes) else { continue };
        let mut random = fastrand::Rng::with_seed(seed);
        for _ in 0..100 {
            let mut block = block.clone();
            for _ in 0..random.usize(1..4) {
                let (at, chance) = (random.usize(..block.len()), random.u8(..));
                block[at] = random.choice([0, 1, 2, 0x7f, 0xff, chance]).expect("there are some");
            }
            let compared = peer::compare_damaged(&block);
            values += compared.values;
            assert!(compared.differ.is_empty(), "{} damaged: {:?}", sample.path, compared.differ);
        }
    }
    assert!(values > 10_000, "only {values} values were compared");
}

#[test]
fn blocks_made_by_chance_are_read_and_make_no_more_than_their_bound() {
    let longest = (0..200).map(blocks::read).max().expect("there are some");
    // At most 4 MiB of values are kept, of which a byte becomes at most six of JSON, and a warning has less than 100.
    assert!(longest < 32 << 20, "a record of {longest} bytes");
}

#[test]
fn profiles_xmp_and_iptc_are_what_exiftool_says() {
    let answers = embedded::answers();
    let mut compared = embedded::Compared::default();
    let mut samples = expected::own();
    samples.extend(expected::whole().unwrap_or_default());
    for sample in &samples {
        embedded::compare(sample, answers.get(&sample.path), &mut compared);
    }
    let embedded::Compared { values, differ } = compared;
    eprintln!("{values} values");
    assert!(differ.is_empty(), "{} differences:\n{}", differ.len(), differ.join("\n"));
    assert!(values > 200, "only {values} values were compared");
}

#[test]
fn images_of_cameras_cost_few_bytes_and_requests_over_http() {
    let Some(samples) = expected::whole() else { return };
    let all = bytes::of_cameras(samples.leak());
    assert!(all.images >= 50, "only {} images of cameras", all.images);
    assert!(all.percent() <= 12.0, "{:.1} % of the bytes are read", all.percent());
    assert!(all.requests_an_image() <= 1.25, "{:.2} requests an image", all.requests_an_image());
}

#[test]
fn no_file_damaged_or_not_takes_more_than_twelve_ranges_and_the_rest_or_more_than_max_bytes() {
    let wrong = bytes::beyond_the_bounds(&expected::all());
    assert!(wrong.is_empty(), "{} files:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_sequence_is_read_without_a_meta_box_beside_it() {
    let sequences = expected::own()
        .into_iter()
        .filter(|sample| sample.path.starts_with("made/sequence") && sample.format() == "AVIF");
    let mut read = 0;
    for sample in sequences {
        let mut bytes = sample.bytes.clone();
        while let Some(at) = bytes.windows(4).position(|kind| kind == b"meta") {
            bytes[at..at + 4].copy_from_slice(b"free");
        }
        let facts = |bytes| {
            ways::whole(bytes).map(|probe::Header { image, .. }| (image.format, image.mode, image.width, image.height))
        };
        assert_eq!(facts(&bytes), facts(&sample.bytes), "{}", sample.path);
        read += usize::from(bytes != sample.bytes && facts(&bytes).is_ok());
    }
    assert!(read >= 3, "only {read} sequences");
}

#[test]
fn every_format_has_a_sample() {
    let samples = expected::own();
    let answers = samples.iter().filter_map(|sample| ways::whole(&sample.bytes).ok());
    let found: BTreeSet<_> = answers.map(|header| header.image.format).collect();
    for name in probe::FORMATS.iter().flat_map(|format| format.names) {
        assert!(found.contains(name), "no sample of {name}: add one to tests/data/images/made, by tests/data/make.py");
    }
}

#[test]
#[cfg_attr(debug_assertions, ignore = "the baseline is of the release profile")]
fn the_hot_path_takes_no_more_instructions_than_its_baseline_allows() {
    let (compiler, costs) = (instructions::compiler(), instructions::count("the_hot_path_for_valgrind"));
    if instructions::accepted(&compiler, &costs) {
        return;
    }
    let (baseline_compiler, baseline) = instructions::baseline();
    instructions::print(&baseline, &costs);
    let differences = instructions::differences(&baseline, &costs);
    assert!(differences.is_empty(), "{differences}{}", instructions::advice(&baseline_compiler, &compiler));
}

#[test]
#[ignore = "run under valgrind by the test that counts its instructions"]
fn the_hot_path_for_valgrind() {
    instructions::work();
}

#[test]
fn a_cost_may_rise_by_five_percent_and_fall_by_fifteen() {
    let costs = |instructions| instructions::Costs::from([("JPEG".to_owned(), Cost { images: 10, instructions })]);
    let differences = |instructions| instructions::differences(&costs(100_000), &costs(instructions));
    for within in [100_000, 105_000, 85_000] {
        assert_eq!(differences(within), "");
    }
    assert_eq!(
        differences(106_000),
        "JPEG: 10600 instructions an image, 6.0 % more than the baseline's 10000; at most 5 %\n"
    );
    assert!(differences(84_000).contains("16.0 % less than the baseline's 10000"));
    let none = instructions::Costs::new();
    assert_eq!(instructions::differences(&none, &costs(1)), "JPEG: the baseline does not have it\n");
    assert_eq!(instructions::differences(&costs(1), &none), "JPEG: it is in the baseline alone\n");
}

#[track_caller]
fn assert_judged(samples: &[Sample], least: usize) {
    assert!(samples.len() >= least, "only {} samples", samples.len());
    let mut reports: BTreeMap<String, Report> = BTreeMap::new();
    let mut wrong = Vec::new();
    for sample in samples {
        let mut report = judge(sample);
        wrong.append(&mut report.wrong);
        reports.entry(sample.format().to_owned()).or_default().add(&report);
    }
    eprintln!("{:10} {:>6} {:>6} {:>7} {:>7} {:>9}", "format", "files", "read", "tags", "values", "excepted");
    for (format, report) in &reports {
        let Report { files, read, tags, values, excepted, .. } = report;
        eprintln!("{format:10} {files:>6} {read:>6} {tags:>7} {values:>7} {:>9}", excepted.len());
    }
    for line in reports.values().flat_map(|report| &report.excepted) {
        eprintln!("excepted: {line}");
    }
    assert!(wrong.is_empty(), "{} things are wrong:\n{}", wrong.len(), wrong.join("\n"));
}
