//! TGA: a header without a magic, so it is tried last (Truevision TGA File Format Specification 2.0).

use imgmeta_record::Kind;

use super::Image;
use super::numbers::le16;
use crate::known::{Known, Stop};

/// A colour map or none, an image type that there is, and a size.
pub(super) fn accepts(head: &[u8]) -> bool {
    head.len() == 16 && head[1] <= 1 && matches!(head[2], 1..=3 | 9..=11) && le16(head, 12) > 0 && le16(head, 14) > 0
}

pub(super) fn read(known: &Known) -> Result<Image, Stop> {
    let head: [u8; 18] = known.array(0)?;
    let (mapped, kind, map_bits, bits) = (head[1] == 1, head[2] & 7, head[7], head[16]);
    let known_map = !mapped || matches!(map_bits, 16 | 24 | 32);
    if !matches!(bits, 1 | 8 | 16 | 24 | 32) || !known_map {
        return Err(Stop::Fail(Kind::NotAnImage, "no TGA".into()));
    }
    let mode = match (kind, bits) {
        (1, _) if mapped => "P",
        (2, 24) => "RGB",
        (2, _) => "RGBA",
        (3, 1) => "1",
        (3, 16) => "LA",
        _ => "L",
    };
    Image::sized("TGA", mode, le16(&head, 12), le16(&head, 14))
}
