//! When a picture was taken (Exif 3.0, 4.6.6: `DateTimeOriginal`, `SubSecTimeOriginal`, `OffsetTimeOriginal`).

use imgmeta_record::{Exif, Ifd, LocalTime, Value, days_in};

use super::text::before_nul;

pub(super) fn taken_at(exif: &Exif) -> Option<LocalTime> {
    // TIFF/EP puts it into the first directory.
    let text = |tag| [Ifd::Exif, Ifd::Zeroth].into_iter().find_map(|ifd| exif.get(ifd, tag)).and_then(Value::text);
    let time = parse(text(0x9003)?)?;
    let (micros, digits) = text(0x9291).and_then(fraction).unwrap_or((time.micros, time.digits));
    let offset_minutes = text(0x9011).and_then(offset).or(time.offset_minutes);
    Some(LocalTime { micros, digits, offset_minutes, ..time })
}

/// `2024:05:01 12:30:00`, with the separators that writers use instead, and with a fraction and an offset where a
/// writer put them there. A blank or impossible date is none.
fn parse(text: &str) -> Option<LocalTime> {
    let text = before_nul(text);
    let bytes = text.as_bytes();
    let separators = [(4, &b":-/."[..]), (7, b":-/."), (10, b" T:"), (13, b":"), (16, b":")];
    if bytes.len() < 19 || !separators.iter().all(|(at, allowed)| allowed.contains(&bytes[*at])) {
        return None;
    }
    let number = |at: usize, len: usize| -> Option<u16> {
        let add = |number, digit: &u8| digit.is_ascii_digit().then(|| number * 10 + u16::from(digit - b'0'));
        bytes[at..at + len].iter().try_fold(0, add)
    };
    let two = |at| number(at, 2).and_then(|value| u8::try_from(value).ok());
    let year = number(0, 4)?;
    let (month, day, hour, minute, second) = (two(5)?, two(8)?, two(11)?, two(14)?, two(17)?);
    let valid = year > 0
        && (1..=12).contains(&month)
        && (1..=days_in(i64::from(year), month)).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60;
    let ((micros, digits), offset_minutes) = tail(text.get(19..)?)?;
    valid.then_some(LocalTime { year, month, day, hour, minute, second, micros, digits, offset_minutes })
}

type Tail = ((u32, u8), Option<i16>);

/// What follows the seconds: nothing, a fraction, an offset, or both. Anything else (`PM`) makes the time another.
fn tail(text: &str) -> Option<Tail> {
    let (digits, rest) = match text.strip_prefix(['.', ',']) {
        Some(text) => text.split_at(text.find(|char: char| !char.is_ascii_digit()).unwrap_or(text.len())),
        None => ("", text),
    };
    let fraction = if digits.is_empty() { (0, 0) } else { fraction(digits)? };
    let rest = rest.trim();
    Some((fraction, if rest.is_empty() { None } else { Some(offset(rest)?) }))
}

/// Digits of a fraction of a second: microseconds, and how many digits are known.
fn fraction(text: &str) -> Option<(u32, u8)> {
    let digits = text.trim().as_bytes();
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let known = digits.len().min(6);
    let micros = (0..6).fold(0, |micros, at| micros * 10 + digits.get(at).map_or(0, |digit| u32::from(digit - b'0')));
    Some((micros, u8::try_from(known).expect("at most 6")))
}

/// `+02:00`: minutes east of Greenwich.
fn offset(text: &str) -> Option<i16> {
    let text = text.trim();
    if text == "Z" {
        return Some(0);
    }
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = text[1..].split_once(':')?;
    let (hours, minutes): (i16, i16) = (hours.parse().ok()?, minutes.parse().ok()?);
    ((0..=15).contains(&hours) && (0..60).contains(&minutes)).then_some(sign * (hours * 60 + minutes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_and_blank_or_impossible_ones_are_none() {
        for (text, date) in [
            ("2024:05:01 12:30:00", Some("2024-05-01T12:30:00")),
            ("2024-05-01T12:30:00", Some("2024-05-01T12:30:00")),
            ("2024:05:01 12:30:00.25", Some("2024-05-01T12:30:00.25")),
            ("2024:05:01 12:30:00+02:00", Some("2024-05-01T12:30:00+02:00")),
            ("2024:05:01 12:30:00.5Z", Some("2024-05-01T12:30:00.5+00:00")),
            ("2024:05:01 12:30:00\0:00", Some("2024-05-01T12:30:00")),
            ("2024:05:01 12:30:00 PM", None),
            ("\u{ff12}024:05:01 12:30:00", None),
            ("0000:00:00 00:00:00", None),
            ("    :  :     :  :  ", None),
            ("2023:02:29 12:00:00", None),
            ("2024:05:01 24:00:00", None),
            ("2024:05:01", None),
        ] {
            assert_eq!(parse(text).map(|time| time.to_string()).as_deref(), date, "{text}");
        }
    }

    #[test]
    fn fractions_and_offsets_are_read() {
        assert_eq!(fraction("25"), Some((250_000, 2)));
        assert_eq!(fraction("1234567"), Some((123_456, 6)));
        assert_eq!(fraction("  "), None);
        for (text, minutes) in
            [("+02:00", Some(120)), ("-09:30", Some(-570)), ("Z", Some(0)), ("   :  ", None), ("+99:00", None)]
        {
            assert_eq!(offset(text), minutes, "{text}");
        }
    }
}
