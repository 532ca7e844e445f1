//! What the tables should hold, from lines of JSON: written out here, and not made from the table of fields.

use std::collections::BTreeMap;

use imgmeta_tests::outcomes::Outcomes;
use serde_json::{Map, Value, json};

/// Columns of both tables, and where their values are in a line.
const BOTH: &[(&str, &str)] = &[
    ("row", "/Row"),
    ("url", "/URL"),
    ("fetch_status", "/Fetch/Status"),
    ("fetch_final_url", "/Fetch/FinalURL"),
    ("fetch_content_type", "/Fetch/ContentType"),
    ("fetch_last_modified", "/Fetch/LastModified"),
    ("fetch_etag", "/Fetch/ETag"),
    ("fetch_bytes_read", "/Fetch/BytesRead"),
    ("fetch_requests", "/Fetch/Requests"),
    ("fetch_attempts", "/Fetch/Attempts"),
    ("fetch_millis", "/Fetch/Millis"),
    ("extra", "/Extra"),
];
const IMAGES: &[(&str, &str)] = &[
    ("format", "/Format"),
    ("mode", "/Mode"),
    ("width", "/Width"),
    ("width", "/Size/0"),
    ("height", "/Height"),
    ("height", "/Size/1"),
    ("display_width", "/DisplayWidth"),
    ("display_height", "/DisplayHeight"),
    ("orientation", "/Orientation"),
    ("camera_make", "/Camera/Make"),
    ("camera_model", "/Camera/Model"),
    ("camera_lens", "/Camera/Lens"),
    ("camera_software", "/Camera/Software"),
    ("camera_exposure_seconds", "/Camera/ExposureSeconds"),
    ("camera_f_number", "/Camera/FNumber"),
    ("camera_iso", "/Camera/ISO"),
    ("camera_focal_length_mm", "/Camera/FocalLengthMm"),
    ("camera_focal_length_35mm", "/Camera/FocalLength35mm"),
    ("gps_latitude", "/GPS/Latitude"),
    ("gps_longitude", "/GPS/Longitude"),
    ("gps_altitude_m", "/GPS/AltitudeM"),
    ("gps_direction_deg", "/GPS/DirectionDeg"),
    ("gps_taken_at_utc", "/GPS/TakenAtUTC"),
    ("profile", "/Profile"),
    ("bytes", "/Bytes"),
    ("sha256", "/Sha256"),
    ("exif", "/EXIF"),
    ("xmp", "/XMP"),
    ("iptc", "/IPTC"),
    ("warnings", "/Warnings"),
];
const FAILURES: &[(&str, &str)] =
    &[("error", "/Error"), ("kind", "/Kind"), ("phase", "/Phase"), ("status", "/Status"), ("retryable", "/Retryable")];
/// Columns that no field of a line has by itself.
const OWN: [&str; 6] = ["run", "shard", "host", "taken_at", "taken_at_offset_minutes", "other"];

/// Compares the rows of a table with lines, field by field.
#[track_caller]
pub(super) fn assert_images(rows: &[Value], lines: &Outcomes) {
    compare(rows, &lines.records, IMAGES, "images");
    for (row, line) in by_row(rows, "row").values().zip(by_row(&lines.records, "Row").values()) {
        let (text, taken) = (line["TakenAt"].as_str(), row["taken_at"].as_str());
        let (clock, offset) = text.map_or((None, None), split);
        assert!(same_time(taken, clock), "taken_at: {row} of {line}");
        assert_eq!(row["taken_at_offset_minutes"].as_i64(), offset, "{line}");
        assert_eq!(row["other"], without_nul_in_other(&line["Other"]), "{line}");
    }
}

/// As [`assert_images`].
#[track_caller]
pub(super) fn assert_failures(rows: &[Value], lines: &Outcomes) {
    compare(rows, &lines.failures, FAILURES, "failures");
}

/// Compares rows of `exif_tags` with the tags of records.
#[track_caller]
pub(super) fn assert_tags(rows: &[Value], lines: &Outcomes) {
    let mut expected = BTreeMap::new();
    for line in &lines.records {
        for (ifd, tags) in line["EXIF"].as_object().unwrap() {
            for (tag, value) in tags.as_object().unwrap() {
                expected.insert((line["Row"].as_u64().unwrap(), ifd.clone(), tag.clone(), 0), text(value));
            }
        }
        for other in line["Other"].as_array().unwrap() {
            let text_of = |key: &str| other[key].as_str().unwrap().to_owned();
            let value: Value = serde_json::from_str(&text_of("Value")).unwrap();
            let nth = (0..1000).find(|nth| {
                !expected.contains_key(&(line["Row"].as_u64().unwrap(), text_of("IFD"), text_of("Tag"), *nth))
            });
            expected
                .insert((line["Row"].as_u64().unwrap(), text_of("IFD"), text_of("Tag"), nth.unwrap()), text(&value));
        }
    }
    let mut found = BTreeMap::new();
    for row in rows {
        let text_of = |key: &str| row[key].as_str().unwrap().to_owned();
        let key = (row["row"].as_u64().unwrap(), text_of("ifd"), text_of("tag"), row["nth"].as_i64().unwrap());
        let value = row["value"].as_str().map(|value| serde_json::from_str(value).unwrap_or_else(|_| json!(value)));
        assert!(found.insert(key, value.unwrap_or_default()).is_none(), "{row} is there twice");
    }
    assert_eq!(found.len(), expected.len());
    for (key, value) in &expected {
        // A text that reads like JSON is compared as such on both sides.
        let value = value.as_ref().map(|value| serde_json::from_str(value).unwrap_or_else(|_| json!(value)));
        assert!(same(&found[key], &value.unwrap_or_default()), "{key:?}: {}", found[key]);
    }
}

