//! Where a picture was taken (Exif 3.0, 4.6.7). What EXIF leaves undefined is null rather than wrong.

use imgmeta_record::{Exif, Gps, Ifd, UtcTime, Value};

use super::Block;

fn value(exif: &Exif, tag: u16) -> Option<&Value> {
    exif.get(Ifd::Gps, tag)
}

/// `None` where the denominator is 0.
#[expect(clippy::cast_precision_loss, reason = "32-bit numbers")]
fn quotient((num, den): (i64, i64)) -> Option<f64> {
    (den != 0).then(|| num as f64 / den as f64)
}

fn first(exif: &Exif, tag: u16) -> Option<f64> {
    quotient(value(exif, tag)?.rationals().next()?)
}

/// The first three quotients of one or more, 0 where there are fewer; `None` where a denominator is 0.
fn three(value: &Value) -> Option<[f64; 3]> {
    let mut rationals = value.rationals();
    let first = quotient(rationals.next()?)?;
    let mut next = || rationals.next().map_or(Some(0.0), quotient);
    Some([first, next()?, next()?])
}

/// A value of whatever type and count it has: one that does not fit its name is still a position.
fn any(block: &Block, tag: u16) -> Option<&Value> {
    let unfit = || block.other.iter().find(|other| other.ifd == Ifd::Gps && other.tag == tag);
    value(&block.exif, tag).or_else(|| unfit().map(|other| &other.value))
}

/// Degrees, minutes and seconds, of which the latter may be left out: what has fractions needs no smaller parts.
fn parts(value: &Value) -> Option<[f64; 3]> {
    match value {
        Value::Float(degrees) => Some([*degrees, 0.0, 0.0]),
        Value::Floats(parts) => {
            let part = |at: usize| parts.get(at).copied().unwrap_or_default();
            (!parts.is_empty()).then(|| [part(0), part(1), part(2)])
        }
        value => three(value),
    }
}

/// Degrees with a reference; `None` without one, or out of range.
fn degrees(block: &Block, reference: u16, tag: u16, [plus, minus]: [&str; 2], limit: f64) -> Option<f64> {
    let reference = value(&block.exif, reference)?.text()?.trim();
    let sign = match reference.chars().next()?.to_ascii_uppercase() {
        first if plus.starts_with(first) => 1.0,
        first if minus.starts_with(first) => -1.0,
        _ => return None,
    };
    let value = parts(any(block, tag)?)?.iter().rev().fold(0.0, |sum, part| sum / 60.0 + part);
    (value.abs() <= limit).then_some(sign * value)
}

/// Metres; references 1 and 3 are below the surface, 0 is the default, others are reserved (Exif 3.0,
/// `GPSAltitudeRef`).
fn altitude(block: &Block) -> Option<f64> {
    const REFERENCE: u16 = 5;
    let metres = first(&block.exif, 6)?;
    let reference = match any(block, REFERENCE) {
        None => 0,
        // A byte that is called ASCII by mistake.
        Some(Value::Text(text)) if text.is_empty() => 0,
        Some(Value::Text(text)) if text == "\u{1}" => 1,
        Some(Value::Text(text)) => text.trim().parse().ok()?,
        Some(value) => value.int()?,
    };
    match reference {
        0 | 2 => Some(metres),
        1 | 3 => Some(-metres.abs()),
        _ => None,
    }
}

/// The date and time of the fix.
fn taken_at(exif: &Exif) -> Option<UtcTime> {
    let date = value(exif, 29)?.text()?;
    let mut parts = date.trim().split([':', '-', '/']);
    let mut part = || parts.next()?.parse::<u16>().ok();
    let (year, month, day) = (part()?, u8::try_from(part()?).ok()?, u8::try_from(part()?).ok()?);
    let clock = value(exif, 7).filter(|clock| clock.rationals().count() == 3)?;
    let [hours, minutes, seconds] = three(clock)?;
    let valid = (0.0..24.0).contains(&hours) && (0.0..60.0).contains(&minutes) && (0.0..61.0).contains(&seconds);
    if !valid || year == 0 {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "less than a day of microseconds")]
    let micros = ((hours * 3600.0 + minutes * 60.0 + seconds) * 1e6).round() as i64;
    UtcTime::new(i64::from(year), month, day, micros)
}

