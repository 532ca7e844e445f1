//! Profiles that ImageMagick keeps as text: a name, a length and hexadecimal digits, each on lines of their own.

use std::ops::Range;

use crate::known::{Known, Stop, View};
use crate::probe::Payload;
use crate::{packed, photoshop};

/// How a keyword begins; the profile's kind follows, and a NUL.
const KEYWORD: &[u8] = b"Raw profile type ";
/// Letters of the longest kind that is read, and its NUL.
const KIND_LEN: u64 = 5;
/// Longest chunk that is read: text of a profile that is longer is none of these.
const MAX_CHUNK: u64 = 16 << 20;
/// What stands before a packet in a JPEG's segment.
const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";

/// Whether a kind of chunk is text.
pub(in crate::probe) fn is_text(kind: &[u8]) -> bool {
    matches!(kind, b"tEXt" | b"zTXt" | b"iTXt")
}

/// The EXIF in a chunk of text; nothing where it holds something else. `APP1` is the kind of a JPEG's segment, whatever
/// is in it.
pub(in crate::probe) fn exif(known: &Known, kind: &[u8], data: &Range<u64>) -> Result<Payload, Stop> {
    let Some((_, block)) = profile(known, kind, data, &[b"exif", b"APP1"])? else { return Ok(Payload::default()) };
    let block = block.strip_prefix(b"Exif\0\0").unwrap_or(&block);
    let begins = block.starts_with(b"II") || block.starts_with(b"MM");
    Ok(if begins { Payload::Decoded(block.to_vec()) } else { Payload::default() })
}

/// The XMP packet in a chunk of text.
pub(in crate::probe) fn xmp(known: &Known, kind: &[u8], data: &Range<u64>) -> Result<Payload, Stop> {
    let found = profile(known, kind, data, &[b"xmp", b"APP1"])?;
    Ok(match found {
        Some((b"APP1", segment)) => {
            segment.strip_prefix(XMP).map_or_else(Payload::default, |packet| Payload::Decoded(packet.to_vec()))
        }
        Some((_, packet)) => Payload::Decoded(packet),
        None => Payload::default(),
    })
}

/// The IPTC records in a chunk of text: by themselves, or among Photoshop's resources.
pub(in crate::probe) fn iptc(known: &Known, kind: &[u8], data: &Range<u64>) -> Result<Payload, Stop> {
    let Some((_, block)) = profile(known, kind, data, &[b"iptc", b"8bim"])? else { return Ok(Payload::default()) };
    if block.first() == Some(&0x1c) {
        return Ok(Payload::Decoded(block));
    }
    let resources = Known::whole(block);
    // What a resource lacks lies behind the end of the text, and no byte of the file would mend it.
    let records = photoshop::resource(&View::whole(&resources), photoshop::IPTC).ok().flatten();
    let bytes = records.and_then(|records| Some(records.bytes(0..records.len()).ok()?.into_owned()));
    Ok(bytes.map_or_else(Payload::default, Payload::Decoded))
}

/// The ICC profile in a chunk of text of at most so many bytes.
pub(in crate::probe) fn icc(known: &Known, kind: &[u8], data: &Range<u64>, most: u64) -> Result<Payload, Stop> {
    if data.end - data.start > most {
        return Ok(Payload::default());
    }
    let found = profile(known, kind, data, &[b"icc", b"icm"])?;
    Ok(found.map_or_else(Payload::default, |(_, profile)| Payload::Decoded(profile)))
}

/// Its kind, and its bytes.
type Profile<'a> = (&'a [u8], Vec<u8>);

/// The profile in a chunk of text, decoded, where it is of one of these kinds.
fn profile<'a>(
    known: &Known, kind: &[u8], data: &Range<u64>, wanted: &[&'a [u8]],
) -> Result<Option<Profile<'a>>, Stop> {
    let name = data.start + KEYWORD.len() as u64;
    if data.end - data.start > MAX_CHUNK || name + KIND_LEN > data.end {
        return Ok(None);
    }
    if known.bytes(data.start..name)? != KEYWORD {
        return Ok(None);
    }
    let head = known.bytes(name..name + KIND_LEN)?;
    let named = |kind: &&&[u8]| head.starts_with(kind) && head.get(kind.len()) == Some(&0);
    let Some(found) = wanted.iter().find(named) else { return Ok(None) };
    let rest = known.bytes(name + found.len() as u64 + 1..data.end)?;
    Ok(decode(kind, rest).map(|profile| (*found, profile)))
}

