//! GBR, GIMP's brushes: the header of versions 1 and 2.

use imgmeta_record::Kind;

use super::Image;
use super::numbers::be32;
use crate::known::{Known, Stop};

pub(super) fn accepts(head: &[u8]) -> bool {
    head.len() >= 8 && be32(head, 0) >= 20 && matches!(be32(head, 4), 1 | 2)
}

pub(super) fn read(known: &Known) -> Result<Image, Stop> {
    let head: [u8; 20] = known.array(0)?;
    let mode = match be32(&head, 16) {
        1 => "L",
        4 => "RGBA",
        _ => return Err(Stop::Fail(Kind::NotAnImage, "no GBR".into())),
    };
    if be32(&head, 4) == 2 {
        let rest: [u8; 8] = known.array(20)?;
        if &rest[..4] != b"GIMP" {
            return Err(Stop::Fail(Kind::NotAnImage, "no GBR".into()));
        }
    }
    Image::sized("GBR", mode, be32(&head, 8), be32(&head, 12))
}