pub(super) fn gps(block: &Block) -> Option<Gps> {
    let exif = &block.exif;
    let latitude = degrees(block, 1, 2, ["N", "S"], 90.0);
    let longitude = degrees(block, 3, 4, ["E", "W"], 180.0);
    // One without the other is no position.
    let (latitude, longitude) = latitude.zip(longitude).unzip();
    let gps = Gps {
        latitude,
        longitude,
        altitude_m: altitude(block),
        direction_deg: first(exif, 17).filter(|degrees| (0.0..=360.0).contains(degrees)),
        taken_at_utc: taken_at(exif),
    };
    (gps != Gps::default()).then_some(gps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use imgmeta_record::tags::lookup;
    use imgmeta_record::{Other, Tag};

    fn of(tags: &[(u16, Value)]) -> Gps {
        let mut block = Block::default();
        for (number, value) in tags {
            let row = lookup(Ifd::Gps, *number).expect("named");
            block.exif.ifd_mut(Ifd::Gps).push(Tag { row, value: value.clone() });
        }
        gps(&block).unwrap_or_default()
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn altitude_is_above_or_below_and_a_reserved_reference_is_none() {
        let metres = Value::Rational(85, 10);
        assert_eq!(of(&[(6, metres.clone())]).altitude_m, Some(8.5));
        for (reference, altitude) in [(0, Some(8.5)), (1, Some(-8.5)), (2, Some(8.5)), (3, Some(-8.5)), (4, None)] {
            assert_eq!(of(&[(5, Value::Int(reference)), (6, metres.clone())]).altitude_m, altitude, "{reference}");
        }
        assert_eq!(of(&[(5, Value::Int(1)), (6, Value::Rational(-85, 10))]).altitude_m, Some(-8.5));
        assert_eq!(of(&[(6, Value::Rational(85, 0))]).altitude_m, None);
        let other = Other { ifd: Ifd::Gps, tag: 5, kind: "ASCII".into(), value: text("1") };
        let mut block = Block { other: vec![other], ..Block::default() };
        let row = lookup(Ifd::Gps, 6).expect("named");
        block.exif.ifd_mut(Ifd::Gps).push(Tag { row, value: metres });
        assert_eq!(gps(&block).expect("GPS").altitude_m, Some(-8.5));
    }

    #[test]
    fn the_time_of_a_fix_is_whole_or_none() {
        let time = |date: &str, parts: [(i64, i64); 3]| {
            of(&[(29, text(date)), (7, Value::Rationals(parts.to_vec()))]).taken_at_utc.map(|time| time.to_string())
        };
        let noon = [(12, 1), (30, 1), (155, 10)];
        assert_eq!(time("2024:05:01", noon).as_deref(), Some("2024-05-01T12:30:15.5Z"));
        for (date, parts) in [
            ("2024:13:01", noon),
            ("2023:02:29", noon),
            ("0000:00:00", noon),
            ("", noon),
            ("2024:05:01", [(24, 1), (0, 1), (0, 1)]),
            ("2024:05:01", [(12, 1), (0, 1), (0, 0)]),
        ] {
            assert_eq!(time(date, parts), None, "{date} {parts:?}");
        }
    }

    #[test]
    fn a_direction_is_within_the_circle() {
        for (direction, degrees) in [((1805, 10), Some(180.5)), ((361, 1), None), ((-1, 1), None), ((1, 0), None)] {
            assert_eq!(of(&[(17, Value::Rational(direction.0, direction.1))]).direction_deg, degrees);
        }
    }
}
