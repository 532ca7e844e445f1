//! PSD: the header, and metadata among the resources (Adobe Photoshop File Formats Specification).

use std::ops::Range;

use super::numbers::{be16, be32};
use super::text::Text;
use super::{Image, Payload};
use crate::known::{Known, Stop};

/// Resources looked at: Photoshop writes some dozens.
const MAX_RESOURCES: usize = 4096;

/// Resources that are read; the first one with anything counts.
const IPTC: u32 = 1028;
const PROFILE: u32 = 1039;
const EXIF: [u32; 2] = [1058, 1059];
const XMP: u32 = 1060;

pub(super) fn accepts(head: &[u8]) -> bool {
    head.starts_with(b"8BPS")
}

pub(super) fn read(known: &Known) -> Result<Image, Stop> {
    let head: [u8; 26] = known.array(0)?;
    let (version, channels, bits, colours) = (be16(&head, 4), be16(&head, 12), be16(&head, 22), be16(&head, 24));
    if version != 1 {
        return Err(Stop::unsupported(format!("a PSD of version {version}")));
    }
    let (mode, least) = match (colours, bits) {
        (0, 1) => ("1", 1),
        (0 | 1 | 7 | 8, 8) => ("L", 1),
        (2, 8) => ("P", 1),
        (3, 8) if channels == 4 => ("RGBA", 4),
        (3, 8) => ("RGB", 3),
        (4, 8) => ("CMYK", 4),
        (9, 8) => ("LAB", 3),
        _ => return Err(Stop::unsupported(format!("a PSD of colour mode {colours} with {bits} bits"))),
    };
    if channels < least {
        return Err(Stop::damaged(format!("a PSD in {mode} with {channels} channels")));
    }
    let mut image = Image::sized("PSD", mode, be32(&head, 18), be32(&head, 14))?;
    sections(known, &mut image)?;
    Ok(image)
}

/// Where metadata is. Colours, resources and layers must all be there, as they are for Pillow.
fn sections(known: &Known, image: &mut Image) -> Result<(), Stop> {
    let length = |at: u64| Ok::<u64, Stop>(known.array(at).map(u32::from_be_bytes)?.into());
    let resources = 30 + length(26)?;
    // As in Pillow, resources end where the last one does, whatever their length says.
    let layers = walk(known, image, resources + 4..resources + 4 + length(resources)?)?;
    let pixels = layers + 4 + length(layers)?;
    if known.total().is_some_and(|total| pixels + 2 > total) {
        return Err(Stop::Cut);
    }
    Ok(())
}

/// The end of the resources: each is a signature, a number, a name of even length, and a length.
fn walk(known: &Known, image: &mut Image, resources: Range<u64>) -> Result<u64, Stop> {
    let mut text = Text::new(known, resources.start, u64::MAX);
    for _ in 0..MAX_RESOURCES {
        if text.at() >= resources.end {
            return Ok(text.at());
        }
        let head: [u8; 7] = bytes(&mut text)?;
        text.skip(u64::from(head[6]) + u64::from(head[6].is_multiple_of(2)));
        let length = u64::from(u32::from_be_bytes(bytes(&mut text)?));
        let data = text.at()..text.at() + length;
        text.skip(length.next_multiple_of(2));
        if let Some(place) = place(image, be16(&head, 4))
            && data.end <= resources.end
            && place.is_empty()
        {
            *place = Payload::range(data);
        }
    }
    Err(Stop::damaged("a PSD with thousands of resources"))
}

/// What a resource holds, by its number.
fn place(image: &mut Image, number: u32) -> Option<&mut Payload> {
    match number {
        IPTC => Some(&mut image.iptc),
        PROFILE => Some(&mut image.icc),
        XMP => Some(&mut image.xmp),
        number if EXIF.contains(&number) => Some(&mut image.exif),
        _ => None,
    }
}

fn bytes<const N: usize>(text: &mut Text<'_>) -> Result<[u8; N], Stop> {
    text.until(N, |_| false)?.try_into().map_err(|_| Stop::Cut)
}
