//! Values of tags, in the shapes that JSON gives them.

use crate::tags::{Ifd, Row};

/// What a tag holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A string.
    Text(String),
    /// A number.
    Int(i64),
    /// Numbers.
    Ints(Vec<i64>),
    /// Numbers of which some are above 2^63 - 1 (only in `Other`).
    Bigs(Vec<u64>),
    /// A number with a fraction; not finite is null in JSON.
    Float(f64),
    /// Numbers with fractions.
    Floats(Vec<f64>),
    /// Numerator and denominator, not reduced.
    Rational(i64, i64),
    /// Several of those.
    Rationals(Vec<(i64, i64)>),
    /// Bytes, base64 in JSON.
    Bytes(Vec<u8>),
    /// Left out for its size: this many bytes as stored.
    Omitted(u64),
}

impl Value {
    /// The text, where it is one.
    pub fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The number, or the only or first of several.
    pub fn int(&self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(*value),
            Self::Ints(values) => values.first().copied(),
            _ => None,
        }
    }

    /// Numerators and denominators, of one rational or several.
    pub fn rationals(&self) -> impl Iterator<Item = (i64, i64)> {
        let (one, several) = match self {
            Self::Rational(num, den) => (Some((*num, *den)), &[][..]),
            Self::Rationals(values) => (None, values.as_slice()),
            _ => (None, &[][..]),
        };
        one.into_iter().chain(several.iter().copied())
    }
}

/// A tag that the table names, with a value that fits.
#[derive(Debug, Clone, PartialEq)]
pub struct Tag {
    /// Its row of the table.
    pub row: &'static Row,
    /// Its value.
    pub value: Value,
}

/// The keys of a tag in `Other`, in their order.
pub const OTHER_KEYS: [&str; 4] = ["IFD", "Tag", "Type", "Value"];

/// A tag that has no fixed place in `EXIF`.
#[derive(Debug, Clone, PartialEq)]
pub struct Other {
    /// The IFD in which it stands.
    pub ifd: Ifd,
    /// Its number.
    pub tag: u16,
    /// TIFF's name of its type (`SHORT`, `UNDEFINED`), or the type's number where that is unknown.
    pub kind: String,
    /// Its value in the natural shape.
    pub value: Value,
}

/// The named tags of the five IFDs, each in the order of the file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Exif {
    /// By [`Ifd`], in the order of [`Ifd::ALL`].
    ifds: [Vec<Tag>; 5],
}

impl Exif {
    /// The named tags of one IFD.
    pub fn ifd(&self, ifd: Ifd) -> &[Tag] {
        &self.ifds[ifd as usize]
    }

    /// The same, to add to.
    pub fn ifd_mut(&mut self, ifd: Ifd) -> &mut Vec<Tag> {
        &mut self.ifds[ifd as usize]
    }

    /// The value of a tag, by number.
    pub fn get(&self, ifd: Ifd, number: u16) -> Option<&Value> {
        self.ifd(ifd).iter().find(|tag| tag.row.number == number).map(|tag| &tag.value)
    }

    /// Whether no tag is named at all.
    pub fn is_empty(&self) -> bool {
        self.ifds.iter().all(Vec::is_empty)
    }
}
