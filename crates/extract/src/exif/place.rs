//! Which entries are read, which are only named, and which are left out (record.md, Tags).

use imgmeta_record::Ifd;
use imgmeta_record::tags::{Family, Row};

use super::Options;
use crate::tiff::Entry;

/// The maker's note, in the Exif IFD.
pub(super) const MAKER_NOTE: u16 = 0x927c;

/// Longest text that is kept, in bytes.
const MAX_TEXT: u64 = 64 << 10;
/// Largest other value that is kept, in bytes.
const MAX_VALUE: u64 = 4 << 10;

/// What becomes of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// It is read.
    Kept,
    /// It is too large: its size is kept.
    Omitted,
    /// It is not mentioned.
    LeftOut,
}

/// What becomes of an entry, whose row is this one where it has a name.
pub(super) fn place(ifd: Ifd, entry: &Entry, row: Option<&Row>, options: Options) -> Place {
    if (ifd, entry.tag) == (Ifd::Exif, MAKER_NOTE) {
        return if options.maker_notes { Place::Kept } else { Place::LeftOut };
    }
    let left_out = match entry.tag {
        34665 | 34853 | 40965 => ifd != Ifd::Interop,
        // Offsets and lengths of the thumbnail.
        0x111 | 0x117 | 0x201 | 0x202 => ifd == Ifd::First,
        _ => false,
    };
    if left_out {
        return Place::LeftOut;
    }
    match entry.size() {
        Some(size) if size > if is_text(entry, row) { MAX_TEXT } else { MAX_VALUE } => Place::Omitted,
        _ => Place::Kept,
    }
}

/// Whether a value is text: by its type, or bytes of a tag that is text (`UserComment`).
fn is_text(entry: &Entry, row: Option<&Row>) -> bool {
    match entry.field_type().map(|kind| kind.family) {
        Some(Family::Text) => true,
        Some(Family::Byte | Family::Undefined) => row.is_some_and(|row| row.kind.is_text()),
        _ => false,
    }
}
