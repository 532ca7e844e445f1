//! A file of which only some bytes are known.

mod view;

use std::cell::Cell;
use std::ops::{Deref, Range};

use bytes::Bytes;
use imgmeta_record::Kind;

pub use view::View;

/// Why a reader did not go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// These bytes are needed next. The reader is called again, from its start, when they are known.
    Need(Range<u64>),
    /// The file ends before bytes that are needed.
    Cut,
    /// What is known suffices to say that there is no answer.
    Fail(Kind, String),
}

impl Stop {
    /// An image whose header contradicts itself.
    pub fn damaged(what: impl Into<String>) -> Self {
        Self::Fail(Kind::Damaged, what.into())
    }

    /// An image of a kind that is known and not read.
    pub fn unsupported(what: impl Into<String>) -> Self {
        Self::Fail(Kind::Unsupported, what.into())
    }
}

/// A file of which only some bytes are known.
///
/// - Parts are sorted, and no two touch.
/// - Nothing is known beyond the total, where there is one.
#[derive(Debug, Clone, Default)]
pub struct Known {
    parts: Vec<Part>,
    total: Option<u64>,
    /// The end of what was asked for, so far.
    reach: Cell<u64>,
}

#[derive(Debug, Clone)]
struct Part {
    start: u64,
    bytes: Stretch,
}

/// Bytes that are held, or that somebody else holds.
#[derive(Debug, Clone)]
enum Stretch {
    Held(Vec<u8>),
    Shared(Bytes),
}

impl Deref for Stretch {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match self {
            Self::Held(bytes) => bytes,
            Self::Shared(bytes) => bytes,
        }
    }
}

impl Stretch {
    fn into_vec(self) -> Vec<u8> {
        match self {
            Self::Held(bytes) => bytes,
            Self::Shared(bytes) => bytes.into(),
        }
    }

    fn truncate(&mut self, len: usize) {
        match self {
            Self::Held(bytes) => bytes.truncate(len),
            Self::Shared(bytes) => bytes.truncate(len),
        }
    }

    fn append(&mut self, more: &[u8]) {
        match self {
            Self::Held(bytes) => bytes.extend_from_slice(more),
            Self::Shared(bytes) => *self = Self::Held([bytes, more].concat()),
        }
    }
}

impl Part {
    fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }

    /// Bytes of the file, where they are in it.
    fn slice(&self, range: &Range<u64>) -> Option<&[u8]> {
        let offset = |at: u64| usize::try_from(at.checked_sub(self.start)?).ok();
        self.bytes.get(offset(range.start)?..offset(range.end)?)
    }
}

impl Known {
    /// A file that is known whole.
    pub fn whole(bytes: impl Into<Vec<u8>>) -> Self {
        Self::of(Stretch::Held(bytes.into()))
    }

    /// The same of bytes that are not copied.
    pub fn shared(bytes: Bytes) -> Self {
        Self::of(Stretch::Shared(bytes))
    }

    fn of(bytes: Stretch) -> Self {
        Self { total: Some(bytes.len() as u64), parts: vec![Part { start: 0, bytes }], reach: Cell::new(0) }
    }

    /// The bytes that are known from the first on without a gap.
    pub fn into_bytes(self) -> Vec<u8> {
        self.parts
            .into_iter()
            .next()
            .filter(|part| part.start == 0)
            .map(|part| part.bytes.into_vec())
            .unwrap_or_default()
    }

    /// The file's length, once it is known.
    pub fn total(&self) -> Option<u64> {
        self.total
    }

    /// The file's length. Where nobody said it, the file is read to its end.
    ///
    /// # Errors
    /// [`Stop::Need`] for the next bytes of a file of unknown length.
    pub fn end(&self) -> Result<u64, Stop> {
        let known = self.known_to(0);
        self.total.ok_or(Stop::Need(known..known + (1 << 16)))
    }

    /// Says how long the file is. What is known beyond it is forgotten.
    pub fn set_total(&mut self, total: u64) {
        self.total = Some(total);
        self.parts.retain(|part| part.start < total);
        if let Some(last) = self.parts.last_mut() {
            let keep = total - last.start;
            if last.bytes.len() as u64 > keep {
                last.bytes.truncate(usize::try_from(keep).unwrap_or(usize::MAX));
            }
        }
    }

    /// The end of what readers asked for: so many bytes from the first on would have been enough.
    pub fn reach(&self) -> u64 {
        self.reach.get().min(self.total.unwrap_or(u64::MAX))
    }

    /// How many bytes are held.
    pub fn held(&self) -> u64 {
        self.parts.iter().map(|part| part.bytes.len() as u64).sum()
    }

    /// Up to where the bytes from `at` on are known without a gap; `at` itself where its byte is not.
    pub fn known_to(&self, at: u64) -> u64 {
        self.part(at).map_or(at, Part::end)
    }

    /// Up to where the bytes from `at` on are not known.
    pub fn gap_to(&self, at: u64) -> u64 {
        self.next_start(at).unwrap_or(u64::MAX)
    }

