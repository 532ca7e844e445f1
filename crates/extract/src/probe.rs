//! Bytes to an image's format, mode and size, and to where its EXIF is. Pure: no I/O, no clock, no pixel is decoded.
//!
//! A reader is a function of what is [`Known`] of a file: it answers, or says which range it needs next. It is called
//! again from its start when that range is known, so it holds no state.

mod blp;
mod bmp;
mod cr3;
mod dds;
mod embedded;
mod eps;
mod exr;
mod farbfeld;
mod fits;
mod fli;
mod foreign;
mod formats;
mod ftex;
mod gbr;
mod gif;
mod hdr;
mod heif;
mod icns;
mod ico;
mod im;
mod imt;
mod iptc;
mod jp2;
mod jpeg;
mod jxl;
mod mcidas;
mod mpeg;
mod msp;
mod numbers;
mod pcd;
mod pcx;
mod pixar;
mod png;
mod ppm;
mod psd;
mod qoi;
mod raf;
mod raw;
mod sgi;
mod spider;
mod stub;
mod sun;
mod svg;
mod text;
mod tga;
mod tiff;
mod webp;
mod wmf;
mod xbm;
mod xpm;
mod xvthumb;

use std::ops::Range;

use imgmeta_record::{Camera, Exif, Gps, Ifd, LocalTime, Other, Properties};

use crate::exif;
use crate::known::{Known, Stop, View};

pub use embedded::Extension;
pub use formats::{FORMATS, Format};
#[cfg(feature = "fetch")]
pub(crate) use jpeg::is_plain as is_plain_jpeg;

/// What is read of an image.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// How EXIF is read.
    pub exif: exif::Options,
    /// Whether XMP is read; default: no.
    pub xmp: bool,
    /// Whether IPTC is read; default: no.
    pub iptc: bool,
}

impl From<exif::Options> for Options {
    fn from(exif: exif::Options) -> Self {
        Self { exif, ..Self::default() }
    }
}

/// A block of metadata inside a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    /// Ranges of the file, which joined are the block.
    At(Vec<Range<u64>>),
    /// Bytes that were decoded from the file: a block that is stored compressed or as text.
    Decoded(Vec<u8>),
    /// Directories that are apart: each begins a block of its own, in a range of the file.
    Trees(Vec<(Ifd, Range<u64>)>),
}

impl Default for Payload {
    fn default() -> Self {
        Self::At(Vec::new())
    }
}

impl Payload {
    /// One range of the file.
    pub fn range(range: Range<u64>) -> Self {
        Self::At(vec![range])
    }

    /// Whether there is no such block.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::At(ranges) => ranges.iter().all(Range::is_empty),
            Self::Decoded(bytes) => bytes.is_empty(),
            Self::Trees(trees) => trees.iter().all(|(_, range)| range.is_empty()),
        }
    }

    /// Reads it as one stretch of bytes. What lies behind the end of decoded bytes is damage: no further byte of the file
    /// would mend it.
    fn view<T>(&self, known: &Known, read: impl FnOnce(&View<'_>) -> Result<T, Stop>) -> Result<T, Stop> {
        match self {
            Self::At(ranges) => read(&View::new(known, ranges.clone())),
            Self::Decoded(bytes) => read(&View::whole(&Known::whole(bytes.as_slice()))),
            Self::Trees(trees) => read(&View::new(known, trees.iter().map(|(_, range)| range.clone()).collect())),
        }
    }
}

/// What a format's reader finds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Image {
    /// Pillow's name of the format.
    pub format: &'static str,
    /// Pillow's mode.
    pub mode: &'static str,
    /// Width in pixels, as Pillow's `Image.open(...).size`.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// The EXIF block, from its TIFF header on.
    pub exif: Payload,
    /// The ICC profile.
    pub icc: Payload,
    /// The XMP packet, where it was asked for or its place is known anyway.
    pub xmp: Payload,
    /// What did not fit into it.
    pub xmp_extensions: Vec<Extension>,
    /// IPTC-IIM records, likewise.
    pub iptc: Payload,
    /// Whether `width` and `height` have the orientation applied already.
    pub oriented: bool,
    /// Whether the file says, elsewhere than in its EXIF, that the image is to be turned onto its side. Where
    /// `oriented`, this alone counts.
    pub turned: bool,
    /// What was wrong but did not prevent the answer.
    pub warnings: Vec<String>,
    /// Whether something that was wanted beyond the header lies behind the file's end.
    pub cut: bool,
}

