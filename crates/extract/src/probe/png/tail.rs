//! Chunks behind the pixels of a PNG, within its last bytes.

use std::ops::Range;

use super::crc32;
use crate::known::{Known, Stop};

/// Bytes at the end in which chunks are looked for, once.
const TAIL: u64 = 16 << 10;

/// The last bytes of a file, from the pixels on.
#[derive(Debug, Clone, Copy)]
pub(in crate::probe) struct Tail<'a> {
    start: u64,
    bytes: &'a [u8],
}

impl<'a> Tail<'a> {
    /// Those of a file; `None` where nobody says how long it is, so that they cannot be asked for.
    pub(in crate::probe) fn of(known: &'a Known, pixels: u64) -> Result<Option<Self>, Stop> {
        let Some(total) = known.total() else { return Ok(None) };
        let start = total.saturating_sub(TAIL).max(pixels);
        Ok(Some(Self { start, bytes: known.bytes(start..total)? }))
    }

    /// The data of all chunks of a kind. Pixels may look like a chunk: only what has its length and checksum is one.
    pub(in crate::probe) fn chunks(self, kind: [u8; 4]) -> impl Iterator<Item = Range<u64>> {
        let places = self.bytes.windows(4).enumerate().filter(move |(_, name)| **name == kind);
        places.filter_map(move |(at, _)| self.chunk(at))
    }

    /// The data of the chunk whose name stands here, where its checksum is right.
    fn chunk(self, at: usize) -> Option<Range<u64>> {
        let length = self.bytes.get(at.checked_sub(4)?..at)?;
        let length = usize::try_from(u32::from_be_bytes(length.try_into().ok()?)).ok()?;
        let end = at.checked_add(4)?.checked_add(length)?;
        let crc = u32::from_be_bytes(self.bytes.get(end..end.checked_add(4)?)?.try_into().ok()?);
        (crc32(&self.bytes[at..end]) == crc).then_some(self.start + at as u64 + 4..self.start + end as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Found by fuzzing, as a file that says more when it is cut: the law knows of it, and `docs/formats.md` says so.
    #[test]
    fn a_chunk_is_found_within_the_last_bytes_and_not_before_them() {
        let mut file = b"pixels\0\0\0\x02eXIfMM".to_vec();
        let crc = crc32(b"eXIfMM").to_be_bytes();
        file.extend(crc);
        for (more, found) in [(0, true), (12, true), (TAIL - 14, true), (TAIL - 13, false)] {
            let mut file = file.clone();
            file.resize(file.len() + usize::try_from(more).expect("small"), 0);
            let known = Known::whole(file);
            let tail = Tail::of(&known, 0).unwrap().unwrap();
            assert_eq!(tail.chunks(*b"eXIf").next().is_some(), found, "before {more} bytes");
        }
    }
}
