//! From an answer of the probe to what a driver does next: which bytes to read, within which bounds.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use imgmeta_record::{Kind, Phase};

use crate::known::{Known, Stop};
use crate::probe::{self, Header};
use crate::trouble::Trouble;

/// Most bytes that are read of one image, where nothing else is said.
pub(crate) const MAX_BYTES: u64 = 64 << 20;

/// Ranges that an image may need; then the rest is read in one go (record.md, Header).
const MAX_RANGES: u32 = 12;

/// Least bytes of a range after the first: what follows a header is mostly needed with it.
const WINDOW: u64 = 8 << 10;

/// The same after a second jump: of segments that are passed over one by one, only the heads are needed.
const HEAD: u64 = 4 << 10;

/// What lies between the first bytes and a range is read with it up to this size: EXIF is read to its end when the frame behind
/// it is found.
const GAP: u64 = 12 << 10;

/// What to do next.
#[derive(Debug)]
pub(crate) enum Step {
    /// All that is wanted is known.
    Done(Box<Header>),
    /// These bytes are needed; an end of [`u64::MAX`] is the end of the file.
    Read(Range<u64>),
}

/// What bounds the reading of one image; by default ranges, and as many bytes as everywhere.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Least bytes of the first range.
    pub(crate) first: u64,
    /// Whether bytes come one after the other, whatever is asked for.
    pub(crate) sequential: bool,
    /// Most bytes that are read.
    pub(crate) max_bytes: u64,
    /// Whether the image is wanted whole.
    pub(crate) full: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self { first: 0, sequential: false, max_bytes: MAX_BYTES, full: false }
    }
}

/// One image on its way from bytes to a header.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) known: Known,
    options: probe::Options,
    pub(crate) limits: Limits,
    ranges: u32,
    /// Ranges that began behind the end of the one before.
    jumps: u32,
    /// Where the last range ended.
    end: u64,
    /// Whether `--max-bytes` forbids to read on.
    capped: bool,
}

impl Reading {
    /// An image of which nothing is known.
    pub(crate) fn new(options: probe::Options, limits: Limits) -> Self {
        Self { known: Known::default(), options, limits, ranges: 0, jumps: 0, end: 0, capped: false }
    }

    /// What an image that is wanted whole lacks.
    fn rest(&self) -> Option<Result<Step, Trouble>> {
        let known = self.known.known_to(0);
        match self.known.total() {
            Some(total) if known >= total => None,
            Some(total) if total > self.limits.max_bytes => Some(Err(self.too_large())),
            Some(total) => Some(Ok(Step::Read(known..total))),
            None if self.limits.sequential => Some(Ok(Step::Read(known..u64::MAX))),
            // The first answer tells how long it is.
            None => Some(Ok(Step::Read(known..known + self.limits.first))),
        }
    }

    /// Asks the probe.
    pub(crate) fn step(&mut self) -> Result<Step, Trouble> {
        if self.limits.full
            && let Some(step) = self.rest()
        {
            return step;
        }
        // A panic is a defect of ours that must cost one row, not the run.
        let answer = catch_unwind(AssertUnwindSafe(|| probe::read(&self.known, self.options)))
            .map_err(|_| Trouble::new(Kind::Internal, Phase::Identify, "the reader panicked"))?;
        match answer {
            Ok(mut header) => {
                if self.capped {
                    header.image.warnings.push("cut: --max-bytes forbade to read the rest".into());
                    header.image.cut = false;
                }
                Ok(Step::Done(Box::new(header)))
            }
            Err(Stop::Need(range)) => self.plan(range),
            Err(Stop::Cut) if self.capped => Err(self.too_large()),
            Err(Stop::Cut) if self.known.total() == Some(0) => {
                Err(Trouble::new(Kind::Empty, Phase::Body, "there are no bytes"))
            }
            Err(Stop::Cut) => Err(Trouble::new(Kind::Damaged, Phase::Identify, "the image ends inside its header")),
            Err(Stop::Fail(Kind::Empty, message)) => Err(Trouble::new(Kind::Empty, Phase::Body, message)),
            Err(Stop::Fail(kind, message)) => Err(Trouble::new(kind, Phase::Identify, message)),
        }
    }

