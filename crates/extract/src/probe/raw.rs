//! Camera raw files whose directories are TIFF's: ORF and RW2 with a magic of their own, and those that begin as any
//! TIFF does but whose first directory Pillow does not read (DNG, CR2, NEF, ARW, PEF).

use super::{Image, Payload};
use crate::known::{Known, Stop, View};
use crate::tiff::{Directory, Layout, directory, header};

/// Colour filter array, and linear samples (DNG 1.7, `PhotometricInterpretation`).
const MOSAIC: i64 = 32803;
const LINEAR: i64 = 34892;
/// How makers begin their names, and their formats.
const MAKERS: [(&[u8], &str); 5] =
    [(b"NIKON", "NEF"), (b"SONY", "ARW"), (b"PENTAX", "PEF"), (b"RICOH", "PEF"), (b"ASAHI", "PEF")];
/// Directories below the first that are looked at.
const MAX_BELOW: usize = 16;

/// Olympus, of either byte order and with two magics, and Panasonic.
pub(super) fn accepts(head: &[u8]) -> bool {
    [b"IIRO", b"IIRS", b"MMOR", b"IIU\0"].iter().any(|magic| head.starts_with(*magic))
}

pub(super) fn read(known: &Known) -> Result<Image, Stop> {
    let view = View::whole(known);
    let Some((layout, first)) = header(&view)? else { return Err(Stop::damaged("a raw file with a damaged header")) };
    let directory = directory(&view, layout, first)?;
    let panasonic = known.array(2)? == *b"U\0";
    let (format, size) = if panasonic {
        ("RW2", within_borders(&view, layout, &directory)?)
    } else {
        ("ORF", sides(&view, layout, &directory)?)
    };
    match size {
        Some(size) => Ok(image(known, format, "I;16", size)),
        None if directory.claimed > directory.entries.len() as u64 => Err(Stop::Cut),
        None => Err(Stop::damaged(format!("a file in {format} without a width and height"))),
    }
}

fn image(known: &Known, format: &'static str, mode: &'static str, (width, height): (u32, u32)) -> Image {
    let exif = Payload::range(0..known.total().unwrap_or(u64::MAX));
    Image { format, mode, width, height, exif, ..Image::default() }
}

fn sides(view: &View<'_>, layout: Layout, directory: &Directory) -> Result<Option<(u32, u32)>, Stop> {
    Ok(directory.side(view, layout, 0x100)?.zip(directory.side(view, layout, 0x101)?))
}

/// The sensor without its borders: tags 4 to 7 are where the picture's top, left, bottom and right are.
fn within_borders(view: &View<'_>, layout: Layout, directory: &Directory) -> Result<Option<(u32, u32)>, Stop> {
    let mut borders = [0; 4];
    for (border, tag) in borders.iter_mut().zip(4..) {
        let found = directory.integers(view, layout, tag)?.first().copied();
        let Some(at) = found.and_then(|at| u32::try_from(at).ok()) else { return Ok(None) };
        *border = at;
    }
    let [top, left, bottom, right] = borders;
    let size = right.checked_sub(left).zip(bottom.checked_sub(top));
    Ok(size.filter(|(width, height)| *width > 0 && *height > 0))
}

/// A TIFF that Pillow does not read, where it is a raw file: the largest directory of sensor data tells the size.
pub(super) fn of_tiff(
    known: &Known, view: &View<'_>, layout: Layout, first: &Directory,
) -> Result<Option<Image>, Stop> {
    let Some(format) = family(view, layout, first)? else { return Ok(None) };
    let mut found = sensor(view, layout, first)?;
    for at in first.integers(view, layout, 0x14a)?.into_iter().take(MAX_BELOW) {
        let Ok(at) = u64::try_from(at) else { continue };
        let below = match directory(view, layout, at) {
            Err(Stop::Cut) => continue,
            below => below?,
        };
        let other = sensor(view, layout, &below)?;
        let area = |(_, (width, height)): (_, (u32, u32))| u64::from(width) * u64::from(height);
        if other.map(area) > found.map(area) {
            found = other;
        }
    }
    Ok(found.map(|(mode, size)| image(known, format, mode, size)))
}

/// Mode and size.
type Sensor = (&'static str, (u32, u32));

/// The mode and size of a directory that describes what a sensor saw.
fn sensor(view: &View<'_>, layout: Layout, directory: &Directory) -> Result<Option<Sensor>, Stop> {
    let mode = match directory.integers(view, layout, 0x106)?.first() {
        Some(&MOSAIC) => "I;16",
        Some(&LINEAR) => "RGB",
        _ => return Ok(None),
    };
    Ok(sides(view, layout, directory)?.map(|size| (mode, size)))
}

/// Whose raw format a TIFF is.
fn family(view: &View<'_>, layout: Layout, first: &Directory) -> Result<Option<&'static str>, Stop> {
    if first.entries.iter().any(|entry| entry.tag == 0xc612) {
        return Ok(Some("DNG"));
    }
    if *view.bytes(8..10)? == *b"CR" {
        return Ok(Some("CR2"));
    }
    let Some(make) = first.entries.iter().find(|entry| entry.tag == 0x10f && entry.count < 256) else {
        return Ok(None);
    };
    let make = match make.range(layout).and_then(|range| view.bytes(range)) {
        Err(Stop::Cut) => return Ok(None),
        make => make?,
    };
    Ok(MAKERS.iter().find(|(maker, _)| make.starts_with(maker)).map(|(_, format)| *format))
}