/// A string is itself, null is null, and anything else its JSON text.
fn text(value: &Value) -> Option<String> {
    match without_nul(value) {
        Value::Null => None,
        Value::String(text) => Some(text),
        value => Some(value.to_string()),
    }
}

#[track_caller]
fn compare(rows: &[Value], lines: &[Value], columns: &[(&str, &str)], table: &str) {
    assert_eq!(rows.len(), lines.len(), "{table}: rows and lines");
    let (rows, lines) = (by_row(rows, "row"), by_row(lines, "Row"));
    let mut known: Vec<_> = OWN.iter().copied().chain(BOTH.iter().chain(columns).map(|(column, _)| *column)).collect();
    known.sort_unstable();
    for (number, line) in &lines {
        let row = rows.get(number).unwrap_or_else(|| panic!("{table} has no row {number}"));
        for (column, at) in BOTH.iter().chain(columns) {
            let (cell, value) = (&row[column], without_nul(line.pointer(at).unwrap_or(&Value::Null)));
            let times = column.ends_with("_utc") || column.ends_with("_modified");
            let equal = if times { same_time(cell.as_str(), value.as_str()) } else { same(cell, &value) };
            assert!(equal, "{table}.{column} of row {number} is {cell}, and the line says {value}");
        }
        assert!(row.as_object().unwrap().keys().all(|column| known.contains(&column.as_str())), "{table}: {row}");
    }
}

#[track_caller]
fn by_row<'a>(rows: &'a [Value], key: &str) -> BTreeMap<u64, &'a Value> {
    rows.iter().map(|row| (row[key].as_u64().unwrap_or_else(|| panic!("{row}")), row)).collect()
}

/// Numbers are the same whatever they are written like: jsonb has decimals, and SQLite 1 for true.
fn same(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::Number(found), Value::Number(expected)) => {
            let (found, expected) = (found.as_f64().unwrap(), expected.as_f64().unwrap());
            // Reading a number of 17 digits, serde_json may miss the last bit; SQLite has no -0.
            (found == 0.0 && expected == 0.0) || found.to_bits().abs_diff(expected.to_bits()) <= 1
        }
        (Value::Number(found), Value::Bool(expected)) => found.as_i64() == Some((*expected).into()),
        (Value::Array(found), Value::Array(expected)) => {
            found.len() == expected.len() && found.iter().zip(expected).all(|(found, expected)| same(found, expected))
        }
        (Value::Object(found), Value::Object(expected)) => {
            let equal = |(key, expected): (&String, &Value)| found.get(key).is_some_and(|found| same(found, expected));
            found.len() == expected.len() && expected.iter().all(equal)
        }
        (found, expected) => found == expected,
    }
}

/// Clock and minutes east of Greenwich.
fn split(text: &str) -> (Option<&str>, Option<i64>) {
    let at = text.len() - 6;
    match text.as_bytes()[at] {
        sign @ (b'+' | b'-') if text.len() > 19 => {
            let (hours, minutes) = text[at + 1..].split_once(':').unwrap();
            let minutes = hours.parse::<i64>().unwrap() * 60 + minutes.parse::<i64>().unwrap();
            (Some(&text[..at]), Some(if sign == b'-' { -minutes } else { minutes }))
        }
        _ => (Some(text), None),
    }
}

/// PostgreSQL writes `+00:00` for `Z`, and no zeros at the end of a fraction.
fn same_time(found: Option<&str>, expected: Option<&str>) -> bool {
    let plain = |time: &str| {
        let time = time.trim_end_matches('Z').trim_end_matches("+00:00");
        let (whole, fraction) = time.split_once('.').unwrap_or((time, ""));
        format!("{whole}.{}", fraction.trim_end_matches('0'))
    };
    found.map(plain) == expected.map(plain)
}

fn without_nul(value: &Value) -> Value {
    match value {
        Value::String(text) => json!(text.replace('\0', "\u{fffd}")),
        Value::Array(values) => values.iter().map(without_nul).collect(),
        Value::Object(map) => {
            let fixed = map.iter().map(|(key, value)| (key.replace('\0', "\u{fffd}"), without_nul(value)));
            Value::Object(fixed.collect::<Map<_, _>>())
        }
        value => value.clone(),
    }
}

/// The value of each is JSON text, which holds no NUL either.
fn without_nul_in_other(others: &Value) -> Value {
    let mut others = others.clone();
    for other in others.as_array_mut().unwrap() {
        let value: Value = serde_json::from_str(other["Value"].as_str().unwrap()).unwrap();
        if without_nul(&value) != value {
            other["Value"] = json!(without_nul(&value).to_string());
        }
    }
    others
}
