//! Parts of a file, read as one stretch of bytes.

use std::borrow::Cow;
use std::ops::Range;

use super::{Known, Stop};

/// Some ranges of a file, read as if they were one: an EXIF block may be split over segments.
#[derive(Debug, Clone)]
pub struct View<'a> {
    known: &'a Known,
    ranges: Vec<Range<u64>>,
}

impl<'a> View<'a> {
    /// The ranges of the file, in the order in which they are joined.
    pub fn new(known: &'a Known, ranges: Vec<Range<u64>>) -> Self {
        Self { known, ranges }
    }

    /// The whole file. Where its length is not known, it is taken as endless.
    pub fn whole(known: &'a Known) -> Self {
        let whole = 0..known.total().unwrap_or(u64::MAX);
        Self::new(known, [whole].into())
    }

    /// The length in bytes.
    pub fn len(&self) -> u64 {
        self.ranges.iter().map(|range| range.end - range.start).fold(0, u64::saturating_add)
    }

    /// Whether the view ends where the file does, or nobody knows where that is.
    pub fn ends_with_file(&self) -> bool {
        let end = self.ranges.last().map_or(0, |range| range.end);
        self.known.total().is_none_or(|total| end >= total)
    }

    /// Whether the view is the whole file, as far as its end is known.
    pub fn is_file(&self) -> bool {
        self.ranges.first().is_some_and(|range| range.start == 0) && self.ends_with_file()
    }

    /// A part of the view; shorter where the view ends before.
    #[must_use]
    pub fn part(&self, part: Range<u64>) -> Self {
        let mut ranges = Vec::new();
        let mut start = 0;
        for range in &self.ranges {
            let len = range.end - range.start;
            let (from, to) = (part.start.max(start), part.end.min(start.saturating_add(len)));
            if from < to {
                ranges.push(range.start + (from - start)..range.start + (to - start));
            }
            start = start.saturating_add(len);
        }
        Self { known: self.known, ranges }
    }

    /// The ranges of the file that it joins.
    pub fn ranges(&self) -> &[Range<u64>] {
        &self.ranges
    }

    /// Whether all of it is known, as far as the file goes.
    pub(crate) fn is_known(&self) -> bool {
        let total = self.known.total().unwrap_or(u64::MAX);
        self.ranges.iter().all(|range| self.known.known_to(range.start) >= range.end.min(total))
    }

    /// Whether there is no byte.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of the view; borrowed where they lie in one range of the file.
    ///
    /// # Errors
    /// [`Stop::Cut`] where the view or the file ends before; [`Stop::Need`] with a range of the file.
    pub fn bytes(&self, range: Range<u64>) -> Result<Cow<'a, [u8]>, Stop> {
        // Most blocks are in one piece, and each of their values is asked for by itself.
        if let [only] = self.ranges.as_slice()
            && range.start < range.end
            && range.end <= only.end - only.start
        {
            return self.known.bytes(only.start + range.start..only.start + range.end).map(Cow::Borrowed);
        }
        if range.start > range.end || range.end > self.len() {
            return Err(Stop::Cut);
        }
        if range.is_empty() {
            return Ok(Cow::Borrowed(&[]));
        }
        let mut joined = Vec::new();
        let mut start = 0;
        for part in &self.ranges {
            let len = part.end - part.start;
            let (from, to) = (range.start.max(start), range.end.min(start.saturating_add(len)));
            if from < to {
                let bytes = self.known.bytes(part.start + (from - start)..part.start + (to - start))?;
                if from == range.start && to == range.end {
                    return Ok(Cow::Borrowed(bytes));
                }
                joined.extend_from_slice(bytes);
            }
            start = start.saturating_add(len);
        }
        Ok(Cow::Owned(joined))
    }

    /// `N` bytes.
    ///
    /// # Errors
    /// As [`bytes`](Self::bytes).
    pub fn array<const N: usize>(&self, at: u64) -> Result<[u8; N], Stop> {
        let end = at.checked_add(N as u64).ok_or(Stop::Cut)?;
        Ok(self.bytes(at..end)?.as_ref().try_into().expect("as many bytes as were asked for"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_joins_ranges_and_ends_where_they_end() {
        let known = Known::whole(*b"xxHELLOyyWORLDzz");
        let view = View::new(&known, vec![2..7, 9..14]);
        assert_eq!(view.bytes(0..10).unwrap().as_ref(), b"HELLOWORLD");
        assert!(matches!(view.bytes(5..8).unwrap(), Cow::Borrowed(b"WOR")));
        assert_eq!(view.bytes(5..11), Err(Stop::Cut));
        assert_eq!(view.part(3..7).ranges(), [5..7, 9..11]);
        assert_eq!(view.part(8..100).bytes(0..2).unwrap().as_ref(), b"LD");
    }
}
