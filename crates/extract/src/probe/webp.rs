//! WebP: the first chunk's head, and the `EXIF` chunk (RFC 9649, 2.7).

use super::{Image, Payload};
use crate::known::{Known, Stop};

/// Chunks looked at for EXIF: an animation has one for each frame.
pub(super) const MAX_CHUNKS: usize = 4096;

pub(super) fn accepts(head: &[u8]) -> bool {
    head.len() >= 16 && head.starts_with(b"RIFF") && &head[8..12] == b"WEBP" && head[12..].starts_with(b"VP8")
}

pub(super) fn read(known: &Known) -> Result<Image, Stop> {
    let head: [u8; 30] = known.array(0)?;
    let number =
        |at: usize, len: usize| head[at..at + len].iter().rev().fold(0, |sum, &byte| (sum << 8) | u32::from(byte));
    let (mode, width, height, extended) = match &head[12..16] {
        b"VP8X" => (rgb(head[20] & 0x10 != 0), number(24, 3) + 1, number(27, 3) + 1, true),
        b"VP8L" if head[20] == 0x2f => {
            let bits = number(21, 4);
            (rgb(bits & (1 << 28) != 0), (bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1, false)
        }
        b"VP8 " if head[23..26] == [0x9d, 0x01, 0x2a] => ("RGB", number(26, 2) & 0x3fff, number(28, 2) & 0x3fff, false),
        _ => return Err(Stop::damaged("a WebP whose first chunk is none that is known")),
    };
    if width == 0 || height == 0 {
        return Err(Stop::damaged(format!("a WebP of {width} x {height} pixels")));
    }
    let mut image = Image { format: "WEBP", mode, width, height, ..Image::default() };
    let end = 8 + u64::from(number(4, 4));
    if known.total().is_some_and(|total| end > total) {
        image.warnings.push("cut: the RIFF header says more than the file has".into());
    }
    let flags = if extended { head[20] } else { 0 };
    // Some writers forget the flag: what comes behind a still costs nothing to pass over, and behind frames it would.
    let (promised, animated) = (flags & 0x08 != 0, flags & 0x02 != 0);
    if promised || !animated {
        match exif(known, &mut image, if promised { u64::MAX } else { end }) {
            Err(Stop::Cut) if promised => image.cut = true,
            Err(Stop::Cut) => {}
            result => result?,
        }
    }
    Ok(image)
}

fn rgb(alpha: bool) -> &'static str {
    if alpha { "RGBA" } else { "RGB" }
}

/// Finds the `EXIF` chunk by the heads of the others.
fn exif(known: &Known, image: &mut Image, limit: u64) -> Result<(), Stop> {
    let mut at = 12;
    for _ in 0..MAX_CHUNKS {
        if at + 8 > limit {
            return Ok(());
        }
        if known.total().is_some_and(|total| at + 8 > total) {
            image.cut |= limit == u64::MAX && known.total().is_some_and(|total| at > total);
            return Ok(());
        }
        let head: [u8; 8] = known.array(at)?;
        let length = u64::from(u32::from_le_bytes([head[4], head[5], head[6], head[7]]));
        if &head[..4] == b"EXIF" {
            let data = at + 8..at + 8 + length;
            let prefix = data.end.min(data.start + 6);
            // Some writers keep JPEG's prefix.
            let skip = if known.bytes(data.start..prefix)? == b"Exif\0\0" { 6 } else { 0 };
            let end = known.total().map_or(data.end, |total| data.end.min(total));
            image.exif = Payload::range(data.start + skip..end);
            return Ok(());
        }
        at += 8 + length + length % 2;
    }
    Ok(())
}
