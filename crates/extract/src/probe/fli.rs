//! FLI and FLC: the header, and the first frame's palette (Autodesk Animator).

use imgmeta_record::Kind;

use super::Image;
use super::numbers::{le16, le32};
use crate::known::{Known, Stop};

/// Chunks of the first frame that are looked at for a palette.
const MAX_CHUNKS: u32 = 1024;

/// Chunks of palettes: with 8 bits, and with 6.
const COLOURS_8: u32 = 4;
const COLOURS_6: u32 = 11;

pub(super) fn accepts(head: &[u8]) -> bool {
    head.len() == 16 && matches!(le16(head, 4), 0xaf11 | 0xaf12) && matches!(le16(head, 14), 0 | 3)
}

pub(super) fn read(known: &Known) -> Result<Image, Stop> {
    let head: [u8; 128] = known.array(0)?;
    let zeros = [&head[20..22], &head[42..80], &head[88..]];
    if zeros.iter().any(|part| part.iter().any(|&byte| byte != 0)) {
        return Err(Stop::Fail(Kind::NotAnImage, "no FLI".into()));
    }
    let mut at = 128;
    let mut chunk: [u8; 16] = known.array(at)?;
    if le16(&chunk, 4) == 0xf100 {
        at += u64::from(le32(&chunk, 0)); // what some programs put before the first frame
        chunk = known.array(at)?;
    }
    if le16(&chunk, 4) == 0xf1fa {
        check_palette(known, at + 16, le16(&chunk, 6))?;
    }
    Image::sized("FLI", "P", le16(&head, 8), le16(&head, 10))
}

/// Pillow refuses a palette that is none.
fn check_palette(known: &Known, mut at: u64, chunks: u32) -> Result<(), Stop> {
    for _ in 0..chunks.min(MAX_CHUNKS) {
        let head: [u8; 6] = known.array(at)?;
        match (le16(&head, 4), le32(&head, 0)) {
            (COLOURS_8, _) => return check_colours(known, at + 6, u8::MAX),
            (COLOURS_6, _) => return check_colours(known, at + 6, 63),
            (_, 0) => break,
            (_, size) => at += u64::from(size),
        }
    }
    Ok(())
}

fn check_colours(known: &Known, at: u64, highest: u8) -> Result<(), Stop> {
    let packets = known.array(at).map(u16::from_le_bytes)?;
    let (mut at, mut index) = (at + 2, 0);
    for _ in 0..packets {
        let [skip, count] = known.array(at)?;
        let count = if count == 0 { 256 } else { u64::from(count) };
        index += u64::from(skip) + count;
        let end = at + 2 + 3 * count;
        if index > 256 || known.bytes(at + 2..end)?.iter().any(|&value| value > highest) {
            return Err(Stop::damaged("a FLI whose palette is none"));
        }
        at = end;
    }
    Ok(())
}
