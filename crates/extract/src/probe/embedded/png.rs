//! PNG: `iCCP` before the pixels, XMP in `iTXt` before or behind them (PNG 3rd edition, 11.3.2.3 and 11.3.3.4; XMP
//! specification, part 3, 1.1.5), and what ImageMagick keeps as text. `sRGB` and `cICP` are no profiles, and describe none.

use std::io::Read as _;
use std::ops::Range;

use flate2::read::ZlibDecoder;

use super::super::png::{MAX_CHUNKS, Tail, profile as raw};
use super::super::{Image, Options, Payload};
use super::{wants, within, xmp};
use crate::known::{Known, Stop};

const XMP: &[u8] = b"XML:com.adobe.xmp\0";
/// Compressed bytes of a profile that are read: its description comes early, and few profiles have more.
const MAX_PROFILE: u64 = 64 << 10;
/// Bytes that these may become.
const MAX_INFLATED: u64 = 1 << 20;

pub(super) fn locate(known: &Known, image: &mut Image, options: Options) -> Result<(), Stop> {
    let mut at = 33;
    for _ in 0..MAX_CHUNKS {
        let head: [u8; 8] = known.array(at)?;
        let length = u64::from(u32::from_be_bytes([head[0], head[1], head[2], head[3]]));
        let data = within(known, at + 8..at + 8 + length);
        match &head[4..8] {
            b"iCCP" => image.icc = profile(known, data)?,
            b"IDAT" if wants(image, options) => return behind_pixels(known, at, image, options),
            b"IDAT" | b"IEND" => return Ok(()),
            // Half of a packet might say something else than the whole.
            kind if raw::is_text(kind) && data.end - data.start < length => return Err(Stop::Cut),
            kind if raw::is_text(kind) => {
                text(known, kind, &data, image, options)?;
                if image.icc.is_empty() {
                    image.icc = raw::icc(known, kind, &data, MAX_PROFILE)?;
                }
            }
            _ => {}
        }
        at += 12 + length;
    }
    Ok(())
}

/// What was asked for in a chunk of text.
fn text(known: &Known, kind: &[u8], data: &Range<u64>, image: &mut Image, options: Options) -> Result<(), Stop> {
    if options.xmp && image.xmp.is_empty() {
        image.xmp = if kind == b"iTXt" { packet(known, data.clone())? } else { Payload::default() };
    }
    if options.xmp && image.xmp.is_empty() {
        image.xmp = raw::xmp(known, kind, data)?;
    }
    if options.iptc && image.iptc.is_empty() {
        image.iptc = raw::iptc(known, kind, data)?;
    }
    Ok(())
}

/// Name, method 0, and the profile compressed.
fn profile(known: &Known, data: Range<u64>) -> Result<Payload, Stop> {
    let bytes = known.bytes(data.start..data.end.min(data.start + MAX_PROFILE))?;
    let Some(name) = bytes.iter().take(80).position(|byte| *byte == 0) else { return Ok(Payload::default()) };
    Ok(inflated(bytes.get(name + 2..).unwrap_or_default(), MAX_INFLATED))
}

/// What compressed bytes become, as far as they go.
fn inflated(bytes: &[u8], most: u64) -> Payload {
    let mut inflated = Vec::new();
    // What was inflated before an error is kept: the stream may be cut on purpose.
    let _ = ZlibDecoder::new(bytes).take(most).read_to_end(&mut inflated);
    Payload::Decoded(inflated)
}

/// Keyword, whether compressed, method, language, translated keyword, and the packet.
fn packet(known: &Known, data: Range<u64>) -> Result<Payload, Stop> {
    let keyword = data.start + XMP.len() as u64;
    if keyword + 2 > data.end || known.bytes(data.start..keyword)? != XMP {
        return Ok(Payload::default());
    }
    let [compressed, _method] = known.array(keyword)?;
    let text = after_nul(known, after_nul(known, keyword + 2..data.end)?)?;
    if compressed == 0 {
        return Ok(Payload::range(text));
    }
    let most = text.start.saturating_add(xmp::MAX_PACKET).min(text.end);
    Ok(inflated(known.bytes(text.start..most)?, xmp::MAX_PACKET))
}

/// What follows the next NUL.
fn after_nul(known: &Known, range: Range<u64>) -> Result<Range<u64>, Stop> {
    for at in range.clone().take(256) {
        if known.array(at)? == [0] {
            return Ok(at + 1..range.end);
        }
    }
    Ok(range.end..range.end)
}

/// The same within the last bytes, where the file's length is known.
fn behind_pixels(known: &Known, pixels: u64, image: &mut Image, options: Options) -> Result<(), Stop> {
    let Some(tail) = Tail::of(known, pixels)? else { return Ok(()) };
    for kind in [*b"iTXt", *b"zTXt", *b"tEXt"] {
        for data in tail.chunks(kind) {
            text(known, &kind, &data, image, options)?;
        }
    }
    Ok(())
}
