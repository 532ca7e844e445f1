//! Values of tags in people's words: kamadak-exif's, who knows what each number means.

use exif::{Context, Field, In};
use imgmeta_record::{Ifd, Tag, Value};

/// Longest value shown, in characters.
const LONGEST: usize = 200;

/// The value of a named tag.
pub(super) fn value(ifd: Ifd, tag: &Tag) -> String {
    let context = match ifd {
        Ifd::Zeroth | Ifd::First => Context::Tiff,
        Ifd::Exif => Context::Exif,
        Ifd::Gps => Context::Gps,
        Ifd::Interop => Context::Interop,
    };
    let Some(value) = peer(&tag.value) else { return natural(&tag.value) };
    let field = Field { tag: exif::Tag(context, tag.row.number), ifd_num: In::PRIMARY, value };
    // Only numbers have words; of a tag that it does not know, it gives the number back.
    short(&field.display_value().with_unit(()).to_string())
}

/// The same value as kamadak-exif holds it; `None` for what has no words there.
fn peer(value: &Value) -> Option<exif::Value> {
    let long = |value: &i64| u32::try_from(*value).ok();
    Some(match value {
        Value::Int(value) => exif::Value::Long(vec![long(value)?]),
        Value::Ints(values) => exif::Value::Long(values.iter().map(long).collect::<Option<_>>()?),
        Value::Rational(num, den) => rationals(&[(*num, *den)])?,
        Value::Rationals(pairs) => rationals(pairs)?,
        Value::Float(value) => exif::Value::Double(vec![*value]),
        Value::Floats(values) => exif::Value::Double(values.clone()),
        Value::Text(_) | Value::Bytes(_) | Value::Bigs(_) | Value::Omitted(_) => return None,
    })
}

fn rationals(pairs: &[(i64, i64)]) -> Option<exif::Value> {
    let unsigned = |&(num, den): &(i64, i64)| {
        Some(exif::Rational { num: u32::try_from(num).ok()?, denom: u32::try_from(den).ok()? })
    };
    let signed = |&(num, den): &(i64, i64)| {
        Some(exif::SRational { num: i32::try_from(num).ok()?, denom: i32::try_from(den).ok()? })
    };
    let all: Option<Vec<_>> = pairs.iter().map(unsigned).collect();
    let all = all.map(exif::Value::Rational);
    all.or_else(|| pairs.iter().map(signed).collect::<Option<Vec<_>>>().map(exif::Value::SRational))
}

/// A value as it is.
pub(super) fn natural(value: &Value) -> String {
    match value {
        Value::Text(text) => short(text),
        Value::Int(value) => value.to_string(),
        Value::Ints(values) => list(values),
        Value::Bigs(values) => list(values),
        Value::Float(value) => value.to_string(),
        Value::Floats(values) => list(values),
        Value::Rational(num, den) => format!("{num}/{den}"),
        Value::Rationals(pairs) => {
            short(&pairs.iter().map(|(num, den)| format!("{num}/{den}")).collect::<Vec<_>>().join(", "))
        }
        Value::Bytes(bytes) => format!("({} bytes)", bytes.len()),
        Value::Omitted(bytes) => format!("({bytes} bytes, left out)"),
    }
}

fn list(values: &[impl ToString]) -> String {
    short(&values.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
}

pub(super) fn short(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use imgmeta_record::tags::lookup;

    #[test]
    fn numbers_are_said_in_words() {
        for (number, value, words) in [
            (0x829a, Value::Rational(1, 125), "1/125 s"),
            (0x829d, Value::Rational(28, 10), "f/2.8"),
            (0x8827, Value::Int(200), "200"),
            (0x9207, Value::Int(5), "pattern"),
            (0x9003, Value::Text("2024:05:01 12:00:00".into()), "2024:05:01 12:00:00"),
        ] {
            let row = lookup(Ifd::Exif, number).expect("named");
            assert_eq!(super::value(Ifd::Exif, &Tag { row, value }), words);
        }
    }
}
