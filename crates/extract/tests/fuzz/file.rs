//! Laws of a file of any bytes: the answer by need is that of the whole, and a file that is cut gives the same or less.

use std::collections::HashSet;

use imgmeta_extract::probe::{self, Header, Options};
use imgmeta_extract::{Known, Stop, exif};
use imgmeta_record::{Ifd, Other, Properties, Value};

/// Least bytes that are read at once: markers are looked for byte by byte, and over HTTP they come in windows.
const WINDOW: usize = 4 << 10;
/// More ranges than any file needs.
const MOST: usize = 1000;
/// Bytes at the end of a PNG in which chunks are looked for.
const PNG_TAIL: usize = 16 << 10;

type Answer = Result<Header, Stop>;

/// All that can be asked for.
fn everything() -> Options {
    let exif = exif::Options { maker_notes: true, thumbnails: true, ..exif::Options::default() };
    Options { exif, xmp: true, iptc: true }
}

/// Reads it in all ways.
pub(crate) fn check(file: &[u8]) {
    for options in [Options::default(), everything()] {
        let whole = whole(file, options);
        // Through text: a number that is none differs from itself.
        assert_eq!(format!("{:?}", by_need(file, options)), format!("{whole:?}"), "by need, and whole");
        // Where a file is cut hangs on nothing but its bytes, so that a finding can be repeated.
        let chance = file.iter().fold(7usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(*byte)));
        for part in [chance, chance >> 16] {
            cut(file, part % (file.len() + 1), options, &whole);
        }
    }
}

fn whole(file: &[u8], options: Options) -> Answer {
    let answer = probe::read(&Known::whole(file), options);
    assert!(!matches!(answer, Err(Stop::Need(_))), "all is known, and {answer:?} is asked for");
    answer
}

fn by_need(file: &[u8], options: Options) -> Answer {
    let mut known = Known::default();
    known.set_total(file.len() as u64);
    for _ in 0..MOST {
        let need = match probe::read(&known, options) {
            Err(Stop::Need(need)) => need,
            answer => return answer,
        };
        assert!(need.start < need.end && need.end <= file.len() as u64, "{need:?} is asked for");
        let at = |place: u64| usize::try_from(place).expect("within the file");
        let end = at(need.end).max(at(need.start) + WINDOW).min(file.len());
        known.insert(need.start, &file[at(need.start)..end]);
    }
    panic!("{MOST} ranges are asked for");
}

/// Whether what comes later may change what is known, and nothing announces it: of a PCX of 8 bits a palette, of an EPS
/// `%ImageData` or a trailer's box, of a JPEG a second frame.
fn may_change(part: &Header) -> bool {
    match part.image.format {
        "PCX" | "DCX" | "EPS" => true,
        "JPEG" | "MPO" | "JPEG-LS" => part.image.cut,
        _ => false,
    }
}

/// Whether the whole may lack what a part has: metadata behind the pixels of a PNG is looked for in its last bytes, and those of
/// a part are others.
fn has_another_end(part: &Header, file: &[u8]) -> bool {
    part.image.format == "PNG" && file.len() > PNG_TAIL
}

/// The file that ends early says nothing else than the whole, where either says something.
pub(crate) fn cut(file: &[u8], end: usize, options: Options, answer: &Answer) {
    let (Ok(part), Ok(all)) = (whole(&file[..end], options), answer) else { return };
    let image = |header: &Header| {
        let image = &header.image;
        (image.format, image.mode, image.width, image.height, image.turned)
    };
    assert!(image(&part) == image(all) || may_change(&part), "cut at {end} {:?}, and {:?}", image(&part), image(all));
    if has_another_end(&part, file) {
        return;
    }
    for ifd in Ifd::ALL {
        let named = |tag: &imgmeta_record::Tag| format!("{}: {:?}", tag.row.name, tag.value);
        let tags: HashSet<_> = all.exif.ifd(ifd).iter().map(named).collect();
        for tag in part.exif.ifd(ifd).iter().map(named) {
            assert!(tags.contains(&tag), "cut at {end}: {} has {tag}, and of {tags:?}", ifd.name());
        }
    }
    others(&part, all, end);
    // Compressed data that is damaged further on gives nothing, and its first half something.
    if let (Some(part), Some(all)) = (&part.profile, &all.profile) {
        assert_eq!(part, all, "cut at {end}, and whole");
    }
    properties(part.xmp.as_ref(), all.xmp.as_ref(), end);
    properties(part.iptc.as_ref(), all.iptc.as_ref(), end);
}

/// What has no fixed place in a part has none in the whole, or is named there: of a tag that stands twice the first may lie
/// behind the end, and only the whole tells that it does not fit, so that the second has the name.
fn others(part: &Header, all: &Header, end: usize) {
    let others: HashSet<_> = all.other.iter().map(|other| format!("{other:?}")).collect();
    // A list of one number has a name as a list, and none as the number.
    let shapeless = |value: &Value| format!("{value:?}").replace(|c: char| c.is_alphabetic() || "()[]".contains(c), "");
    let is_named = |other: &Other| {
        let mut tags = all.exif.ifd(other.ifd).iter();
        tags.any(|tag| tag.row.number == other.tag && shapeless(&tag.value) == shapeless(&other.value))
    };
    for other in &part.other {
        assert!(
            others.contains(&format!("{other:?}")) || is_named(other),
            "cut at {end}: {other:?}, and of {others:?}"
        );
    }
}

fn properties(part: Option<&Properties>, all: Option<&Properties>, end: usize) {
    let known: HashSet<_> = all.into_iter().flatten().collect();
    for property in part.into_iter().flatten() {
        assert!(known.contains(&property), "cut at {end}: {property:?}, and of {all:?}");
    }
}
