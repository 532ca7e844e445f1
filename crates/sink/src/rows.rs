//! Sets of rows as text: `0-9998,10001`.

use std::fmt::Write as _;

use roaring::RoaringTreemap;

/// The set as ranges, both ends included.
pub(crate) fn to_text(rows: &RoaringTreemap) -> String {
    let mut text = String::new();
    let mut open: Option<(u64, u64)> = None;
    for row in rows {
        match &mut open {
            Some((_, end)) if *end + 1 == row => *end = row,
            _ => {
                if let Some(range) = open.replace((row, row)) {
                    push(&mut text, range);
                }
            }
        }
    }
    if let Some(range) = open {
        push(&mut text, range);
    }
    text
}

fn push(text: &mut String, (start, end): (u64, u64)) {
    let comma = if text.is_empty() { "" } else { "," };
    let written = if start == end { write!(text, "{comma}{start}") } else { write!(text, "{comma}{start}-{end}") };
    written.expect("a String takes every range");
}

/// The set of a text; `None` where it is none.
pub(crate) fn from_text(text: &str) -> Option<RoaringTreemap> {
    let mut rows = RoaringTreemap::new();
    for range in text.split(',').filter(|range| !range.is_empty()) {
        let (start, end) = range.split_once('-').unwrap_or((range, range));
        let (start, end): (u64, u64) = (start.parse().ok()?, end.parse().ok()?);
        // A row that stands twice would be a row that was committed twice.
        if start > end || rows.insert_range(start..=end) != end - start + 1 {
            return None;
        }
    }
    Some(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_its_text_and_back() {
        for text in ["", "0", "0-9998,10001", "5,7-8,4294967296-4294967300"] {
            assert_eq!(to_text(&from_text(text).expect("a set")), text);
        }
        for text in ["a", "3-1", "1-2,2", "-1"] {
            assert!(from_text(text).is_none(), "{text}");
        }
    }
}
