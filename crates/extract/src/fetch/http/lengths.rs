//! How much of a host's images is asked for first.
//!
//! A byte too few costs another round trip, and bytes too many cost little each, up to what a server sends at once. So a first
//! range is made shorter where nearly all that was read of a host before would have fitted into it.

/// First range where little is known, in bytes.
pub(super) const FIRST: u64 = 32 << 10;
/// The ten segments of some 1,448 bytes that come without waiting for another round trip: over a new connection, and over one
/// that was not used for a while (RFC 6928, 2; RFC 5681, 4.1).
const SEGMENTS: u64 = 14_480;
/// How long the head of a response is taken to be where none was seen, and at most.
const HEADS: (u64, u64) = (656, 2_192);
/// Of how many images one may need a second range, by [lengths](lengths) to choose from. Beyond the segments another round trip
/// is what all images cost, so that more may need a second range before they are left.
const SECOND: [u32; 4] = [50, 50, 16, 1];
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
    needed: [u16; SECOND.len()],
}

/// How much of an image fits into the segments, behind the longest head of a host's 206s, where one was seen.
pub(super) fn window(head: Option<u16>) -> u64 {
    let (unknown, most) = HEADS;
    SEGMENTS - head.map_or(unknown, u64::from).min(most)
}

/// The lengths to choose from, in bytes.
fn lengths(window: u64) -> [u64; SECOND.len()] {
    [4 << 10, 8 << 10, window, FIRST]
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
    pub(super) fn first(self, others: Self, window: u64) -> Option<u64> {
        let (own, all) = (u32::from(self.seen()), u32::from(others.seen()));
        let missing = if others.is_known() { SURE.saturating_sub(own) } else { 0 };
        // In parts of an image.
        let of_others = |needed: u16| (u32::from(needed) * missing * PARTS).checked_div(all).unwrap_or_default();
        let needed =
            self.needed.into_iter().zip(others.needed).map(|(own, other)| u32::from(own) * PARTS + of_others(other));
        let seen = (own + missing) * PARTS;
        let mut longer = seen;
        let length = lengths(window).into_iter().zip(SECOND).zip(needed).find_map(|((length, of), needed)| {
            longer -= needed;
            (longer <= seen / of).then_some(length)
        });
        length.filter(|_| self.is_known() || others.is_known())
    }

    /// An image needed so many bytes from its first on. What lies further back than any first range says nothing of how
    /// long that should be. After `memory` images, all count half.
    pub(super) fn add(&mut self, bytes: u64, window: u64, memory: u16) {
        let Some(class) = lengths(window).iter().position(|length| bytes <= *length) else { return };
        self.needed[class] += 1;
        if self.seen() >= memory {
            self.needed.iter_mut().for_each(|needed| *needed /= 2);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: u64 = 13_824;

    #[test]
    fn what_fits_into_the_segments_depends_on_the_head() {
        assert_eq!((window(None), window(Some(270)), window(Some(60_000))), (WINDOW, 14_210, 12_288));
        let mut lengths = Lengths::default();
        (0..100).for_each(|_| lengths.add(14_100, window(Some(270)), OF_HOST));
        assert_eq!(lengths.first(Lengths::default(), window(Some(270))), Some(14_210));
    }

    #[test]
    fn the_first_range_is_as_long_as_nearly_all_images_need() {
        let mut lengths = Lengths::default();
        (0..31).for_each(|_| lengths.add(700, WINDOW, OF_HOST));
        assert_eq!(lengths.first(Lengths::default(), WINDOW), None, "little is known yet");
        lengths.add(4096, WINDOW, OF_HOST);
        assert_eq!(lengths.first(Lengths::default(), WINDOW), Some(4 << 10));
        lengths.add(9000, WINDOW, OF_HOST);
        assert_eq!(lengths.first(Lengths::default(), WINDOW), Some(WINDOW), "one of 33 is more than one of 50");
        (0..100).for_each(|_| lengths.add(700, WINDOW, OF_HOST));
        assert_eq!(lengths.first(Lengths::default(), WINDOW), Some(4 << 10));
        (0..100).for_each(|_| lengths.add(1 << 20, WINDOW, OF_HOST));
        assert_eq!(
            lengths.first(Lengths::default(), WINDOW),
            Some(4 << 10),
            "those need a second range whatever the first one is"
        );
    }

    #[test]
    fn what_comes_at_once_is_asked_for_also_where_some_need_more() {
        let mut lengths = Lengths::default();
        (0..95).for_each(|_| lengths.add(12_000, WINDOW, OF_HOST));
        (0..5).for_each(|_| lengths.add(14_000, WINDOW, OF_HOST));
        assert_eq!(lengths.first(Lengths::default(), WINDOW), Some(WINDOW));
        (0..5).for_each(|_| lengths.add(14_000, WINDOW, OF_HOST));
        assert_eq!(lengths.first(Lengths::default(), WINDOW), Some(FIRST));
    }

    #[test]
    fn few_images_of_a_host_count_beside_those_of_others() {
        let (mut lengths, mut others) = (Lengths::default(), Lengths::default());
        (0..400).for_each(|number| others.add(if number % 25 == 0 { 14_000 } else { 12_000 }, WINDOW, OF_ALL));
        assert_eq!(lengths.first(others, WINDOW), Some(WINDOW), "a new host");
        (0..40).for_each(|number| lengths.add(if number % 13 == 0 { 14_000 } else { 12_000 }, WINDOW, OF_HOST));
        assert_eq!(
            (lengths.first(others, WINDOW), lengths.first(Lengths::default(), WINDOW)),
            (Some(WINDOW), Some(FIRST))
        );
        (0..300).for_each(|number| lengths.add(if number % 13 == 0 { 14_000 } else { 12_000 }, WINDOW, OF_HOST));
        assert_eq!(lengths.first(others, WINDOW), Some(FIRST), "it is another kind of host");
    }

    #[test]
    fn a_host_that_changes_is_followed() {
        let mut lengths = Lengths::default();
        (0..100_000).for_each(|_| lengths.add(700, WINDOW, OF_HOST));
        (0..200).for_each(|_| lengths.add(20_000, WINDOW, OF_HOST));
        assert_eq!(lengths.first(Lengths::default(), WINDOW), Some(32 << 10));
        (0..3_000).for_each(|_| lengths.add(5_000, WINDOW, OF_HOST));
        assert_eq!(lengths.first(Lengths::default(), WINDOW), Some(8 << 10));
    }
}
