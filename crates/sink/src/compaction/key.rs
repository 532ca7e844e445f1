//! By what a line is sorted.

use std::io::{self, Read, Write};

use imgmeta_record::LocalTime;
use serde::Deserialize;

use super::Order;

/// What of a line decides where it comes; of lines that are alike the row does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    /// Compared byte by byte.
    first: Vec<u8>,
    /// The largest number where it has none.
    row: u64,
}

/// Before what is there and is compared.
const THERE: u8 = 0;
/// What is not there comes last.
const MISSING: u8 = 1;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Head {
    #[serde(rename = "URL")]
    url: String,
    row: Option<u64>,
    taken_at: Option<String>,
    #[serde(rename = "GPS")]
    gps: Option<Position>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Position {
    latitude: Option<f64>,
    longitude: Option<f64>,
}

impl Key {
    /// The key of a line, and its row, where it has one.
    ///
    /// # Errors
    /// What is wrong with the line.
    pub(super) fn of(line: &[u8], order: Order) -> Result<(Self, Option<u64>), String> {
        let Head { url, row, taken_at, gps } = serde_json::from_slice(line).map_err(|error| error.to_string())?;
        let first = match order {
            Order::Url => Some(url.into_bytes()),
            Order::TakenAt => taken_at.as_deref().and_then(LocalTime::from_iso).map(|time| moment(&time).to_vec()),
            Order::Gps => gps.and_then(|gps| Some(place(gps.longitude?, gps.latitude?).to_vec())),
        };
        let first = match first {
            Some(mut first) => {
                first.insert(0, THERE);
                first
            }
            None => vec![MISSING],
        };
        Ok((Self { first, row: row.unwrap_or(u64::MAX) }, row))
    }

    /// Bytes that it takes in memory, roughly.
    pub(super) fn size(&self) -> usize {
        size_of::<Self>() + self.first.len()
    }

    pub(super) fn write(&self, to: &mut impl Write) -> io::Result<()> {
        write_bytes(to, &self.first)?;
        to.write_all(&self.row.to_le_bytes())
    }

    pub(super) fn read(from: &mut impl Read) -> io::Result<Self> {
        let mut first = Vec::new();
        read_bytes(from, &mut first)?;
        let mut row = [0; 8];
        from.read_exact(&mut row)?;
        Ok(Self { first, row: u64::from_le_bytes(row) })
    }
}

pub(super) fn write_bytes(to: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    to.write_all(&(bytes.len() as u64).to_le_bytes())?;
    to.write_all(bytes)
}

/// Reads what [`write_bytes`] wrote: this process alone, so that its length can be trusted.
pub(super) fn read_bytes(from: &mut impl Read, bytes: &mut Vec<u8>) -> io::Result<()> {
    let mut length = [0; 8];
    from.read_exact(&mut length)?;
    let length = u64::from_le_bytes(length);
    bytes.clear();
    if from.take(length).read_to_end(bytes)? as u64 == length {
        Ok(())
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

/// Compared byte by byte as moments are.
fn moment(time: &LocalTime) -> [u8; 8] {
    // The sign is turned, so that what is negative comes first.
    (time.micros().cast_unsigned() ^ (1 << 63)).to_be_bytes()
}

/// How far along the curve through the whole map a place is.
fn place(longitude: f64, latitude: f64) -> [u8; 8] {
    let (x, y) = (share(longitude, 360.0), share(latitude, 180.0));
    fast_hilbert::xy2h(x, y, 32).to_be_bytes()
}

/// Where degrees stand from west to east, or from south to north.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "such a cast stays within the type's bounds"
)]
fn share(degrees: f64, circle: f64) -> u32 {
    ((degrees / circle + 0.5) * f64::from(u32::MAX)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(line: &str, order: Order) -> Key {
        Key::of(line.as_bytes(), order).unwrap().0
    }

    /// Each key is less than the next.
    fn rise(lines: &[&str], order: Order) {
        let keys: Vec<_> = lines.iter().map(|line| key(line, order)).collect();
        assert!(keys.is_sorted_by(|a, b| a < b), "{order:?}: {lines:?}");
        for key in keys {
            let mut bytes = Vec::new();
            key.write(&mut bytes).unwrap();
            assert_eq!(Key::read(&mut bytes.as_slice()).unwrap(), key);
            assert!(Key::read(&mut &bytes[..bytes.len() - 9]).is_err());
        }
    }

    #[test]
    fn moments_come_by_their_clocks_whatever_their_zone_and_what_has_none_comes_last() {
        let lines = [
            r#"{"URL":"z","TakenAt":"0099-01-01T00:00:00","Row":9}"#,
            r#"{"URL":"y","TakenAt":"1969-12-31T23:59:59","Row":8}"#,
            r#"{"URL":"x","TakenAt":"2024-05-01T12:30:00.25+02:00","Row":7}"#,
            r#"{"URL":"w","TakenAt":"2024-05-01T12:30:00.5-11:00","Row":2}"#,
            r#"{"URL":"w","TakenAt":"2024-05-01T12:30:00.5","Row":6}"#,
            r#"{"URL":"w","TakenAt":"2024-05-01T12:30:00.5","Row":null}"#,
            r#"{"URL":"b","TakenAt":null,"Row":0}"#,
            r#"{"URL":"a","Row":1}"#,
        ];
        rise(&lines, Order::TakenAt);
    }

    #[test]
    fn urls_come_byte_by_byte_and_of_equal_ones_the_first_in_the_list() {
        let lines = [
            r#"{"URL":"","Row":5}"#,
            r#"{"URL":"a","Row":3}"#,
            r#"{"URL":"a","Row":4}"#,
            r#"{"URL":"a\u0000","Row":0}"#,
            r#"{"URL":"aa","Row":0}"#,
            r#"{"URL":"é","Row":0}"#,
        ];
        rise(&lines, Order::Url);
    }

    #[test]
    fn neighbours_on_the_curve_are_near_and_what_has_no_position_comes_last() {
        let positions = [(-170.0, -80.0), (13.3, 52.5), (13.4, 52.6), (2.35, 48.85), (151.2, -33.9)];
        let mut places: Vec<_> = positions.iter().enumerate().map(|(at, (x, y))| (place(*x, *y), at)).collect();
        places.sort_unstable();
        let rank = |of| places.iter().position(|(_, at)| *at == of).unwrap();
        assert_eq!(rank(1).abs_diff(rank(2)), 1, "{places:?}");
        let lines = [
            r#"{"URL":"b","GPS":{"Latitude":90.0,"Longitude":180.0},"Row":5}"#,
            r#"{"URL":"a","GPS":{"Latitude":null,"Longitude":1.0},"Row":0}"#,
            r#"{"URL":"a","GPS":null,"Row":1}"#,
        ];
        rise(&lines, Order::Gps);
        assert_eq!((share(-180.0, 360.0), share(180.0, 360.0), share(400.0, 360.0)), (0, u32::MAX, u32::MAX));
    }
}
