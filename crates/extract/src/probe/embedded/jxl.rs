//! JPEG XL: XMP in a box, as it is or packed by Brotli (ISO/IEC 18181-2, 9.3 and 9.6). The ICC profile is in the codestream.

use super::super::jxl::{is_container, unpacked};
use super::super::{Image, Options, Payload};
use crate::boxes::{Boxes, Chunk};
use crate::known::{Known, Stop};

const XMP: [u8; 4] = *b"xml ";

pub(super) fn locate(known: &Known, image: &mut Image, options: Options) -> Result<(), Stop> {
    if !options.xmp || !is_container(known)? {
        return Ok(());
    }
    let mut boxes = Boxes::of_file(known);
    while let Some(Chunk { kind, body }) = boxes.next()? {
        if kind == XMP {
            // Only the last box may be without a length.
            let end = if body.end == u64::MAX { known.end()? } else { body.end };
            image.xmp = Payload::range(body.start..end);
            return Ok(());
        }
        if &kind == b"brob" && body.end - body.start > 4 && known.array(body.start)? == XMP {
            match unpacked(known, body) {
                Ok(packet) => image.xmp = Payload::Decoded(packet),
                Err(Stop::Fail(_, message)) => image.warnings.push(format!("xmp: {message}")),
                Err(stop) => return Err(stop),
            }
            return Ok(());
        }
    }
    Ok(())
}
