//! Writes varied records, made from a seed, as a run would: what `bench/mirror.py` measures.
//!
//!     generated ROWS DIR [--parquet]

use std::sync::Arc;

use anyhow::Context;
use fastrand::Rng;
use imgmeta_record::tags::lookup;
use imgmeta_record::{
    Camera, Failure, Fetch, Gps, Ifd, ImageRef, Kind, LocalTime, Outcome, Phase, Record, Tag, UtcTime, Value,
};
use imgmeta_sink::{Dataset, Options, Outputs};
use imgmeta_storage::Stores;

/// Makers, models and lenses that are met together.
const CAMERAS: [(&str, &[&str], &[&str]); 6] = [
    ("Canon", &["Canon EOS 5D Mark IV", "Canon EOS R6", "Canon EOS 80D"], &["EF24-70mm f/2.8L II USM", "RF35mm F1.8"]),
    ("NIKON CORPORATION", &["NIKON D850", "NIKON Z 6_2"], &["AF-S NIKKOR 50mm f/1.4G", "NIKKOR Z 24-70mm f/4 S"]),
    ("SONY", &["ILCE-7M3", "ILCE-6400"], &["FE 85mm F1.8", "E 18-135mm F3.5-5.6 OSS"]),
    ("Apple", &["iPhone 12", "iPhone 14 Pro", "iPhone XR"], &["iPhone 12 back dual wide camera 4.2mm f/1.6"]),
    ("samsung", &["SM-G991B", "SM-A525F"], &[]),
    ("FUJIFILM", &["X-T4", "X100V"], &["XF23mmF2 R WR"]),
];
const SOFTWARE: [&str; 5] = ["Adobe Photoshop Lightroom 6.0", "15.4.1", "GIMP 2.10.24", "Ver.1.10", "Picasa"];
const HOSTS: [&str; 5] =
    ["live.staticflickr.com", "upload.wikimedia.org", "i.imgur.com", "cdn.shop.example", "img.example.org"];
const SHUTTERS: [i64; 12] = [30, 60, 80, 100, 125, 200, 250, 400, 500, 1000, 2000, 4000];
const STOPS: [i64; 8] = [14, 18, 20, 28, 40, 56, 80, 110];
const ISOS: [i64; 8] = [50, 100, 200, 320, 400, 800, 1600, 6400];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [rows, dir, more @ ..] = args.as_slice() else { anyhow::bail!("generated ROWS DIR [--parquet]") };
    let rows: u64 = rows.parse().context("ROWS is a number")?;
    let outputs = Outputs { mirror: more.iter().any(|flag| flag == "--parquet"), ..Outputs::default() };
    let place = Stores::default().place(dir)?;
    let mut dataset = Dataset::open(&place, Options { outputs, ..Options::default() }).await?;
    let mut random = Rng::with_seed(1);
    for row in 0..rows {
        dataset.write(&outcome(&mut random, row)).await?;
    }
    let summary = dataset.finish(true).await?;
    anyhow::ensure!(summary.tally.rows == rows, "every row is an outcome");
    Ok(())
}

fn outcome(random: &mut Rng, row: u64) -> Outcome {
    let id = random.u64(..);
    let url = format!("https://{}/{}/{id:016x}.jpg", pick(random, &HOSTS), random.u32(1000..9999));
    let extra = vec![(Arc::from("id"), Some(id.to_string())), (Arc::from("title"), title(random))];
    let image = ImageRef { url, row: Some(row), extra: Some(extra), ..ImageRef::default() };
    if random.u8(..10) == 0 {
        return Outcome::Failure(Box::new(failure(random, image)));
    }
    Outcome::Record(Box::new(record(random, image)))
}

fn pick<T: Copy>(random: &mut Rng, of: &[T]) -> T {
    of[random.usize(..of.len())]
}

