//! TIFF and BigTIFF: the first directory, and Pillow's mode of what it says.

mod mode;

use mode::{Pixels, letters, mode};

use super::{Image, Payload, raw};
use crate::known::{Known, Stop, View};
use crate::tiff::{Directory, Entry, Layout, directory, header};

/// Byte order and magic; the last two are mistakes that Pillow reads.
const MAGICS: [&[u8; 4]; 6] = [b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"II\0*", b"MM*\0"];

pub(super) fn accepts(head: &[u8]) -> bool {
    MAGICS.iter().any(|magic| head.starts_with(&magic[..]))
}

/// The tags of the first directory.
struct Tags<'a> {
    view: View<'a>,
    layout: Layout,
    directory: Directory,
}

/// Numbers of a long value that are looked at.
const MAX_NUMBERS: u64 = 64;

impl Tags<'_> {
    /// The entry that Pillow takes: the first with a value of a type that it knows, and of no more than the file has.
    fn entry(&self, tag: u16) -> Option<&Entry> {
        let is_known = |kind: u16| matches!(kind, 1..=13 | 16);
        let fits = |entry: &Entry| entry.size().is_some_and(|size| (1..=self.view.len()).contains(&size));
        self.directory.entries.iter().find(|entry| entry.tag == tag && is_known(entry.kind) && fits(entry))
    }

    /// Whether a tag is there, with its whole value.
    fn has(&self, tag: u16) -> Result<bool, Stop> {
        let Some(entry) = self.entry(tag) else { return Ok(false) };
        if entry.range(self.layout)?.end > self.view.len() { Err(Stop::Cut) } else { Ok(true) }
    }

    /// The numbers of a tag; none where it is not there, or is of a type that is no list of numbers to Pillow.
    fn numbers(&self, tag: u16) -> Result<Option<Vec<i64>>, Stop> {
        if !self.has(tag)? {
            return Ok(Some(Vec::new()));
        }
        let Some(entry) = self.entry(tag).filter(|entry| matches!(entry.kind, 3 | 4 | 6 | 8 | 9 | 13 | 16)) else {
            return Ok(None);
        };
        let Some(kind) = entry.field_type() else { return Ok(None) };
        let range = entry.range(self.layout)?;
        let bytes = self.view.bytes(range.start..range.end.min(range.start + MAX_NUMBERS * kind.size()))?;
        let step = usize::try_from(kind.size()).expect("at most 8");
        Ok(Some(bytes.chunks_exact(step).map(|bytes| kind.integer(self.layout, bytes)).collect()))
    }

    /// The numbers of a tag that must be some, or a default.
    fn list(&self, tag: u16, default: &[i64]) -> Result<Vec<i64>, Stop> {
        match self.numbers(tag)? {
            None => Err(Stop::damaged(format!("a TIFF whose tag {tag:#06x} is no number"))),
            Some(numbers) if numbers.is_empty() => Ok(default.to_vec()),
            Some(numbers) => Ok(numbers),
        }
    }

    /// Whether each sample has planes of its own.
    fn separate(&self) -> Result<bool, Stop> {
        Ok(self.numbers(0x11c)?.and_then(|numbers| numbers.first().copied()) == Some(2))
    }

    /// Into how many parts of a tag's length something is cut.
    fn parts(&self, tag: u16, whole: u32) -> Result<u64, Stop> {
        let length = self.numbers(tag)?.and_then(|numbers| numbers.first().copied()).unwrap_or(i64::from(whole));
        Ok(u64::from(whole).div_ceil(u64::try_from(length).unwrap_or(0).max(1)))
    }

    /// The first of them.
    fn number(&self, tag: u16, default: i64) -> Result<i64, Stop> {
        Ok(self.list(tag, &[default])?[0])
    }
}

/// The layout and the first directory's place, also where the two bytes of the magic are swapped.
fn layout(view: &View<'_>) -> Result<(Layout, u64), Stop> {
    if let Some(found) = header(view)? {
        return Ok(found);
    }
    let head: [u8; 8] = view.array(0)?;
    let layout = Layout { big_endian: head[0] == b'M', big_tiff: false };
    Ok((layout, layout.number(&head[4..])))
}

pub(super) fn read(known: &Known) -> Result<Image, Stop> {
    let view = View::whole(known);
    let (layout, first) = layout(&view)?;
    let directory = directory(&view, layout, first)?;
    if directory.claimed > directory.entries.len() as u64 {
        return Err(Stop::Cut);
    }
    let tags = Tags { view, layout, directory };
    let (width, height, mode) = match shape(&tags) {
        Err(stop @ Stop::Fail(..)) => {
            return raw::of_tiff(known, &tags.view, layout, &tags.directory)?.ok_or(stop);
        }
        shape => shape?,
    };
    let orientation = tags.numbers(0x112)?.and_then(|numbers| numbers.first().copied());
    let turned = orientation.is_some_and(|value| (5..=8).contains(&value));
    let (width, height) = if turned { (height, width) } else { (width, height) };
    let exif = Payload::range(0..known.total().unwrap_or(u64::MAX));
    Ok(Image { format: "TIFF", mode, width, height, exif, oriented: turned, ..Image::default() })
}

