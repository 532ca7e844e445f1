//! BLP, textures of Blizzard's games: the header.

use super::Image;
use super::numbers::le32;
use crate::known::{Known, Stop};

pub(super) fn accepts(head: &[u8]) -> bool {
    head.starts_with(b"BLP1") || head.starts_with(b"BLP2")
}

pub(super) fn read(known: &Known) -> Result<Image, Stop> {
    let head: [u8; 20] = known.array(0)?;
    let has_alpha = if head[3] == b'1' { le32(&head, 8) != 0 } else { head[9] != 0 };
    if head[3] == b'1' {
        known.bytes(20..24)?; // its encoding: Pillow must have it
    }
    Image::sized("BLP", if has_alpha { "RGBA" } else { "RGB" }, le32(&head, 12), le32(&head, 16))
}
