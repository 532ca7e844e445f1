//! Which tag has which name, and which JSON type a named tag always has.
//!
//! A tag that the table does not name, or a value that does not fit its row, goes to `Other`: see [`Row::fits`].

mod index;
mod table;

use index::Table;

use crate::json::Key;

/// One of the five directories in which EXIF keeps its tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Ifd {
    /// The main image: `0th`.
    Zeroth,
    /// The Exif IFD, pointed to by tag 34665.
    Exif,
    /// The GPS IFD, pointed to by tag 34853.
    Gps,
    /// The Interoperability IFD, pointed to by tag 40965.
    Interop,
    /// The thumbnail: `1st`.
    First,
}

impl Ifd {
    /// All of them, in the order in which records name them.
    pub const ALL: [Self; 5] = [Self::Zeroth, Self::Exif, Self::Gps, Self::Interop, Self::First];

    /// The name in records: `0th`, `Exif`, `GPS`, `Interop`, `1st`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Zeroth => "0th",
            Self::Exif => "Exif",
            Self::Gps => "GPS",
            Self::Interop => "Interop",
            Self::First => "1st",
        }
    }
}

/// How many values a tag may have, from the first to the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count(pub u64, pub u64);

/// What a named tag's value is in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// A string.
    Text,
    /// A string whose bytes begin with an 8-byte character code (Exif 3.0, 4.6.6, `UserComment`).
    Comment,
    /// A string stored as UTF-16LE bytes (`XPTitle` and its kin).
    Utf16,
    /// UNDEFINED bytes that are digits: `ExifVersion`, a string.
    Version,
    /// One UNDEFINED byte that is a number: `FileSource`.
    Code,
    /// UNDEFINED bytes that are numbers: `ComponentsConfiguration`, an array.
    Codes,
    /// A number.
    Integer,
    /// An array of numbers, also of one.
    Integers,
    /// A number with a fraction.
    Float,
    /// An array of those, also of one.
    Floats,
    /// `[num, den]`, not reduced.
    Rational,
    /// An array of those, also of one.
    Rationals,
    /// `{"base64": "..."}`.
    Bytes,
}

impl Type {
    /// Whether the value is a string.
    pub const fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::Comment | Self::Utf16 | Self::Version)
    }
}

/// One tag of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The tag's number.
    pub number: u16,
    /// The tag's name.
    pub name: &'static str,
    /// What its value is.
    pub kind: Type,
    /// How many values it may have; for text and bytes, any.
    pub count: Count,
    /// The name, as JSON has it before the value.
    pub(crate) key: Key,
}

/// The bytes of the thumbnail, in `1st`: no tag of its own, it stands in the place of the two that say where it is.
pub static THUMBNAIL: Row = Row::new(0x0201, "Thumbnail", Type::Bytes, Count(0, u64::MAX));

/// What a TIFF type is made of: a value fits a tag of the same family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// ASCII and the UTF-8 type 129 of Exif 3.0.
    Text,
    /// BYTE: an integer, and a carrier of text.
    Byte,
    /// UNDEFINED: bytes, and a carrier of text.
    Undefined,
    /// Integers of other widths.
    Integer,
    /// RATIONAL and SRATIONAL.
    Rational,
    /// FLOAT and DOUBLE.
    Float,
}

impl Row {
    const fn new(number: u16, name: &'static str, kind: Type, count: Count) -> Self {
        Self { number, name, kind, count, key: Key::of(name) }
    }

    /// Whether a value of this family and count may stand under this name.
    pub fn fits(&self, family: Family, count: u64) -> bool {
        let kind = match self.kind {
            Type::Text | Type::Comment | Type::Utf16 | Type::Version => {
                matches!(family, Family::Text | Family::Byte | Family::Undefined)
            }
            Type::Code | Type::Codes | Type::Bytes => matches!(family, Family::Byte | Family::Undefined),
            Type::Integer | Type::Integers => matches!(family, Family::Byte | Family::Integer),
            Type::Float | Type::Floats => family == Family::Float,
            Type::Rational | Type::Rationals => family == Family::Rational,
        };
        kind && (self.count.0..=self.count.1).contains(&count)
    }
}

/// The row of a tag in an IFD, where the table names it.
///
/// ```
/// use imgmeta_record::tags::{Ifd, lookup};
/// assert_eq!(lookup(Ifd::Zeroth, 0x010f).map(|row| row.name), Some("Make"));
/// assert_eq!(lookup(Ifd::Gps, 0x010f), None);
/// ```
pub fn lookup(ifd: Ifd, number: u16) -> Option<&'static Row> {
    tables(ifd).into_iter().find_map(|table| table.get(number))
}

/// All rows that can stand in an IFD.
pub fn rows(ifd: Ifd) -> impl Iterator<Item = &'static Row> {
    tables(ifd).into_iter().flat_map(|table| table.rows)
}

fn tables(ifd: Ifd) -> [&'static Table; 2] {
    match ifd {
        Ifd::Zeroth | Ifd::First => [&table::SHARED, &table::IMAGE],
        Ifd::Exif => [&table::SHARED, &table::EXIF],
        Ifd::Gps => [&table::GPS, &table::NONE],
        Ifd::Interop => [&table::INTEROP, &table::NONE],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn tables_are_sorted_and_names_are_unique_within_an_ifd_whatever_the_case() {
        for ifd in Ifd::ALL {
            for Table { rows, .. } in tables(ifd) {
                assert!(rows.windows(2).all(|pair| pair[0].number < pair[1].number), "{}", ifd.name());
            }
            let mut names = HashSet::new();
            let mut numbers = HashSet::new();
            for row in rows(ifd) {
                assert_eq!(lookup(ifd, row.number), Some(row));
                assert!(names.insert(row.name.to_ascii_lowercase()), "{} twice in {}", row.name, ifd.name());
                assert!(numbers.insert(row.number), "{:#06x} twice in {}", row.number, ifd.name());
            }
        }
    }

    #[test]
    fn a_value_fits_by_family_and_count() {
        let row = |number| lookup(Ifd::Exif, number).expect("named");
        for (number, family, count, fits) in [
            (0x8827, Family::Integer, 1, true), // PhotographicSensitivity is one number
            (0x8827, Family::Integer, 2, false),
            (0x9214, Family::Integer, 4, true), // SubjectArea, 2 to 4
            (0x9214, Family::Integer, 5, false),
            (0x829a, Family::Rational, 1, true),
            (0x829a, Family::Integer, 1, false),
            (0x9286, Family::Undefined, 40, true),
            (0x0102, Family::Byte, 3, true), // BitsPerSample, integers of any width
            (0x010f, Family::Text, 7, true),
        ] {
            assert_eq!(row(number).fits(family, count), fits, "{number:#06x} {family:?} {count}");
        }
    }

    #[test]
    fn a_number_with_two_meanings_has_one_name_in_each_ifd() {
        assert_eq!(lookup(Ifd::Zeroth, 0x828e).map(|row| row.name), Some("CFAPattern"));
        assert_eq!(lookup(Ifd::Exif, 0xa302).map(|row| row.name), Some("CFAPattern"));
        assert_eq!(lookup(Ifd::Exif, 0x828e), None);
        assert_eq!(lookup(Ifd::Zeroth, 0x829a).map(|row| row.name), Some("ExposureTime"));
    }
}