    /// Adds bytes. Where some are known already, those stay.
    pub fn insert(&mut self, at: u64, bytes: &[u8]) {
        let limit = self.total.map_or(u64::MAX, |total| total.saturating_sub(at));
        let len = usize::try_from(limit).unwrap_or(usize::MAX).min(bytes.len());
        let (mut at, mut bytes) = (at, &bytes[..len]);
        while !bytes.is_empty() {
            let known = self.known_to(at) - at;
            if known > 0 {
                bytes = bytes.get(usize::try_from(known).unwrap_or(usize::MAX)..).unwrap_or_default();
                at += known;
                continue;
            }
            let gap = self.next_start(at).map_or(usize::MAX, |next| usize::try_from(next - at).unwrap_or(usize::MAX));
            let (fresh, rest) = bytes.split_at(gap.min(bytes.len()));
            self.insert_fresh(at, fresh);
            at += fresh.len() as u64;
            bytes = rest;
        }
    }

    /// The same of bytes that somebody else holds, and that are not copied where none is known yet.
    pub fn insert_shared(&mut self, at: u64, bytes: Bytes) {
        if self.parts.is_empty() && !bytes.is_empty() && self.total.is_none_or(|total| at + bytes.len() as u64 <= total)
        {
            self.parts.push(Part { start: at, bytes: Stretch::Shared(bytes) });
        } else {
            self.insert(at, &bytes);
        }
    }

    fn next_start(&self, at: u64) -> Option<u64> {
        self.parts.iter().map(|part| part.start).find(|&start| start > at)
    }

    /// Adds bytes of which none is known, and joins them with the parts that they touch.
    fn insert_fresh(&mut self, at: u64, bytes: &[u8]) {
        let index = self.parts.partition_point(|part| part.start < at);
        let index = if index > 0 && self.parts[index - 1].end() == at {
            self.parts[index - 1].bytes.append(bytes);
            index - 1
        } else {
            self.parts.insert(index, Part { start: at, bytes: Stretch::Held(bytes.to_vec()) });
            index
        };
        if self.parts.get(index + 1).is_some_and(|next| next.start == self.parts[index].end()) {
            let next = self.parts.remove(index + 1);
            self.parts[index].bytes.append(&next.bytes);
        }
    }

    fn part(&self, at: u64) -> Option<&Part> {
        let index = self.parts.partition_point(|part| part.start <= at).checked_sub(1)?;
        Some(&self.parts[index]).filter(|part| at < part.end())
    }

    /// The bytes of a range.
    ///
    /// # Errors
    /// [`Stop::Cut`] where the range ends beyond the total; [`Stop::Need`] with what is missing of it.
    #[inline]
    pub fn bytes(&self, range: Range<u64>) -> Result<&[u8], Stop> {
        self.reach.set(self.reach.get().max(range.end));
        // Headers are read from the first part, bit by bit.
        let first = self.parts.first().and_then(|part| part.slice(&range));
        first.map_or_else(|| self.later_bytes(range), Ok)
    }

    /// The same where they are not in the first part.
    fn later_bytes(&self, range: Range<u64>) -> Result<&[u8], Stop> {
        if range.start > range.end || self.total.is_some_and(|total| range.end > total) {
            return Err(Stop::Cut);
        }
        if range.is_empty() {
            return Ok(&[]);
        }
        let Some(part) = self.part(range.start) else { return Err(self.need(range)) };
        if part.end() < range.end {
            return Err(self.need(part.end()..range.end));
        }
        Ok(part.slice(&range).expect("within the part"))
    }

    /// Asks for a range whose first byte is missing, up to where the rest of it is known.
    fn need(&self, range: Range<u64>) -> Stop {
        let last = self.parts[..self.parts.partition_point(|part| part.start < range.end)].last();
        match last.filter(|last| last.start > range.start && last.end() >= range.end) {
            Some(last) => Stop::Need(range.start..last.start),
            None => Stop::Need(range),
        }
    }

    /// `N` bytes.
    ///
    /// # Errors
    /// As [`bytes`](Self::bytes).
    pub fn array<const N: usize>(&self, at: u64) -> Result<[u8; N], Stop> {
        let end = at.checked_add(N as u64).ok_or(Stop::Cut)?;
        Ok(self.bytes(at..end)?.try_into().expect("as many bytes as were asked for"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_asked_for_and_no_more() {
        let mut known = Known::default();
        known.insert(10, b"abcdef");
        assert_eq!(known.bytes(0..4), Err(Stop::Need(0..4)));
        assert_eq!(known.bytes(12..20), Err(Stop::Need(16..20)));
        assert_eq!(known.bytes(11..13), Ok(&b"bc"[..]));
        assert_eq!(known.bytes(4..16), Err(Stop::Need(4..10)));
        assert_eq!(known.bytes(4..17), Err(Stop::Need(4..17)));
        known.set_total(18);
        assert_eq!(known.bytes(12..20), Err(Stop::Cut));
        assert_eq!(known.bytes(12..18), Err(Stop::Need(16..18)));
        assert_eq!(known.bytes(18..18), Ok(&b""[..]));
    }

    #[test]
    fn pieces_in_any_order_and_overlapping_make_the_whole() {
        let whole: Vec<u8> = (0..100).collect();
        for seed in 0..200 {
            let mut random = fastrand::Rng::with_seed(seed);
            let mut known = Known::default();
            known.set_total(100);
            for _ in 0..60 {
                let at = random.usize(0..100);
                let end = random.usize(at..=100);
                known.insert(at as u64, &whole[at..end]);
                assert!(known.parts.windows(2).all(|pair| pair[0].end() < pair[1].start));
            }
            known.insert(0, &whole);
            assert_eq!(known.bytes(0..100), Ok(&whole[..]));
            assert_eq!(known.parts.len(), 1);
        }
    }
}
