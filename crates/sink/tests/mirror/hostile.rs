//! Outcomes of every shape, with strings and numbers that break what is not careful.

use fastrand::Rng;
use imgmeta_record::tags::{self, Type};
use imgmeta_record::{
    Camera, Exif, Extra, Failure, Fetch, Gps, Ifd, ImageRef, Kind, LocalTime, Other, Outcome, Phase, Record, Tag,
    UtcTime, Value, days_in,
};

const STRINGS: [&str; 20] = [
    "",
    " ",
    "null",
    "[1,2]",
    "{\"base64\":\"AP8=\"}",
    "true",
    "-0",
    "\"",
    "\\",
    "a\0b",
    "\0",
    "a\nb\r\nc",
    "\u{1}\u{1f}\u{7f}\u{80}",
    "\u{feff}bom",
    "\u{2028}\u{2029}",
    "e\u{301}\u{200d}",
    "\u{10ffff}",
    "☃ 雪 снег",
    "',;--",
    "\u{202e}gpj.exe",
];

const INTS: [i64; 10] =
    [0, 1, -1, 255, 65_535, 4_294_967_295, 9_007_199_254_740_993, i64::MAX, i64::MIN, -2_147_483_648];

pub(crate) fn outcomes(seed: u64, rows: u64) -> Vec<Outcome> {
    let mut random = Rng::with_seed(seed);
    (0..rows)
        .map(|row| {
            if random.u8(..4) == 0 {
                Outcome::Failure(Box::new(failure(&mut random, row)))
            } else {
                Outcome::Record(Box::new(record(&mut random, row)))
            }
        })
        .collect()
}

fn text(random: &mut Rng) -> String {
    match random.u8(..12) {
        0 => random.choice(STRINGS).unwrap().repeat(random.usize(..2000)),
        1 => (0..random.usize(..40)).map(|_| random.char(..)).collect(),
        _ => (*random.choice(&STRINGS).unwrap()).to_owned(),
    }
}

fn maybe<T>(random: &mut Rng, make: impl FnOnce(&mut Rng) -> T) -> Option<T> {
    if random.bool() { Some(make(random)) } else { None }
}

fn int(random: &mut Rng) -> i64 {
    if random.bool() { *random.choice(&INTS).unwrap() } else { random.i64(..) }
}

fn float(random: &mut Rng) -> f64 {
    match random.u8(..6) {
        0 => f64::NAN,
        1 => f64::NEG_INFINITY,
        2 => -0.0,
        3 => random.f64() * 180.0,
        _ => f64::from_bits(random.u64(..)),
    }
}

fn some<T>(random: &mut Rng, make: impl Fn(&mut Rng) -> T) -> Vec<T> {
    (0..random.usize(..5)).map(|_| make(random)).collect()
}

fn value(random: &mut Rng, kind: Type) -> Value {
    match kind {
        Type::Text | Type::Comment | Type::Utf16 | Type::Version => Value::Text(text(random)),
        Type::Code | Type::Integer => Value::Int(int(random)),
        Type::Codes | Type::Integers => Value::Ints(some(random, int)),
        Type::Float => Value::Float(float(random)),
        Type::Floats => Value::Floats(some(random, float)),
        Type::Rational => Value::Rational(int(random), int(random)),
        Type::Rationals => Value::Rationals(some(random, |random| (int(random), int(random)))),
        Type::Bytes => Value::Bytes(some(random, |random| random.u8(..))),
    }
}

fn exif(random: &mut Rng) -> Exif {
    let mut exif = Exif::default();
    for ifd in Ifd::ALL {
        let share = random.choice([0, 3, 50]).unwrap();
        for row in tags::rows(ifd).filter(|_| random.u8(..100) < share).collect::<Vec<_>>() {
            let value = value(random, row.kind);
            exif.ifd_mut(ifd).push(Tag { row, value });
        }
    }
    exif
}

