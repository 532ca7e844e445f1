//! SGI (The SGI Image File Format, 1.00).

use super::Image;
use super::numbers::be16;
use crate::known::{Known, Stop};

pub(super) fn accepts(head: &[u8]) -> bool {
    head.starts_with(&[0x01, 0xda])
}

pub(super) fn read(known: &Known) -> Result<Image, Stop> {
    let head: [u8; 12] = known.array(0)?;
    let (bytes, dimensions, channels) = (head[3], be16(&head, 4), be16(&head, 10));
    let mode = match (bytes, dimensions, channels) {
        (1 | 2, 1 | 2, 1) => "L",
        (1 | 2, 3, 3) => "RGB",
        (1 | 2, 3, 4) => "RGBA",
        _ => {
            let what = format!("an SGI of {dimensions} dimensions, {channels} channels and {bytes} bytes each");
            return Err(Stop::unsupported(what));
        }
    };
    Image::sized("SGI", mode, be16(&head, 6), be16(&head, 8))
}
