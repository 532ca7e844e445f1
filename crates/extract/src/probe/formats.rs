//! The one table of formats: how each is recognised, and which function reads it.

use imgmeta_record::Kind;

use super::{
    Image, blp, bmp, cr3, dds, eps, exr, farbfeld, fits, fli, foreign, ftex, gbr, gif, hdr, heif, icns, ico, im, imt,
    iptc, jp2, jpeg, jxl, mcidas, mpeg, msp, pcd, pcx, pixar, png, ppm, psd, qoi, raf, raw, sgi, spider, stub, sun,
    svg, tga, tiff, webp, wmf, xbm, xpm, xvthumb,
};
use crate::known::{Known, Stop};

/// One format of the table.
#[derive(Debug, Clone, Copy)]
pub struct Format {
    /// Names of what the reader finds: Pillow's, else those of `docs/formats.md`.
    pub names: &'static [&'static str],
    /// Whether the first bytes (at most 16) are those of this format.
    pub accepts: fn(&[u8]) -> bool,
    /// Reads it. [`Kind::NotAnImage`] says that it is not this format after all.
    pub read: fn(&Known) -> Result<Image, Stop>,
}

/// The formats that are read, in the order in which they are tried: those without a magic come last.
pub const FORMATS: &[Format] = &[
    Format { names: &["JPEG", "MPO", "JPEG-LS"], accepts: jpeg::accepts, read: jpeg::read },
    Format { names: &["PNG"], accepts: png::accepts, read: png::read },
    Format { names: &["GIF"], accepts: gif::accepts, read: gif::read },
    Format { names: &["WEBP"], accepts: webp::accepts, read: webp::read },
    Format { names: &["TIFF", "DNG", "CR2", "NEF", "ARW", "PEF"], accepts: tiff::accepts, read: tiff::read },
    Format { names: &["BMP"], accepts: bmp::accepts, read: bmp::read },
    Format { names: &["HEIF", "AVIF"], accepts: heif::accepts, read: heif::read },
    Format { names: &["JPEG2000"], accepts: jp2::accepts, read: jp2::read },
    Format { names: &["JXL"], accepts: jxl::accepts, read: jxl::read },
    Format { names: &["CR3"], accepts: cr3::accepts, read: cr3::read },
    Format { names: &["RAF"], accepts: raf::accepts, read: raf::read },
    Format { names: &["ORF", "RW2"], accepts: raw::accepts, read: raw::read },
    Format { names: &["ICO"], accepts: ico::accepts, read: ico::read },
    Format { names: &["CUR"], accepts: ico::accepts_cursor, read: ico::read_cursor },
    Format { names: &["PPM"], accepts: ppm::accepts, read: ppm::read },
    Format { names: &["PSD"], accepts: psd::accepts, read: psd::read },
    Format { names: &["DIB"], accepts: bmp::accepts_dib, read: bmp::read_dib },
    Format { names: &["BLP"], accepts: blp::accepts, read: blp::read },
    Format { names: &["BUFR"], accepts: stub::accepts_bufr, read: |_| Ok(stub::image("BUFR")) },
    Format { names: &["DCX"], accepts: pcx::accepts_several, read: pcx::read_several },
    Format { names: &["DDS"], accepts: dds::accepts, read: dds::read },
    Format { names: &["EPS"], accepts: eps::accepts, read: eps::read },
    Format { names: &["EXR"], accepts: exr::accepts, read: exr::read },
    Format { names: &["FARBFELD"], accepts: farbfeld::accepts, read: farbfeld::read },
    Format { names: &["FITS"], accepts: fits::accepts, read: fits::read },
    Format { names: &["FLI"], accepts: fli::accepts, read: fli::read },
    Format { names: &["FTEX"], accepts: ftex::accepts, read: ftex::read },
    Format { names: &["GRIB"], accepts: stub::accepts_grib, read: |_| Ok(stub::image("GRIB")) },
    Format { names: &["HDF5"], accepts: stub::accepts_hdf5, read: |_| Ok(stub::image("HDF5")) },
    Format { names: &["HDR"], accepts: hdr::accepts, read: hdr::read },
    Format { names: &["ICNS"], accepts: icns::accepts, read: icns::read },
    Format { names: &["IPTC"], accepts: iptc::accepts, read: iptc::read },
    Format { names: &["MCIDAS"], accepts: mcidas::accepts, read: mcidas::read },
    Format { names: &["MPEG"], accepts: mpeg::accepts, read: mpeg::read },
    Format { names: &["MSP"], accepts: msp::accepts, read: msp::read },
    Format { names: &["PCX"], accepts: pcx::accepts, read: pcx::read },
    Format { names: &["PIXAR"], accepts: pixar::accepts, read: pixar::read },
    Format { names: &["QOI"], accepts: qoi::accepts, read: qoi::read },
    Format { names: &["SGI"], accepts: sgi::accepts, read: sgi::read },
    Format { names: &["SUN"], accepts: sun::accepts, read: sun::read },
    Format { names: &["WMF"], accepts: wmf::accepts, read: wmf::read },
    Format { names: &["WMF"], accepts: wmf::accepts_enhanced, read: wmf::read_enhanced },
    Format { names: &["XPM"], accepts: xpm::accepts, read: xpm::read },
    Format { names: &["XBM"], accepts: xbm::accepts, read: xbm::read },
    Format { names: &["XVThumb"], accepts: xvthumb::accepts, read: xvthumb::read },
    Format { names: &["GBR"], accepts: gbr::accepts, read: gbr::read },
    Format { names: &["SVG"], accepts: svg::accepts, read: svg::read },
    Format { names: &["IM"], accepts: im::accepts, read: im::read },
    Format { names: &["IMT"], accepts: imt::accepts, read: imt::read },
    Format { names: &["PCD"], accepts: pcd::accepts, read: pcd::read },
    Format { names: &["SPIDER"], accepts: spider::accepts, read: spider::read },
    Format { names: &["TGA"], accepts: tga::accepts, read: tga::read },
];

/// The last rows, which have no magic: what they accept may be anything.
const GUESSES: usize = 7;

/// How many bytes tell the format.
const MAGIC: u64 = 16;

/// Recognises the format and reads it.
pub(super) fn read(known: &Known) -> Result<Image, Stop> {
    let end = known.total().map_or(MAGIC, |total| total.min(MAGIC));
    let head = known.bytes(0..end)?;
    for (at, format) in FORMATS.iter().enumerate().filter(|(_, format)| (format.accepts)(head)) {
        match (format.read)(known) {
            Err(Stop::Fail(Kind::NotAnImage, _)) => {}
            // Nothing but a guess says that these few bytes should have been more.
            Err(Stop::Cut) if at >= FORMATS.len() - GUESSES => {}
            answer => return answer,
        }
    }
    Err(foreign::name(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shorter_than_a_guess_wants_is_no_damaged_image() {
        let guesses: Vec<_> = FORMATS[FORMATS.len() - GUESSES..].iter().flat_map(|format| format.names).collect();
        assert_eq!(guesses, [&"GBR", &"SVG", &"IM", &"IMT", &"PCD", &"SPIDER", &"TGA"]);
        for bytes in [&b"<!DOCTYPE html>\n<html></html>"[..], b"{}", b"plain words", b"<x/>", b"\0\x01\x02short"] {
            let answer = read(&Known::whole(bytes));
            assert!(matches!(answer, Err(Stop::Fail(Kind::NotAnImage, _))), "{answer:?}");
        }
        assert_eq!(read(&Known::whole(*b"\xff\xd8\xff\xe0")), Err(Stop::Cut));
    }
}
