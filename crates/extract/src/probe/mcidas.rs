//! `McIDAS` areas, of weather satellites: the directory (`McIDAS-X` Programmer's Manual, area files).

use super::Image;
use super::numbers::{be32, unsigned};
use crate::known::{Known, Stop};

pub(super) fn accepts(head: &[u8]) -> bool {
    head.starts_with(&[0, 0, 0, 0, 0, 0, 0, 4])
}

pub(super) fn read(known: &Known) -> Result<Image, Stop> {
    let head: [u8; 256] = known.array(0)?;
    let mode = match be32(&head, 40) {
        1 => "L",
        2 => "I;16B",
        4 => "I",
        bytes => return Err(Stop::unsupported(format!("a McIDAS area of {bytes} bytes a pixel"))),
    };
    let (width, height) = unsigned(be32(&head, 36), be32(&head, 32));
    Image::sized("MCIDAS", mode, width, height)
}
