//! Text as record.md wants it, made anew from the judges' bytes: independent of the program's own reading.

use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};

/// UTF-8 where valid, else windows-1252; without NULs and blanks at the end.
pub(crate) fn plain(bytes: &[u8]) -> String {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(),
    };
    trimmed(&text)
}

fn trimmed(text: &str) -> String {
    text.trim_end_matches(['\0', ' ', '\t', '\r', '\n']).to_owned()
}

/// Without the NULs at the end.
pub(crate) fn without_nuls(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1)]
}

/// Pillow decodes text as Latin-1: the bytes that it had.
pub(crate) fn of_latin1(text: &str) -> Vec<u8> {
    text.chars().map(|char| u8::try_from(u32::from(char)).expect("Latin-1 has 256 letters")).collect()
}

/// `XPTitle` and its kin.
pub(crate) fn utf16(bytes: &[u8]) -> String {
    let bytes = &bytes[..bytes.len() & !1];
    let encoding = if bytes.starts_with(&[0xfe, 0xff]) { UTF_16BE } else { UTF_16LE };
    trimmed(&encoding.decode_with_bom_removal(bytes).0)
}

/// A comment behind its code; `None` where only a person could say what it is.
pub(crate) fn comment(bytes: &[u8], big_endian: bool) -> Option<String> {
    let (code, rest) = bytes.split_first_chunk::<8>()?;
    match code {
        // With a NUL inside it may be UTF-16 that is called so by mistake.
        b"ASCII\0\0\0" | [0, 0, 0, 0, 0, 0, 0, 0] => Some(plain(rest)).filter(|text| !text.contains('\0')),
        b"UNICODE\0" => {
            let (rest, big_endian) = match rest {
                [0xfe, 0xff, rest @ ..] => (rest, true),
                [0xff, 0xfe, rest @ ..] => (rest, false),
                _ => (rest, big_endian),
            };
            let encoding = if big_endian { UTF_16BE } else { UTF_16LE };
            let text = trimmed(&encoding.decode_without_bom_handling(rest).0);
            // Exotic letters may be those of another byte order, or of UTF-8.
            text.chars().all(|char| char < '\u{2e80}').then_some(text)
        }
        _ => None,
    }
}
