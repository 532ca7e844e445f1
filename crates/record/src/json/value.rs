//! Values of tags, and the small pieces of JSON.

use std::fmt::{Display, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use crate::fields::Bytes;
use crate::{Extra, Other, Value};

/// Appends a JSON string. Escaping is that of `serde_json`.
pub fn write_text(out: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(out, text).expect("a string becomes JSON, and a Vec takes every byte");
}

pub(super) fn write_shown(out: &mut Vec<u8>, shown: &dyn Display) {
    out.push(b'"');
    write!(Bytes(out), "{shown}").expect("a Vec takes every byte");
    out.push(b'"');
}

/// Appends a key and its colon. Names of fields and tags have nothing that needs an escape.
pub(super) fn write_key(out: &mut Vec<u8>, name: &str) {
    out.push(b'"');
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}

/// A whole number. `serde_json` writes one several times faster than `Display`.
pub(super) fn write_number(out: &mut Vec<u8>, number: impl Serialize) {
    serde_json::to_writer(out, &number).expect("a number becomes JSON, and a Vec takes every byte");
}

/// A finite number; JSON has no other.
pub(super) fn write_float(out: &mut Vec<u8>, value: f64) {
    serde_json::to_writer(out, &value).expect("a number becomes JSON (null where not finite)");
}

pub(super) fn write_list<T>(out: &mut Vec<u8>, items: &[T], mut write: impl FnMut(&mut Vec<u8>, &T)) {
    out.push(b'[');
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write(out, item);
    }
    out.push(b']');
}

pub(super) fn write_map(out: &mut Vec<u8>, map: &Extra) {
    out.push(b'{');
    for (at, (name, text)) in map.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write_text(out, name);
        out.push(b':');
        match text {
            Some(text) => write_text(out, text),
            None => out.extend_from_slice(b"null"),
        }
    }
    out.push(b'}');
}

/// `{"IFD":"0th","Tag":"0xea1c","Type":"UNDEFINED","Value":"..."}`, the value as JSON text.
pub(super) fn write_other(out: &mut Vec<u8>, other: &Other) {
    let Other { ifd, tag, kind, value } = other;
    out.extend_from_slice(b"{\"IFD\":");
    write_text(out, ifd.name());
    write!(Bytes(out), ",\"Tag\":\"{tag:#06x}\",\"Type\":").expect("a Vec takes every byte");
    write_text(out, kind);
    out.extend_from_slice(b",\"Value\":");
    let mut text = Vec::new();
    write_value(&mut text, value);
    write_text(out, &String::from_utf8_lossy(&text));
    out.push(b'}');
}

/// Appends a tag's value as JSON, in the shape that the table of tags gives it.
pub fn write_value(out: &mut Vec<u8>, value: &Value) {
    let rational = |out: &mut Vec<u8>, &(num, den): &(i64, i64)| {
        write_list(out, &[num, den], |out, part| write_number(out, part));
    };
    match value {
        Value::Text(text) => write_text(out, text),
        Value::Int(number) => write_number(out, number),
        Value::Ints(numbers) => write_list(out, numbers, |out, number| write_number(out, number)),
        Value::Bigs(numbers) => write_list(out, numbers, |out, number| write_number(out, number)),
        Value::Float(number) => write_float(out, *number),
        Value::Floats(numbers) => write_list(out, numbers, |out, number| write_float(out, *number)),
        Value::Rational(num, den) => rational(out, &(*num, *den)),
        Value::Rationals(pairs) => write_list(out, pairs, rational),
        Value::Bytes(bytes) => {
            // Nothing of it needs an escape.
            out.extend_from_slice(b"{\"base64\":\"");
            out.extend_from_slice(STANDARD.encode(bytes).as_bytes());
            out.extend_from_slice(b"\"}");
        }
        Value::Omitted(size) => write!(Bytes(out), "{{\"omitted\":{size}}}").expect("a Vec takes every byte"),
    }
}
