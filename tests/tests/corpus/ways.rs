//! A file read in different ways: the answer must not depend on how its bytes come.

use imgmeta_extract::probe::{self, Header, Options};
use imgmeta_extract::{Known, Stop, exif};

use crate::expected::Sample;

/// Least bytes of a range of a damaged file that is longer: a marker is looked for byte by byte.
const WINDOW: usize = 4 << 10;
/// More questions than any file needs.
const MOST: usize = 10_000;

pub(crate) type Answer = Result<Header, Stop>;

/// All that can be asked for.
fn everything() -> Options {
    let exif = exif::Options { maker_notes: true, thumbnails: true, ..exif::Options::default() };
    Options { exif, xmp: true, iptc: true }
}

/// Whether two answers are one. A number that is none is equal to itself here.
fn same(one: &Answer, other: &Answer) -> bool {
    one == other || format!("{one:?}") == format!("{other:?}")
}

/// The answer where all is known.
pub(crate) fn whole(bytes: &[u8]) -> Answer {
    whole_with(bytes, Options::default())
}

fn whole_with(bytes: &[u8], options: Options) -> Answer {
    let answer = probe::read(&Known::whole(bytes), options);
    assert!(!matches!(answer, Err(Stop::Need(_))), "all is known, and {answer:?} is asked for");
    answer
}

/// The answer where only what is asked for is read, and how much that was.
fn by_need(bytes: &[u8], options: Options) -> (Answer, usize) {
    in_windows(bytes, options, 1)
}

/// The same, where at least so many bytes are read at once.
fn in_windows(bytes: &[u8], options: Options, least: usize) -> (Answer, usize) {
    let mut known = Known::default();
    known.set_total(bytes.len() as u64);
    let mut read = 0;
    for _ in 0..MOST {
        let range = match probe::read(&known, options) {
            Err(Stop::Need(range)) => range,
            answer => return (answer, read),
        };
        let window = known.gap_to(range.start).min(range.start + least as u64);
        let end = range.end.max(window).min(bytes.len() as u64);
        let range = usize::try_from(range.start).expect("small")..usize::try_from(end).expect("small");
        assert!(!range.is_empty(), "nothing is asked for: {range:?}");
        read += range.len();
        known.insert(range.start as u64, &bytes[range]);
    }
    panic!("more than {MOST} ranges were asked for");
}

/// How many bytes are read, where no more come than are asked for.
pub(crate) fn need(bytes: &[u8]) -> usize {
    by_need(bytes, Options::default()).1
}

/// The answer where bytes come one after the other. A long file is asked again when what it needed has come.
fn byte_by_byte(bytes: &[u8], options: Options) -> Answer {
    let mut known = Known::default();
    known.set_total(bytes.len() as u64);
    let mut need = 0;
    for (at, byte) in (0..).zip(bytes) {
        if bytes.len() < 2048 || at >= need {
            match probe::read(&known, options) {
                Err(Stop::Need(range)) => need = range.end,
                answer => return answer,
            }
        }
        known.insert(at, std::slice::from_ref(byte));
    }
    probe::read(&known, options)
}

/// Whether all ways give one answer.
pub(crate) fn compare(sample: &Sample) -> Result<(), String> {
    let bytes = &sample.bytes;
    for options in [Options::default(), everything()] {
        let whole = whole_with(bytes, options);
        let (need, _) = by_need(bytes, options);
        for (way, answer) in [("by need", need), ("byte by byte", byte_by_byte(bytes, options))] {
            if !same(&answer, &whole) {
                return Err(format!("{}: {way} {answer:?}\n  whole {whole:?}", sample.path));
            }
        }
    }
    Ok(())
}

/// Every prefix of a file of unknown length, and of a long one some thousand: a need, or a final answer that no further byte
/// changes.
pub(crate) fn prefixes(sample: &Sample) -> Result<(), String> {
    let mut first: Option<(usize, Answer)> = None;
    let len = sample.bytes.len();
    for end in (0..=len).filter(|end| *end < 4096 || end % (len / 500) == 0) {
        let mut known = Known::default();
        known.insert(0, &sample.bytes[..end]);
        let answer = probe::read(&known, everything());
        match (&first, &answer) {
            (None, Err(Stop::Need(_))) => {}
            (None, _) => first = Some((end, answer)),
            (Some((at, known)), now) if !same(known, now) => {
                return Err(format!("{}: {known:?} after {at} bytes\n  {now:?} after {end}", sample.path));
            }
            (Some(_), _) => {}
        }
    }
    Ok(())
}

/// How often a file is damaged: a long one is mostly pixels.
fn cases(sample: &Sample) -> usize {
    if sample.bytes.len() < 100_000 { 200 } else { 20 }
}

/// Reads a file of which one byte is another: one of the first, where headers are, or any.
pub(crate) fn single_bytes(sample: &Sample, seed: u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    for case in 0..2 * cases(sample) {
        let mut bytes = sample.bytes.clone();
        let most = if random.bool() { bytes.len().min(512) } else { bytes.len() };
        if most == 0 {
            return;
        }
        let (at, chance) = (random.usize(..most), random.u8(..));
        bytes[at] = random.choice([0, 1, 0x7f, 0xff, !bytes[at], chance]).expect("there are some");
        let options = if case % 2 == 0 { everything() } else { Options::default() };
        let (need, whole) = (in_windows(&bytes, options, WINDOW.min(bytes.len() / 8)).0, whole_with(&bytes, options));
        assert!(same(&need, &whole), "{}, byte {at}: {need:?}\n  {whole:?}", sample.path);
    }
}

/// Reads a file of which some bytes are others, whole and cut.
pub(crate) fn damage(sample: &Sample, seed: u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    for _ in 0..cases(sample) {
        let mut bytes = sample.bytes.clone();
        for _ in 0..random.usize(1..8) {
            let chance = random.u8(..);
            let value = random.choice([0, 1, 0x7f, 0xff, chance]).expect("there are some");
            if let Some(byte) = random.choice(bytes.iter_mut()) {
                *byte = value;
            }
        }
        bytes.truncate(if random.bool() { bytes.len() } else { random.usize(..=bytes.len()) });
        let (need, read) = in_windows(&bytes, everything(), WINDOW.min(bytes.len() / 8));
        let whole = whole_with(&bytes, everything());
        assert!(same(&need, &whole), "{} damaged: {need:?}\n  {whole:?}", sample.path);
        // Values that lie close together are asked for with what lies between them, known or not.
        assert!(read <= 2 * bytes.len(), "{}: {read} bytes read of {}", sample.path, bytes.len());
    }
}
