//! PCD, Kodak's Photo CD: the image pack's mark and its rotation. Pillow reads the picture of 768 x 512 pixels.

use imgmeta_record::Kind;

use super::Image;
use crate::known::{Known, Stop};

/// The second sector.
const START: u64 = 2048;
const ROTATION: u64 = START + 1538;

/// The first sector says nothing: whatever is no text may be one.
pub(super) fn accepts(head: &[u8]) -> bool {
    !head.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace())
}

pub(super) fn read(known: &Known) -> Result<Image, Stop> {
    let other = || Stop::Fail(Kind::NotAnImage, "no PCD".into());
    if known.total().is_some_and(|total| total <= ROTATION) || &known.array(START)? != b"PCD_" {
        return Err(other());
    }
    let [rotation] = known.array(ROTATION)?;
    let (width, height) = if rotation & 1 == 1 { (512, 768) } else { (768, 512) };
    Image::sized("PCD", "RGB", width, height)
}