impl Image {
    /// An image without metadata, which has at least a pixel.
    fn sized(format: &'static str, mode: &'static str, width: u32, height: u32) -> Result<Self, Stop> {
        if width == 0 || height == 0 || width > i32::MAX as u32 || height > i32::MAX as u32 {
            return Err(Stop::damaged(format!("a {format} of {width} x {height} pixels")));
        }
        Ok(Self { format, mode, width, height, ..Self::default() })
    }
}

/// All that is read of an image.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Header {
    /// Format, mode and size.
    pub image: Image,
    /// The named tags.
    pub exif: Exif,
    /// Tags without a fixed place.
    pub other: Vec<Other>,
    /// EXIF orientation, 1 to 8.
    pub orientation: Option<u8>,
    /// When the picture was taken.
    pub taken_at: Option<LocalTime>,
    /// What it was taken with.
    pub camera: Option<Camera>,
    /// Where it was taken.
    pub gps: Option<Gps>,
    /// XMP properties.
    pub xmp: Option<Properties>,
    /// IPTC properties.
    pub iptc: Option<Properties>,
    /// Description of the ICC profile.
    pub profile: Option<String>,
}

impl Header {
    /// Width and height the right way up.
    pub fn display_size(&self) -> (u32, u32) {
        let Image { width, height, oriented, turned, .. } = self.image;
        let by_exif = !oriented && self.orientation.is_some_and(|value| value >= 5);
        if turned || by_exif { (height, width) } else { (width, height) }
    }
}

/// More pixels than Pillow opens: twice its `MAX_IMAGE_PIXELS`.
pub(crate) const MAX_PIXELS: u64 = 2 * 89_478_485;

/// Reads an image's header and metadata.
///
/// ```
/// use imgmeta_extract::{Known, Stop, probe};
/// // Nothing is known yet: the answer is what to read first.
/// assert_eq!(probe::read(&Known::default(), probe::Options::default()), Err(Stop::Need(0..16)));
/// ```
///
/// # Errors
/// [`Stop::Need`] for the range to read next; [`Stop::Cut`] where the header is not complete; [`Stop::Fail`] for what
/// is no image, or none that is read.
pub fn read(known: &Known, options: impl Into<Options>) -> Result<Header, Stop> {
    let options = options.into();
    let mut image = formats::read(known)?;
    if u64::from(image.width) * u64::from(image.height) > MAX_PIXELS {
        image.warnings.push(format!("bomb: {} x {} pixels are declared", image.width, image.height));
    }
    embedded::locate(known, &mut image, options)?;
    let block = block(known, &mut image, options.exif)?;
    let profile = embedded::profile(known, &mut image)?;
    let encoding = options.exif.encoding;
    let xmp = if options.xmp { embedded::xmp(known, &mut image, encoding)? } else { None };
    let iptc = if options.iptc { embedded::iptc(known, &mut image, encoding)? } else { None };
    let exif::Facts { orientation, taken_at, camera, gps } = exif::facts(&block);
    let exif::Block { exif, other, .. } = block;
    Ok(Header { image, exif, other, orientation, taken_at, camera, gps, xmp, iptc, profile })
}

/// The EXIF block, where there is one.
fn block(known: &Known, image: &mut Image, options: exif::Options) -> Result<exif::Block, Stop> {
    if image.exif.is_empty() {
        return Ok(exif::Block::default());
    }
    let mut block = match &image.exif {
        Payload::Trees(trees) => {
            let views: Vec<_> = trees.iter().map(|(ifd, at)| (*ifd, View::new(known, vec![at.clone()]))).collect();
            exif::read_apart(&views, options)?
        }
        other => other.view(known, |view| exif::read(view, options))?,
    };
    image.cut |= block.cut && !matches!(image.exif, Payload::Decoded(_));
    image.warnings.append(&mut block.warnings);
    Ok(block)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_turned_once_whoever_says_so() {
        for (oriented, turned, orientation, size) in [
            (false, false, None, (4, 3)),
            (false, false, Some(3), (4, 3)),
            (false, false, Some(6), (3, 4)),
            (true, false, Some(6), (4, 3)),
            (true, true, Some(6), (3, 4)),
            (true, true, None, (3, 4)),
        ] {
            let image = Image { width: 4, height: 3, oriented, turned, ..Image::default() };
            assert_eq!(Header { image, orientation, ..Header::default() }.display_size(), size);
        }
    }
}
