//! Values of tags, and the small pieces of JSON.

use std::fmt::{self, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::fields::Bytes;
use crate::{Extra, Other, Value};

/// Appends a JSON string. Escaping is that of `serde_json`.
pub fn write_text(out: &mut Vec<u8>, text: &str) {
    // Nearly all texts are written as they are.
    if is_plain(text.as_bytes()) {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
        return;
    }
    serde_json::to_writer(out, text).expect("a string becomes JSON, and a Vec takes every byte");
}

/// Whether nothing needs an escape (RFC 8259, 7): no control character, `"` or `\`. Eight bytes at a time, of which the last
/// are looked at twice where the length is no multiple of them.
fn is_plain(text: &[u8]) -> bool {
    match text.last_chunk::<8>() {
        Some(last) => text.as_chunks::<8>().0.iter().chain([last]).all(|word| are_plain(u64::from_le_bytes(*word))),
        None => text.iter().all(|byte| *byte >= 0x20 && !matches!(byte, b'"' | b'\\')),
    }
}

fn are_plain(bytes: u64) -> bool {
    const ONES: u64 = u64::MAX / 0xff;
    // The high bit of a byte that is below `limit`, of those without a high bit of their own; exact in whether there is one.
    let below = |bytes: u64, limit: u64| bytes.wrapping_sub(ONES * limit) & !bytes;
    let quote = below(bytes ^ (ONES * u64::from(b'"')), 1);
    let backslash = below(bytes ^ (ONES * u64::from(b'\\')), 1);
    (below(bytes, 0x20) | quote | backslash) & (ONES << 7) == 0
}

/// Appends a string of what is written, which needs no escape.
pub(super) fn write_quoted(out: &mut Vec<u8>, write: impl FnOnce(&mut Bytes<'_>) -> fmt::Result) {
    out.push(b'"');
    write(&mut Bytes(out)).expect("a Vec takes every byte");
    out.push(b'"');
}

/// A whole number.
#[inline]
pub(super) fn write_number(out: &mut Vec<u8>, number: impl itoa::Integer + TryInto<u8> + Copy) {
    match number.try_into() {
        // Half of a camera's numbers are codes of one digit.
        Ok(digit @ 0..=9) => out.push(b'0' + digit),
        _ => out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes()),
    }
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

/// Two whole numbers: a rational, or a size.
pub(super) fn write_pair<T: itoa::Integer + TryInto<u8> + Copy>(out: &mut Vec<u8>, first: T, second: T) {
    out.push(b'[');
    write_number(out, first);
    out.push(b',');
    write_number(out, second);
    out.push(b']');
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
    match value {
        Value::Text(text) => write_text(out, text),
        Value::Int(number) => write_number(out, *number),
        Value::Ints(numbers) => write_list(out, numbers, |out, number| write_number(out, *number)),
        Value::Bigs(numbers) => write_list(out, numbers, |out, number| write_number(out, *number)),
        Value::Float(number) => write_float(out, *number),
        Value::Floats(numbers) => write_list(out, numbers, |out, number| write_float(out, *number)),
        Value::Rational(num, den) => write_pair(out, *num, *den),
        Value::Rationals(pairs) => write_list(out, pairs, |out, (num, den)| write_pair(out, *num, *den)),
        Value::Bytes(bytes) => {
            // Nothing of it needs an escape.
            out.extend_from_slice(b"{\"base64\":\"");
            out.extend_from_slice(STANDARD.encode(bytes).as_bytes());
            out.extend_from_slice(b"\"}");
        }
        Value::Omitted(size) => write!(Bytes(out), "{{\"omitted\":{size}}}").expect("a Vec takes every byte"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_what_serde_json_makes_of_it_wherever_its_odd_character_stands() {
        for length in 0..40 {
            for odd in ["", "\"", "\\", "\n", "\0", "\u{1f}", "\u{7f}", "\u{80}", "\u{2028}", "/"] {
                for at in [0, length / 2, length] {
                    let text = ["a".repeat(at), odd.to_owned(), "b".repeat(length - at)].concat();
                    let mut out = Vec::new();
                    write_text(&mut out, &text);
                    assert_eq!(String::from_utf8(out).unwrap(), serde_json::to_string(&text).unwrap());
                }
            }
        }
    }
}
