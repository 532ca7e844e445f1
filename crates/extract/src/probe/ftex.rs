//! FTEX, textures of Independence War 2: the header and its one format.

use super::Image;
use super::numbers::{le32, unsigned};
use crate::known::{Known, Stop};

pub(super) fn accepts(head: &[u8]) -> bool {
    head.starts_with(b"FTEX")
}

pub(super) fn read(known: &Known) -> Result<Image, Stop> {
    let head: [u8; 32] = known.array(0)?;
    let (formats, format, at) = (le32(&head, 20), le32(&head, 24), le32(&head, 28));
    if formats != 1 {
        return Err(Stop::unsupported(format!("an FTEX of {formats} formats")));
    }
    let mode = match format {
        0 => "RGBA",
        1 => "RGB",
        _ => return Err(Stop::unsupported(format!("an FTEX of format {format}"))),
    };
    known.array::<4>(at.into())?; // the size of its data: Pillow must have it
    let (width, height) = unsigned(le32(&head, 8), le32(&head, 12));
    Image::sized("FTEX", mode, width, height)
}
