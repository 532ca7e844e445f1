//! Outcomes as JSON lines, made from the table of fields.

mod key;
mod value;

use crate::fields::{Cell, FAILURE, Field, RECORD, Shape};
use crate::{Outcome, Tag};

pub(crate) use key::Key;
pub use value::{write_text, write_value};

/// What keys the tags of `EXIF` have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Keys {
    /// Names: `Make`.
    #[default]
    Names,
    /// Decimal numbers, as piexif gives them: `271`.
    Ids,
}

/// Appends an outcome as one line, its newline included.
///
/// ```
/// use imgmeta_record::{Failure, ImageRef, Kind, Outcome, Phase, json};
/// let failure = Failure::new(ImageRef::new("a.jpg"), Kind::NotFound, Phase::Request, "no such file");
/// let mut line = Vec::new();
/// json::write_line(&mut line, &Outcome::Failure(Box::new(failure)), json::Keys::Names);
/// assert!(line.starts_with(br#"{"URL":"a.jpg","Error":"no such file","Kind":"not_found""#));
/// ```
pub fn write_line(out: &mut Vec<u8>, outcome: &Outcome, keys: Keys) {
    match outcome {
        Outcome::Record(record) => write_object(out, RECORD, record, keys),
        Outcome::Failure(failure) => write_object(out, FAILURE, failure, keys),
    }
    out.push(b'\n');
}

fn write_object<T>(out: &mut Vec<u8>, fields: &[Field<T>], row: &T, keys: Keys) {
    key::write_braces(out, |out| {
        for field in fields {
            field.key.write(out);
            match &field.shape {
                Shape::Leaf(_, get) => write_cell(out, get(row), keys),
                Shape::Group(inner, present) if present(row) => write_object(out, inner, row, keys),
                Shape::Group(..) => out.extend_from_slice(b"null"),
            }
        }
    });
}

fn write_cell(out: &mut Vec<u8>, cell: Cell<'_>, keys: Keys) {
    match cell {
        Cell::Null => out.extend_from_slice(b"null"),
        Cell::Bool(value) => out.extend_from_slice(if value { b"true" } else { b"false" }),
        Cell::Int(value) => value::write_number(out, value),
        Cell::Float(value) => value::write_float(out, value),
        Cell::Text(text) => write_text(out, text),
        Cell::Size(width, height) => value::write_pair(out, width, height),
        Cell::Texts(texts) => value::write_list(out, texts, |out, text| write_text(out, text)),
        Cell::LocalTime(time) => value::write_quoted(out, |text| time.write(text)),
        Cell::UtcTime(time) => value::write_quoted(out, |text| time.write(text)),
        Cell::Tags(tags) => write_tags(out, tags, keys),
        Cell::Others(others) => value::write_list(out, others, value::write_other),
        Cell::Map(map) => value::write_map(out, map),
    }
}

fn write_tags(out: &mut Vec<u8>, tags: &[Tag], keys: Keys) {
    key::write_braces(out, |out| {
        for Tag { row, value } in tags {
            match keys {
                Keys::Names => row.key.write(out),
                Keys::Ids => {
                    out.extend_from_slice(b",\"");
                    value::write_number(out, row.number);
                    out.extend_from_slice(b"\":");
                }
            }
            write_value(out, value);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tags::{Ifd, lookup};
    use crate::{Camera, Failure, ImageRef, Kind, Other, Phase, Record, Value};

    fn json(outcome: &Outcome, keys: Keys) -> serde_json::Value {
        let mut line = Vec::new();
        write_line(&mut line, outcome, keys);
        assert_eq!(line.split_inclusive(|&byte| byte == b'\n').count(), 1, "one line");
        serde_json::from_slice(&line).expect("valid JSON")
    }

    fn record() -> Record {
        let mut record = Record { url: "a\n\"b".into(), format: "JPEG", mode: "RGB", ..Record::default() };
        let mut add = |number, value| {
            let row = lookup(Ifd::Exif, number).expect("named");
            record.exif.ifd_mut(Ifd::Exif).push(Tag { row, value });
        };
        add(0x829a, Value::Rational(1, 125));
        add(0x9101, Value::Ints(vec![1, 2, 3, 0]));
        add(0x9286, Value::Text("a\0b".into()));
        add(0x8828, Value::Bytes(vec![0, 255]));
        record.other.push(Other {
            ifd: Ifd::Zeroth,
            tag: 0xea1c,
            kind: "UNDEFINED".into(),
            value: Value::Omitted(2060),
        });
        record.camera = Some(Box::new(Camera { f_number: Some(2.8), ..Camera::default() }));
        record
    }

    #[test]
    fn a_record_has_every_key_and_each_value_its_shape() {
        let json = json(&Outcome::Record(Box::new(record())), Keys::Names);
        assert_eq!(json["URL"], "a\n\"b");
        assert_eq!(json["EXIF"]["Exif"]["ExposureTime"], serde_json::json!([1, 125]));
        assert_eq!(json["EXIF"]["Exif"]["ComponentsConfiguration"], serde_json::json!([1, 2, 3, 0]));
        assert_eq!(json["EXIF"]["Exif"]["UserComment"], "a\0b");
        assert_eq!(json["EXIF"]["Exif"]["OECF"], serde_json::json!({"base64": "AP8="}));
        assert_eq!(json["EXIF"]["1st"], serde_json::json!({}));
        assert_eq!(
            json["Other"],
            serde_json::json!([{"IFD": "0th", "Tag": "0xea1c", "Type": "UNDEFINED", "Value": "{\"omitted\":2060}"}])
        );
        assert_eq!(json["Camera"]["FNumber"], 2.8);
        assert!(json["Camera"]["Make"].is_null() && json["GPS"].is_null());
        assert_eq!(json.as_object().expect("an object").len(), RECORD.len());
    }

    #[test]
    fn no_key_needs_an_escape() {
        fn names<T>(fields: &[Field<T>], into: &mut Vec<&str>) {
            for field in fields {
                into.push(field.name);
                if let Shape::Group(inner, _) = &field.shape {
                    names(inner, into);
                }
            }
        }
        let mut all: Vec<_> = Ifd::ALL.into_iter().flat_map(crate::tags::rows).map(|row| row.name).collect();
        names(RECORD, &mut all);
        names(FAILURE, &mut all);
        for name in all {
            assert!(name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\'), "{name}");
        }
    }

    #[test]
    fn keys_can_be_the_numbers_that_piexif_gives() {
        let json = json(&Outcome::Record(Box::new(record())), Keys::Ids);
        assert_eq!(json["EXIF"]["Exif"]["33434"], serde_json::json!([1, 125]));
    }

    #[test]
    fn a_failure_says_what_where_and_whether_to_try_again() {
        let failure = Failure::new(ImageRef::new("u"), Kind::Timeout, Phase::Body, "too slow");
        let json = json(&Outcome::Failure(Box::new(failure)), Keys::Names);
        assert_eq!((&json["Kind"], &json["Phase"]), (&"timeout".into(), &"body".into()));
        assert_eq!(json["Retryable"], true);
        assert!(json["Row"].is_null() && json["Extra"].is_null());
    }
}
