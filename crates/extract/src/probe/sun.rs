//! SUN raster files: the header (rasterfile(5)).

use super::Image;
use super::numbers::be32;
use crate::known::{Known, Stop};

pub(super) fn accepts(head: &[u8]) -> bool {
    head.starts_with(&[0x59, 0xa6, 0x6a, 0x95])
}

pub(super) fn read(known: &Known) -> Result<Image, Stop> {
    let head: [u8; 32] = known.array(0)?;
    let (bits, kind, palette_kind, palette) = (be32(&head, 12), be32(&head, 20), be32(&head, 24), be32(&head, 28));
    if palette > 1024 || (palette > 0 && palette_kind != 1) || kind > 5 {
        return Err(Stop::unsupported(format!(
            "a Sun raster of type {kind} with {palette} bytes of palette type {palette_kind}"
        )));
    }
    let mode = match bits {
        1 => "1",
        4 | 8 if palette > 0 => "P",
        4 | 8 => "L",
        24 | 32 => "RGB",
        _ => return Err(Stop::unsupported(format!("a Sun raster of {bits} bits"))),
    };
    Image::sized("SUN", mode, be32(&head, 4), be32(&head, 8))
}
