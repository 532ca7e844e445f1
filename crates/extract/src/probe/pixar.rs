//! PIXAR raster images: the header.

use super::Image;
use super::numbers::le16;
use crate::known::{Known, Stop};

pub(super) fn accepts(head: &[u8]) -> bool {
    head.starts_with(&[0x80, 0xe8, 0, 0])
}

pub(super) fn read(known: &Known) -> Result<Image, Stop> {
    let head: [u8; 428] = known.array(0)?;
    match (le16(&head, 424), le16(&head, 426)) {
        (14, 2) => Image::sized("PIXAR", "RGB", le16(&head, 418), le16(&head, 416)),
        (channels, depth) => Err(Stop::unsupported(format!("a PIXAR image of channels {channels} and depth {depth}"))),
    }
}
