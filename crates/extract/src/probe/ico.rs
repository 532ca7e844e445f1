//! ICO and CUR: the directory of icons, and the header of the one that Pillow takes (Microsoft, `ICONDIR`).

use imgmeta_record::Kind;

use super::bmp::{Bitmap, bitmap};
use super::numbers::{le16, le32};
use super::{Image, png, tga};
use crate::known::{Known, Stop};

pub(super) fn accepts(head: &[u8]) -> bool {
    head.starts_with(&[0, 0, 1, 0])
}

pub(super) fn accepts_cursor(head: &[u8]) -> bool {
    head.starts_with(&[0, 0, 2, 0])
}

/// The entries of the directory. A TGA may begin like one that has none, or like one that its file has no room for.
fn entries(known: &Known) -> Result<std::slice::Chunks<'_, u8>, Stop> {
    let head: [u8; 6] = known.array(0)?;
    let other = || Stop::Fail(Kind::NotAnImage, "no icon".into());
    let end = 6 + 16 * u64::from(le16(&head, 4));
    match known.bytes(6..end) {
        Ok([]) => Err(other()),
        Err(Stop::Cut) if tga::accepts(known.bytes(0..16)?) => Err(other()),
        entries => Ok(entries?.chunks(16)),
    }
}

pub(super) fn read(known: &Known) -> Result<Image, Stop> {
    let best = entries(known)?.min_by_key(|entry| (std::cmp::Reverse(side(entry[0]) * side(entry[1])), depth(entry)));
    let Some(entry) = best else { return Err(Stop::Cut) };
    let (size, at) = (u64::from(le32(entry, 8)), u64::from(le32(entry, 12)));
    // Pillow decodes the icon, and must have all of it.
    let cut = |end: u64| known.total().is_some_and(|total| end > total);
    if png::accepts(&known.array::<8>(at)?) {
        let (mode, width, height) = png::header(known, at)?;
        return if cut(at + size) { Err(Stop::Cut) } else { Image::sized("ICO", mode, width, height) };
    }
    let icon = bitmap(known, at)?;
    // Rows of pixels and of the mask are stored as one picture of twice the height.
    let (width, height) = (icon.width, icon.height / 2);
    let has_alpha = le16(entry, 6) == 32;
    if cut(picture_end(&icon, height, has_alpha)) {
        return Err(Stop::Cut);
    }
    if !has_alpha && (cut(at + size) || at + size < mask_size(width, height)) {
        return Err(Stop::Cut);
    }
    Image::sized("ICO", "RGBA", width, height)
}

/// A side of 0 is one of 256.
fn side(stored: u8) -> u32 {
    if stored == 0 { 256 } else { stored.into() }
}

/// Bits of a pixel; of two icons of one size, the one with fewer is taken.
fn depth(entry: &[u8]) -> u32 {
    let (colours, bits) = (entry[2], le16(entry, 6));
    match (bits, colours) {
        (0, 0 | 1) => 256,
        (0, colours) => u32::from(colours - 1).ilog2() + 1,
        (bits, _) => bits,
    }
}

/// Where the pixels end, or the fourth bytes of them that are the alpha.
fn picture_end(icon: &Bitmap, height: u32, has_alpha: bool) -> u64 {
    let width = u64::from(icon.width);
    let stored = match icon.compression {
        1 | 2 => 0,
        _ => (width * u64::from(icon.bits)).div_ceil(32) * 4,
    };
    let row = if has_alpha { stored.max(width * 4) } else { stored };
    icon.pixels.saturating_add(row.saturating_mul(u64::from(height)))
}

fn mask_size(width: u32, height: u32) -> u64 {
    (u64::from(width).div_ceil(32) * 4).saturating_mul(u64::from(height))
}

pub(super) fn read_cursor(known: &Known) -> Result<Image, Stop> {
    let entries = entries(known)?;
    let behind = 6 + 16 * entries.len() as u64;
    let largest = entries.reduce(|best, next| if next[0] > best[0] && next[1] > best[1] { next } else { best });
    let Some(entry) = largest else { return Err(Stop::Cut) };
    let at = match le32(entry, 12) {
        0 => behind,
        at => at.into(),
    };
    let Bitmap { mode, width, height, bits, compression, .. } = bitmap(known, at)?;
    let mode = match mode {
        "1" | "L" => "LA",
        // Behind a directory of one entry, the fourth byte of a pixel counts.
        _ if bits == 32 && compression == 0 && at == 22 => "RGBA",
        mode => mode,
    };
    Image::sized("CUR", mode, width, height / 2)
}
