//! Bytes one after the other, of formats whose header is text.

use crate::known::{Known, Stop};

/// Asked for at least, and at most; each further block doubles what is known, so that a long header needs few.
const BLOCK: u64 = 4096;
const LARGEST_BLOCK: u64 = 1 << 18;

/// A place in a file that is read forwards.
#[derive(Debug, Clone)]
pub(super) struct Text<'a> {
    known: &'a Known,
    start: u64,
    at: u64,
    most: u64,
}

impl<'a> Text<'a> {
    /// Reads from `start`, at most `most` bytes.
    pub(super) fn new(known: &'a Known, start: u64, most: u64) -> Self {
        Self { known, start, at: start, most }
    }

    /// Where the next byte is.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    /// Goes on behind `bytes` more.
    pub(super) fn skip(&mut self, bytes: u64) {
        self.at = self.at.saturating_add(bytes);
    }

    /// The next byte; `None` at the end.
    pub(super) fn byte(&mut self) -> Result<Option<u8>, Stop> {
        Ok(self.line(1)?.first().copied())
    }

    /// A line with its line feed, or `most` bytes of it; without one at the file's end, where lines are empty.
    pub(super) fn line(&mut self, most: usize) -> Result<&'a [u8], Stop> {
        self.until(most, |byte| byte == b'\n')
    }

    /// Bytes up to and with one that `ends`, or the first `most` of them, or what there is up to the file's end.
    pub(super) fn until(&mut self, most: usize, ends: impl Fn(u8) -> bool) -> Result<&'a [u8], Stop> {
        let total = self.known.total();
        if total.is_some_and(|total| self.at >= total) {
            return Ok(&[]);
        }
        if self.at - self.start > self.most {
            return Err(Stop::damaged(format!("a header of more than {} bytes", self.most)));
        }
        let end = self.known.known_to(self.at);
        let bytes = self.known.bytes(self.at..end)?;
        let window = &bytes[..bytes.len().min(most)];
        let line = match window.iter().position(|&byte| ends(byte)) {
            Some(last) => &window[..=last],
            None if window.len() == most || total == Some(end) => window,
            None => {
                let next = end.saturating_add((end - self.start).clamp(BLOCK, LARGEST_BLOCK));
                return Err(Stop::Need(end..total.map_or(next, |total| next.min(total))));
            }
        };
        self.at += line.len() as u64;
        Ok(line)
    }
}

/// A whole number in decimal, as people write it: with blanks around it, perhaps with a sign.
pub(super) fn int(bytes: &[u8]) -> Option<i64> {
    std::str::from_utf8(bytes.trim_ascii()).ok()?.parse().ok()
}

/// A size that is written as text; `None` where it is no number, or not one of pixels.
pub(super) fn pixels(bytes: &[u8]) -> Option<u32> {
    u32::try_from(int(bytes)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ranges that are asked for until what is read is known.
    fn ranges(file: &[u8], read: impl Fn(&mut Text<'_>) -> Result<(), Stop>) -> Vec<std::ops::Range<u64>> {
        let mut known = Known::default();
        known.set_total(file.len() as u64);
        let mut ranges = Vec::new();
        while let Err(Stop::Need(range)) = read(&mut Text::new(&known, 0, u64::MAX)) {
            let bytes = &file[usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap()];
            known.insert(range.start, bytes);
            ranges.push(range);
        }
        ranges
    }

    #[test]
    fn a_long_line_needs_few_ranges_and_a_short_one_no_more_than_a_block() {
        let mut file = vec![b'x'; 1 << 20];
        let line = |text: &mut Text<'_>| text.line(usize::MAX).map(drop);
        assert!(ranges(&file, line).len() <= 12);
        file[3] = b'\n';
        let first = 0..BLOCK;
        assert_eq!(ranges(&file, line), [first]);
    }

    #[test]
    fn lines_end_at_their_feed_their_most_or_the_end_of_the_file() {
        let known = Known::whole(*b"ab\ncdefg");
        let mut text = Text::new(&known, 0, 100);
        for line in [&b"ab\n"[..], b"cde", b"fg", b"", b""] {
            assert_eq!(text.line(3), Ok(line));
        }
        assert_eq!(Text::new(&known, 3, 100).byte(), Ok(Some(b'c')));
        let mut short = Text::new(&known, 0, 2);
        assert_eq!(short.line(3), Ok(&b"ab\n"[..]));
        assert!(matches!(short.line(3), Err(Stop::Fail(..))));
    }

    #[test]
    fn numbers_are_those_of_people() {
        for (text, number) in
            [(&b" 12\n"[..], Some(12)), (b"+7", Some(7)), (b"-3", Some(-3)), (b"", None), (b"0x1", None)]
        {
            assert_eq!(int(text), number);
        }
        assert_eq!([pixels(b"5"), pixels(b"-5"), pixels(b"99999999999")], [Some(5), None, None]);
    }
}
