//! How much of a host's images is asked for first.
//!
//! A byte too few costs another round trip, and bytes too many cost little each, up to what a server sends at once. So a first
//! range is made shorter where nearly all that was read of a host before would have fitted into it.

/// First range where little is known, in bytes.
pub(super) const FIRST: u64 = 32 << 10;
/// What fits, behind the head of its response, into the ten segments of some 1,448 bytes that come without waiting for another
/// round trip: over a new connection, and over one that was not used for a while (RFC 6928, 2; RFC 5681, 4.1).
const WINDOW: u64 = 13_824;
/// Lengths to choose from, in bytes, and of how many images one may need a second range then. Beyond the window another round
/// trip is what all images cost, so that more may need a second range before it is left.
const LENGTHS: [(u64, u16); 4] = [(4 << 10, 50), (8 << 10, 50), (WINDOW, 16), (FIRST, 1)];
/// Images after which something is known.
const ENOUGH: u16 = 32;
/// Images after which what was seen counts half: a host may change.
const HALVED: u16 = 512;

/// How much a host's images needed.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Lengths {
    /// How many needed so much and not the length before.
    needed: [u16; LENGTHS.len()],
}

impl Lengths {
    fn seen(self) -> u16 {
        self.needed.iter().sum()
    }

    /// Whether enough was seen to say anything.
    pub(super) fn is_known(self) -> bool {
        self.seen() >= ENOUGH
    }

    /// The first range of the next image, in bytes; `None` where little is known.
    pub(super) fn first(self) -> Option<u64> {
        let seen = self.seen();
        let mut longer = seen;
        let length = LENGTHS.into_iter().zip(self.needed).find_map(|((length, of), needed)| {
            longer -= needed;
            (longer <= seen / of).then_some(length)
        });
        length.filter(|_| self.is_known())
    }

    /// An image needed so many bytes from its first on. What lies further back than any first range says nothing of how
    /// long that should be.
    pub(super) fn add(&mut self, bytes: u64) {
        let Some(class) = LENGTHS.iter().position(|(length, _)| bytes <= *length) else { return };
        self.needed[class] += 1;
        if self.seen() >= HALVED {
            self.needed.iter_mut().for_each(|needed| *needed /= 2);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_range_is_as_long_as_nearly_all_images_need() {
        let mut lengths = Lengths::default();
        (0..31).for_each(|_| lengths.add(700));
        assert_eq!(lengths.first(), None, "little is known yet");
        lengths.add(4096);
        assert_eq!(lengths.first(), Some(4 << 10));
        lengths.add(9000);
        assert_eq!(lengths.first(), Some(WINDOW), "one of 33 is more than one of 50");
        (0..100).for_each(|_| lengths.add(700));
        assert_eq!(lengths.first(), Some(4 << 10));
        (0..100).for_each(|_| lengths.add(1 << 20));
        assert_eq!(lengths.first(), Some(4 << 10), "those need a second range whatever the first one is");
    }

    #[test]
    fn what_comes_at_once_is_asked_for_also_where_some_need_more() {
        let mut lengths = Lengths::default();
        (0..95).for_each(|_| lengths.add(12_000));
        (0..5).for_each(|_| lengths.add(14_000));
        assert_eq!(lengths.first(), Some(WINDOW));
        (0..5).for_each(|_| lengths.add(14_000));
        assert_eq!(lengths.first(), Some(FIRST));
    }

    #[test]
    fn a_host_that_changes_is_followed() {
        let mut lengths = Lengths::default();
        (0..100_000).for_each(|_| lengths.add(700));
        (0..200).for_each(|_| lengths.add(20_000));
        assert_eq!(lengths.first(), Some(32 << 10));
        (0..3_000).for_each(|_| lengths.add(5_000));
        assert_eq!(lengths.first(), Some(8 << 10));
    }
}
