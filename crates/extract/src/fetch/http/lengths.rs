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
const LENGTHS: [(u64, u32); 4] = [(4 << 10, 50), (8 << 10, 50), (WINDOW, 16), (FIRST, 1)];
/// Images after which something is known.
const ENOUGH: u16 = 32;
/// Images of a host after which what others needed says nothing of it.
const SURE: u32 = 256;
/// Parts in which images are counted that are others' in part.
const PARTS: u32 = 256;
/// Images after which what was seen counts half: a host may change.
pub(super) const OF_HOST: u16 = 512;
/// The same of what the first images of all hosts needed.
pub(super) const OF_ALL: u16 = 16_384;

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

    /// The first range of the next image, in bytes; `None` where little is known. What is missing of its own images to
    /// [`SURE`] is taken from what others needed: among a thousand hosts, some would look by chance as if they needed more.
    pub(super) fn first(self, others: Self) -> Option<u64> {
        let (own, all) = (u32::from(self.seen()), u32::from(others.seen()));
        let missing = if others.is_known() { SURE.saturating_sub(own) } else { 0 };
        // In parts of an image.
        let of_others = |needed: u16| (u32::from(needed) * missing * PARTS).checked_div(all).unwrap_or_default();
        let needed =
            self.needed.into_iter().zip(others.needed).map(|(own, other)| u32::from(own) * PARTS + of_others(other));
        let seen = (own + missing) * PARTS;
        let mut longer = seen;
        let length = LENGTHS.into_iter().zip(needed).find_map(|((length, of), needed)| {
            longer -= needed;
            (longer <= seen / of).then_some(length)
        });
        length.filter(|_| self.is_known() || others.is_known())
    }

    /// An image needed so many bytes from its first on. What lies further back than any first range says nothing of how
    /// long that should be. After `memory` images, all count half.
    pub(super) fn add(&mut self, bytes: u64, memory: u16) {
        let Some(class) = LENGTHS.iter().position(|(length, _)| bytes <= *length) else { return };
        self.needed[class] += 1;
        if self.seen() >= memory {
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
        (0..31).for_each(|_| lengths.add(700, OF_HOST));
        assert_eq!(lengths.first(Lengths::default()), None, "little is known yet");
        lengths.add(4096, OF_HOST);
        assert_eq!(lengths.first(Lengths::default()), Some(4 << 10));
        lengths.add(9000, OF_HOST);
        assert_eq!(lengths.first(Lengths::default()), Some(WINDOW), "one of 33 is more than one of 50");
        (0..100).for_each(|_| lengths.add(700, OF_HOST));
        assert_eq!(lengths.first(Lengths::default()), Some(4 << 10));
        (0..100).for_each(|_| lengths.add(1 << 20, OF_HOST));
        assert_eq!(
            lengths.first(Lengths::default()),
            Some(4 << 10),
            "those need a second range whatever the first one is"
        );
    }

    #[test]
    fn what_comes_at_once_is_asked_for_also_where_some_need_more() {
        let mut lengths = Lengths::default();
        (0..95).for_each(|_| lengths.add(12_000, OF_HOST));
        (0..5).for_each(|_| lengths.add(14_000, OF_HOST));
        assert_eq!(lengths.first(Lengths::default()), Some(WINDOW));
        (0..5).for_each(|_| lengths.add(14_000, OF_HOST));
        assert_eq!(lengths.first(Lengths::default()), Some(FIRST));
    }

    #[test]
    fn few_images_of_a_host_count_beside_those_of_others() {
        let (mut lengths, mut others) = (Lengths::default(), Lengths::default());
        (0..400).for_each(|number| others.add(if number % 25 == 0 { 14_000 } else { 12_000 }, OF_ALL));
        assert_eq!(lengths.first(others), Some(WINDOW), "a new host");
        (0..40).for_each(|number| lengths.add(if number % 13 == 0 { 14_000 } else { 12_000 }, OF_HOST));
        assert_eq!((lengths.first(others), lengths.first(Lengths::default())), (Some(WINDOW), Some(FIRST)));
        (0..300).for_each(|number| lengths.add(if number % 13 == 0 { 14_000 } else { 12_000 }, OF_HOST));
        assert_eq!(lengths.first(others), Some(FIRST), "it is another kind of host");
    }

    #[test]
    fn a_host_that_changes_is_followed() {
        let mut lengths = Lengths::default();
        (0..100_000).for_each(|_| lengths.add(700, OF_HOST));
        (0..200).for_each(|_| lengths.add(20_000, OF_HOST));
        assert_eq!(lengths.first(Lengths::default()), Some(32 << 10));
        (0..3_000).for_each(|_| lengths.add(5_000, OF_HOST));
        assert_eq!(lengths.first(Lengths::default()), Some(8 << 10));
    }
}
