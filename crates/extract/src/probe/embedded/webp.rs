//! WebP: `ICCP` before the pixels, `XMP ` behind them (RFC 9649, 2.7.1.4 and 2.7.1.5).

use super::super::webp::MAX_CHUNKS;
use super::super::{Image, Options, Payload};
use super::within;
use crate::known::{Known, Stop};

/// Flags of the extended header.
const HAS_PROFILE: u8 = 0x20;
const HAS_XMP: u8 = 0x04;

pub(super) fn locate(known: &Known, image: &mut Image, options: Options) -> Result<(), Stop> {
    let head: [u8; 21] = known.array(0)?;
    if &head[12..16] != b"VP8X" {
        return Ok(());
    }
    let mut wants_profile = head[20] & HAS_PROFILE != 0;
    let wants_xmp = options.xmp && head[20] & HAS_XMP != 0;
    let mut at = 12;
    for _ in 0..MAX_CHUNKS {
        if !wants_profile && !wants_xmp || known.total().is_some_and(|total| at + 8 > total) {
            return Ok(());
        }
        let head: [u8; 8] = known.array(at)?;
        let length = u64::from(u32::from_le_bytes([head[4], head[5], head[6], head[7]]));
        let data = at + 8..at + 8 + length;
        match &head[..4] {
            b"ICCP" if wants_profile => image.icc = Payload::range(within(known, data)),
            b"XMP " if wants_xmp => {
                image.xmp = Payload::range(data);
                return Ok(());
            }
            // The profile comes before anything that is shown.
            b"VP8X" => {}
            _ => wants_profile = false,
        }
        at += 8 + length + length % 2;
    }
    Ok(())
}
