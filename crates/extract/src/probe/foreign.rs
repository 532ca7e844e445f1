//! What is no image, or none that is read yet, told by its first bytes: a failure that names it helps more than one
//! that does not.

use imgmeta_record::Kind;

use crate::known::{Known, Stop};

/// Bytes that tell text from other things.
const HEAD: u64 = 512;

/// Images that are known and not read: an offset, the bytes there, and a name.
const UNREAD: &[(usize, &[u8], &str)] = &[(0, b"gimp xcf", "XCF"), (0, b"BPG\xfb", "BPG"), (0, b"P7\n", "PAM")];

/// Things that are no images.
const OTHERS: &[(usize, &[u8], &str)] = &[
    (0, b"%PDF-", "a PDF document"),
    (0, b"%!", "a PostScript document"),
    (4, b"ftyp", "an MP4 video"),
    (0, b"\x1a\x45\xdf\xa3", "a WebM or Matroska video"),
    (8, b"AVI ", "an AVI video"),
    (8, b"WAVE", "a WAVE sound"),
    (0, b"FLV\x01", "a Flash video"),
    (0, b"\0\0\x01\xba", "an MPEG video"),
    (0, b"\0\0\x01\xb3", "an MPEG video"),
    (0, b"ID3", "an MP3 sound"),
    (0, b"OggS", "an Ogg stream"),
    (0, b"PK\x03\x04", "a ZIP archive"),
    (0, b"\x1f\x8b", "gzip data"),
    (0, b"7z\xbc\xaf", "a 7z archive"),
    (0, b"Rar!", "a RAR archive"),
    (0, b"\x7fELF", "a program"),
    (0, b"MZ", "a program"),
    (0, b"\xfe\xff", "text in UTF-16"),
    (0, b"\xff\xfe", "text in UTF-16"),
];

/// Why the bytes are no image that is read.
pub(super) fn name(known: &Known) -> Stop {
    let end = known.total().map_or(HEAD, |total| total.min(HEAD));
    let head = match known.bytes(0..end) {
        Ok([]) => return Stop::Fail(Kind::Empty, "there are no bytes".into()),
        Ok(head) => head,
        Err(stop) => return stop,
    };
    let at =
        |&&(offset, bytes, _): &&(usize, &[u8], &str)| head.get(offset..).is_some_and(|rest| rest.starts_with(bytes));
    if let Some((_, _, name)) = UNREAD.iter().find(at) {
        return Stop::unsupported(format!("an image in {name}, which is not read yet"));
    }
    if let Some((_, _, name)) = OTHERS.iter().find(at) {
        return not_an_image(name);
    }
    text(head).unwrap_or_else(|| not_an_image("bytes of no known image format"))
}

fn not_an_image(what: &str) -> Stop {
    Stop::Fail(Kind::NotAnImage, format!("not an image but {what}"))
}

/// What text is, where it is text.
fn text(head: &[u8]) -> Option<Stop> {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let printable = |byte: &u8| *byte >= 0x20 || matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c);
    if !head.iter().all(printable) {
        return None;
    }
    let text = String::from_utf8_lossy(head).trim_start().to_ascii_lowercase();
    let begins = |words: &[&str]| words.iter().any(|word| text.starts_with(word));
    let html =
        ["<!doctype html", "<html", "<head", "<body", "<script", "<title", "<meta", "<div", "<!--", "<p>", "<h1"];
    Some(if begins(&html) || (begins(&["<?xml", "<!"]) && text.contains("<html")) {
        not_an_image("an HTML page")
    } else if begins(&["<"]) {
        not_an_image("XML")
    } else if begins(&["{", "["]) {
        not_an_image("JSON")
    } else {
        not_an_image("text")
    })
}
