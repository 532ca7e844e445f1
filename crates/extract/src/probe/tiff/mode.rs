//! Pillow's mode of what a TIFF says of its samples (TIFF 6.0, 8; Pillow's table of modes).

use crate::known::Stop;

/// What decides the mode (TIFF 6.0, 8).
pub(super) struct Pixels {
    pub(super) big_endian: bool,
    pub(super) photometric: i64,
    pub(super) compression: i64,
    pub(super) format: Vec<i64>,
    pub(super) fill_order: i64,
    pub(super) bits: Vec<i64>,
    pub(super) extra: Vec<i64>,
}

/// Pillow's mode.
pub(super) fn mode(pixels: &Pixels) -> Result<&'static str, Stop> {
    let Pixels { big_endian, photometric, compression, format, fill_order, bits, extra } = pixels;
    let unsupported = || {
        Stop::unsupported(format!(
            "a TIFF of photometric interpretation {photometric} with samples of {bits:?} bits, format {format:?}"
        ))
    };
    let alike = bits.iter().all(|value| *value == bits[0]);
    let [format] = format[..] else { return Err(unsupported()) };
    if !alike || bits.is_empty() || !matches!(fill_order, 1 | 2) {
        return Err(unsupported());
    }
    let reversed = *fill_order == 2;
    let colours = |depth: i64| (bits[0] == depth && format == 1 && !reversed).then_some(bits.len());
    let found = match photometric {
        0 | 1 => grey(*photometric == 1, *big_endian, format, reversed, bits, extra),
        2 => rgb(reversed, format, bits, extra),
        3 => palette(reversed, format, bits, extra),
        5 => match (colours(8), colours(16), extra.as_slice()) {
            (Some(4), _, []) | (Some(5), _, [0]) | (Some(6), _, [0, 0]) | (_, Some(4), []) => Some("CMYK"),
            _ => None,
        },
        6 => match (colours(8), extra.as_slice()) {
            // libtiff, which reads what is compressed, gives RGB.
            (Some(1 | 3), []) if *compression != 1 => Some("RGB"),
            (Some(3), []) => Some("YCbCr"),
            (Some(1), []) => Some("L"),
            _ => None,
        },
        8 => (colours(8) == Some(3) && extra.is_empty()).then_some("LAB"),
        _ => None,
    };
    found.ok_or_else(unsupported)
}

fn grey(
    black_is_zero: bool, big_endian: bool, format: i64, reversed: bool, bits: &[i64], extra: &[i64],
) -> Option<&'static str> {
    if !reversed && black_is_zero && bits == [8, 8] && format == 1 {
        return match extra {
            [0] => Some("L"),
            [1] => Some("La"),
            [2] => Some("LA"),
            _ => None,
        };
    }
    let [depth] = bits else { return None };
    match (format, depth) {
        _ if !extra.is_empty() => None,
        (1, 1) => Some("1"),
        (1, 2 | 4 | 8) => Some("L"),
        (2, 8) if black_is_zero && !reversed => Some("L"),
        (1, 12) if black_is_zero && !big_endian && !reversed => Some("I;16"),
        (1, 16) if big_endian => (black_is_zero && !reversed).then_some("I;16B"),
        (1, 16) => (black_is_zero || !reversed).then_some("I;16"),
        (2, 16 | 32) if black_is_zero && !reversed => Some("I"),
        (1, 32) if black_is_zero && !big_endian && !reversed => Some("I"),
        (3, 32) if !reversed => Some("F"),
        _ => None,
    }
}

fn rgb(reversed: bool, format: i64, bits: &[i64], extra: &[i64]) -> Option<&'static str> {
    let (depth, count) = (bits[0], bits.len());
    if format != 1 || !matches!(depth, 8 | 16) || (reversed && (depth, count) != (8, 3)) {
        return None;
    }
    let rest_unspecified = extra.get(1..).is_none_or(|rest| rest.iter().all(|value| *value == 0));
    match extra.first() {
        None if count == 3 => Some("RGB"),
        None if count == 4 => Some("RGBA"),
        Some(_) if count != 3 + extra.len() || !rest_unspecified || (depth == 16 && count > 4) => None,
        Some(0) => Some("RGB"),
        Some(1 | 2) => Some("RGBA"),
        Some(999) if depth == 8 && count == 4 => Some("RGBA"),
        _ => None,
    }
}

fn palette(reversed: bool, format: i64, bits: &[i64], extra: &[i64]) -> Option<&'static str> {
    match (bits, extra) {
        _ if format != 1 => None,
        ([1 | 2 | 4 | 8], []) => Some("P"),
        ([8, 8], [0]) if !reversed => Some("P"),
        ([8, 8], [2]) if !reversed => Some("PA"),
        _ => None,
    }
}

/// Planes for which Pillow has a name; where a sample has not 8 bits, that is never too few.
pub(super) fn letters(pixels: &Pixels) -> u64 {
    match (pixels.photometric, &pixels.bits[..]) {
        (6, [8, 8, 8]) => 5,
        (1.., bits) if pixels.fill_order == 1 && bits.iter().all(|bits| *bits == 8) => bits.len() as u64,
        _ => u64::MAX,
    }
}
