//! ICNS: the heads of its blocks, which tell the sizes that there are.

use super::Image;
use super::numbers::be32;
use crate::known::{Known, Stop};

/// Blocks looked at: there are some twenty types.
const MAX_BLOCKS: usize = 4096;

/// Types of blocks, and the pixels of a side of their icon; in order of points and scale, the best first.
const SIZES: &[(&[u8; 4], u32)] = &[
    (b"ic10", 1024),
    (b"ic09", 512),
    (b"ic14", 512),
    (b"ic08", 256),
    (b"ic13", 256),
    (b"ic07", 128),
    (b"it32", 128),
    (b"t8mk", 128),
    (b"icp6", 64),
    (b"ih32", 48),
    (b"h8mk", 48),
    (b"ic12", 64),
    (b"icp5", 32),
    (b"il32", 32),
    (b"l8mk", 32),
    (b"ic11", 32),
    (b"icp4", 16),
    (b"is32", 16),
    (b"s8mk", 16),
];

pub(super) fn accepts(head: &[u8]) -> bool {
    head.starts_with(b"icns")
}

pub(super) fn read(known: &Known) -> Result<Image, Stop> {
    let end = u64::from(known.array(4).map(u32::from_be_bytes)?);
    let complete = known.total().is_none_or(|total| end <= total);
    let mut best: Option<usize> = None;
    let mut at = 8;
    for _ in 0..MAX_BLOCKS {
        // Of a complete file, nothing better can follow the best.
        if at >= end || (complete && best == Some(0)) {
            break;
        }
        let head: [u8; 8] = known.array(at)?;
        let rank = SIZES.iter().position(|(kind, _)| kind[..] == head[..4]);
        best = [best, rank].into_iter().flatten().min();
        match be32(&head, 4) {
            0 => return Err(Stop::damaged("an ICNS block of no bytes")),
            length => at += u64::from(length),
        }
    }
    let Some(best) = best else { return Err(Stop::damaged("an ICNS without an icon that is known")) };
    let (_, pixels) = SIZES[best];
    Image::sized("ICNS", "RGBA", pixels, pixels)
}
