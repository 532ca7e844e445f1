//! Blocks of EXIF made by chance, of directories whose entries are mostly sensible: the work and the record stay bounded.

use imgmeta_extract::{Known, View, exif};
use imgmeta_record::json::{self, Keys};
use imgmeta_record::{Outcome, Record};

/// Tags whose values mean something, pointers first.
const TAGS: &[u16] = &[
    34665, 34853, 40965, 0x9286, 0x9003, 0x9291, 0x9011, 0x0112, 0x9c9b, 0x8827, 0x829a, 0x9201, 0x927c, 0x0201,
    0x0202, 0x0111, 0x0117, 1, 2, 3, 4, 5, 6, 7, 27, 29,
];
const TYPES: &[u16] = &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 129, 0, 14];

/// Reads a block of that seed, and writes its record.
pub(crate) fn read(seed: u64) -> usize {
    let mut random = fastrand::Rng::with_seed(seed);
    let known = Known::whole(block(&mut random));
    let options = exif::Options { maker_notes: random.bool(), thumbnails: random.bool(), ..exif::Options::default() };
    let read = exif::read(&View::whole(&known), options).expect("all is known, and damage is no error");
    exif::facts(&read);
    let record = Record { exif: read.exif, other: read.other, warnings: read.warnings, ..Record::default() };
    let mut line = Vec::new();
    json::write_line(&mut line, &Outcome::Record(Box::new(record)), Keys::Names);
    serde_json::from_slice::<serde_json::Value>(&line).expect("a record is JSON");
    line.len()
}

/// A header, some directories that may share their values, and the values.
fn block(random: &mut fastrand::Rng) -> Vec<u8> {
    let big = random.bool();
    let short = |value: u16| if big { value.to_be_bytes() } else { value.to_le_bytes() };
    let long = |value: u32| if big { value.to_be_bytes() } else { value.to_le_bytes() };
    let mut block = if big { b"MM\0*\0\0\0\x08".to_vec() } else { b"II*\0\x08\0\0\0".to_vec() };
    let values = random.u32(1..100_000);
    for _ in 0..random.u32(1..6) {
        let entries = random.u16(0..400);
        block.extend(short(entries));
        for _ in 0..entries {
            block.extend(short(*random.choice(TAGS).expect("there are some")));
            block.extend(short(*random.choice(TYPES).expect("there are some")));
            let most = random.choice([1, 3, 100, 70_000, u32::MAX]).expect("there are some");
            block.extend(long(random.u32(0..most)));
            block.extend(long(random.u32(0..values * 2)));
        }
        let next = if random.bool() { u32::try_from(block.len()).expect("small") + 4 } else { random.u32(0..values) };
        block.extend(long(next));
    }
    block.extend((0..values).map(|_| random.u8(..)));
    block
}
