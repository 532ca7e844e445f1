//! SPIDER, of electron microscopy: numbers without a magic, told by how they fit (SPIDER image file format).

use imgmeta_record::Kind;

use super::Image;
use crate::known::{Known, Stop};

/// Numbers of the header that count, from 1.
const ROWS: usize = 2;
const FORM: usize = 5;
const COLUMNS: usize = 12;
const RECORDS: usize = 13;
const BYTES: usize = 22;
const RECORD_BYTES: usize = 23;
const STACK: usize = 24;
const NUMBER: usize = 27;

/// The numbers of a header, from 1; `None` for one that is not whole.
type Numbers = [Option<i64>; 28];

/// The numbers in either byte order.
fn orders(head: &[u8]) -> [Numbers; 2] {
    [f32::from_be_bytes, f32::from_le_bytes].map(|number| {
        let mut numbers = [None; 28];
        for (index, bytes) in head.as_chunks().0.iter().enumerate().take(27) {
            let number = number(*bytes);
            // Of these, Pillow takes what is whole of them.
            let number = if matches!(index + 1, STACK | NUMBER) { number.trunc() } else { number };
            numbers[index + 1] = whole(number);
        }
        numbers
    })
}

/// A whole number that is none of a header's is as good as one that is not whole.
fn whole(number: f32) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "it is within what fits")]
    (number.fract().abs() < f32::MIN_POSITIVE && number.abs() < 1e18).then_some(number as i64)
}

pub(super) fn accepts(head: &[u8]) -> bool {
    head.len() == 16
        && orders(head).iter().any(|numbers| numbers[1].is_some() && numbers[ROWS].is_some_and(|rows| rows > 0))
}

/// Rows, columns and form, where the numbers are those of a header.
fn fit(numbers: &Numbers) -> Option<[i64; 3]> {
    let [_, rows, form, columns, records, bytes, record_bytes] =
        [1, ROWS, FORM, COLUMNS, RECORDS, BYTES, RECORD_BYTES].map(|index| numbers[index]);
    numbers[1]?;
    let is_form = matches!(form?, 1 | 3 | -11 | -12 | -21 | -22);
    let fits = bytes? != 0 && records?.checked_mul(record_bytes?) == bytes;
    (is_form && fits).then_some([rows?, columns?, form?])
}

pub(super) fn read(known: &Known) -> Result<Image, Stop> {
    let head: [u8; 108] = known.array(0)?;
    let found = orders(&head).into_iter().find_map(|numbers| Some((fit(&numbers)?, numbers)));
    let Some(([rows, columns, 1], numbers)) = found else {
        return Err(Stop::Fail(Kind::NotAnImage, "no SPIDER image".into()));
    };
    if numbers[STACK].is_none_or(|stack| stack < 0) || numbers[NUMBER] != Some(0) {
        return Err(Stop::damaged("a SPIDER stack that contradicts itself"));
    }
    let side = |side: i64| u32::try_from(side).unwrap_or(0);
    Image::sized("SPIDER", "F", side(columns), side(rows))
}
