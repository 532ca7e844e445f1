//! QOI: 14 bytes (The Quite OK Image Format, 1.0).

use super::Image;
use super::numbers::be32;
use crate::known::{Known, Stop};

pub(super) fn accepts(head: &[u8]) -> bool {
    head.starts_with(b"qoif")
}

pub(super) fn read(known: &Known) -> Result<Image, Stop> {
    let head: [u8; 13] = known.array(0)?;
    let mode = if head[12] == 3 { "RGB" } else { "RGBA" };
    Image::sized("QOI", mode, be32(&head, 4), be32(&head, 8))
}
