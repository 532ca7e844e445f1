//! Text of tags: whatever the writer's encoding was (record.md, Text; Exif 3.0, 4.6.6).

use encoding_rs::{EUC_JP, Encoding, ISO_2022_JP, SHIFT_JIS, UTF_8};

/// ASCII and UTF-8 text: UTF-8 where valid, else that encoding. `None` where it makes no sense.
pub(crate) fn plain(bytes: &[u8], encoding: &'static Encoding) -> Option<String> {
    let bytes = trimmed(bytes);
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Some(text.to_owned());
    }
    let (text, wrong) = encoding.decode_without_bom_handling(bytes);
    // A single-byte encoding makes letters of everything: mostly control characters are no text.
    let odd = text.chars().filter(|char| char.is_control() && !matches!(char, '\t' | '\n' | '\r' | '\0')).count();
    (!wrong && odd * 4 <= text.chars().count()).then(|| text.into_owned())
}

/// Without the NULs and blanks at the end; inner ones stay.
fn trimmed(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| !matches!(byte, 0 | b' ' | b'\t' | b'\n' | b'\r')).map_or(0, |at| at + 1);
    &bytes[..end]
}

/// Up to its first NUL, without blanks at either end: what follows is the rest of a longer value that stood there before.
pub(super) fn before_nul(text: &str) -> &str {
    let text = text.bytes().position(|byte| byte == 0).map_or(text, |end| &text[..end]);
    match text.as_bytes() {
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        _ => text.trim(),
    }
}

fn trim(text: &str) -> String {
    text.trim_end_matches(['\0', ' ', '\t', '\n', '\r']).to_owned()
}

/// `0232`: digits, or nothing.
pub(super) fn version(bytes: &[u8]) -> Option<String> {
    let bytes = trimmed(bytes);
    bytes
        .iter()
        .all(|byte| byte.is_ascii_graphic() || *byte == b' ')
        .then(|| String::from_utf8_lossy(bytes).into_owned())
}

/// Text behind an 8-byte code of its characters (Exif 3.0, `UserComment`), whose case and padding writers vary.
pub(super) fn comment(bytes: &[u8], big_endian: bool, encoding: &'static Encoding) -> Option<String> {
    let Some((code, rest)) = bytes.split_first_chunk::<8>() else { return plain(bytes, encoding) };
    match trimmed(code).to_ascii_uppercase().as_slice() {
        b"" | b"ASCII" => ascii(rest, encoding),
        b"UNICODE" => unicode(rest, big_endian, encoding),
        b"JIS" => japanese(rest).or_else(|| plain(rest, encoding)),
        // Neither a code that is known nor none at all: the whole is text.
        _ => ascii(bytes, encoding),
    }
}

/// Text of one byte a character, or UTF-16 that is called so by mistake: every other byte is NUL.
fn ascii(bytes: &[u8], encoding: &'static Encoding) -> Option<String> {
    let pairs = || bytes.chunks_exact(2).take_while(|pair| *pair != [0, 0]);
    let (little, big) = (pairs().all(|pair| pair[1] == 0), pairs().all(|pair| pair[0] == 0));
    match pairs().count() {
        // One letter behind or before a NUL is a letter.
        0 | 1 => plain(bytes, encoding),
        _ if little != big => utf16(bytes, big),
        _ => plain(bytes, encoding),
    }
}

/// UTF-16 of either byte order, or UTF-8 that is called so by mistake.
fn unicode(bytes: &[u8], big_endian: bool, encoding: &'static Encoding) -> Option<String> {
    if matches!(bytes, [0xfe, 0xff, ..] | [0xff, 0xfe, ..]) {
        return utf16(bytes, big_endian);
    }
    let bytes8 = trimmed(bytes);
    let ascii_like = !bytes8.is_empty() && !bytes8.contains(&0) && !kana(bytes8);
    if ascii_like && std::str::from_utf8(bytes8).is_ok_and(|text| text.chars().all(|char| !char.is_control())) {
        // Valid UTF-8 without a NUL is rarely UTF-16 as well: then its letters would all be exotic.
        return plain(bytes, encoding);
    }
    let (own, other) = (utf16(bytes, big_endian), utf16(bytes, !big_endian));
    // Letters of one script share their high byte: the order in which fewer high bytes occur is the right one.
    let scripts = |text: &Option<String>| text.as_deref().map_or(usize::MAX, scripts);
    if scripts(&other) < scripts(&own) { other.or(own) } else { own.or(other) }
}

/// Whether a third of the pairs are kana in UTF-16: their bytes may all be ASCII.
fn kana(bytes: &[u8]) -> bool {
    let pairs = |high: usize| bytes.chunks_exact(2).filter(|pair| pair[high] == 0x30 && pair[1 - high] > 0x40).count();
    pairs(0).max(pairs(1)) * 6 >= bytes.len()
}

/// How many blocks of 256 characters a text is made of; ideographs count as one. Text that is all `U+xx00` is of no
/// block: it is Western text in the wrong order.
fn scripts(text: &str) -> usize {
    let letters = || text.chars().map(u32::from).filter(|char| *char != 0);
    if letters().all(|char| char.trailing_zeros() >= 8) {
        return usize::MAX;
    }
    let mut blocks: Vec<u32> =
        letters().map(|char| if (0x4e00..0xa000).contains(&char) { 0x4e } else { char >> 8 }).collect();
    blocks.sort_unstable();
    blocks.dedup();
    blocks.len()
}

