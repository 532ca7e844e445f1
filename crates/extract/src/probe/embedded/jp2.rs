//! JPEG 2000: XMP and IPTC in `uuid` boxes behind the pixels, where those before them had none.

use super::super::jp2::{BOXES, metadata};
use super::super::{Image, Options};
use super::wants;
use crate::boxes::{Boxes, Chunk};
use crate::known::{Known, Stop};

pub(super) fn locate(known: &Known, image: &mut Image, options: Options) -> Result<(), Stop> {
    // Where nobody says how long the file is, what is behind the pixels cannot be asked for.
    if !wants(image, options) || known.total().is_none() || known.bytes(0..BOXES.len() as u64)? != BOXES {
        return Ok(());
    }
    let mut boxes = Boxes::of_file(known);
    while let Some(Chunk { kind, body }) = boxes.next()? {
        if &kind == b"uuid" {
            metadata(known, body, image)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::super::read;
    use super::*;

    const XMP_BOX: [u8; 16] =
        [0xbe, 0x7a, 0xcf, 0xcb, 0x97, 0xa9, 0x42, 0xe8, 0x9c, 0x71, 0x99, 0x94, 0x91, 0xe3, 0xaf, 0xac];

    fn chunk(kind: [u8; 4], body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 8).expect("small").to_be_bytes();
        [&length[..], &kind, body].concat()
    }

    #[test]
    fn xmp_behind_the_pixels_is_read_where_exif_is_before_them() {
        let header = chunk(*b"ihdr", b"\0\0\0\x07\0\0\0\x05\0\x03\x07\x07\0\0");
        let exif = [&b"JpgTiffExif->JP2"[..], b"II*\0\x08\0\0\0\0\0\0\0\0\0"].concat();
        let siz = [&b"\xff\x4f\xff\x51\0\x2f\0\0\0\0\0\x05\0\0\0\x07"[..], &[0; 24], b"\0\x03", &[0; 9]].concat();
        let packet = br#"<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><r:Description
            xmlns:x="http://ns.adobe.com/xap/1.0/" x:Rating="3"/></r:RDF>"#;
        let xmp = [&XMP_BOX[..], packet].concat();
        let rest = [(*b"jp2h", header), (*b"uuid", exif), (*b"jp2c", siz), (*b"uuid", xmp)];
        let file = [BOXES.to_vec(), rest.iter().flat_map(|(kind, body)| chunk(*kind, body)).collect()].concat();
        let known = Known::whole(file);
        let header = read(&known, Options { xmp: true, ..Options::default() }).unwrap();
        assert_eq!(header.xmp, Some(vec![("xmp:Rating".into(), Some("3".into()))]));
        assert!(!header.image.exif.is_empty());
        assert_eq!(read(&known, Options::default()).unwrap().xmp, None);
    }
}