/// Width, height and mode, as they are stored.
fn shape(tags: &Tags<'_>) -> Result<(u32, u32, &'static str), Stop> {
    let (Some(width), Some(height)) = (size(tags.number(0x100, 0)?), size(tags.number(0x101, 0)?)) else {
        return Err(Stop::damaged("a TIFF without a width and height"));
    };
    let pixels = pixels(tags)?;
    let mode = mode(&pixels)?;
    stored(tags, pixels.compression, mode)?;
    if pixels.compression == 1 && planes(tags, (width, height))? > letters(&pixels) {
        return Err(Stop::unsupported("a TIFF with more planes than its mode has"));
    }
    Ok((width, height, mode))
}

fn size(value: i64) -> Option<u32> {
    u32::try_from(value).ok().filter(|value| (1..=i32::MAX.unsigned_abs()).contains(value))
}

/// The tags without which Pillow does not open what it knows the mode of.
fn stored(tags: &Tags<'_>, compression: i64, mode: &str) -> Result<(), Stop> {
    if tags.has(0xbc01)? {
        return Err(Stop::unsupported("a TIFF of Windows Media Photo"));
    }
    if compression == 1 && !tags.has(0x111)? {
        if !tags.has(0x144)? {
            return Err(Stop::damaged("a TIFF without strips or tiles"));
        }
        if tags.list(0x142, &[])?.is_empty() || tags.list(0x143, &[])?.is_empty() {
            return Err(Stop::damaged("a TIFF whose tiles have no size"));
        }
    }
    if matches!(mode, "P" | "PA") && !tags.has(0x140)? {
        return Err(Stop::damaged("a TIFF without its palette"));
    }
    Ok(())
}

/// Planes that are stored each by itself; 1 where they are not.
fn planes(tags: &Tags<'_>, (width, height): (u32, u32)) -> Result<u64, Stop> {
    if tags.separate()? {
        let strips = tags.has(0x111)?;
        let across = if strips { 1 } else { tags.parts(0x142, width)? };
        let parts = across * tags.parts(if strips { 0x116 } else { 0x143 }, height)?;
        let stored = tags.entry(if strips { 0x111 } else { 0x144 }).map_or(0, |entry| entry.count);
        return Ok(stored.div_ceil(parts));
    }
    Ok(1)
}

/// What the tags say, with Pillow's defaults and repairs.
fn pixels(tags: &Tags<'_>) -> Result<Pixels, Stop> {
    let compression = tags.number(0x103, 1)?;
    if !matches!(compression, 1..=8 | 32_771 | 32_773 | 32_809 | 32_946 | 34_676 | 34_677 | 34_925 | 50_000 | 50_001) {
        return Err(Stop::unsupported(format!("a TIFF of compression {compression}")));
    }
    let old_jpeg = compression == 6;
    let photometric = match tags.list(0x106, &[0])?[..] {
        _ if old_jpeg => 6,
        [photometric] => photometric,
        _ => 0, // several are none
    };
    let mut format = tags.list(0x153, &[1])?;
    if format.iter().all(|value| *value == format[0]) {
        format.truncate(1);
    }
    let mut bits = tags.list(0x102, &[1])?;
    let mut extra = tags.list(0x152, &[])?;
    let mut samples = tags.number(0x115, if old_jpeg { 3 } else { 1 })?;
    if tags.separate()? && !extra.is_empty() && extra.iter().max() == Some(&0) {
        // Stored in planes of their own at the end, unspecified samples can be passed over.
        bits.truncate(bits.len().saturating_sub(extra.len()));
        samples = samples.saturating_sub(i64::try_from(extra.len()).unwrap_or(i64::MAX));
        extra.clear();
    }
    let wrong = || Stop::unsupported(format!("a TIFF of {samples} samples a pixel"));
    let samples = usize::try_from(samples).ok().filter(|samples| (1..=6).contains(samples)).ok_or_else(wrong)?;
    if bits.len() == 1 {
        bits = vec![bits[0]; samples];
    }
    bits.truncate(samples);
    if bits.len() != samples {
        return Err(Stop::damaged(format!("a TIFF of {samples} samples a pixel with the bits of {}", bits.len())));
    }
    let fill_order = tags.number(0x10a, 1)?;
    Ok(Pixels { big_endian: tags.layout.big_endian, photometric, compression, format, fill_order, bits, extra })
}
