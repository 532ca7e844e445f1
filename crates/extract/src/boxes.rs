//! Boxes, of which HEIF, AVIF, CR3, JPEG 2000 and JPEG XL are made (ISO/IEC 14496-12, 4.2).

use std::ops::Range;

use crate::known::{Known, Stop};

/// Boxes looked at in a file: one has a dozen, and a film in fragments some thousands.
const MAX_IN_FILE: usize = 4096;
/// Boxes looked at in a box: a grid of a thousand tiles has some thousands.
const MAX_IN_BOX: usize = 100_000;

/// One box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chunk {
    pub(crate) kind: [u8; 4],
    /// What is in it. Of the last box of a file whose length is not known, the end may be [`u64::MAX`].
    pub(crate) body: Range<u64>,
}

/// The boxes of a file or of a box, one after the other.
#[derive(Debug, Clone)]
pub(crate) struct Boxes<'a> {
    known: &'a Known,
    at: u64,
    end: Option<u64>,
    left: usize,
}

impl<'a> Boxes<'a> {
    /// Those of the file, which may claim more than it has.
    pub(crate) fn of_file(known: &'a Known) -> Self {
        Self { known, at: 0, end: None, left: MAX_IN_FILE }
    }

    /// Those inside a box, which end where it does.
    pub(crate) fn within(known: &'a Known, range: Range<u64>) -> Self {
        Self { known, at: range.start, end: Some(range.end), left: MAX_IN_BOX }
    }

    /// The next box. What is too short for one, at the end, is none.
    ///
    /// # Errors
    /// [`Stop::Need`]; [`Stop::Cut`] where the file ends in a box that came before; a box shorter than its own head.
    pub(crate) fn next(&mut self) -> Result<Option<Chunk>, Stop> {
        let end = self.end.or(self.known.total()).unwrap_or(u64::MAX);
        if self.end.is_none() && self.at > end {
            return Err(Stop::Cut);
        }
        if self.at.checked_add(8).is_none_or(|head| head > end) || self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let head: [u8; 8] = self.known.array(self.at)?;
        let [a, b, c, d, kind @ ..] = head;
        let (len, start) = match u32::from_be_bytes([a, b, c, d]) {
            0 => (end - self.at, 8),
            1 => (u64::from_be_bytes(self.known.array(self.at + 8)?), 16),
            len => (u64::from(len), 8),
        };
        if len < start {
            return Err(Stop::damaged(format!("box `{}` is shorter than its own head", kind.escape_ascii())));
        }
        let body = self.at + start..self.at.saturating_add(len);
        self.at = body.end;
        let body = body.start..self.end.map_or(body.end, |end| body.end.min(end).max(body.start));
        Ok(Some(Chunk { kind, body }))
    }

    /// The next box of a kind.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub(crate) fn find(&mut self, kind: [u8; 4]) -> Result<Option<Chunk>, Stop> {
        while let Some(chunk) = self.next()? {
            if chunk.kind == kind {
                return Ok(Some(chunk));
            }
        }
        Ok(None)
    }
}

/// The fields of a box's body, read in order.
#[derive(Debug, Clone)]
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

impl<'a> Fields<'a> {
    /// # Errors
    /// The box ends before.
    pub(crate) fn bytes(&mut self, len: usize) -> Result<&'a [u8], Stop> {
        let (bytes, rest) =
            self.0.split_at_checked(len).ok_or_else(|| Stop::damaged("a box ends inside its fields"))?;
        self.0 = rest;
        Ok(bytes)
    }

    /// An unsigned number of up to 8 bytes.
    ///
    /// # Errors
    /// As [`bytes`](Self::bytes).
    pub(crate) fn number(&mut self, len: usize) -> Result<u64, Stop> {
        Ok(self.bytes(len)?.iter().fold(0, |number, &byte| (number << 8) | u64::from(byte)))
    }

    /// An unsigned number of 4 bytes.
    ///
    /// # Errors
    /// As [`bytes`](Self::bytes).
    pub(crate) fn long(&mut self) -> Result<u32, Stop> {
        Ok(u32::try_from(self.number(4)?).expect("4 bytes"))
    }

    /// A character code of 4 bytes.
    ///
    /// # Errors
    /// As [`bytes`](Self::bytes).
    pub(crate) fn code(&mut self) -> Result<[u8; 4], Stop> {
        Ok(self.long()?.to_be_bytes())
    }

    /// Version and flags, with which full boxes begin.
    ///
    /// # Errors
    /// As [`bytes`](Self::bytes).
    pub(crate) fn version(&mut self) -> Result<(u8, u32), Stop> {
        let word = self.long()?;
        Ok((word.to_be_bytes()[0], word & 0xff_ffff))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_follow_each_other_with_short_long_and_open_lengths() {
        let file = Known::whole(*b"\0\0\0\x0aone xy\0\0\0\x01two \0\0\0\0\0\0\0\x12zz\0\0\0\0leftXYZ");
        let mut boxes = Boxes::of_file(&file);
        let mut all = Vec::new();
        while let Some(Chunk { kind, body }) = boxes.next().unwrap() {
            all.push((kind, file.bytes(body).unwrap()));
        }
        assert_eq!(all, [(*b"one ", &b"xy"[..]), (*b"two ", b"zz"), (*b"left", b"XYZ")]);
    }

    #[test]
    fn a_box_that_claims_more_than_its_parent_ends_where_the_parent_does() {
        let file = Known::whole(*b"\0\0\0\x50big abcd");
        assert_eq!(Boxes::within(&file, 0..10).next().unwrap().unwrap().body, 8..10);
        assert_eq!(Boxes::of_file(&file).find(*b"none"), Err(Stop::Cut));
        let short = Known::whole(*b"\0\0\0\x07bad ");
        assert!(matches!(Boxes::of_file(&short).next(), Err(Stop::Fail(..))));
    }
}
