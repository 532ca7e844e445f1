//! What is known of one image that was read.

use crate::{Exif, Extra, LocalTime, Other, UtcTime};

/// Properties of XMP or IPTC: name to string, nested values as JSON text.
pub type Properties = Extra;

/// One image that was read: a line of `success_output`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Record {
    /// As in the list.
    pub url: String,
    /// Pillow's name of the format: `JPEG`, `PNG`.
    pub format: &'static str,
    /// Pillow's mode: `RGB`, `L`, `I;16`.
    pub mode: &'static str,
    /// Width in pixels, as Pillow's `Image.open(...).size`.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// The named tags.
    pub exif: Exif,
    /// Tags without a fixed place in `exif`.
    pub other: Vec<Other>,
    /// Position in the list.
    pub row: Option<u64>,
    /// Width the right way up.
    pub display_width: u32,
    /// Height the right way up.
    pub display_height: u32,
    /// EXIF orientation, 1 to 8.
    pub orientation: Option<u8>,
    /// When the picture was taken, by the camera's clock.
    pub taken_at: Option<LocalTime>,
    /// What it was taken with.
    pub camera: Option<Box<Camera>>,
    /// Where it was taken.
    pub gps: Option<Box<Gps>>,
    /// XMP properties, where they were asked for.
    pub xmp: Option<Properties>,
    /// IPTC properties, where they were asked for.
    pub iptc: Option<Properties>,
    /// Description of the ICC profile.
    pub profile: Option<String>,
    /// The image's whole size in bytes.
    pub bytes: Option<u64>,
    /// SHA-256 of the whole image in hexadecimal digits, where it was read.
    pub sha256: Option<String>,
    /// What was wrong but did not prevent the record; each begins with a code (`exif: `).
    pub warnings: Vec<String>,
    /// How it was fetched.
    pub fetch: Fetch,
    /// The kept columns of the list.
    pub extra: Option<Extra>,
}

/// What a picture was taken with, and how it was set.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Camera {
    /// Maker of the camera.
    pub make: Option<String>,
    /// Its model.
    pub model: Option<String>,
    /// Model of the lens.
    pub lens: Option<String>,
    /// Software that wrote the file.
    pub software: Option<String>,
    /// Exposure time in seconds.
    pub exposure_seconds: Option<f64>,
    /// F number.
    pub f_number: Option<f64>,
    /// Sensitivity.
    pub iso: Option<i64>,
    /// Focal length in millimetres.
    pub focal_length_mm: Option<f64>,
    /// Focal length on 35 mm film that gives the same picture, in millimetres.
    pub focal_length_35mm: Option<i64>,
}

/// Where a picture was taken (WGS 84).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Gps {
    /// Degrees, north positive.
    pub latitude: Option<f64>,
    /// Degrees, east positive.
    pub longitude: Option<f64>,
    /// Metres above sea level.
    pub altitude_m: Option<f64>,
    /// Degrees in which the camera looked, 0 to 360.
    pub direction_deg: Option<f64>,
    /// Time of the fix.
    pub taken_at_utc: Option<UtcTime>,
}

/// How an image was fetched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fetch {
    /// HTTP status of the last response.
    pub status: Option<u16>,
    /// Where redirects led, without credentials.
    pub final_url: Option<String>,
    /// As the server says.
    pub content_type: Option<String>,
    /// As the server or file system says.
    pub last_modified: Option<UtcTime>,
    /// As the server says.
    pub etag: Option<String>,
    /// Bytes read of the image, over all attempts.
    pub bytes_read: u64,
    /// Requests made, or ranges read.
    pub requests: u32,
    /// Attempts, the first included.
    pub attempts: u32,
    /// From the start of the first attempt to the end of the last.
    pub millis: u64,
}
