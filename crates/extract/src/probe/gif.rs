//! GIF: up to the first frame's palette (GIF 89a specification, 18 to 21).

use super::Image;
use super::numbers::le16;
use super::text::Text;
use crate::known::{Known, Stop};

/// Extension blocks, and sub-blocks of them, looked at before the first frame.
pub(super) const MAX_BLOCKS: usize = 65_536;

pub(super) fn accepts(head: &[u8]) -> bool {
    head.starts_with(b"GIF87a") || head.starts_with(b"GIF89a")
}

pub(super) fn read(known: &Known) -> Result<Image, Stop> {
    let head: [u8; 13] = known.array(0)?;
    let screen = (le16(&head, 6), le16(&head, 8));
    let (global, after) = palette(known, head[10], 13)?;
    let (frame, local) = first_frame(known, after)?;
    let (width, height) = (screen.0.max(frame.0), screen.1.max(frame.1));
    if width == 0 || height == 0 {
        return Err(Stop::damaged(format!("a GIF of {width} x {height} pixels")));
    }
    // Pillow: the first frame's own palette counts; grey, or none at all, is L.
    let grey = local.or(global).is_none_or(is_grey_ramp);
    Ok(Image { format: "GIF", mode: if grey { "L" } else { "P" }, width, height, ..Image::default() })
}

/// The palette behind a byte of flags, where they say that there is one, and what comes after it.
pub(super) fn palette(known: &Known, flags: u8, at: u64) -> Result<(Option<&[u8]>, u64), Stop> {
    if flags & 0x80 == 0 {
        return Ok((None, at));
    }
    let end = at + (3 << ((flags & 7) + 1));
    Ok((Some(known.bytes(at..end)?), end))
}

type Frame<'a> = ((u32, u32), Option<&'a [u8]>);

/// How far the first frame extends, and its palette.
fn first_frame(known: &Known, at: u64) -> Result<Frame<'_>, Stop> {
    let mut text = Text::new(known, at, u64::MAX);
    for _ in 0..MAX_BLOCKS {
        match text.byte()?.ok_or(Stop::Cut)? {
            0x21 => skip_extension(&mut text)?,
            0x2c => {
                let at = text.at();
                let head: [u8; 9] = known.array(at)?;
                let (local, pixels) = palette(known, head[8], at + 9)?;
                known.array::<1>(pixels)?; // Pillow wants their first byte, too
                let extent = (le16(&head, 0) + le16(&head, 4), le16(&head, 2) + le16(&head, 6));
                return Ok((extent, local));
            }
            0x3b => return Err(Stop::damaged("a GIF without a frame")),
            _ => {} // junk between blocks
        }
    }
    Err(Stop::damaged("a GIF with no frame after thousands of blocks"))
}

/// Goes behind a label and its sub-blocks.
pub(super) fn skip_extension(text: &mut Text<'_>) -> Result<(), Stop> {
    text.skip(1);
    for _ in 0..MAX_BLOCKS {
        match text.byte()?.ok_or(Stop::Cut)? {
            0 => return Ok(()),
            length => text.skip(length.into()),
        }
    }
    Err(Stop::damaged("a GIF extension of thousands of blocks"))
}

/// Whether each entry is the grey of its own index.
fn is_grey_ramp(palette: &[u8]) -> bool {
    palette.chunks_exact(3).enumerate().all(|(index, rgb)| rgb.iter().all(|&value| usize::from(value) == index))
}
