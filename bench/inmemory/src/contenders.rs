//! What each library does with one image in memory.

use std::hint::black_box;
use std::io::Cursor;

use bytes::Bytes;
use image::{ImageDecoder as _, ImageReader};
use imgmeta_extract::probe::{self, Header, Options, Payload};
use imgmeta_extract::{Known, View};
use nom_exif::{MediaParser, MediaSource};

/// A run over one image; whether it was read.
pub(crate) type Run<'a> = Box<dyn FnMut() -> bool + 'a>;

/// Format, mode, size, all tags and what people compute with.
pub(crate) fn imgmeta(known: &Known) -> Run<'_> {
    Box::new(move || probe::read(black_box(known), Options::default()).is_ok())
}

/// All tags.
pub(crate) fn kamadak(file: &[u8]) -> Run<'_> {
    Box::new(move || {
        let read = exif::Reader::new().read_from_container(&mut Cursor::new(black_box(file)));
        read.is_ok_and(|exif| all_values(&exif))
    })
}

/// Size, colours and the EXIF block, which it does not read.
pub(crate) fn image_rs(file: &[u8]) -> Run<'_> {
    Box::new(move || {
        let reader = ImageReader::new(Cursor::new(black_box(file))).with_guessed_format().expect("memory can be read");
        let Ok(mut decoder) = reader.into_decoder() else { return false };
        black_box((decoder.dimensions(), decoder.original_color_type()));
        black_box(decoder.exif_metadata()).is_ok()
    })
}

/// All tags.
pub(crate) fn nom(file: &[u8]) -> Run<'_> {
    let (mut parser, file) = (MediaParser::new(), Bytes::copy_from_slice(file));
    Box::new(move || {
        let Ok(source) = MediaSource::from_memory(black_box(file.clone())) else { return false };
        let Ok(tags) = parser.parse_exif(source) else { return false };
        black_box(nom_exif::Exif::from(tags));
        true
    })
}

/// The EXIF block alone: all tags and what people compute with.
pub(crate) fn imgmeta_block<'a>(known: &'a Known, header: &'a Header) -> Run<'a> {
    Box::new(move || {
        let Payload::At(ranges) = &header.image.exif else { return false };
        let view = View::new(black_box(known), ranges.clone());
        let Ok(block) = imgmeta_extract::exif::read(&view, Default::default()) else { return false };
        black_box(imgmeta_extract::exif::facts(&block));
        true
    })
}

/// The EXIF block alone: all tags. It wants the bytes for itself.
pub(crate) fn kamadak_block(block: &[u8]) -> Run<'_> {
    Box::new(move || exif::Reader::new().read_raw(black_box(block).to_vec()).is_ok_and(|exif| all_values(&exif)))
}

/// It reads a value when it is looked at.
fn all_values(exif: &exif::Exif) -> bool {
    let values = exif.fields().map(|field| &field.value);
    black_box(values.map(|value| black_box(value)).count());
    true
}
