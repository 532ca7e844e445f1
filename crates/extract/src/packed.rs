//! What is stored compressed, decompressed within bounds: never by a length that a file declares.

use std::io::Read;

/// Most bytes that a compressed block of metadata may come to.
const MAX: u64 = 8 << 20;

/// Inflates zlib data; `None` where it is damaged or too large.
pub(crate) fn zlib(bytes: &[u8]) -> Option<Vec<u8>> {
    bounded(flate2::read::ZlibDecoder::new(bytes))
}

/// Decompresses Brotli data; `None` where it is damaged or too large.
pub(crate) fn brotli(bytes: &[u8]) -> Option<Vec<u8>> {
    bounded(brotli::Decompressor::new(bytes, 4096))
}

fn bounded(reader: impl Read) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    reader.take(MAX + 1).read_to_end(&mut out).ok()?;
    (out.len() as u64 <= MAX).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_come_to_more_than_the_bound_is_not_held() {
        let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        std::io::copy(&mut std::io::repeat(0).take(MAX + 1), &mut packed).unwrap();
        assert_eq!(zlib(&packed.finish().unwrap()), None);
        assert_eq!(zlib(b"\x78\x9cno zlib data"), None);
        assert_eq!(brotli(b"\xff\xff\xff\xff"), None);
        // A block that is stored, and an empty last one: RFC 7932, 9.2.
        assert_eq!(brotli(b"\x30\x00\x10abcd\x03").as_deref(), Some(&b"abcd"[..]));
    }
}
