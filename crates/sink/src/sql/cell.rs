//! One value on its way into a column.

use std::borrow::Cow;

use imgmeta_record::fields::Leaf;
use imgmeta_record::fields::outline::Outline;
use imgmeta_record::{LocalTime, OTHER_KEYS, json};
use serde::de::Error as _;
use serde_json::Error;
use serde_json::value::RawValue;

use super::nul;
use crate::pairs::Pairs;

/// A value. No text of it holds NUL.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell<'a> {
    Null,
    Bool(bool),
    Int(i64),
    /// A number as it stands in the JSON: as a double and text again it might be another one.
    Float(&'a str),
    Text(Cow<'a, str>),
    Json(Cow<'a, str>),
}

/// What takes the cells of a row, one after the other.
pub(super) trait Take {
    fn cell(&mut self, cell: Cell<'_>);
    /// The row is at its end.
    fn end(&mut self);
}

/// How many columns a leaf has: a local time has its offset beside it.
pub(super) fn columns(leaf: Leaf) -> usize {
    if leaf == Leaf::LocalTime { 2 } else { 1 }
}

/// Hands on a value as it stands in a line.
pub(super) fn give(leaf: Leaf, field: &Outline, raw: Option<&RawValue>, take: &mut impl Take) -> Result<(), Error> {
    let Some(text) = raw.map(RawValue::get).filter(|text| *text != "null") else {
        (0..columns(leaf)).for_each(|_| take.cell(Cell::Null));
        return Ok(());
    };
    let cell = match leaf {
        Leaf::Bool => Cell::Bool(serde_json::from_str(text)?),
        Leaf::Int32 => Cell::Int(serde_json::from_str::<i32>(text)?.into()),
        Leaf::Int64 => Cell::Int(serde_json::from_str(text)?),
        Leaf::Float64 => Cell::Float(text),
        Leaf::Text | Leaf::UtcTime => Cell::Text(string(text)?),
        Leaf::Texts | Leaf::Tags | Leaf::Map | Leaf::Size => Cell::Json(nul::of_json(text)),
        Leaf::Others => Cell::Json(others(text)?),
        Leaf::LocalTime => {
            let time = LocalTime::from_iso(&string(text)?);
            let time = time.ok_or_else(|| Error::custom(format!("`{}` is no time: {text}", field.name)))?;
            take.cell(Cell::Text(LocalTime { offset_minutes: None, ..time }.to_string().into()));
            take.cell(time.offset_minutes.map_or(Cell::Null, |minutes| Cell::Int(minutes.into())));
            return Ok(());
        }
    };
    take.cell(cell);
    Ok(())
}

/// The string that a JSON text is.
pub(super) fn string(text: &str) -> Result<Cow<'_, str>, Error> {
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    match inner.filter(|inner| !inner.contains('\\')) {
        Some(inner) => Ok(inner.into()),
        None => Ok(nul::of_text(serde_json::from_str::<String>(text)?.into())),
    }
}

/// `Other` as JSON. The value of each tag is JSON text itself, in which NUL is one escape deeper.
fn others(text: &str) -> Result<Cow<'_, str>, Error> {
    if !text.contains(r"\\u0000") {
        return Ok(nul::of_json(text));
    }
    let mut out = Vec::with_capacity(text.len());
    for Pairs(pairs) in serde_json::from_str::<Vec<Pairs<'_>>>(text)? {
        out.push(if out.is_empty() { b'[' } else { b',' });
        for (at, (name, raw)) in pairs.iter().enumerate() {
            out.push(if at == 0 { b'{' } else { b',' });
            json::write_text(&mut out, name);
            out.push(b':');
            json::write_text(&mut out, &other_text(name, raw)?);
        }
        out.push(b'}');
    }
    out.push(b']');
    String::from_utf8(out).map(Cow::Owned).map_err(Error::custom)
}

/// A text of a tag in `Other`; that of its value is JSON.
fn other_text<'a>(name: &str, raw: &'a RawValue) -> Result<Cow<'a, str>, Error> {
    let text = string(raw.get())?;
    Ok(if name == VALUE { nul::of_json(&text).into_owned().into() } else { text })
}

const VALUE: &str = OTHER_KEYS[3];

/// A tag without a fixed place: its IFD, its number, and its value, a string or JSON.
pub(super) fn tag_of_other<'a>(pairs: &'a Pairs<'_>) -> Result<[Cow<'a, str>; 3], Error> {
    let [ifd, tag, _, value] = OTHER_KEYS;
    let text = |key: &str| {
        let found = pairs.0.iter().find(|(name, _)| name == key);
        let (_, raw) = found.ok_or_else(|| Error::custom(format!("a tag in `Other` has no `{key}`")))?;
        other_text(key, raw)
    };
    Ok([text(ifd)?, text(tag)?, text(value)?])
}

/// The value of a tag: a string is itself, and anything else its JSON text.
pub(super) fn tag_value(json: &str) -> Result<Cell<'_>, Error> {
    Ok(match json {
        "null" => Cell::Null,
        _ if json.starts_with('"') => Cell::Text(string(json)?),
        _ => Cell::Text(nul::of_json(json)),
    })
}
