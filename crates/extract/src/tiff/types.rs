//! Field types: TIFF 6.0, 2; TIFF technical note 1 (13); BigTIFF (16 to 18); Exif 3.0 (129).

use imgmeta_record::tags::Family;

use super::Layout;

/// What a value's bytes are: its number, TIFF's name, bytes of one value, family, and whether it has a sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FieldType {
    number: u16,
    pub(crate) name: &'static str,
    size: u64,
    pub(crate) family: Family,
    signed: bool,
}

const fn row(number: u16, name: &'static str, size: u64, family: Family, signed: bool) -> FieldType {
    FieldType { number, name, size, family, signed }
}

const TYPES: &[FieldType] = &[
    row(1, "BYTE", 1, Family::Byte, false),
    row(2, "ASCII", 1, Family::Text, false),
    row(3, "SHORT", 2, Family::Integer, false),
    row(4, "LONG", 4, Family::Integer, false),
    row(5, "RATIONAL", 8, Family::Rational, false),
    row(6, "SBYTE", 1, Family::Integer, true),
    row(7, "UNDEFINED", 1, Family::Undefined, false),
    row(8, "SSHORT", 2, Family::Integer, true),
    row(9, "SLONG", 4, Family::Integer, true),
    row(10, "SRATIONAL", 8, Family::Rational, true),
    row(11, "FLOAT", 4, Family::Float, true),
    row(12, "DOUBLE", 8, Family::Float, true),
    row(13, "IFD", 4, Family::Integer, false),
    row(16, "LONG8", 8, Family::Integer, false),
    row(17, "SLONG8", 8, Family::Integer, true),
    row(18, "IFD8", 8, Family::Integer, false),
    row(129, "UTF-8", 1, Family::Text, false),
];

impl FieldType {
    /// The type of a number, where it is one.
    pub(crate) fn of(number: u16) -> Option<&'static Self> {
        // Those of TIFF come first, without a gap, and are nearly all that there are.
        let expected = TYPES.get(usize::from(number).wrapping_sub(1)).filter(|row| row.number == number);
        expected.or_else(|| TYPES.iter().find(|row| row.number == number))
    }

    /// Bytes of one value.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Whether values are whole numbers.
    pub(crate) fn is_integer(&self) -> bool {
        matches!(self.family, Family::Integer | Family::Byte)
    }

    /// Whether values may be above 2^63 - 1.
    pub(crate) fn is_wide(&self) -> bool {
        self.size == 8 && self.family == Family::Integer && !self.signed
    }

    /// One whole number; one above 2^63 - 1 wraps, which [`unsigned`](Self::unsigned) tells.
    pub(crate) fn integer(&self, layout: Layout, bytes: &[u8]) -> i64 {
        let number = layout.number(bytes);
        if !self.signed {
            return number.cast_signed();
        }
        let unused = 64 - 8 * u32::try_from(bytes.len()).expect("at most 8");
        (number << unused).cast_signed() >> unused
    }

    /// Both numbers of a rational.
    pub(crate) fn rational(&self, layout: Layout, bytes: &[u8]) -> (i64, i64) {
        let (num, den) = bytes.split_at(4);
        (self.integer(layout, num), self.integer(layout, den))
    }

    /// One number with a fraction.
    pub(crate) fn float(&self, layout: Layout, bytes: &[u8]) -> f64 {
        let bits = layout.number(bytes);
        match u32::try_from(bits) {
            Ok(bits) if self.size == 4 => f64::from(f32::from_bits(bits)),
            _ => f64::from_bits(bits),
        }
    }
}
