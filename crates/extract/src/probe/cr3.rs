//! CR3, Canon's camera raw files: boxes of ISO media, with the directories of EXIF in a box of each its own.

use imgmeta_record::Ifd;

use super::{Image, Payload};
use crate::boxes::{Boxes, Chunk};
use crate::known::{Known, Stop, View};
use crate::tiff;

/// The identifier of the `uuid` box that holds what is Canon's.
const CANON: [u8; 16] =
    [0x85, 0xc0, 0xb6, 0x87, 0x82, 0x0f, 0x11, 0xe0, 0x81, 0x11, 0xf4, 0xce, 0x46, 0x2b, 0x6a, 0x48];

pub(super) fn accepts(head: &[u8]) -> bool {
    head.get(4..12) == Some(b"ftypcrx ")
}

/// The size is the one that the `0th` directory tells; a sample of the sensor has up to 16 bits.
pub(super) fn read(known: &Known) -> Result<Image, Stop> {
    let Some(movie) = Boxes::of_file(known).find(*b"moov")? else {
        return Err(Stop::damaged("a CR3 file without a `moov` box"));
    };
    let mut boxes = Boxes::within(known, movie.body);
    let mut trees = Vec::new();
    while let Some(chunk) = boxes.find(*b"uuid")? {
        if known.array(chunk.body.start)? != CANON {
            continue;
        }
        let mut inner = Boxes::within(known, chunk.body.start.saturating_add(16)..chunk.body.end);
        while let Some(Chunk { kind, body }) = inner.next()? {
            match &kind {
                b"CMT1" => trees.push((Ifd::Zeroth, body)),
                b"CMT2" => trees.push((Ifd::Exif, body)),
                b"CMT4" => trees.push((Ifd::Gps, body)),
                _ => {}
            }
        }
    }
    let zeroth = trees.iter().find(|(ifd, _)| *ifd == Ifd::Zeroth).map(|(_, range)| range.clone());
    let view = View::new(known, zeroth.into_iter().collect());
    let (width, height) = size(&view)?.ok_or_else(|| Stop::damaged("a CR3 file without a width and height"))?;
    Ok(Image { format: "CR3", mode: "I;16", width, height, exif: Payload::Trees(trees), ..Image::default() })
}

fn size(view: &View<'_>) -> Result<Option<(u32, u32)>, Stop> {
    let Some((layout, first)) = tiff::header(view)? else { return Ok(None) };
    let directory = tiff::directory(view, layout, first)?;
    Ok(directory.side(view, layout, 0x100)?.zip(directory.side(view, layout, 0x101)?))
}
