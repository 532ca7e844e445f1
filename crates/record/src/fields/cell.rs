//! One value of one row, on its way into an encoding.

use std::fmt;

use crate::{Extra, LocalTime, Other, Tag, UtcTime};

/// A value of a leaf; [`Null`](Cell::Null) where it is unknown.
#[derive(Debug, Clone, Copy)]
pub enum Cell<'a> {
    /// Unknown.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// A string.
    Text(&'a str),
    /// Width and height.
    Size(u32, u32),
    /// Strings.
    Texts(&'a [String]),
    /// A moment by a camera's clock.
    LocalTime(LocalTime),
    /// A moment.
    UtcTime(UtcTime),
    /// Tag to value.
    Tags(&'a [Tag]),
    /// Tags without a place.
    Others(&'a [Other]),
    /// Name to string.
    Map(&'a Extra),
}

impl<'a> Cell<'a> {
    /// A whole number, where there is one.
    pub fn int(value: Option<impl TryInto<i64>>) -> Self {
        value.and_then(|value| value.try_into().ok()).map_or(Self::Null, Self::Int)
    }

    /// A finite number, where there is one.
    pub fn float(value: Option<f64>) -> Self {
        value.filter(|value| value.is_finite()).map_or(Self::Null, Self::Float)
    }

    /// A string, where there is one.
    pub fn text(value: Option<&'a String>) -> Self {
        value.map_or(Self::Null, |text| Self::Text(text))
    }

    /// Names and strings, where there are any.
    pub fn map(value: Option<&'a Extra>) -> Self {
        value.map_or(Self::Null, Self::Map)
    }

    /// A moment, where there is one that all programs can represent.
    pub fn utc(value: Option<UtcTime>) -> Self {
        value.filter(|time| UtcTime::YEARS_1_TO_9999.contains(time)).map_or(Self::Null, Self::UtcTime)
    }

    /// The same by a camera's clock.
    pub fn local(value: Option<LocalTime>) -> Self {
        value.filter(|time| (1..=9999).contains(&time.year)).map_or(Self::Null, Self::LocalTime)
    }

    /// Pixels: no side is longer than 2^31 - 1.
    pub fn pixels(side: u32) -> Self {
        Self::Int(i32::try_from(side).unwrap_or(i32::MAX).into())
    }

    /// Width and height.
    pub fn size(width: u32, height: u32) -> Self {
        Self::Size(width.min(i32::MAX.unsigned_abs()), height.min(i32::MAX.unsigned_abs()))
    }

    /// How often, up to 2^31 - 1.
    pub fn count(times: u32) -> Self {
        Self::pixels(times)
    }
}

/// Text straight into a buffer of bytes.
pub(crate) struct Bytes<'a>(pub(crate) &'a mut Vec<u8>);

impl fmt::Write for Bytes<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}
