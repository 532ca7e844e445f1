//! Values of tags as the program holds them, against Pillow's and piexif's ways to write the same.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use imgmeta_record::Value;
use imgmeta_record::tags::Type;
use serde_json::Value as Json;

use crate::text;

/// What a judge's value is compared as.
pub(crate) struct Tag<'a> {
    /// `None` for a tag without a name, or with a value that does not fit.
    pub(crate) kind: Option<Type>,
    pub(crate) big_endian: bool,
    pub(crate) value: &'a Value,
}

/// Whether a judge says the same; `None` where it cannot be compared.
pub(crate) fn agrees(tag: &Tag<'_>, judge: &Json) -> Option<bool> {
    match tag.value {
        Value::Omitted(size) => bytes(judge).map(|(_, len)| len == *size),
        Value::Text(ours) => text_agrees(tag, ours, judge),
        Value::Int(ours) => Some(numbers(judge)? == [*ours]),
        // A long list is given by its head.
        Value::Ints(ours) if judge["list_head"].is_array() => Some(ours.starts_with(&numbers(judge)?)),
        Value::Ints(ours) => Some(numbers(judge)? == *ours),
        Value::Bigs(ours) => Some(many(judge)?.iter().map(Json::as_u64).eq(ours.iter().copied().map(Some))),
        Value::Float(ours) => Some(floats(judge)? == [*ours]),
        Value::Floats(ours) => Some(floats(judge)? == *ours),
        Value::Rational(num, den) => Some(rationals(judge)? == [(*num, *den)]),
        Value::Rationals(ours) => Some(rationals(judge)? == *ours),
        Value::Bytes(ours) => {
            let (head, len) = bytes(judge)?;
            Some(len == ours.len() as u64 && ours.starts_with(&head))
        }
    }
}

fn text_agrees(tag: &Tag<'_>, ours: &str, judge: &Json) -> Option<bool> {
    // A long text is given by its head.
    if let Some(head) = judge["str_head"].as_str() {
        return Some(ours.starts_with(&text::plain(&text::of_latin1(head))));
    }
    let bytes = match judge.as_str() {
        Some(text) => text::of_latin1(text),
        None => bytes(judge).filter(|(head, len)| head.len() as u64 == *len)?.0,
    };
    let theirs = match tag.kind {
        Some(Type::Utf16) if !judge.is_string() => text::utf16(&bytes),
        Some(Type::Comment) if !judge.is_string() => text::comment(&bytes, tag.big_endian)?,
        _ => text::plain(&bytes),
    };
    Some(ours == theirs)
}

/// The items of a list, or the only one.
fn many(judge: &Json) -> Option<Vec<Json>> {
    if judge.is_null() {
        return None;
    }
    let list = judge["list_head"].as_array().or(judge.as_array());
    Some(list.cloned().unwrap_or_else(|| vec![judge.clone()]))
}

fn numbers(judge: &Json) -> Option<Vec<i64>> {
    if let Some((head, _)) = bytes(judge) {
        return Some(head.into_iter().map(i64::from).collect());
    }
    // One byte that is a number (`FileSource`) may be text to a judge.
    if let Some(text) = judge.as_str() {
        return Some(text::of_latin1(text).into_iter().map(i64::from).collect());
    }
    many(judge)?.iter().map(Json::as_i64).collect()
}

fn floats(judge: &Json) -> Option<Vec<f64>> {
    many(judge)?.iter().map(Json::as_f64).collect()
}

fn rationals(judge: &Json) -> Option<Vec<(i64, i64)>> {
    let pair = |item: &Json| Some((item["r"][0].as_i64()?, item["r"][1].as_i64()?));
    many(judge)?.iter().map(pair).collect()
}

/// Bytes, or their head, and how many there are.
fn bytes(judge: &Json) -> Option<(Vec<u8>, u64)> {
    let decode = |text: &Json| STANDARD.decode(text.as_str()?).ok();
    if let Some(whole) = decode(&judge["b64"]) {
        let len = whole.len() as u64;
        return Some((whole, len));
    }
    Some((decode(&judge["b64_head"])?, judge["len"].as_u64()?))
}
