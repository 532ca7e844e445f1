//! Values of entries, in the shapes of the table or in their natural ones.

use imgmeta_record::Value;
use imgmeta_record::tags::{Family, Row, Type};

use super::{Options, text};
use crate::known::{Stop, View};
use crate::tiff::{Entry, FieldType, Layout};

/// The value of a tag that the table names. `None`: text that decodes to nothing sensible.
pub(super) fn named(
    row: &Row, entry: &Entry, view: &View<'_>, layout: Layout, options: Options,
) -> Result<Option<Value>, Stop> {
    let kind = entry.field_type().ok_or(Stop::Cut)?;
    let bytes = entry.bytes(view, layout)?;
    let ascii = kind.family == Family::Text;
    Ok(match row.kind {
        Type::Text => text::plain(&bytes, options.encoding).map(Value::Text),
        Type::Version | Type::Utf16 if ascii => text::plain(&bytes, options.encoding).map(Value::Text),
        Type::Version => text::version(&bytes).map(Value::Text),
        // What is declared as text has no code before it, though some writers put one there.
        Type::Comment => text::comment(&bytes, layout.big_endian, options.encoding).map(Value::Text),
        Type::Utf16 => text::utf16(&bytes, false).map(Value::Text),
        Type::Code => bytes.first().map(|byte| Value::Int(i64::from(*byte))),
        Type::Codes => Some(Value::Ints(bytes.iter().copied().map(i64::from).collect())),
        Type::Bytes => Some(Value::Bytes(bytes.into_owned())),
        Type::Integer | Type::Integers if any_big(kind, layout, &bytes) => None,
        Type::Integer | Type::Float | Type::Rational => match entry.count {
            // Nearly all of them.
            1 => Some(number(kind, layout, &bytes)),
            _ => chunks(kind, &bytes).last().map(|bytes| number(kind, layout, bytes)),
        },
        Type::Integers | Type::Floats | Type::Rationals => several(kind, layout, &bytes),
    })
}

/// The value in its natural shape: one value alone, several in an array.
pub(super) fn natural(entry: &Entry, view: &View<'_>, layout: Layout, options: Options) -> Result<Value, Stop> {
    let Some(kind) = entry.field_type() else { return entry.raw(view, layout).map(Value::Bytes) };
    let bytes = entry.bytes(view, layout)?;
    Ok(match kind.family {
        Family::Text => text::plain(&bytes, options.encoding).map_or_else(|| Value::Bytes(bytes.to_vec()), Value::Text),
        Family::Undefined => Value::Bytes(bytes.into_owned()),
        Family::Byte | Family::Integer | Family::Rational | Family::Float => {
            match chunks(kind, &bytes).next().filter(|_| entry.count == 1) {
                Some(bytes) => number(kind, layout, bytes),
                None => several(kind, layout, &bytes).unwrap_or_else(|| Value::Bytes(bytes.into_owned())),
            }
        }
    })
}

/// One value.
fn number(kind: &FieldType, layout: Layout, bytes: &[u8]) -> Value {
    match kind.family {
        Family::Rational => {
            let (num, den) = kind.rational(layout, bytes);
            Value::Rational(num, den)
        }
        Family::Float => Value::Float(kind.float(layout, bytes)),
        _ if is_big(kind, layout, bytes) => Value::Bigs(vec![layout.number(bytes)]),
        _ => Value::Int(kind.integer(layout, bytes)),
    }
}

/// All values together.
fn several(kind: &FieldType, layout: Layout, bytes: &[u8]) -> Option<Value> {
    let chunks = || chunks(kind, bytes);
    Some(match kind.family {
        Family::Rational => Value::Rationals(chunks().map(|bytes| kind.rational(layout, bytes)).collect()),
        Family::Float => Value::Floats(chunks().map(|bytes| kind.float(layout, bytes)).collect()),
        Family::Byte | Family::Integer if any_big(kind, layout, bytes) => {
            Value::Bigs(chunks().map(|bytes| layout.number(bytes)).collect())
        }
        Family::Byte | Family::Integer => Value::Ints(chunks().map(|bytes| kind.integer(layout, bytes)).collect()),
        Family::Text | Family::Undefined => return None,
    })
}

fn chunks<'a>(kind: &FieldType, bytes: &'a [u8]) -> std::slice::ChunksExact<'a, u8> {
    bytes.chunks_exact(usize::try_from(kind.size()).expect("at most 8"))
}

fn any_big(kind: &FieldType, layout: Layout, bytes: &[u8]) -> bool {
    kind.is_wide() && chunks(kind, bytes).any(|bytes| is_big(kind, layout, bytes))
}

/// Above 2^63 - 1, which JSON's readers take for a float.
fn is_big(kind: &FieldType, layout: Layout, bytes: &[u8]) -> bool {
    kind.is_wide() && layout.number(bytes) > i64::MAX as u64
}
