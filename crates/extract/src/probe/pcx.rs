//! PCX, and DCX, which is several of them (PCX File Format Technical Reference Manual).

use imgmeta_record::Kind;

use super::Image;
use super::numbers::le16;
use crate::known::{Known, Stop};

/// A mark and 256 colours at the file's end.
const PALETTE: u64 = 769;

pub(super) fn accepts(head: &[u8]) -> bool {
    head.len() >= 2 && head[0] == 10 && matches!(head[1], 0 | 2 | 3 | 5)
}

pub(super) fn accepts_several(head: &[u8]) -> bool {
    head.starts_with(&[0xb1, 0x68, 0xde, 0x3a])
}

pub(super) fn read(known: &Known) -> Result<Image, Stop> {
    picture(known, 0, "PCX")
}

/// The first of several.
pub(super) fn read_several(known: &Known) -> Result<Image, Stop> {
    match known.array(4).map(u32::from_le_bytes)? {
        0 => Err(Stop::damaged("a DCX without a picture")),
        at if !accepts(&known.array::<2>(at.into())?) => Err(Stop::damaged("a DCX whose first picture is no PCX")),
        at => picture(known, at.into(), "DCX"),
    }
}

fn picture(known: &Known, at: u64, format: &'static str) -> Result<Image, Stop> {
    let head: [u8; 68] = known.array(at)?;
    let side = |from: usize| (le16(&head, from + 4) + 1).checked_sub(le16(&head, from)).filter(|side| *side > 0);
    let (Some(width), Some(height)) = (side(4), side(6)) else {
        return Err(Stop::Fail(Kind::NotAnImage, "no PCX".into()));
    };
    let (version, bits, planes) = (head[1], head[3], head[65]);
    let mode = match (version, bits, planes) {
        (_, 1, 1) => "1",
        (_, 1, 2 | 4) => "P",
        (5, 8, 1) => palette_mode(known)?,
        (5, 8, 3) => "RGB",
        _ => return Err(Stop::unsupported(format!("a PCX of {planes} planes of {bits} bits"))),
    };
    Image::sized(format, mode, width, height)
}

/// P, or L where the palette is grey or there is none.
fn palette_mode(known: &Known) -> Result<&'static str, Stop> {
    let end = known.end()?;
    let Some(start) = end.checked_sub(PALETTE) else { return Ok("L") };
    let palette = known.bytes(start..end)?;
    let grey = |(index, rgb): (usize, &[u8])| rgb.iter().all(|&value| usize::from(value) == index);
    let is_palette = palette[0] == 12;
    Ok(if is_palette && !palette[1..].chunks_exact(3).enumerate().all(grey) { "P" } else { "L" })
}
