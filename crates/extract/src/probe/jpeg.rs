//! JPEG and MPO: the segments up to the scan (ITU-T T.81, B.1; MPO: CIPA DC-007).

pub(super) mod split;

use std::ops::Range;

use super::{Image, Payload};
use crate::known::{Known, Stop, View};
use crate::tiff;

/// Segments looked at before a file is given up: no camera writes a tenth of it.
pub(super) const MAX_SEGMENTS: usize = 4096;

pub(super) fn accepts(head: &[u8]) -> bool {
    head.starts_with(&[0xff, 0xd8, 0xff])
}

#[derive(Default)]
struct Found {
    frame: Option<Frame>,
    exif: Vec<Range<u64>>,
    index: Option<Range<u64>>,
    xmp: Vec<Range<u64>>,
    warnings: Vec<String>,
}

struct Frame {
    format: &'static str,
    mode: &'static str,
    width: u32,
    height: u32,
}

pub(super) fn read(known: &Known) -> Result<Image, Stop> {
    read_at(known, 0)
}

/// Reads a JPEG that begins inside a file.
pub(super) fn read_at(known: &Known, start: u64) -> Result<Image, Stop> {
    let mut found = Found::default();
    let mut at = start + 2;
    for _ in 0..MAX_SEGMENTS {
        match segment(known, &mut at, &mut found) {
            Ok(true) => {}
            Ok(false) => return finish(known, found, false),
            // The size is known: what else was wanted lies behind the end.
            Err(Stop::Cut) if found.frame.is_some() => return finish(known, found, true),
            Err(stop) => return Err(stop),
        }
    }
    Err(Stop::damaged("a JPEG with no scan after thousands of segments"))
}

/// Reads one segment; false at the scan, where the header ends.
fn segment(known: &Known, at: &mut u64, found: &mut Found) -> Result<bool, Stop> {
    let marker = marker(known, at)?;
    if matches!(marker, 0x01 | 0xd0..=0xd8) {
        return Ok(true); // without a length
    }
    if marker == 0xda || marker == 0xd9 {
        return Ok(false);
    }
    let length = u64::from(u16::from_be_bytes(known.array(*at)?));
    // One that is shorter than its own length is empty to Pillow.
    let payload = *at + 2..*at + length.max(2);
    *at = payload.end;
    match marker {
        0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
            found.frame = Some(frame(known, payload.start, false)?);
        }
        // JPEG-LS (ITU-T T.87, C.1.1).
        0xf7 => found.frame = Some(frame(known, payload.start, true)?),
        0xe1 => {
            app1(known, payload.clone(), found)?;
            *at = split::behind(known, &payload, true)?;
        }
        0xe2 if starts_with(known, &payload, b"MPF\0")? && found.index.is_none() => {
            found.index = Some(payload.start + 4..payload.end);
        }
        _ => {}
    }
    Ok(true)
}

/// Whether the first frame is baseline, extended or progressive with 8 bits (ITU-T T.81, B.2.2): decoders call lossless,
/// hierarchical and arithmetically coded ones and 12 bits damaged. Where no frame is found, they may find one.
#[cfg(feature = "fetch")]
pub(crate) fn is_plain(known: &Known) -> bool {
    let mut at = 2;
    for _ in 0..MAX_SEGMENTS {
        let Ok(marker) = marker(known, &mut at) else { break };
        if matches!(marker, 0x01 | 0xd0..=0xd8) {
            continue;
        }
        let Ok([high, low, precision]) = known.array(at) else { break };
        match marker {
            0xda => break,
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => return marker <= 0xc2 && precision == 8,
            _ => at += u64::from(u16::from_be_bytes([high, low])).max(2),
        }
    }
    true
}

/// The next marker's second byte; fill bytes and junk before it are passed over.
pub(super) fn marker(known: &Known, at: &mut u64) -> Result<u8, Stop> {
    // Nearly always there is none of either.
    if let Ok([0xff, code @ 1..=0xfe]) = known.array(*at) {
        *at += 2;
        return Ok(code);
    }
    let mut previous = 0;
    loop {
        let [byte] = known.array(*at)?;
        *at += 1;
        if previous == 0xff && byte != 0xff && byte != 0 {
            return Ok(byte);
        }
        previous = byte;
    }
}

