//! JPEG XL: a bare codestream, or boxes with one (ISO/IEC 18181-1 and -2).

mod codestream;

use std::ops::Range;

use super::{Image, Payload, heif};
use crate::boxes::{Boxes, Chunk};
use crate::known::{Known, Stop, View};
use crate::packed;
use codestream::Codestream;

const CONTAINER: &[u8] = b"\0\0\0\x0cJXL \r\n\x87\n";
/// Longest compressed box that is read.
const MAX_PACKED: u64 = 8 << 20;

pub(super) fn accepts(head: &[u8]) -> bool {
    head.starts_with(b"\xff\x0a") || head.starts_with(CONTAINER)
}

/// Whether the codestream is in boxes.
pub(super) fn is_container(known: &Known) -> Result<bool, Stop> {
    Ok(known.array(0)? != *b"\xff\x0a")
}

pub(super) fn read(known: &Known) -> Result<Image, Stop> {
    if !is_container(known)? {
        return Ok(image(&Codestream::read(&View::whole(known))?));
    }
    let mut parts = Vec::new();
    let mut found = None;
    let mut exif = None;
    let mut warnings = Vec::new();
    let mut boxes = Boxes::of_file(known);
    let mut cut = false;
    while found.is_none() || exif.is_none() {
        match next(known, &mut boxes, &mut warnings) {
            Ok(Some(Part::Codestream(range))) if found.is_none() => {
                parts.push(range);
                found = codestream(known, &parts)?;
            }
            Ok(Some(Part::Exif(payload))) => exif = exif.or(Some(payload)),
            Ok(Some(_)) => {}
            Ok(None) => break,
            // The size is known: what else was wanted lies behind the end.
            Err(Stop::Cut) if found.is_some() => {
                cut = true;
                break;
            }
            Err(stop) => return Err(stop),
        }
    }
    let Some(found) = found else {
        return Err(if parts.is_empty() { Stop::damaged("a JPEG XL file without a codestream") } else { Stop::Cut });
    };
    Ok(Image { exif: exif.unwrap_or_default(), warnings, cut, ..image(&found) })
}

/// What a box holds that is wanted.
enum Part {
    Codestream(Range<u64>),
    Exif(Payload),
    Other,
}

fn next(known: &Known, boxes: &mut Boxes<'_>, warnings: &mut Vec<String>) -> Result<Option<Part>, Stop> {
    let Some(Chunk { kind, body }) = boxes.next()? else { return Ok(None) };
    Ok(Some(match &kind {
        b"jxlc" => Part::Codestream(body),
        // A number stands before each part.
        b"jxlp" => Part::Codestream(body.start.saturating_add(4).min(body.end)..body.end),
        b"Exif" => exif(heif::without_offset(known, vec![body]), warnings)?,
        b"brob" if body.end - body.start > 4 && known.array(body.start)? == *b"Exif" => {
            exif(unpacked(known, body).and_then(|block| behind_offset(&block)), warnings)?
        }
        _ => Part::Other,
    }))
}

/// A damaged block costs itself.
fn exif(payload: Result<Payload, Stop>, warnings: &mut Vec<String>) -> Result<Part, Stop> {
    match payload {
        Ok(payload) if payload.is_empty() => Ok(Part::Other),
        Ok(payload) => Ok(Part::Exif(payload)),
        Err(Stop::Fail(_, message)) => {
            warnings.push(format!("exif: {message}"));
            Ok(Part::Other)
        }
        Err(stop) => Err(stop),
    }
}

/// What is in a box of Brotli's, behind the kind of box that it stands for (ISO/IEC 18181-2, 9.6).
pub(super) fn unpacked(known: &Known, body: Range<u64>) -> Result<Vec<u8>, Stop> {
    if body.end - body.start > MAX_PACKED {
        return Err(Stop::damaged("the compressed box is longer than any"));
    }
    let packed = known.bytes(body.start + 4..body.end)?;
    packed::brotli(packed).ok_or_else(|| Stop::damaged("the compressed box is damaged"))
}

/// EXIF that was unpacked, without the field before it.
fn behind_offset(block: &[u8]) -> Result<Payload, Stop> {
    let block = Known::whole(block);
    let whole = 0..block.total().unwrap_or_default();
    match heif::without_offset(&block, vec![whole])? {
        Payload::At(ranges) => {
            let view = View::new(&block, ranges);
            Ok(Payload::Decoded(view.bytes(0..view.len())?.into_owned()))
        }
        payload => Ok(payload),
    }
}

/// The codestream of the parts so far; `None` where its header goes on in a part that comes later.
fn codestream(known: &Known, parts: &[Range<u64>]) -> Result<Option<Codestream>, Stop> {
    match Codestream::read(&View::new(known, parts.to_vec())) {
        Ok(found) => Ok(Some(found)),
        Err(Stop::Cut) => Ok(None),
        Err(stop) => Err(stop),
    }
}

/// Pillow has no JPEG XL: `docs/formats.md` says which modes these are.
fn image(found: &Codestream) -> Image {
    let Codestream { width, height, .. } = *found;
    let mode = match found {
        Codestream { black: true, .. } => "CMYK",
        Codestream { grey: true, alpha: true, .. } => "LA",
        Codestream { grey: true, float: true, .. } => "F",
        Codestream { grey: true, bits: 9.., .. } => "I;16",
        Codestream { grey: true, .. } => "L",
        Codestream { alpha: true, .. } => "RGBA",
        _ => "RGB",
    };
    // The codestream's own orientation counts; that of EXIF repeats it (ISO/IEC 18181-1, annex C.4.3).
    let turned = found.orientation >= 5;
    Image { format: "JXL", mode, width, height, oriented: true, turned, ..Image::default() }
}
