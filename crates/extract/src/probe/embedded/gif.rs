//! GIF: application extensions before the first frame: `ICCRGBG1012`, and `XMP DataXMP` (XMP specification, part 3, 1.1.2).

use super::super::gif::{MAX_BLOCKS, palette, skip_extension};
use super::super::text::Text;
use super::super::{Image, Options, Payload};
use crate::known::{Known, Stop};

/// What follows a packet, so that readers of sub-blocks find their way out of it.
const TRAILER: u64 = 258;

pub(super) fn locate(known: &Known, image: &mut Image, options: Options) -> Result<(), Stop> {
    let [flags] = known.array(10)?;
    let (_, mut at) = palette(known, flags, 13)?;
    for _ in 0..MAX_BLOCKS {
        match known.array(at)? {
            [0x21] => at = extension(known, at, image, options)?,
            [0x2c | 0x3b] => return Ok(()),
            _ => at += 1, // junk between blocks
        }
    }
    Ok(())
}

/// Looks at an extension, and gives what comes after it.
fn extension(known: &Known, at: u64, image: &mut Image, options: Options) -> Result<u64, Stop> {
    let mut text = Text::new(known, at + 1, u64::MAX);
    skip_extension(&mut text)?;
    let after = text.at();
    if known.array(at + 1)? != [0xff, 11] {
        return Ok(after);
    }
    let name: [u8; 11] = known.array(at + 3)?;
    let data = at + 14;
    match &name {
        b"ICCRGBG1012" if image.icc.is_empty() => image.icc = sub_blocks(known, data)?,
        b"XMP DataXMP" if options.xmp && image.xmp.is_empty() => {
            image.xmp = Payload::range(data..data.max(after.saturating_sub(TRAILER)));
        }
        _ => {}
    }
    Ok(after)
}

/// The data of sub-blocks, without their lengths.
fn sub_blocks(known: &Known, mut at: u64) -> Result<Payload, Stop> {
    let mut ranges = Vec::new();
    for _ in 0..MAX_BLOCKS {
        let [length] = known.array(at)?;
        if length == 0 {
            break;
        }
        ranges.push(at + 1..at + 1 + u64::from(length));
        at += 1 + u64::from(length);
    }
    Ok(Payload::At(ranges))
}
