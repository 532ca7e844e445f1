//! IPTC-IIM records to names and strings (IPTC-NAA Information Interchange Model 4.2).

mod datasets;

use std::sync::Arc;

use encoding_rs::Encoding;
use imgmeta_record::Properties;
use serde_json::Value;

use crate::exif::text;
use crate::nested;
use datasets::{Kind, lookup};

/// Bytes of a block that are looked at; one with captions in ten languages has a hundredth of it.
pub(crate) const MAX_BLOCK: u64 = 4 << 20;
/// Datasets that are kept.
const MAX_DATASETS: usize = 4096;

/// What a block says.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Iptc {
    /// Name to text, in the order in which names first occur; a name that occurs several times has a JSON array.
    pub(crate) properties: Properties,
    /// Whether it ends inside a dataset, or goes on with something else.
    pub(crate) damaged: bool,
}

/// Reads the records of a block. UTF-8 is known by itself, so that 1:90, which should announce it, decides nothing.
pub(crate) fn read(block: &[u8], encoding: &'static Encoding) -> Iptc {
    let mut found: Vec<(String, Vec<Value>)> = Vec::new();
    let mut rest = block;
    let mut count = 0;
    while let [0x1c, record, number, after @ ..] = rest {
        let Some((data, after)) = split(after) else { break };
        rest = after;
        count += 1;
        if count <= MAX_DATASETS {
            let (name, kind) =
                lookup(*record, *number).map_or_else(|| (format!("{record}:{number}"), Kind::Text), owned);
            let value = value(kind, data, encoding);
            match found.iter_mut().find(|(known, _)| *known == name) {
                Some((_, values)) => values.push(value),
                None => found.push((name, vec![value])),
            }
        }
    }
    let damaged = rest.iter().any(|byte| *byte != 0) || count > MAX_DATASETS;
    let properties = found.into_iter().map(|(name, values)| (Arc::from(name), Some(shown(values)))).collect();
    Iptc { properties, damaged }
}

fn owned((name, kind): (&'static str, Kind)) -> (String, Kind) {
    (name.to_owned(), kind)
}

/// The data of a dataset and what follows it: its length has two bytes, or says how many bytes of length follow.
fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    let length = u16::from_be_bytes(*length);
    if length & 0x8000 == 0 {
        return rest.split_at_checked(length.into());
    }
    let (long, rest) = rest.split_at_checked((length & 0x7fff).into()).filter(|(long, _)| long.len() <= 4)?;
    let length = long.iter().fold(0usize, |sum, byte| (sum << 8) | usize::from(*byte));
    rest.split_at_checked(length)
}

fn value(kind: Kind, data: &[u8], encoding: &'static Encoding) -> Value {
    match kind {
        Kind::Number if (1..=4).contains(&data.len()) => {
            Value::String(data.iter().fold(0u32, |sum, byte| (sum << 8) | u32::from(*byte)).to_string())
        }
        Kind::Text => text::plain(data, encoding).map_or_else(|| nested::bytes(data), Value::String),
        Kind::Number | Kind::Bytes => nested::bytes(data),
    }
}

/// What occurs once by itself, what occurs several times as a list.
fn shown(mut values: Vec<Value>) -> String {
    let only = if values.len() == 1 { values.pop() } else { None };
    nested::shown(only.unwrap_or(Value::Array(values)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dataset(record: u8, number: u8, data: &[u8]) -> Vec<u8> {
        let length = u16::try_from(data.len()).expect("short").to_be_bytes();
        [&[0x1c, record, number], &length[..], data].concat()
    }

    fn of(datasets: &[(u8, u8, &[u8])]) -> Vec<(String, String)> {
        let block: Vec<u8> =
            datasets.iter().flat_map(|(record, number, data)| dataset(*record, *number, data)).collect();
        let iptc = read(&block, encoding_rs::WINDOWS_1252);
        assert!(!iptc.damaged);
        iptc.properties.into_iter().map(|(name, text)| (name.to_string(), text.expect("text"))).collect()
    }

    #[test]
    fn datasets_are_named_and_those_that_repeat_are_a_list() {
        let found = of(&[
            (2, 0, b"\0\x04"),
            (2, 25, b"cat"),
            (2, 120, b"A cat. "),
            (2, 25, b"dog"),
            (2, 250, b"x"),
            (3, 125, b"\xff\x00"),
        ]);
        let expected = [
            ("ApplicationRecordVersion", "4"),
            ("Keywords", r#"["cat","dog"]"#),
            ("Caption-Abstract", "A cat."),
            ("2:250", "x"),
            ("EndPoints", r#"{"base64":"/wA="}"#),
        ];
        assert_eq!(found, expected.map(|(name, text)| (name.to_owned(), text.to_owned())));
    }

    #[test]
    fn text_is_utf_8_where_valid_and_the_given_encoding_else() {
        for (datasets, text) in [
            (&[(2, 90, &b"K\xf6ln"[..])][..], "K\u{f6}ln"),
            (&[(2, 90, "K\u{f6}ln".as_bytes())], "K\u{f6}ln"),
            (&[(1, 90, b"\x1b%G"), (2, 90, "K\u{f6}ln".as_bytes())], "K\u{f6}ln"),
            (&[(1, 90, b"\x1b%G"), (2, 90, b"K\xf6ln")], "K\u{f6}ln"),
        ] {
            assert_eq!(of(datasets).last().expect("one").1, text);
        }
        assert_eq!(of(&[(2, 90, &[1, 2, 3, 0x81, 4])])[0].1, r#"{"base64":"AQIDgQQ="}"#);
    }

    #[test]
    fn a_block_that_ends_early_gives_what_was_before() {
        let mut block = dataset(2, 5, b"name");
        block.extend([0x1c, 2, 120, 0, 200, b'x']);
        let iptc = read(&block, encoding_rs::WINDOWS_1252);
        assert!(iptc.damaged);
        assert_eq!(iptc.properties.len(), 1);
        let long = [&[0x1c, 2, 120, 0x80, 4, 0, 0, 0, 2][..], b"ok"].concat();
        assert_eq!(read(&long, encoding_rs::WINDOWS_1252).properties[0].1.as_deref(), Some("ok"));
    }
}