fn title(random: &mut Rng) -> Option<String> {
    const WORDS: [&str; 12] =
        ["red", "old", "house", "by", "the", "lake", "Paris", "morning", "street", "2019", "cat", "view"];
    let words: Vec<_> = (0..random.usize(..7)).map(|_| pick(random, &WORDS)).collect();
    if words.is_empty() { None } else { Some(words.join(" ")) }
}

fn failure(random: &mut Rng, image: ImageRef) -> Failure {
    let kinds = [(Kind::NotFound, 404), (Kind::Permission, 403), (Kind::HttpStatus, 500), (Kind::Timeout, 0)];
    let (kind, status) = pick(random, &kinds);
    let error = format!("the server answered {status} to `{}`", image.url);
    let fetch = Fetch { requests: 1, attempts: 1, millis: random.u64(5..900), ..Fetch::default() };
    Failure { status: (status > 0).then_some(status), fetch, ..Failure::new(image, kind, Phase::Request, error) }
}

fn record(random: &mut Rng, image: ImageRef) -> Record {
    let (width, height) =
        pick(random, &[(4032, 3024), (6000, 4000), (1024, 768), (800, 600), (3840, 2160), (500, 500)]);
    let bytes = random.u64(20_000..9_000_000);
    let mut record = Record {
        url: image.url,
        format: "JPEG",
        mode: "RGB",
        width,
        height,
        display_width: width,
        display_height: height,
        row: image.row,
        extra: image.extra,
        bytes: Some(bytes),
        profile: (random.u8(..3) == 0).then(|| "sRGB IEC61966-2.1".to_owned()),
        fetch: Fetch {
            status: Some(206),
            content_type: Some("image/jpeg".into()),
            last_modified: Some(UtcTime(random.i64(1_400_000_000..1_760_000_000) * 1_000_000)),
            etag: Some(format!("\"{:016x}\"", random.u64(..))),
            bytes_read: bytes.min(32_768),
            requests: 1,
            attempts: 1,
            millis: random.u64(5..900),
            ..Fetch::default()
        },
        ..Record::default()
    };
    if random.u8(..10) < 8 {
        photo(random, &mut record);
    }
    if random.u8(..20) == 0 {
        record.warnings.push("exif: the tag 0x927c of Exif points behind the end".into());
    }
    record
}

