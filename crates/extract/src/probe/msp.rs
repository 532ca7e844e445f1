//! MSP, Windows Paint before 3.0: the header and its checksum.

use super::Image;
use super::numbers::le16;
use crate::known::{Known, Stop};

pub(super) fn accepts(head: &[u8]) -> bool {
    head.starts_with(b"DanM") || head.starts_with(b"LinS")
}

pub(super) fn read(known: &Known) -> Result<Image, Stop> {
    let head: [u8; 32] = known.array(0)?;
    if (0..32).step_by(2).fold(0, |sum, at| sum ^ le16(&head, at)) != 0 {
        return Err(Stop::damaged("an MSP with a wrong checksum"));
    }
    Image::sized("MSP", "1", le16(&head, 4), le16(&head, 6))
}
