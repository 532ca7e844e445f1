//! ICC profiles, XMP and IPTC against exiftool, whose answers are in `tests/data/embedded.jsonl`.

use std::collections::BTreeMap;

use imgmeta_extract::probe::{self, Options};
use imgmeta_extract::{Known, exif};
use imgmeta_record::Properties;
use imgmeta_tests::images::data_dir;
use serde_json::Value as Json;

use crate::expected::Sample;

/// Formats whose profiles and packets are found.
const FORMATS: &[&str] = &["JPEG", "MPO", "PNG", "WEBP", "GIF", "TIFF", "HEIF", "AVIF", "JPEG2000", "JXL", "PSD"];

/// Where exiftool says something else, and why that is right.
const EXPLAINED: &[(&str, &str, &str)] = &[
    (
        "metadata-extractor/tif_ImageTestSuite_m6-76c43508fc007bcf5902b6a28e8055a5.tif",
        "profile",
        "exiftool leaves a damaged directory before it comes to the profile",
    ),
    (
        "exif-samples/heic_mobile_iphone_13_pro_max.HEIC",
        "hdrgm:",
        "exiftool also reads the packet of the gain map, which is another image",
    ),
    ("pillow/hopper.psd", "CodedCharacterSet", "it is there three times, of which exiftool shows one"),
    ("exiv2/issue_ghsa_8949_hhfh_j7rj_poc.jp2", "", "the packet is damaged, and exiftool guesses on in what is no XML"),
];

/// Everything of one file that is compared; what differs.
#[derive(Default)]
pub(crate) struct Compared {
    pub(crate) values: usize,
    pub(crate) differ: Vec<String>,
}

impl Compared {
    fn check(&mut self, path: &str, holds: bool, complaint: impl FnOnce() -> String) {
        self.values += 1;
        if holds {
            return;
        }
        let complaint = complaint();
        if !EXPLAINED.iter().any(|(file, what, _)| *file == path && complaint.contains(what)) {
            self.differ.push(format!("{path}: {complaint}"));
        }
    }
}

/// exiftool's answers, by path.
pub(crate) fn answers() -> BTreeMap<String, Json> {
    let lines = std::fs::read_to_string(data_dir().join("embedded.jsonl")).expect("exiftool's answers can be read");
    let answer = |line: &str| -> Json { serde_json::from_str(line).expect("a line is JSON") };
    let path = |json: &Json| json["path"].as_str().expect("a path").to_owned();
    lines.lines().map(answer).map(|json| (path(&json), json)).collect()
}

/// Compares one file, where it is of a format that is looked into.
pub(crate) fn compare(sample: &Sample, answer: Option<&Json>, compared: &mut Compared) {
    let options = Options { exif: exif::Options::default(), xmp: true, iptc: true };
    let Ok(header) = probe::read(&Known::whole(sample.bytes.as_slice()), options) else { return };
    if !FORMATS.contains(&header.image.format) {
        return;
    }
    let (null, path) = (Json::Null, sample.path.as_str());
    let answer = answer.unwrap_or(&null);
    let profile = answer["profile"].as_str();
    compared.check(path, header.profile.as_deref() == profile, || {
        format!("the profile is {:?} to us, and {profile:?} to exiftool", header.profile)
    });
    properties(path, header.iptc.as_ref(), &answer["iptc"], compared);
    properties(path, header.xmp.as_ref(), &answer["xmp"], compared);
}

/// Whether all properties that exiftool names are there, with the same letters and digits: it writes dates otherwise.
fn properties(path: &str, ours: Option<&Properties>, theirs: &Json, compared: &mut Compared) {
    let ours: BTreeMap<_, _> = ours
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.to_lowercase(), value.clone().unwrap_or_default()))
        .collect();
    for (name, value) in theirs.as_object().into_iter().flatten() {
        let found = ours.get(&name.to_lowercase());
        let same = match value {
            Json::Null => found.is_some(),
            values => found.is_some_and(|found| same(&plain(found), &plain(&values.to_string()))),
        };
        compared.check(path, same, || format!("{name} is {found:?} to us, and {value} to exiftool"));
    }
}

/// The text of a string, of the strings of a list, or of the default of several languages.
fn plain(text: &str) -> String {
    match serde_json::from_str(text) {
        Ok(Json::Array(values)) => values.iter().map(|value| value.as_str().unwrap_or_default()).collect(),
        Ok(Json::Object(languages)) => languages["x-default"].as_str().unwrap_or_default().to_owned(),
        _ => text.to_owned(),
    }
}

/// Whether both are one number, or have the same letters and digits.
fn same(one: &str, other: &str) -> bool {
    let numbers = one.parse::<f64>().ok().zip(other.parse::<f64>().ok());
    numbers.is_some_and(|(one, other)| (one - other).abs() < 1e-9) || letters(one) == letters(other)
}

/// Letters and digits, without the `T` of dates.
fn letters(text: &str) -> String {
    text.chars().filter(|char| char.is_alphanumeric() && *char != 'T').collect()
}
