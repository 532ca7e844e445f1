//! The structure of TIFF and BigTIFF: header, directories, entries and their values (TIFF 6.0, 2; BigTIFF design).
//!
//! Pure: bytes come from a [`View`], and what is missing is asked for.

mod types;

use std::borrow::Cow;
use std::ops::Range;

pub(crate) use types::FieldType;

use crate::known::{Stop, View};

/// Byte order and offsets of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) big_endian: bool,
    /// Whether offsets have 8 bytes.
    pub(crate) big_tiff: bool,
}

/// One entry of a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) tag: u16,
    pub(crate) kind: u16,
    pub(crate) count: u64,
    /// What `kind` means, where it means something.
    field_type: Option<&'static FieldType>,
    /// Where the value field of the entry is.
    field: u64,
    /// The value field itself: the value where it fits in, else its offset.
    held: [u8; 8],
}

/// Magic numbers of camera raw files, which are TIFF but for them: `U`, `RO` and `RS`.
const RW2: u64 = 0x55;
const ORF: u64 = 0x4f52;
const ORF_LATER: u64 = 0x5352;

/// Reads the header: the layout, and where the first directory is. `None`: it is no TIFF.
pub(crate) fn header(view: &View<'_>) -> Result<Option<(Layout, u64)>, Stop> {
    let head: [u8; 8] = view.array(0)?;
    let big_endian = match &head[..2] {
        b"II" => false,
        b"MM" => true,
        _ => return Ok(None),
    };
    let layout = Layout { big_endian, big_tiff: false };
    match layout.number(&head[2..4]) {
        42 | RW2 | ORF | ORF_LATER => Ok(Some((layout, layout.number(&head[4..8])))),
        43 => {
            let layout = Layout { big_tiff: true, ..layout };
            Ok(Some((layout, layout.number(&view.bytes(8..16)?))))
        }
        _ => Ok(None),
    }
}

impl Layout {
    /// An unsigned number of up to 8 bytes.
    #[inline]
    pub(crate) fn number(self, bytes: &[u8]) -> u64 {
        // Nearly all numbers have these lengths, and there are hundreds in an image.
        if let Ok(two) = <[u8; 2]>::try_from(bytes) {
            return u64::from(self.short(two));
        }
        if let Ok(four) = <[u8; 4]>::try_from(bytes) {
            return u64::from(if self.big_endian { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) });
        }
        let add = |number: u64, byte: &u8| (number << 8) | u64::from(*byte);
        if self.big_endian { bytes.iter().fold(0, add) } else { bytes.iter().rev().fold(0, add) }
    }

    fn entry_len(self) -> u64 {
        if self.big_tiff { 20 } else { 12 }
    }

    fn inline_len(self) -> u64 {
        if self.big_tiff { 8 } else { 4 }
    }

    fn count_len(self) -> u64 {
        if self.big_tiff { 8 } else { 2 }
    }
}

/// One directory: its readable entries, and where the next one is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Directory {
    pub(crate) entries: Vec<Entry>,
    /// Entries that it claims.
    pub(crate) claimed: u64,
    /// Offset of the next directory; 0 or `None` where there is none.
    pub(crate) next: Option<u64>,
}

impl Directory {
    /// The whole numbers of a tag: of the first entry, where it is there twice. One that claims to be large has none.
    pub(crate) fn integers(&self, view: &View<'_>, layout: Layout, tag: u16) -> Result<Vec<i64>, Stop> {
        match self.entries.iter().find(|entry| entry.tag == tag) {
            Some(entry) if entry.count <= 64 => entry.integers(view, layout),
            _ => Ok(Vec::new()),
        }
    }

    /// A width or height: a number above 0.
    pub(crate) fn side(&self, view: &View<'_>, layout: Layout, tag: u16) -> Result<Option<u32>, Stop> {
        let first = self.integers(view, layout, tag)?.first().copied();
        Ok(first.and_then(|side| u32::try_from(side).ok()).filter(|side| *side > 0))
    }
}

/// Entries read of one directory at most; TIFF's own limit for its 2-byte count.
const MAX_ENTRIES: u64 = 65_535;

