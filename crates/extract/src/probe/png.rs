//! PNG and APNG: the header, and EXIF before or behind the pixels (PNG 3rd edition, 5 and 11.3.3).

pub(super) mod profile;
mod tail;

use std::ops::Range;

use super::numbers::be32;
use super::{Image, Payload};
use crate::known::{Known, Stop};

pub(super) use tail::Tail;

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// Chunks looked at before the pixels.
pub(super) const MAX_CHUNKS: usize = 4096;

pub(super) fn accepts(head: &[u8]) -> bool {
    head.starts_with(SIGNATURE)
}

pub(super) fn read(known: &Known) -> Result<Image, Stop> {
    let (mode, width, height) = header(known, 0)?;
    let mut image = Image { format: "PNG", mode, width, height, ..Image::default() };
    match exif(known, &mut image) {
        Ok(payload) => image.exif = payload,
        Err(Stop::Cut) => image.cut = true,
        Err(stop) => return Err(stop),
    }
    Ok(image)
}

/// Mode, width and height of the PNG that begins `at`.
pub(super) fn header(known: &Known, at: u64) -> Result<(&'static str, u32, u32), Stop> {
    let head: [u8; 25] = known.array(at + 8)?;
    if &head[4..8] != b"IHDR" {
        return Err(Stop::damaged("a PNG that does not begin with IHDR"));
    }
    if be32(&head, 21) != crc32(&head[4..21]) {
        return Err(Stop::damaged("a PNG whose IHDR has a wrong checksum"));
    }
    if head[19] != 0 {
        return Err(Stop::damaged(format!("a PNG of filter method {}", head[19])));
    }
    let (width, height) = (be32(&head, 8), be32(&head, 12));
    if width == 0 || height == 0 || width > i32::MAX as u32 || height > i32::MAX as u32 {
        return Err(Stop::damaged(format!("a PNG of {width} x {height} pixels")));
    }
    Ok((mode(head[16], head[17])?, width, height))
}

/// Pillow's mode of a bit depth and colour type.
fn mode(depth: u8, colour: u8) -> Result<&'static str, Stop> {
    Ok(match (colour, depth) {
        (0, 1) => "1",
        (0, 2 | 4 | 8) => "L",
        (0, 16) => "I;16",
        (2, 8 | 16) => "RGB",
        (3, 1 | 2 | 4 | 8) => "P",
        (4, 8) => "LA",
        (4, 16) | (6, 8 | 16) => "RGBA",
        _ => return Err(Stop::damaged(format!("a PNG of colour type {colour} with {depth} bits"))),
    })
}

/// The EXIF: in a chunk before the pixels, as ImageMagick's text before them, else within the last bytes of the file.
fn exif(known: &Known, image: &mut Image) -> Result<Payload, Stop> {
    let mut at = 33;
    let mut text = Payload::default();
    for _ in 0..MAX_CHUNKS {
        let head: [u8; 8] = known.array(at)?;
        let length = u64::from(u32::from_be_bytes([head[0], head[1], head[2], head[3]]));
        let data = at + 8..at + 8 + length;
        let whole = known.total().is_none_or(|total| data.end <= total);
        if !whole {
            image.warnings.push("cut: a PNG chunk is longer than the file".into());
        }
        match &head[4..8] {
            b"eXIf" if whole => return without_prefix(known, data),
            // It would go before what the text says.
            b"eXIf" if !text.is_empty() => return Err(Stop::Cut),
            b"IDAT" if text.is_empty() => return behind_pixels(known, at),
            b"eXIf" | b"IEND" | b"IDAT" => return Ok(text),
            kind if whole && text.is_empty() && profile::is_text(kind) => text = profile::exif(known, kind, &data)?,
            _ => {}
        }
        at = data.end + 4;
    }
    Ok(text)
}

/// EXIF within the last bytes.
fn behind_pixels(known: &Known, pixels: u64) -> Result<Payload, Stop> {
    let Some(tail) = Tail::of(known, pixels)? else { return Ok(Payload::default()) };
    if let Some(data) = tail.chunks(*b"eXIf").next() {
        return without_prefix(known, data);
    }
    for kind in [*b"zTXt", *b"tEXt", *b"iTXt"] {
        for data in tail.chunks(kind) {
            let found = profile::exif(known, &kind, &data)?;
            if !found.is_empty() {
                return Ok(found);
            }
        }
    }
    Ok(Payload::default())
}

/// Some writers keep JPEG's prefix.
fn without_prefix(known: &Known, range: Range<u64>) -> Result<Payload, Stop> {
    const PREFIX: &[u8] = b"Exif\0\0";
    let end = range.end.min(range.start + PREFIX.len() as u64);
    let skip = if known.bytes(range.start..end)? == PREFIX { PREFIX.len() as u64 } else { 0 };
    Ok(Payload::range(range.start + skip..range.end))
}

/// CRC-32 of PNG, annex D.
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}