/// The tags that a camera writes, and what is made of them.
fn photo(random: &mut Rng, record: &mut Record) {
    let (make, models, lenses) = pick(random, &CAMERAS);
    let (model, software) = (pick(random, models), pick(random, &SOFTWARE));
    let lens = (!lenses.is_empty()).then(|| pick(random, lenses));
    let (shutter, stop, iso) = (pick(random, &SHUTTERS), pick(random, &STOPS), pick(random, &ISOS));
    let (focal, orientation) = (pick(random, &[4, 24, 35, 50, 85, 200]), pick(random, &[1, 1, 1, 6, 8]));
    let (taken, text) = taken_at(random);
    let texts = |tags: &mut Vec<(Ifd, u16, Value)>, ifd, number, text: &str| {
        tags.push((ifd, number, Value::Text(text.to_owned())));
    };
    let mut tags = Vec::new();
    for (number, text) in [(0x010f, make), (0x0110, model), (0x0131, software), (0x0132, &text)] {
        texts(&mut tags, Ifd::Zeroth, number, text);
    }
    for number in [0x011a, 0x011b] {
        tags.push((Ifd::Zeroth, number, Value::Rational(pick(random, &[72, 300, 350]), 1)));
        tags.push((Ifd::First, number, Value::Rational(72, 1)));
    }
    tags.push((Ifd::Zeroth, 0x0112, Value::Int(orientation)));
    tags.push((Ifd::Zeroth, 0x0128, Value::Int(2)));
    tags.push((Ifd::First, 0x0103, Value::Int(6)));
    tags.push((Ifd::Exif, 0x829a, Value::Rational(1, shutter)));
    tags.push((Ifd::Exif, 0x829d, Value::Rational(stop, 10)));
    tags.push((Ifd::Exif, 0x8827, Value::Int(iso)));
    for (number, text) in [(0x9000, "0231"), (0x9003, &text), (0x9004, &text), (0xa000, "0100"), (0x9291, "42")] {
        texts(&mut tags, Ifd::Exif, number, text);
    }
    tags.push((Ifd::Exif, 0x9101, Value::Ints(vec![1, 2, 3, 0])));
    tags.push((Ifd::Exif, 0x9201, Value::Rational(random.i64(4_000_000..9_000_000), 1_000_000)));
    tags.push((Ifd::Exif, 0x9204, Value::Rational(0, 1)));
    for number in [0x9207, 0x9209, 0xa402, 0xa403, 0xa406] {
        tags.push((Ifd::Exif, number, Value::Int(pick(random, &[0, 1, 2, 5, 16]))));
    }
    tags.push((Ifd::Exif, 0x920a, Value::Rational(focal, 1)));
    tags.push((Ifd::Exif, 0xa002, Value::Int(record.width.into())));
    tags.push((Ifd::Exif, 0xa003, Value::Int(record.height.into())));
    tags.push((Ifd::Exif, 0xa432, Value::Rationals(vec![(24, 1), (70, 1), (28, 10), (28, 10)])));
    if let Some(lens) = lens {
        texts(&mut tags, Ifd::Exif, 0xa434, lens);
    }
    if random.u8(..4) == 0 {
        gps(random, record, &mut tags);
    }
    for (ifd, number, value) in tags {
        if let Some(row) = lookup(ifd, number) {
            record.exif.ifd_mut(ifd).push(Tag { row, value });
        }
    }
    record.orientation = u8::try_from(orientation).ok();
    record.taken_at = Some(taken);
    record.camera = Some(Box::new(Camera {
        make: Some(make.into()),
        model: Some(model.into()),
        lens: lens.map(Into::into),
        software: Some(software.into()),
        exposure_seconds: Some(1.0 / f64::from(i32::try_from(shutter).unwrap_or(1))),
        f_number: Some(f64::from(i32::try_from(stop).unwrap_or(28)) / 10.0),
        iso: Some(iso),
        focal_length_mm: Some(f64::from(i32::try_from(focal).unwrap_or(50))),
        focal_length_35mm: None,
    }));
}

fn taken_at(random: &mut Rng) -> (LocalTime, String) {
    let (year, month, day) = (random.u16(2005..2026), random.u8(1..=12), random.u8(1..=28));
    let (hour, minute, second) = (random.u8(6..22), random.u8(..60), random.u8(..60));
    let taken = LocalTime { year, month, day, hour, minute, second, micros: 420_000, digits: 2, offset_minutes: None };
    (taken, format!("{year:04}:{month:02}:{day:02} {hour:02}:{minute:02}:{second:02}"))
}

fn gps(random: &mut Rng, record: &mut Record, tags: &mut Vec<(Ifd, u16, Value)>) {
    let mut degrees = |most| {
        let parts = vec![(random.i64(0..most), 1), (random.i64(0..60), 1), (random.i64(0..6000), 100)];
        let [(degrees, _), (minutes, _), (seconds, _)] = [parts[0], parts[1], parts[2]];
        let seconds = degrees * 360_000 + minutes * 6000 + seconds;
        (parts, f64::from(i32::try_from(seconds).unwrap_or(0)) / 360_000.0)
    };
    let ((north, latitude), (east, longitude)) = (degrees(60), degrees(170));
    for (number, value) in [
        (0x0000, Value::Ints(vec![2, 3, 0, 0])),
        (0x0001, Value::Text("N".into())),
        (0x0002, Value::Rationals(north)),
        (0x0003, Value::Text("E".into())),
        (0x0004, Value::Rationals(east)),
        (0x0005, Value::Int(0)),
        (0x0006, Value::Rational(random.i64(0..200_000), 100)),
    ] {
        tags.push((Ifd::Gps, number, value));
    }
    record.gps = Some(Box::new(Gps { latitude: Some(latitude), longitude: Some(longitude), ..Gps::default() }));
}
