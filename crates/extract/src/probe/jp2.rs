//! JPEG 2000: a bare codestream, or boxes with one (ISO/IEC 15444-1, annexes A and I).

use std::ops::Range;

use super::{Image, Payload};
use crate::boxes::{Boxes, Chunk, Fields};
use crate::known::{Known, Stop};

pub(super) const BOXES: &[u8] = b"\0\0\0\x0cjP  \r\n\x87\n";
/// `SOC` and `SIZ`, with which a codestream begins.
const CODESTREAM: [u8; 4] = *b"\xff\x4f\xff\x51";
/// The identifier of EXIF among `uuid` boxes.
const EXIF: [u8; 16] = *b"JpgTiffExif->JP2";
/// Those of XMP (XMP specification, part 3, 1.1.4) and of IPTC.
const XMP: [u8; 16] = [0xbe, 0x7a, 0xcf, 0xcb, 0x97, 0xa9, 0x42, 0xe8, 0x9c, 0x71, 0x99, 0x94, 0x91, 0xe3, 0xaf, 0xac];
const IPTC: [u8; 16] = [0x33, 0xc7, 0xa4, 0xd2, 0xb8, 0x1d, 0x47, 0x23, 0xa0, 0xba, 0xf1, 0xa3, 0xe0, 0x97, 0xad, 0x38];

pub(super) fn accepts(head: &[u8]) -> bool {
    head.starts_with(BOXES) || head.starts_with(&CODESTREAM)
}

pub(super) fn read(known: &Known) -> Result<Image, Stop> {
    if known.array(0)? == CODESTREAM {
        return codestream(known, 4);
    }
    let mut boxes = Boxes::of_file(known);
    let Some(head) = boxes.find(*b"jp2h")? else { return Err(Stop::damaged("a JPEG 2000 file without a header")) };
    let mut image = header(known, head.body)?;
    match rest(known, &mut boxes, &mut image) {
        Err(Stop::Cut) => image.cut = true,
        rest => rest?,
    }
    Ok(image)
}

fn sized(mode: &'static str, width: u32, height: u32) -> Result<Image, Stop> {
    if width == 0 || height == 0 {
        return Err(Stop::damaged(format!("a JPEG 2000 image of {width} x {height} pixels")));
    }
    Ok(Image { format: "JPEG2000", mode, width, height, ..Image::default() })
}

/// Pillow's mode of a number of components.
fn mode(components: u16, deep: bool) -> Result<&'static str, Stop> {
    Ok(match components {
        1 if deep => "I;16",
        1 => "L",
        2 => "LA",
        3 => "RGB",
        4 => "RGBA",
        _ => return Err(Stop::unsupported(format!("a JPEG 2000 image of {components} components"))),
    })
}

/// The `SIZ` segment from its length on (annex A.5.1): the image is what lies right of and below its offset.
fn codestream(known: &Known, at: u64) -> Result<Image, Stop> {
    let length = u16::from_be_bytes(known.array(at)?);
    if length < 38 {
        return Err(Stop::damaged("a JPEG 2000 codestream whose first segment is too short"));
    }
    let mut fields = Fields(known.bytes(at + 2..at + 38)?);
    fields.bytes(2)?;
    let (right, bottom, left, top) = (fields.long()?, fields.long()?, fields.long()?, fields.long()?);
    fields.bytes(16)?;
    let components = u16::from_be_bytes(known.array(at + 36)?);
    let deep = components == 1 && known.array::<1>(at + 38)?[0] & 0x7f >= 8;
    sized(mode(components, deep)?, right.saturating_sub(left), bottom.saturating_sub(top))
}

/// The boxes of the header (annex I.5.3).
fn header(known: &Known, body: Range<u64>) -> Result<Image, Stop> {
    let mut boxes = Boxes::within(known, body);
    let mut found: Option<(&'static str, u32, u32, u64)> = None;
    let mut colours = None;
    let mut profile = Payload::default();
    while let Some(Chunk { kind, body }) = boxes.next()? {
        let mut fields = Fields(known.bytes(body.clone())?);
        match &kind {
            b"ihdr" => {
                let (height, width) = (fields.long()?, fields.long()?);
                let (components, depth) = (fields.number(2)?, fields.number(1)?);
                let components = u16::try_from(components).expect("2 bytes");
                // Pillow takes the number before the depth for it: 9 bits are still L.
                found = Some((mode(components, depth & 0x7f > 8)?, width, height, u64::from(components)));
            }
            b"colr" => {
                colours = enumerated(fields)?.or(colours);
                // Methods 2 and 3 are an ICC profile, behind three bytes.
                if matches!(known.array(body.start)?, [2 | 3]) {
                    profile = Payload::range(body.start + 3..body.end);
                }
            }
            b"pclr" if !matches!(colours, Some(0 | 15 | 17)) => {
                if let Some((mode @ ("L" | "LA"), ..)) = &mut found
                    && is_palette(fields)?
                {
                    *mode = if *mode == "L" { "P" } else { "PA" };
                }
            }
            _ => {}
        }
        if let (Some((mode, .., 4)), Some(12)) = (&mut found, colours) {
            *mode = "CMYK";
        }
    }
    let Some((mode, width, height, _)) = found else {
        return Err(Stop::damaged("a JPEG 2000 header without a size"));
    };
    Ok(Image { icc: profile, ..sized(mode, width, height)? })
}

/// The number of an enumerated colour space: 0 and 15 bilevel, 12 CMYK, 17 grey.
fn enumerated(mut fields: Fields<'_>) -> Result<Option<u32>, Stop> {
    let method = fields.number(1)?;
    fields.bytes(2)?;
    let number = fields.long()?;
    Ok((method == 1).then_some(number))
}

/// Whether a palette is one of Pillow's: its columns have 8 bits at most.
fn is_palette(mut fields: Fields<'_>) -> Result<bool, Stop> {
    fields.bytes(2)?;
    let columns = fields.number(1)?;
    let depths = fields.bytes(usize::try_from(columns).expect("1 byte"))?;
    Ok(depths.iter().all(|depth| *depth <= 8))
}

/// What follows the header: a codestream that must be one, and metadata before it; behind it, where EXIF is still wanted.
fn rest(known: &Known, boxes: &mut Boxes<'_>, image: &mut Image) -> Result<(), Stop> {
    let mut first = true;
    while let Some(Chunk { kind, body }) = boxes.next()? {
        match &kind {
            b"jp2c" => {
                if first && known.array(body.start)? == CODESTREAM {
                    codestream(known, body.start + 4)?;
                }
                // Where nobody says how long the file is, what is behind the pixels cannot be asked for.
                if known.total().is_none() || !image.exif.is_empty() {
                    break;
                }
            }
            b"uuid" => metadata(known, body, image)?,
            _ => {}
        }
        first = false;
    }
    Ok(())
}

/// What a `uuid` box holds; the first of each kind counts.
pub(super) fn metadata(known: &Known, body: Range<u64>, image: &mut Image) -> Result<(), Stop> {
    if body.end - body.start <= 24 {
        return Ok(());
    }
    let start = body.start + 16;
    let payload = match known.array(body.start)? {
        EXIF => &mut image.exif,
        XMP => &mut image.xmp,
        IPTC => &mut image.iptc,
        _ => return Ok(()),
    };
    if payload.is_empty() {
        let skip = if known.array(start)? == *b"Exif\0\0" { 6 } else { 0 };
        *payload = Payload::range(start + skip..body.end);
    }
    Ok(())
}