/// UTF-16, in the order that its mark says, else in this; an odd last byte is dropped. `None` for a half of a
/// surrogate pair.
pub(super) fn utf16(bytes: &[u8], big_endian: bool) -> Option<String> {
    let (bytes, big_endian) = match bytes {
        [0xfe, 0xff, rest @ ..] => (rest, true),
        [0xff, 0xfe, rest @ ..] => (rest, false),
        _ => (bytes, big_endian),
    };
    let units: Vec<u16> =
        bytes
            .chunks_exact(2)
            .map(|pair| {
                if big_endian { u16::from_be_bytes([pair[0], pair[1]]) } else { u16::from_le_bytes([pair[0], pair[1]]) }
            })
            .collect();
    let text = String::from_utf16(&units).ok()?;
    Some(trim(&text))
}

/// JIS X 0208 in whichever of its encodings decodes, or UTF-8 that is called so by mistake.
fn japanese(bytes: &[u8]) -> Option<String> {
    let bytes = trimmed(bytes);
    let encodings = if bytes.contains(&0x1b) {
        [ISO_2022_JP, UTF_8, SHIFT_JIS, EUC_JP]
    } else {
        [UTF_8, EUC_JP, SHIFT_JIS, ISO_2022_JP]
    };
    encodings.into_iter().find_map(|encoding| {
        let (text, wrong) = encoding.decode_without_bom_handling(bytes);
        (!wrong).then(|| trim(&text))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_whatever_its_encoding() {
        let encoding = encoding_rs::WINDOWS_1252;
        for (bytes, text) in [
            (&b"NIKON\0\0 "[..], "NIKON"),
            (b"", ""),
            (b"\0\0", ""),
            (b"a\0b\0", "a\0b"),
            (b"Caf\xe9", "Caf\u{e9}"),
            ("Caf\u{e9}".as_bytes(), "Caf\u{e9}"),
        ] {
            assert_eq!(plain(bytes, encoding).as_deref(), Some(text));
        }
        assert_eq!(plain(&[1, 2, 3, 0x81, 5, 6, 7, 8], encoding), None);
    }

    #[test]
    fn marks_say_the_byte_order_of_utf_16_and_half_a_pair_is_no_text() {
        assert_eq!(utf16(b"h\0i\0\0\0", false).as_deref(), Some("hi"));
        assert_eq!(utf16(b"\xfe\xff\0h\0i", false).as_deref(), Some("hi"));
        assert_eq!(utf16(b"\xff\xfeh\0i\0", true).as_deref(), Some("hi"));
        assert_eq!(utf16(b"\x00\xd8h\0", false), None);
    }

    #[test]
    fn comments_are_read_by_their_code() {
        let encoding = encoding_rs::WINDOWS_1252;
        for (bytes, text) in [
            (&b"ASCII\0\0\0hello  "[..], "hello"),
            (b"UNICODE\0h\0i\0", "hi"),
            (b"UNICODE\0\0h\0i", "hi"),
            (b"UNICODE\0\xfe\xff\0h\0i", "hi"),
            (b"UNICODE\0plain", "plain"),
            (b"\0\0\0\0\0\0\0\0x", "x"),
            (b"JIS\0\0\0\0\0\x1b$B%F\x1b(B", "\u{30c6}"),
            (b"short", "short"),
            (b"no code at all", "no code at all"),
            (b"ASCII   hello", "hello"),
            (b"ascii\0\0\0hello", "hello"),
            (b"        hello", "hello"),
            (b"ASCII\0\0\0h\0i\0\0\0", "hi"),
            (b"ASCII\0\0\0\0h\0i", "hi"),
            (b"ASCII\0\0\0a\0b", "a\0b"),
            (b"Unicode\0h\0i\0", "hi"),
            (b"UNICODE\0\x1f\x04@\x048\x04", "\u{41f}\u{440}\u{438}"),
            (b"UNICODE\0\x04\x1f\x04@\x048", "\u{41f}\u{440}\u{438}"),
            (b"UNICODE\0\x65\xe5\x67\x2c", "\u{65e5}\u{672c}"),
            (b"UNICODE\0\xe5\x65\x2c\x67", "\u{65e5}\u{672c}"),
            (b"UNICODE\x00B0D0", "\u{3042}\u{3044}"),
            (b"UNICODE\x002008-10-05", "2008-10-05"),
            (b"UNICODE\0Caf\xc3\xa9", "Caf\u{e9}"),
            (b"JIS\0\0\0\0\0\xa5\xc6", "\u{30c6}"),
            (b"JIS\0\0\0\0\0\xe3\x83\x86", "\u{30c6}"),
            (b"JIS\0\0\0\0\0\x83e\x83X\x83g", "\u{30c6}\u{30b9}\u{30c8}"),
        ] {
            assert_eq!(comment(bytes, false, encoding).as_deref(), Some(text), "{bytes:?}");
        }
    }
}