fn frame(known: &Known, at: u64, lossless: bool) -> Result<Frame, Stop> {
    let [precision, h1, h0, w1, w0, components] = known.array(at)?;
    // Pillow opens 8 bits of 1, 3 or 4 components only: `docs/formats.md` names the rest.
    let mode = match (components, precision) {
        (1, 2..=8) => "L",
        (1, 9..=16) => "I;16",
        (2, 2..=16) => "LA",
        (3, 2..=16) => "RGB",
        (4, 2..=16) => "CMYK",
        _ => return Err(Stop::unsupported(format!("a JPEG of {components} components of {precision} bits"))),
    };
    let (width, height) = (u32::from(u16::from_be_bytes([w1, w0])), u32::from(u16::from_be_bytes([h1, h0])));
    Ok(Frame { format: if lossless { "JPEG-LS" } else { "JPEG" }, mode, width, height })
}

pub(super) fn starts_with(known: &Known, payload: &Range<u64>, prefix: &[u8]) -> Result<bool, Stop> {
    let end = payload.end.min(payload.start + prefix.len() as u64);
    Ok(known.bytes(payload.start..end)? == prefix)
}

/// EXIF, of which several segments are one block (Exif 3.0, 4.5.5 allows one; writers split what is longer).
fn app1(known: &Known, payload: Range<u64>, found: &mut Found) -> Result<(), Stop> {
    // Letters may be small, and the byte behind the NUL another.
    let head = known.bytes(payload.start..payload.end.min(payload.start + 5))?;
    if head.eq_ignore_ascii_case(b"Exif\0") {
        let start = payload.start + 6;
        // A segment that claims more than the file has is read as far as it goes.
        let end = known.total().map_or(payload.end, |total| payload.end.min(total));
        if known.total().is_some_and(|total| payload.end > total) {
            found.warnings.push("cut: the EXIF segment is longer than the file".into());
        }
        if start < end {
            found.exif.push(start..end);
        }
    } else if starts_with(known, &payload, b"http://ns.adobe.com/xap/1.0/")? {
        found.xmp.push(payload);
    }
    Ok(())
}

fn finish(known: &Known, found: Found, cut: bool) -> Result<Image, Stop> {
    let Some(Frame { format, mode, width, height }) = found.frame else {
        return Err(Stop::damaged("a JPEG whose scan comes before its size"));
    };
    if width == 0 || height == 0 {
        return Err(Stop::damaged(format!("a JPEG of {width} x {height} pixels")));
    }
    let mut warnings = found.warnings;
    let format = match &found.index {
        Some(index) if format == "JPEG" => multi_picture(known, index, &found.xmp, &mut warnings)?,
        _ => format,
    };
    Ok(Image { format, mode, width, height, exif: Payload::At(found.exif), warnings, cut, ..Image::default() })
}

/// MPO where the index (CIPA DC-007, 5.2) counts several pictures, but for Ultra HDR, whose second one is a gain map.
fn multi_picture(
    known: &Known, index: &Range<u64>, xmp: &[Range<u64>], warnings: &mut Vec<String>,
) -> Result<&'static str, Stop> {
    let count = match pictures(known, index) {
        Ok(count) => count,
        Err(Stop::Need(range)) => return Err(Stop::Need(range)),
        Err(Stop::Cut | Stop::Fail(..)) => None,
    };
    let Some(count) = count else {
        warnings.push("mpo: the index of pictures is damaged".into());
        return Ok("JPEG");
    };
    if count < 2 {
        return Ok("JPEG");
    }
    for packet in xmp {
        let text = known.bytes(packet.clone())?;
        if text.windows(14).any(|window| window == b" hdrgm:Version") {
            return Ok("JPEG");
        }
    }
    Ok("MPO")
}

/// `NumberOfImages` (0xB001) of an MP index.
fn pictures(known: &Known, index: &Range<u64>) -> Result<Option<u32>, Stop> {
    let view = View::new(known, [index.clone()].into());
    let Some((layout, first)) = tiff::header(&view)? else { return Ok(None) };
    let directory = tiff::directory(&view, layout, first)?;
    let Some(entry) = directory.entries.iter().find(|entry| entry.tag == 0xb001) else { return Ok(None) };
    let count = entry.integers(&view, layout)?.first().copied();
    Ok(count.and_then(|count| u32::try_from(count).ok()))
}
