//! Where a file keeps its ICC profile, and XMP and IPTC where they are asked for.
//!
//! Formats whose readers know it already fill [`Image`] themselves; here are those that are walked once more, over bytes
//! that are known by then. Only what a flag asks for may cost a further range.

mod gif;
mod jp2;
mod jpeg;
mod jxl;
mod png;
mod tiff;
mod webp;

use std::borrow::Cow;

use encoding_rs::Encoding;
use imgmeta_record::Properties;

use super::{Image, Options, Payload};
use crate::known::{Known, Stop, View};
use crate::{icc, iptc, xmp};

/// XMP that did not fit into one segment of a JPEG (XMP specification, part 3, 1.1.3.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// The main packet's `xmpNote:HasExtendedXMP` must say so.
    pub(super) guid: String,
    pub(super) payload: Payload,
}

/// Finds what the format's own reader did not. What lies behind the end is left out: the image is there.
pub(super) fn locate(known: &Known, image: &mut Image, options: Options) -> Result<(), Stop> {
    let located = match image.format {
        "JPEG" | "MPO" => jpeg::locate(known, image, options),
        "PNG" => png::locate(known, image, options),
        "WEBP" => webp::locate(known, image, options),
        "GIF" => gif::locate(known, image, options),
        "JPEG2000" => jp2::locate(known, image, options),
        "TIFF" => tiff::locate(known, image, options),
        "JXL" => jxl::locate(known, image, options),
        _ => Ok(()),
    };
    match located {
        Err(Stop::Need(range)) => Err(Stop::Need(range)),
        Err(Stop::Cut) => {
            image.cut = true;
            Ok(())
        }
        Err(Stop::Fail(..)) | Ok(()) => Ok(()),
    }
}

/// The description of the ICC profile.
pub(super) fn profile(known: &Known, image: &mut Image) -> Result<Option<String>, Stop> {
    if image.icc.is_empty() {
        return Ok(None);
    }
    let described = image.icc.view(known, |view| Ok((icc::description(view), ends_with_file(&image.icc, view))))?;
    match described {
        (Err(Stop::Need(range)), _) => Err(Stop::Need(range)),
        (Ok(description), _) => Ok(description),
        (Err(_), cut) => {
            image.cut |= cut;
            image.warnings.push("profile: the ICC profile is damaged".into());
            Ok(None)
        }
    }
}

/// The properties of XMP, and of its extension.
pub(super) fn xmp(known: &Known, image: &mut Image, encoding: &'static Encoding) -> Result<Option<Properties>, Stop> {
    let packet = image.xmp.clone();
    let Some(packet) = block(known, image, &packet, ("xmp", xmp::MAX_PACKET))? else { return Ok(None) };
    let mut found = xmp::read(&packet, encoding);
    let guid = found.get("xmpNote:HasExtendedXMP").unwrap_or_default().to_owned();
    let extension = image.xmp_extensions.iter().find(|extension| extension.guid.eq_ignore_ascii_case(&guid)).cloned();
    if let Some(Extension { payload, .. }) = extension
        && let Some(packet) = block(known, image, &payload, ("xmp", xmp::MAX_PACKET))?
    {
        found.extend(xmp::read(&packet, encoding));
    }
    if let Some(wrong) = found.wrong {
        image.warnings.push(format!("xmp: the packet is damaged: {wrong}"));
    }
    Ok((!found.properties.is_empty()).then_some(found.properties))
}

/// The properties of IPTC.
pub(super) fn iptc(known: &Known, image: &mut Image, encoding: &'static Encoding) -> Result<Option<Properties>, Stop> {
    let payload = image.iptc.clone();
    let Some(records) = block(known, image, &payload, ("iptc", iptc::MAX_BLOCK))? else { return Ok(None) };
    let found = iptc::read(&records, encoding);
    if found.damaged {
        image.warnings.push("iptc: the records are damaged".into());
    }
    Ok((!found.properties.is_empty()).then_some(found.properties))
}

/// A whole block, where there is one of no more than so many bytes; a warning where there is not.
fn block<'a>(
    known: &'a Known, image: &mut Image, payload: &'a Payload, (code, most): (&str, u64),
) -> Result<Option<Cow<'a, [u8]>>, Stop> {
    let found = match payload {
        // Only EXIF stands so.
        Payload::Trees(_) => return Ok(None),
        Payload::Decoded(bytes) => Ok(Cow::Borrowed(bytes.as_slice())),
        Payload::At(ranges) => {
            let view = View::new(known, ranges.clone());
            if view.len() > most {
                image.warnings.push(format!("{code}: {} bytes are more than are read", view.len()));
                return Ok(None);
            }
            view.bytes(0..view.len())
        }
    };
    match found {
        Err(Stop::Need(range)) => Err(Stop::Need(range)),
        Err(_) => {
            image.cut = true;
            image.warnings.push(format!("{code}: it lies behind the end"));
            Ok(None)
        }
        Ok(bytes) => Ok((!bytes.is_empty()).then_some(bytes)),
    }
}

/// Whether what is missing of a block would be behind the end of the file.
fn ends_with_file(payload: &Payload, view: &View<'_>) -> bool {
    matches!(payload, Payload::At(_)) && view.ends_with_file()
}

/// Whether something that was asked for is still to be found.
fn wants(image: &Image, options: Options) -> bool {
    options.xmp && image.xmp.is_empty() || options.iptc && image.iptc.is_empty()
}

/// A range as far as the file goes.
fn within(known: &Known, range: std::ops::Range<u64>) -> std::ops::Range<u64> {
    let total = known.total().unwrap_or(u64::MAX);
    range.start.min(total)..range.end.min(total)
}
