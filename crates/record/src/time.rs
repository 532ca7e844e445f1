//! Moments as records hold them.

use std::fmt;
use std::ops::RangeInclusive;

/// A moment by a camera's clock, in whatever zone it stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalTime {
    /// Year, 0 to 9999.
    pub year: u16,
    /// Month, 1 to 12.
    pub month: u8,
    /// Day, 1 to 31.
    pub day: u8,
    /// Hour, 0 to 23.
    pub hour: u8,
    /// Minute, 0 to 59.
    pub minute: u8,
    /// Second, 0 to 60.
    pub second: u8,
    /// Microseconds within the second.
    pub micros: u32,
    /// How many digits of the fraction are known, 0 to 6.
    pub digits: u8,
    /// Minutes east of Greenwich, where known.
    pub offset_minutes: Option<i16>,
}

impl LocalTime {
    /// Microseconds from 1970-01-01T00:00:00 to this moment by the same clock, whatever its zone.
    pub fn micros(&self) -> i64 {
        let Self { year, month, day, hour, minute, second, micros, digits: _, offset_minutes: _ } = *self;
        let seconds = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
        days(i64::from(year), month, day) * MICROS_A_DAY + seconds * 1_000_000 + i64::from(micros)
    }

    /// What its [`Display`](fmt::Display) wrote.
    pub fn from_iso(text: &str) -> Option<Self> {
        let (date, time) = text.split_once('T')?;
        let (clock, offset) = time.split_at(time.find(['+', '-']).unwrap_or(time.len()));
        let (year, month, day) = parse::date(date)?;
        let (hour, minute, second, micros, digits) = parse::clock(clock)?;
        let offset_minutes = if offset.is_empty() { None } else { Some(parse::offset(offset)?) };
        let year = u16::try_from(year).ok()?;
        Some(Self { year, month, day, hour, minute, second, micros, digits, offset_minutes })
    }
}

impl fmt::Display for LocalTime {
    /// ISO 8601: `2024-05-01T12:30:00.25+02:00`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f)
    }
}

impl LocalTime {
    /// What is shown, without the cost of a formatter.
    pub(crate) fn write(&self, f: &mut impl fmt::Write) -> fmt::Result {
        let Self { year, month, day, hour, minute, second, micros, digits, offset_minutes } = *self;
        write_moment(f, year, [month, day, hour, minute, second])?;
        write_fraction(f, micros, digits.min(6).into())?;
        if let Some(offset) = offset_minutes {
            let minutes = u32::from(offset.unsigned_abs());
            // Of images it is below 16 hours; who makes a time himself may take more.
            let mut text = *b"+000:00";
            put(&mut text[1..4], minutes / 60);
            put(&mut text[5..], minutes % 60);
            let start = usize::from(minutes < 100 * 60);
            text[start] = if offset < 0 { b'-' } else { b'+' };
            f.write_str(std::str::from_utf8(&text[start..]).expect("digits"))?;
        }
        Ok(())
    }
}

/// `2024-05-01T12:30:00`, of year, month, day, hour, minute and second. Nearly every record has three, and `write!` takes ten
/// times as long.
fn write_moment(f: &mut impl fmt::Write, year: u16, others: [u8; 5]) -> fmt::Result {
    let mut text = *b"0000-00-00T00:00:00";
    put(&mut text[..4], year.into());
    for (at, number) in [5, 8, 11, 14, 17].into_iter().zip(others) {
        put(&mut text[at..at + 2], number.into());
    }
    f.write_str(std::str::from_utf8(&text).expect("digits"))
}

/// `.25`: so many digits of a fraction, none of which is nothing at all.
fn write_fraction(f: &mut impl fmt::Write, micros: u32, digits: usize) -> fmt::Result {
    let mut text = *b".000000";
    put(&mut text[1..], micros);
    let shown = if digits == 0 { 0 } else { digits + 1 };
    f.write_str(std::str::from_utf8(&text[..shown]).expect("digits"))
}

/// Digits of a fraction without the zeros at its end.
fn shortest(micros: u32) -> usize {
    (0..6).find(|digits| micros.is_multiple_of(10_u32.pow(6 - digits))).unwrap_or(6) as usize
}

/// Puts the last digits of a number where there is room for them.
fn put(room: &mut [u8], mut number: u32) {
    for digit in room.iter_mut().rev() {
        *digit = b'0' + u8::try_from(number % 10).expect("a digit");
        number /= 10;
    }
}

/// Microseconds since 1970-01-01T00:00:00 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct UtcTime(pub i64);

impl UtcTime {
    /// The moments that Python, Spark and SQL can represent.
    pub(crate) const YEARS_1_TO_9999: RangeInclusive<Self> =
        Self(-62_135_596_800_000_000)..=Self(253_402_300_799_999_999);

    /// What its [`Display`](fmt::Display) wrote.
    pub fn from_iso(text: &str) -> Option<Self> {
        let (date, clock) = text.strip_suffix('Z')?.split_once('T')?;
        let (year, month, day) = parse::date(date)?;
        let (hour, minute, second, micros, _) = parse::clock(clock)?;
        let seconds = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
        Self::new(year, month, day, seconds * 1_000_000 + i64::from(micros))
    }

