//! farbfeld: a magic, a size, and 16 bits of red, green, blue and alpha (suckless, farbfeld(5)).

use super::Image;
use super::numbers::be32;
use crate::known::{Known, Stop};

pub(super) fn accepts(head: &[u8]) -> bool {
    head.starts_with(b"farbfeld")
}

pub(super) fn read(known: &Known) -> Result<Image, Stop> {
    let head: [u8; 16] = known.array(0)?;
    Image::sized("FARBFELD", "RGBA", be32(&head, 8), be32(&head, 12))
}
