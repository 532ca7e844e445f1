//! Text in any charset to UTF-8, however its bytes arrive.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{CoderResult, Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// The charset of a text by its first bytes: by its byte order mark, else UTF-16 where every other byte is mostly zero, else
/// UTF-8 where that fits, else what is likeliest.
pub(crate) fn guess(head: &[u8], whole: bool) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(head) {
        return encoding;
    }
    if let Some(encoding) = utf16(head) {
        return encoding;
    }
    if mostly_utf8(head, whole) {
        return UTF_8;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(head, whole);
    detector.guess(None, Utf8Detection::Deny)
}

/// UTF-16 without a mark: what lists hold is mostly ASCII, half of whose bytes are zero then.
fn utf16(head: &[u8]) -> Option<&'static Encoding> {
    let zeros = |at: usize| head.iter().skip(at).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let most = |zeros: usize| zeros * 4 > head.len();
    match (most(even), most(odd)) {
        (true, false) => Some(UTF_16BE),
        (false, true) => Some(UTF_16LE),
        _ => None,
    }
}

/// Whether what is beyond ASCII is UTF-8 more often than not: a damaged row does not make a list windows-1252.
fn mostly_utf8(head: &[u8], whole: bool) -> bool {
    let (mut good, mut bad) = (0, 0);
    for chunk in head.utf8_chunks() {
        good += chunk.valid().bytes().filter(|byte| *byte >= 0xc0).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    // A sequence that the head cuts in two is not a bad one.
    let cut = !whole && std::str::from_utf8(head).is_err_and(|error| error.error_len().is_none());
    bad == 0 || (bad == 1 && cut) || good > bad
}

/// Decodes piece by piece; UTF-8 passes as it is, damaged bytes too, so that the row that holds them can say so.
pub(crate) struct Transcoder(Option<Decoder>);

impl Transcoder {
    pub(crate) fn new(encoding: &'static Encoding) -> Self {
        Self((encoding != UTF_8).then(|| encoding.new_decoder_with_bom_removal()))
    }

    /// What the next bytes say; what cannot be read is U+FFFD. `last`: no bytes follow.
    pub(crate) fn decode<'a>(&mut self, bytes: &'a [u8], last: bool) -> Cow<'a, [u8]> {
        let Some(decoder) = &mut self.0 else { return Cow::Borrowed(bytes) };
        let mut text = String::new();
        let mut read = 0;
        loop {
            let room = decoder.max_utf8_buffer_length(bytes.len() - read).unwrap_or(bytes.len() - read + 16);
            text.reserve(room);
            let (result, more, _) = decoder.decode_to_string(&bytes[read..], &mut text, last);
            read += more;
            if result == CoderResult::InputEmpty {
                return Cow::Owned(text.into_bytes());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use encoding_rs::WINDOWS_1252;

    use super::*;

    #[test]
    fn the_charset_is_told_by_the_first_bytes() {
        let wide = |text: &str, big: bool| -> Vec<u8> {
            text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
        };
        for (head, encoding) in [
            (b"url,id\nhttp://h/a,1\n".to_vec(), UTF_8),
            (b"".to_vec(), UTF_8),
            (b"\xef\xbb\xbfurl\n\xe9".to_vec(), UTF_8),
            ("url\nhttp://h/ñ.jpg\n".as_bytes().to_vec(), UTF_8),
            ("ñandú, 日本 and one \u{e9}".as_bytes().iter().copied().chain([0xff]).collect(), UTF_8),
            (b"\xff\xfeu\0".to_vec(), UTF_16LE),
            (b"\xfe\xff\0u".to_vec(), UTF_16BE),
            (wide("url\nhttp://h/ñandú/日本.jpg\n", true), UTF_16BE),
            (wide("url\nhttp://h/ñandú/日本.jpg\n", false), UTF_16LE),
            (b"url,name\nhttp://h/a,caf\xe9 cr\xe8me\nhttp://h/b,d\xe9j\xe0 vu\n".to_vec(), WINDOWS_1252),
            (b"url,price\nhttp://h/a,\x80 5 \x96 7\n".to_vec(), WINDOWS_1252),
        ] {
            assert_eq!(guess(&head, true), encoding, "{}", head.escape_ascii());
        }
        // The head ends within a character.
        assert_eq!(guess(b"url\nhttp://h/caf\xc3", false), UTF_8);
    }

    #[test]
    fn text_is_the_same_however_its_bytes_arrive() {
        let text = "url;ñ\r\nhttp://h/日本/𝄞.jpg;é\n";
        for encoding in [UTF_16LE, UTF_16BE, UTF_8] {
            let bytes: Vec<u8> = match encoding.name() {
                "UTF-16LE" => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
                "UTF-16BE" => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
                _ => text.into(),
            };
            for size in 1..=bytes.len() {
                let mut transcoder = Transcoder::new(encoding);
                let mut decoded: Vec<u8> =
                    bytes.chunks(size).flat_map(|piece| transcoder.decode(piece, false).into_owned()).collect();
                decoded.extend_from_slice(&transcoder.decode(b"", true));
                assert_eq!(String::from_utf8(decoded).unwrap(), text, "{} by {size}", encoding.name());
            }
        }
        let mut transcoder = Transcoder::new(UTF_16LE);
        assert_eq!(&*transcoder.decode(b"a\0\x34\xd8", true), "a\u{fffd}".as_bytes());
    }
}
