//! MPEG video streams, of which Pillow reads the size (ISO/IEC 11172-2, 2.4.2.3).

use imgmeta_record::Kind;

use super::Image;
use crate::known::{Known, Stop};

pub(super) fn accepts(head: &[u8]) -> bool {
    head.starts_with(b"\0\0\x01\xb3")
}

pub(super) fn read(known: &Known) -> Result<Image, Stop> {
    let [high, middle, low] = known.array(4)?.map(u32::from);
    let (width, height) = (high << 4 | middle >> 4, (middle & 15) << 8 | low);
    if width == 0 || height == 0 {
        return Err(Stop::Fail(Kind::NotAnImage, "a stream of no pixels".into()));
    }
    Image::sized("MPEG", "RGB", width, height)
}