fn other(random: &mut Rng) -> Other {
    let value = match random.u8(..4) {
        0 => Value::Bigs(some(random, |random| random.u64(..))),
        1 => Value::Omitted(random.u64(..)),
        2 => Value::Text(text(random)),
        _ => Value::Floats(some(random, float)),
    };
    Other { ifd: *random.choice(&Ifd::ALL).unwrap(), tag: random.u16(..), kind: text(random), value }
}

fn utc(random: &mut Rng) -> UtcTime {
    let edges = [i64::MIN, i64::MAX, -62_135_596_800_000_001, -62_135_596_800_000_000, 253_402_300_799_999_999, 0, -1];
    if random.bool() { UtcTime(*random.choice(&edges).unwrap()) } else { UtcTime(random.i64(0..4_000_000_000_000_000)) }
}

fn local(random: &mut Rng) -> LocalTime {
    let (year, month) = (random.choice([1, 1600, 1969, 2000, 2024, 9999]).unwrap(), random.u8(1..=12));
    let digits = random.u8(0..=6);
    LocalTime {
        year,
        month,
        day: random.u8(1..=days_in(i64::from(year), month)),
        hour: random.u8(..24),
        minute: random.u8(..60),
        second: random.u8(..=60),
        micros: random.u32(..10u32.pow(u32::from(digits))) * 10u32.pow(6 - u32::from(digits)),
        digits,
        offset_minutes: maybe(random, |random| random.i16(-959..=959)),
    }
}

fn camera(random: &mut Rng) -> Camera {
    Camera {
        make: maybe(random, text),
        model: maybe(random, text),
        lens: maybe(random, text),
        software: maybe(random, text),
        exposure_seconds: maybe(random, float),
        f_number: maybe(random, float),
        iso: maybe(random, int),
        focal_length_mm: maybe(random, float),
        focal_length_35mm: maybe(random, int),
    }
}

fn gps(random: &mut Rng) -> Gps {
    Gps {
        latitude: maybe(random, float),
        longitude: maybe(random, float),
        altitude_m: maybe(random, float),
        direction_deg: maybe(random, float),
        taken_at_utc: maybe(random, utc),
    }
}

fn fetch(random: &mut Rng) -> Fetch {
    Fetch {
        status: maybe(random, |random| random.u16(..)),
        final_url: maybe(random, text),
        content_type: maybe(random, text),
        last_modified: maybe(random, utc),
        etag: maybe(random, text),
        bytes_read: random.u64(..=i64::MAX.unsigned_abs()),
        requests: random.u32(..),
        attempts: random.u32(..),
        millis: random.u64(..=i64::MAX.unsigned_abs()),
    }
}

fn extra(random: &mut Rng) -> Extra {
    let names = STRINGS.iter().filter(|_| random.u8(..5) == 0).collect::<Vec<_>>();
    names.into_iter().map(|name| ((*name).into(), maybe(random, text))).collect()
}

fn record(random: &mut Rng, row: u64) -> Record {
    Record {
        url: text(random),
        format: "JPEG",
        mode: "I;16",
        width: random.u32(..),
        height: random.u32(..),
        exif: exif(random),
        other: some(random, other),
        row: Some(row),
        display_width: random.u32(..),
        display_height: random.u32(..),
        orientation: maybe(random, |random| random.u8(1..=8)),
        taken_at: maybe(random, local),
        camera: maybe(random, |random| Box::new(camera(random))),
        gps: maybe(random, |random| Box::new(gps(random))),
        profile: maybe(random, text),
        bytes: maybe(random, |random| random.u64(..)),
        warnings: some(random, text),
        fetch: fetch(random),
        extra: maybe(random, extra),
        ..Record::default()
    }
}

fn failure(random: &mut Rng, row: u64) -> Failure {
    let image = ImageRef { url: text(random), row: Some(row), extra: maybe(random, extra), ..ImageRef::default() };
    let (kind, phase) = (*random.choice(Kind::ALL).unwrap(), *random.choice(Phase::ALL).unwrap());
    let failure = Failure::new(image, kind, phase, text(random));
    Failure { status: maybe(random, |random| random.u16(..)), fetch: fetch(random), ..failure }
}
