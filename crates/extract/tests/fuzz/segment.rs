//! Laws of XMP, IPTC and ICC of any bytes, each in the segment of a JPEG where it belongs: they cost themselves only.

use imgmeta_extract::probe::{self, Options};
use imgmeta_extract::{Known, exif};

/// Marker and beginning of each segment.
const SEGMENTS: [(u8, &[u8]); 4] = [
    (0xe1, b"http://ns.adobe.com/xap/1.0/\0"),
    (0xed, b"Photoshop 3.0\0"),
    (0xed, b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\xff\xff"),
    (0xe2, b"ICC_PROFILE\0\x01\x01"),
];
/// A frame of 1 x 1 pixels, and the start of its scan.
const REST: &[u8] = b"\xff\xc0\0\x0b\x08\0\x01\0\x01\x01\x01\x11\0\xff\xda\0\x02";

/// Reads the bytes behind the first, which says what they are.
pub(crate) fn check(data: &[u8]) {
    let Some((kind, data)) = data.split_first() else { return };
    let (marker, head) = SEGMENTS[usize::from(*kind) % SEGMENTS.len()];
    let data = &data[..data.len().min(65_000)];
    let mut file = vec![0xff, 0xd8, 0xff, marker];
    file.extend(u16::try_from(head.len() + data.len() + 2).expect("less than 64 KiB").to_be_bytes());
    file.extend_from_slice(head);
    file.extend_from_slice(data);
    file.extend_from_slice(REST);
    let options = Options { exif: exif::Options::default(), xmp: true, iptc: true };
    let header = probe::read(&Known::whole(file), options).expect("it is a JPEG");
    assert!(header.xmp.unwrap_or_default().len() <= 50_000);
}
