//! BMP and DIB: the header and its palette (Microsoft: BITMAPCOREHEADER to BITMAPV5HEADER).

use super::Image;
use super::numbers::{le16, le32};
use crate::known::{Known, Stop};

pub(super) fn accepts(head: &[u8]) -> bool {
    head.starts_with(b"BM")
}

/// A bitmap without the file header before it.
pub(super) fn accepts_dib(head: &[u8]) -> bool {
    head.len() >= 4 && HEADERS.contains(&le32(head, 0))
}

pub(super) fn read(known: &Known) -> Result<Image, Stop> {
    let Bitmap { mode, width, height, .. } = bitmap(known, 14)?;
    Image::sized("BMP", mode, width, height)
}

pub(super) fn read_dib(known: &Known) -> Result<Image, Stop> {
    let Bitmap { mode, width, height, .. } = bitmap(known, 0)?;
    Image::sized("DIB", mode, width, height)
}

/// What a bitmap's header says.
#[derive(Debug)]
pub(super) struct Bitmap {
    pub(super) mode: &'static str,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) bits: u32,
    pub(super) compression: u32,
    /// Where its pixels begin, if they follow the header.
    pub(super) pixels: u64,
}

/// Bytes of the headers that there are.
const HEADERS: [u32; 7] = [12, 40, 52, 56, 64, 108, 124];

const RAW: u32 = 0;
const RLE8: u32 = 1;
const RLE4: u32 = 2;
const BIT_FIELDS: u32 = 3;

/// A header, before its palette.
struct Header {
    width: u32,
    height: u32,
    bits: u32,
    compression: u32,
    colours: u32,
    /// Masks of red, green, blue and alpha.
    masks: [u32; 4],
    /// Where the palette or the pixels begin.
    end: u64,
    /// Bytes of one palette entry.
    entry: u32,
}

/// Reads a bitmap's header and palette.
pub(super) fn bitmap(known: &Known, at: u64) -> Result<Bitmap, Stop> {
    let Header { width, height, bits, compression, colours, masks, end, entry } = header(known, at)?;
    let mode = match bits {
        1 | 4 | 8 => "P",
        16 | 24 | 32 => "RGB",
        _ => return Err(Stop::unsupported(format!("a BMP of {bits} bits"))),
    };
    let mode = match compression {
        RAW | RLE8 | RLE4 => mode,
        BIT_FIELDS => masked(bits, masks)?,
        _ => return Err(Stop::unsupported(format!("a BMP of compression {compression}"))),
    };
    if mode != "P" {
        return Ok(Bitmap { mode, width, height, bits, compression, pixels: end });
    }
    if !(1..=65_536).contains(&colours) {
        return Err(Stop::unsupported(format!("a BMP palette of {colours} colours")));
    }
    let pixels = end + u64::from(colours * entry);
    // The fourth byte of a colour says nothing, and the last one need not be there.
    let mode = match known.bytes(end..pixels - u64::from(entry - 3)) {
        // More colours than pixels can name, and no room for them.
        Err(Stop::Cut) if colours > 1 << bits => {
            let named = known.bytes(end..end + (u64::from(entry) << bits))?;
            // Where those that pixels can name are a grey ramp, the others decide.
            Some(palette_mode(named, entry, colours)).filter(|mode| *mode == "P").ok_or(Stop::Cut)?
        }
        palette => palette_mode(palette?, entry, colours),
    };
    Ok(Bitmap { mode, width, height, bits, compression, pixels })
}

fn header(known: &Known, at: u64) -> Result<Header, Stop> {
    let size = known.array(at).map(u32::from_le_bytes)?;
    if !HEADERS.contains(&size) {
        return Err(Stop::unsupported(format!("a BMP with a header of {size} bytes")));
    }
    let mut end = at + u64::from(size);
    let head = known.bytes(at..end)?;
    if size == 12 {
        let (width, height, bits) = (le16(head, 4), le16(head, 6), le16(head, 10));
        let colours = 1_u32.checked_shl(bits).unwrap_or(0);
        return Ok(Header { width, height, bits, compression: RAW, colours, masks: [0; 4], end, entry: 3 });
    }
    let (bits, compression, colours) = (le16(head, 14), le32(head, 16), le32(head, 32));
    let mut masks = [0; 4];
    if compression == BIT_FIELDS {
        // The short header has the masks of colours behind it, and none of alpha.
        let behind: [u8; 12];
        let (stored, count) = match size {
            40 => {
                behind = known.array(end)?;
                end += 12;
                (&behind[..], 3)
            }
            52 => (&head[40..], 3),
            _ => (&head[40..], 4),
        };
        for (index, mask) in masks.iter_mut().take(count).enumerate() {
            *mask = le32(stored, 4 * index);
        }
    }
    let colours = if colours == 0 { 1_u32.checked_shl(bits).unwrap_or(0) } else { colours };
    // A height below 0 says that rows run from the top.
    let height = if head[11] == 0xff { le32(head, 8).wrapping_neg() } else { le32(head, 8) };
    Ok(Header { width: le32(head, 4), height, bits, compression, colours, masks, end, entry: 4 })
}

/// Pillow's mode of masks, of which it knows the usual ones.
fn masked(bits: u32, masks: [u32; 4]) -> Result<&'static str, Stop> {
    Ok(match (bits, masks) {
        (32, [0x00ff_0000 | 0xff00_0000, 0xff00, 0xff, 0] | [0xff00_0000, 0x00ff_0000, 0xff00, 0])
        | (24, [0x00ff_0000, 0xff00, 0xff, _])
        | (16, [0xf800, 0x7e0, 0x1f, _] | [0x7c00, 0x3e0, 0x1f, _]) => "RGB",
        (
            32,
            [0xff00_0000, 0x00ff_0000, 0xff00, 0xff]
            | [0xff, 0xff00, 0x00ff_0000, 0xff00_0000]
            | [0x00ff_0000, 0xff00, 0xff, 0xff00_0000]
            | [0xff00_0000, 0xff00, 0xff, 0x00ff_0000]
            | [0, 0, 0, 0],
        ) => "RGBA",
        _ => return Err(Stop::unsupported(format!("a BMP of {bits} bits with masks {masks:x?}"))),
    })
}

/// Pillow's mode of a palette: grey is L, and black and white 1, where it is just that.
fn palette_mode(palette: &[u8], entry: u32, colours: u32) -> &'static str {
    let grey = palette.chunks(entry as usize).enumerate().all(|(index, colour)| {
        let value = if colours == 2 { index * 255 } else { index & 255 };
        colour[..3].iter().all(|&part| usize::from(part) == value)
    });
    match grey {
        true if colours <= 2 => "1",
        true => "L",
        false => "P",
    }
}