    /// From a date of the Gregorian calendar and microseconds of its day; `None` where no such day is.
    pub fn new(year: i64, month: u8, day: u8, micros_of_day: i64) -> Option<Self> {
        if !(1..=12).contains(&month) || day == 0 || day > days_in(year, month) || !(0..=9999).contains(&year) {
            return None;
        }
        Some(Self(days(year, month, day) * MICROS_A_DAY + micros_of_day))
    }
}

const MICROS_A_DAY: i64 = 86_400_000_000;

/// Days of a month, leap years counted.
pub fn days_in(year: i64, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days since 1970-01-01. After Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
fn days(year: i64, month: u8, day: u8) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month = i64::from(month);
    let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Year, month and day; the inverse of [`days`].
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

impl fmt::Display for UtcTime {
    /// ISO 8601 with `Z`, and a fraction only where there is one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f)
    }
}

impl UtcTime {
    /// What is shown, without the cost of a formatter.
    pub(crate) fn write(self, f: &mut impl fmt::Write) -> fmt::Result {
        let (year, month, day) = date(self.0.div_euclid(MICROS_A_DAY));
        let micros = self.0.rem_euclid(MICROS_A_DAY);
        let (seconds, fraction) = (micros / 1_000_000, micros % 1_000_000);
        let clock = [month, day, seconds / 3600, seconds / 60 % 60, seconds % 60];
        match u16::try_from(year) {
            Ok(year @ ..=9999) => write_moment(f, year, clock.map(|number| u8::try_from(number).expect("two digits")))?,
            // No program that reads records can represent it, and none has it.
            _ => write!(f, "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}", clock[2], clock[3], clock[4])?,
        }
        let fraction = u32::try_from(fraction).expect("below a million");
        write_fraction(f, fraction, shortest(fraction))?;
        f.write_str("Z")
    }
}

/// The pieces of ISO 8601 as this module writes it.
mod parse {
    fn number<T: std::str::FromStr>(text: &str) -> Option<T> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if digits { text.parse().ok() } else { None }
    }

    pub(super) fn date(text: &str) -> Option<(i64, u8, u8)> {
        let mut parts = text.split('-');
        let date = (number(parts.next()?)?, number(parts.next()?)?, number(parts.next()?)?);
        parts.next().is_none().then_some(date)
    }

    /// Hour, minute, second, microseconds, and how many digits of them are known.
    pub(super) fn clock(text: &str) -> Option<(u8, u8, u8, u32, u8)> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let mut parts = whole.split(':');
        let (hour, minute, second) = (number(parts.next()?)?, number(parts.next()?)?, number(parts.next()?)?);
        let micros = if fraction.is_empty() { 0 } else { number(&format!("{fraction:0<6}"))? };
        let digits = u8::try_from(fraction.len()).ok().filter(|digits| *digits <= 6)?;
        parts.next().is_none().then_some((hour, minute, second, micros, digits))
    }

    /// `+02:00`: minutes east of Greenwich.
    pub(super) fn offset(text: &str) -> Option<i16> {
        let sign = if text.starts_with('-') { -1 } else { 1 };
        let (hours, minutes) = text[1..].split_once(':')?;
        let (hours, minutes): (i16, i16) = (number(hours)?, number(minutes)?);
        Some(sign * hours.checked_mul(60)?.checked_add(minutes)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utc_times_are_the_dates_they_were_made_of() {
        for (year, month, day, micros, text) in [
            (1970, 1, 1, 0, "1970-01-01T00:00:00Z"),
            (2000, 2, 29, 86_399_500_000, "2000-02-29T23:59:59.5Z"),
            (1969, 12, 31, 0, "1969-12-31T00:00:00Z"),
            (2024, 12, 31, 1, "2024-12-31T00:00:00.000001Z"),
            (9999, 12, 31, 0, "9999-12-31T00:00:00Z"),
        ] {
            let time = UtcTime::new(year, month, day, micros).expect("a day");
            assert_eq!(time.to_string(), text);
            assert_eq!(UtcTime::from_iso(text), Some(time));
        }
        assert_eq!(UtcTime::new(2023, 2, 29, 0), None);
        assert_eq!(UtcTime::new(2023, 13, 1, 0), None);
    }

    #[test]
    fn local_times_keep_their_fraction_and_offset() {
        let mut time = LocalTime {
            year: 2024,
            month: 5,
            day: 1,
            hour: 12,
            minute: 3,
            second: 4,
            micros: 250_000,
            digits: 2,
            offset_minutes: Some(-570),
        };
        assert_eq!(time.to_string(), "2024-05-01T12:03:04.25-09:30");
        assert_eq!(LocalTime::from_iso("2024-05-01T12:03:04.25-09:30"), Some(time));
        assert_eq!(Some(UtcTime(time.micros())), UtcTime::from_iso("2024-05-01T12:03:04.25Z"));
        time.offset_minutes = Some(100 * 60 + 5);
        assert_eq!(time.to_string(), "2024-05-01T12:03:04.25+100:05");
        time.offset_minutes = None;
        (time.micros, time.digits) = (0, 0);
        assert_eq!(time.to_string(), "2024-05-01T12:03:04");
        assert_eq!(LocalTime::from_iso("2024-05-01T12:03:04"), Some(time));
        for text in ["", "2024-05-01", "2024-05-01T12:03", "2024-05-01T12:03:04+2", "2024-05-01T12:03:04.1234567"] {
            assert_eq!(LocalTime::from_iso(text), None, "{text}");
        }
    }
}