/// What comes behind a keyword, decoded. `None` where it is damaged.
fn decode(kind: &[u8], rest: &[u8]) -> Option<Vec<u8>> {
    match (kind, rest) {
        (b"zTXt", [0, packed @ ..]) => digits(&packed::zlib(packed)?),
        (b"tEXt", text) => digits(text),
        // Two flags, then a language and a translated keyword, each up to a NUL.
        (b"iTXt", [compressed, _, rest @ ..]) => {
            let text = rest.splitn(3, |byte| *byte == 0).nth(2)?;
            if *compressed == 1 { digits(&packed::zlib(text)?) } else { digits(text) }
        }
        _ => None,
    }
}

/// The bytes of the digits behind the name and the length.
fn digits(text: &[u8]) -> Option<Vec<u8>> {
    let mut lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let (_name, _length) = (lines.next()?, lines.next()?);
    let value = |digit: &u8| char::from(*digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let values: Option<Vec<u8>> = lines.flatten().filter(|byte| !byte.is_ascii_whitespace()).map(value).collect();
    Some(values?.chunks_exact(2).map(|pair| (pair[0] << 4) | pair[1]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(keyword: &str, block: &[u8]) -> Known {
        let digit = |value: u8| char::from_digit(value.into(), 16).expect("4 bits");
        let digits: String = block.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect();
        Known::whole(format!("{keyword}\0\nname\n{:8}\n{digits}\n", block.len()))
    }

    #[test]
    fn digits_are_bytes_and_everything_else_is_nothing() {
        let text = b"\nexif\n      10\n45786966000049\n492a00\n";
        let block = Some(b"Exif\0\0II*\0".to_vec());
        assert_eq!(decode(b"tEXt", text), block);
        assert_eq!(decode(b"iTXt", &[b"\0\0en\0\0", &text[..]].concat()), block);
        assert_eq!(decode(b"tEXt", b"\nexif\n      10\nno digits\n"), None);
        assert_eq!(decode(b"zTXt", b"\0no zlib"), None);
    }

    #[test]
    fn a_profile_is_what_its_keyword_says_and_of_a_segment_what_it_begins_with() {
        type Reader = fn(&Known, &[u8], &Range<u64>) -> Result<Payload, Stop>;
        let packet = [XMP, b"<x/>"].concat();
        let resource = b"8BIM\x04\x04\0\0\0\0\0\x05\x1c\x02\x05\0\0\0";
        for (read, kind, block, found) in [
            (exif as Reader, "exif", &b"Exif\0\0II*\0"[..], &b"II*\0"[..]),
            (exif, "APP1", b"MM\0*", b"MM\0*"),
            (exif, "APP1", &packet, b""),
            (exif, "xmp", b"II*\0", b""),
            (xmp, "xmp", b"<x/>", b"<x/>"),
            (xmp, "APP1", &packet, b"<x/>"),
            (xmp, "APP1", b"Exif\0\0II*\0", b""),
            (xmp, "xmpx", b"<x/>", b""),
            (iptc, "iptc", b"\x1c\x02\x05\0\0", b"\x1c\x02\x05\0\0"),
            (iptc, "iptc", resource, b"\x1c\x02\x05\0\0"),
            (iptc, "8bim", resource, b"\x1c\x02\x05\0\0"),
            (iptc, "iptc", b"8BIM\x04\x04\0\0\0\0\0\xff", b""),
        ] {
            let known = chunk(&format!("Raw profile type {kind}"), block);
            let data = 0..known.total().unwrap();
            let payload = if found.is_empty() { Payload::default() } else { Payload::Decoded(found.to_vec()) };
            assert_eq!(read(&known, b"tEXt", &data), Ok(payload), "{kind}");
        }
        let known = chunk("Raw profile type icc", b"profile");
        let data = 0..known.total().unwrap();
        assert_eq!(icc(&known, b"tEXt", &data, 100), Ok(Payload::Decoded(b"profile".to_vec())));
        assert_eq!(icc(&known, b"tEXt", &data, 10), Ok(Payload::default()));
    }
}
