//! EXIF blocks to named tags, and to what people compute with. Pure: no I/O, no clock.

mod camera;
mod gps;
mod place;
mod taken;
pub(crate) mod text;
mod thumbnail;
mod value;
mod walk;

use imgmeta_record::{Camera, Exif, Gps, Ifd, LocalTime, Other, Value};

use crate::known::{Stop, View};

/// How EXIF is read.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// What text is where it is not UTF-8; default: windows-1252.
    pub encoding: &'static encoding_rs::Encoding,
    /// Whether `MakerNote` is kept, whatever its size; default: no.
    pub maker_notes: bool,
    /// Whether the thumbnail's bytes are kept, whatever their size; default: no.
    pub thumbnails: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { encoding: encoding_rs::WINDOWS_1252, maker_notes: false, thumbnails: false }
    }
}

/// What an EXIF block holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Block {
    /// The named tags.
    pub exif: Exif,
    /// Tags without a fixed place.
    pub other: Vec<Other>,
    /// What was wrong; each begins with `exif: `.
    pub warnings: Vec<String>,
    /// Whether a value or directory lies behind the end.
    pub cut: bool,
}

/// What people compute with.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    /// EXIF orientation, 1 to 8.
    pub orientation: Option<u8>,
    /// When the picture was taken.
    pub taken_at: Option<LocalTime>,
    /// What it was taken with.
    pub camera: Option<Camera>,
    /// Where it was taken.
    pub gps: Option<Gps>,
}

/// Reads a block that begins with a TIFF header.
///
/// # Errors
/// [`Stop::Need`] only: what is damaged or behind the end is a warning.
pub fn read(view: &View<'_>, options: Options) -> Result<Block, Stop> {
    walk::read(view, Ifd::Zeroth, options)
}

/// Reads directories each of which has a block of its own.
///
/// # Errors
/// As [`read`].
pub fn read_apart(views: &[(Ifd, View<'_>)], options: Options) -> Result<Block, Stop> {
    let mut all = Block::default();
    for (ifd, view) in views {
        let Block { mut exif, other, warnings, cut } = walk::read(view, *ifd, options)?;
        for ifd in Ifd::ALL {
            all.exif.ifd_mut(ifd).append(exif.ifd_mut(ifd));
        }
        all.other.extend(other);
        all.warnings.extend(warnings);
        all.cut |= cut;
    }
    Ok(all)
}

/// What a block says that people compute with.
pub fn facts(block: &Block) -> Facts {
    Facts {
        orientation: orientation(block),
        taken_at: taken::taken_at(&block.exif),
        camera: camera::camera(block),
        gps: gps::gps(block),
    }
}

/// The number 1 to 8, from whatever type holds it (Exif 3.0, 4.6.5.1.3 wants one SHORT).
fn orientation(block: &Block) -> Option<u8> {
    const TAG: u16 = 0x112;
    let other = block.other.iter().find(|other| other.ifd == Ifd::Zeroth && other.tag == TAG).map(|other| &other.value);
    let number = match block.exif.get(Ifd::Zeroth, TAG).or(other)? {
        Value::Text(text) => text.trim().parse().ok(),
        Value::Bytes(bytes) if bytes.len() == 1 => bytes.first().copied().map(i64::from),
        value => value.int(),
    };
    number.and_then(|number| u8::try_from(number).ok()).filter(|number| (1..=8).contains(number))
}