/// Reads a directory. Entries behind the end are left out: `claimed` says more than there are.
///
/// # Errors
/// [`Stop::Need`]; [`Stop::Cut`] where not even the count is there.
pub(crate) fn directory(view: &View<'_>, layout: Layout, at: u64) -> Result<Directory, Stop> {
    let count_end = at.checked_add(layout.count_len()).ok_or(Stop::Cut)?;
    let claimed = layout.number(&view.bytes(at..count_end)?);
    let room = view.len().saturating_sub(count_end) / layout.entry_len();
    let count = claimed.min(MAX_ENTRIES).min(room);
    let end = count_end + count * layout.entry_len();
    let bytes = view.bytes(count_end..end)?;
    let entries = if layout.big_tiff {
        bytes.as_chunks().0.iter().zip(0..).map(|(bytes, at)| layout.big_entry(*bytes, count_end + at * 20)).collect()
    } else {
        bytes.as_chunks().0.iter().zip(0..).map(|(bytes, at)| layout.entry(*bytes, count_end + at * 12)).collect()
    };
    let next_len = if layout.big_tiff { 8 } else { 4 };
    let next = match view.bytes(end..end.saturating_add(next_len)) {
        Ok(bytes) if count == claimed => Some(layout.number(&bytes)),
        Err(Stop::Need(range)) => return Err(Stop::Need(range)),
        Ok(_) | Err(_) => None,
    };
    Ok(Directory { entries, claimed, next })
}

impl Layout {
    #[inline]
    fn entry(self, bytes: [u8; 12], at: u64) -> Entry {
        let [t0, t1, k0, k1, c0, c1, c2, c3, h0, h1, h2, h3] = bytes;
        let (tag, kind) = (self.short([t0, t1]), self.short([k0, k1]));
        let (count, held) = (self.number(&[c0, c1, c2, c3]), [h0, h1, h2, h3, 0, 0, 0, 0]);
        Entry { tag, kind, count, field_type: FieldType::of(kind), field: at + 8, held }
    }

    fn big_entry(self, bytes: [u8; 20], at: u64) -> Entry {
        let [t0, t1, k0, k1, c0, c1, c2, c3, c4, c5, c6, c7, held @ ..] = bytes;
        let (tag, kind) = (self.short([t0, t1]), self.short([k0, k1]));
        let count = self.number(&[c0, c1, c2, c3, c4, c5, c6, c7]);
        Entry { tag, kind, count, field_type: FieldType::of(kind), field: at + 12, held }
    }

    #[inline]
    fn short(self, bytes: [u8; 2]) -> u16 {
        if self.big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) }
    }
}

impl Entry {
    /// Its type, where it is one.
    pub(crate) fn field_type(&self) -> Option<&'static FieldType> {
        self.field_type
    }

    /// Bytes that the value has; `None` for an unknown type or a size beyond all files.
    pub(crate) fn size(&self) -> Option<u64> {
        self.field_type()?.size().checked_mul(self.count)
    }

    /// Where the value's bytes are.
    ///
    /// # Errors
    /// [`Stop::Cut`] for an unknown type or an impossible size.
    pub(crate) fn range(&self, layout: Layout) -> Result<Range<u64>, Stop> {
        let size = self.size().ok_or(Stop::Cut)?;
        let start = if size <= layout.inline_len() { self.field } else { self.offset(layout) };
        Ok(start..start.checked_add(size).ok_or(Stop::Cut)?)
    }

    fn offset(&self, layout: Layout) -> u64 {
        layout.number(if layout.big_tiff { &self.held } else { &self.held[..4] })
    }

    /// The value's bytes.
    ///
    /// # Errors
    /// As [`range`](Self::range), and those of reading it.
    #[inline]
    pub(crate) fn bytes<'a>(&'a self, view: &View<'a>, layout: Layout) -> Result<Cow<'a, [u8]>, Stop> {
        // Most values are in their entry, which was read with its directory.
        match self.size() {
            Some(size) if size <= layout.inline_len() => {
                Ok(Cow::Borrowed(&self.held[..usize::try_from(size).expect("at most 8")]))
            }
            _ => view.bytes(self.range(layout)?),
        }
    }

    /// The bytes of the value field itself: an offset, or what an unknown type holds.
    pub(crate) fn raw(&self, view: &View<'_>, layout: Layout) -> Result<Vec<u8>, Stop> {
        Ok(view.bytes(self.field..self.field + layout.inline_len())?.into_owned())
    }

    /// The values as whole numbers; empty where they are none.
    ///
    /// # Errors
    /// As [`range`](Self::range), and those of reading it.
    pub(crate) fn integers(&self, view: &View<'_>, layout: Layout) -> Result<Vec<i64>, Stop> {
        let Some(kind) = self.field_type().filter(|kind| kind.is_integer()) else { return Ok(Vec::new()) };
        let bytes = self.bytes(view, layout)?;
        let step = usize::try_from(kind.size()).expect("at most 8");
        Ok(bytes.chunks_exact(step).map(|bytes| kind.integer(layout, bytes)).collect())
    }
}
