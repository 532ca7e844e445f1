//! WMF with a placeable header, and EMF (Microsoft, MS-WMF 2.3.2.3 and MS-EMF 2.3.4.2).

use super::Image;
use super::numbers::{le16, le32};
use crate::known::{Known, Stop};

const PLACEABLE: [u8; 6] = [0xd7, 0xcd, 0xc6, 0x9a, 0, 0];

pub(super) fn accepts(head: &[u8]) -> bool {
    head.starts_with(&PLACEABLE)
}

pub(super) fn accepts_enhanced(head: &[u8]) -> bool {
    head.starts_with(&[1, 0, 0, 0])
}

pub(super) fn read(known: &Known) -> Result<Image, Stop> {
    let head: [u8; 26] = known.array(0)?;
    let inch = i64::from(le16(&head, 14));
    if inch == 0 || head[22..] != [1, 0, 9, 0] {
        return Err(Stop::damaged("a WMF with a damaged header"));
    }
    let short = |at: usize| i64::from(i16::from_le_bytes([head[at], head[at + 1]]));
    // Pillow's size is that at 72 dots an inch.
    let side = |at: usize| ((short(at + 4) - short(at)) * 72).div_euclid(inch);
    sized(side(6), side(8))
}

pub(super) fn read_enhanced(known: &Known) -> Result<Image, Stop> {
    let head: [u8; 44] = known.array(0)?;
    if &head[40..] != b" EMF" {
        return Err(Stop::Fail(imgmeta_record::Kind::NotAnImage, "no EMF".into()));
    }
    let long = |at: usize| i64::from(le32(&head, at).cast_signed());
    if long(24) == long(32) || long(28) == long(36) {
        return Err(Stop::damaged("an EMF with an empty frame"));
    }
    sized(long(16) - long(8), long(20) - long(12))
}

/// Pillow does not draw metafiles, and takes one without extent, too.
fn sized(width: i64, height: i64) -> Result<Image, Stop> {
    match (i32::try_from(width).map(u32::try_from), i32::try_from(height).map(u32::try_from)) {
        (Ok(Ok(width)), Ok(Ok(height))) => Ok(Image { format: "WMF", mode: "RGB", width, height, ..Image::default() }),
        _ => Err(Stop::damaged(format!("a metafile of {width} x {height} pixels"))),
    }
}
