//! RAF, Fujifilm's camera raw files: a JPEG that has the EXIF, and a directory of Fujifilm's own.

use super::{Image, jpeg};
use crate::known::{Known, Stop};

/// Where the header says where the JPEG is, and where the directory.
const JPEG: u64 = 84;
const DIRECTORY: u64 = 92;
/// Tags of the directory: what of the sensor makes the picture, else all of it. Heights stand before widths.
const CROPPED: u16 = 0x111;
const FULL: u16 = 0x100;
/// Entries looked at.
const MAX_ENTRIES: u32 = 255;

pub(super) fn accepts(head: &[u8]) -> bool {
    head.starts_with(b"FUJIFILMCCD-RAW")
}

pub(super) fn read(known: &Known) -> Result<Image, Stop> {
    let number = |at| known.array(at).map(u32::from_be_bytes);
    let (jpeg, directory) = (u64::from(number(JPEG)?), u64::from(number(DIRECTORY)?));
    let (width, height) = size(known, directory)?;
    let mut image = Image { format: "RAF", mode: "I;16", width, height, ..Image::default() };
    match jpeg::read_at(known, jpeg) {
        Ok(preview) => {
            image.exif = preview.exif;
            image.warnings = preview.warnings;
            image.cut = preview.cut;
        }
        Err(Stop::Cut) => image.cut = true,
        Err(Stop::Fail(_, message)) => image.warnings.push(format!("exif: the preview is no JPEG: {message}")),
        Err(need @ Stop::Need(_)) => return Err(need),
    }
    Ok(image)
}

fn size(known: &Known, directory: u64) -> Result<(u32, u32), Stop> {
    let mut full = None;
    let mut at = directory + 4;
    for _ in 0..u32::from_be_bytes(known.array(directory)?).min(MAX_ENTRIES) {
        let number = |at| known.array(at).map(u16::from_be_bytes);
        let (tag, length) = (number(at)?, number(at + 2)?);
        if matches!(tag, FULL | CROPPED) {
            let size = (u32::from(number(at + 6)?), u32::from(number(at + 4)?));
            if tag == CROPPED {
                full = Some(size);
                break;
            }
            full = full.or(Some(size));
        }
        at += 4 + u64::from(length);
    }
    full.filter(|(width, height)| *width > 0 && *height > 0)
        .ok_or_else(|| Stop::damaged("a RAF file without a width and height"))
}