    fn too_large(&self) -> Trouble {
        let message = format!("more than {} bytes would have to be read (--max-bytes)", self.limits.max_bytes);
        Trouble::new(Kind::TooLarge, Phase::Body, message)
    }

    fn plan(&mut self, need: Range<u64>) -> Result<Step, Trouble> {
        if self.limits.sequential {
            return if need.end > self.limits.max_bytes { self.cap() } else { Ok(Step::Read(need)) };
        }
        self.ranges += 1;
        let range = if self.ranges == 1 {
            0..self.limits.first.max(need.end)
        } else if self.ranges > MAX_RANGES {
            self.known.known_to(0).min(need.start)..self.known.total().unwrap_or(u64::MAX)
        } else {
            self.window(&need)
        };
        let range = range.start..range.end.min(self.known.total().unwrap_or(u64::MAX));
        self.end = range.end;
        let least = need.end - need.start;
        if self.known.held().saturating_add(least) > self.limits.max_bytes {
            return self.cap();
        }
        Ok(Step::Read(range))
    }

    /// A range after the first: what is needed, what follows it and, where that is little, what comes before it.
    fn window(&mut self, need: &Range<u64>) -> Range<u64> {
        self.jumps += u32::from(need.start > self.end);
        let window = if self.jumps < 2 { WINDOW } else { HEAD };
        let end = need.end.max(need.start.saturating_add(window).min(self.known.gap_to(need.start)));
        let known = self.known.known_to(0);
        let near = need.start.checked_sub(known).is_some_and(|gap| gap <= GAP) && need.end - known <= self.allowance();
        if near { known..end } else { need.start..end }
    }

    /// No more may be read: what is known so far must do.
    pub(crate) fn cap(&mut self) -> Result<Step, Trouble> {
        if self.capped || self.limits.full {
            return Err(self.too_large());
        }
        self.capped = true;
        self.ends_here();
        self.step()
    }

    /// Nothing comes behind what is known from the first byte on.
    pub(crate) fn ends_here(&mut self) {
        self.known.set_total(self.known.known_to(0));
    }

    /// How many bytes may still be held.
    pub(crate) fn allowance(&self) -> u64 {
        self.limits.max_bytes.saturating_sub(self.known.held())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: u64 = 32 << 10;

    /// Ranges that are read where these are needed one after the other.
    fn read(needs: &[Range<u64>]) -> Vec<Range<u64>> {
        let limits = Limits { first: FIRST, ..Limits::default() };
        let mut reading = Reading::new(probe::Options::default(), limits);
        let mut ranges = Vec::new();
        for need in needs {
            let step = reading.plan(need.clone()).expect("there is room");
            let Step::Read(range) = step else { panic!("{step:?}, though {need:?} is needed") };
            reading.known.set_total(1 << 20);
            let len = usize::try_from(range.end - range.start).expect("small");
            reading.known.insert(range.start, &vec![0; len]);
            ranges.push(range);
        }
        ranges
    }

    #[test]
    fn what_lies_between_is_read_where_it_is_little() {
        let (near, far) = (FIRST + 100..FIRST + 104, FIRST + (20 << 10)..FIRST + (20 << 10) + 4);
        assert_eq!(read(&[0..16, near]), [0..FIRST, FIRST..FIRST + 100 + WINDOW]);
        assert_eq!(read(&[0..16, far.clone()]), [0..FIRST, far.start..far.start + WINDOW]);
    }

    #[test]
    fn what_is_known_is_not_read_again() {
        let (late, early) = (FIRST + (20 << 10)..FIRST + (20 << 10) + 4, FIRST + (18 << 10)..FIRST + (18 << 10) + 4);
        let ranges = read(&[0..16, late.clone(), early.clone()]);
        assert_eq!(ranges[2], early.start..late.start);
    }

    #[test]
    fn of_segments_that_are_passed_over_only_heads_are_read() {
        let jump = |number: u64| number << 16..(number << 16) + 4;
        let lengths: Vec<_> =
            read(&[0..16, jump(1), jump(2), jump(3)]).into_iter().map(|range| range.end - range.start).collect();
        assert_eq!(lengths, [FIRST, WINDOW, HEAD, HEAD]);
    }
}
