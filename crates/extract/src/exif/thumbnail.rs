//! The thumbnail's bytes: one JPEG, or strips of pixels (Exif 3.0, 4.5.8 and 4.5.5).

use std::ops::Range;

use crate::known::{Stop, View};
use crate::tiff::{Directory, Layout};

/// Where it is, from the two tags that say so: offsets and lengths.
const PLACES: [(u16, u16); 2] = [(0x0201, 0x0202), (STRIPS, 0x0117)];
const STRIPS: u16 = 0x0111;
/// `NewSubfileType`, whose bit 0 says that a picture is a smaller version of another (TIFF 6.0, 8).
const SUBFILE: u16 = 0x00fe;

/// Strips of a thumbnail; one has few.
const MAX_STRIPS: u64 = 4096;

/// Bytes of a thumbnail: strips that overlap could make more of a file than it has.
const MAX_BYTES: u64 = 64 << 20;

/// The thumbnail of the directory `1st`, where it has one.
///
/// # Errors
/// [`Stop::Need`]; [`Stop::Cut`] where it lies behind the end.
pub(super) fn read(directory: &Directory, view: &View<'_>, layout: Layout) -> Result<Option<Vec<u8>>, Stop> {
    for (offsets, lengths) in PLACES {
        // In a TIFF file, the strips of the second directory are a page, unless it is called a smaller picture.
        let page =
            view.is_file() && numbers(directory, view, layout, SUBFILE)?.first().is_none_or(|kind| kind & 1 == 0);
        if offsets == STRIPS && page {
            return Ok(None);
        }
        let strips = strips(numbers(directory, view, layout, offsets)?, &numbers(directory, view, layout, lengths)?)?;
        let size: u64 = strips.iter().map(|strip| strip.end - strip.start).fold(0, u64::saturating_add);
        if size > view.len().min(MAX_BYTES) {
            return Err(Stop::Cut);
        }
        if size > 0 {
            let mut bytes = Vec::new();
            for strip in strips {
                bytes.extend_from_slice(&view.bytes(strip)?);
            }
            return Ok(Some(bytes));
        }
    }
    Ok(None)
}

fn numbers(directory: &Directory, view: &View<'_>, layout: Layout, tag: u16) -> Result<Vec<i64>, Stop> {
    let Some(entry) = directory.entries.iter().find(|entry| entry.tag == tag) else { return Ok(Vec::new()) };
    if entry.count > MAX_STRIPS {
        return Err(Stop::Cut);
    }
    entry.integers(view, layout)
}

fn strips(offsets: Vec<i64>, lengths: &[i64]) -> Result<Vec<Range<u64>>, Stop> {
    let strip = |(offset, length): (i64, &i64)| {
        let (start, length) = (u64::try_from(offset).ok()?, u64::try_from(*length).ok()?);
        Some(start..start.checked_add(length)?)
    };
    offsets.into_iter().zip(lengths).map(|pair| strip(pair).ok_or(Stop::Cut)).collect()
}
