//! Outcomes from what the drivers found.

use imgmeta_record::{Failure, Fetch, ImageRef, Outcome, Record};

use crate::probe::Header;
use crate::trouble::Trouble;

/// What was found of an image.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) header: Box<Header>,
    /// The image's whole size, where known.
    pub(crate) bytes: Option<u64>,
    /// Whether the source ended before its time, and something wanted was behind: another attempt may find it.
    pub(crate) incomplete: bool,
    /// Of the whole image, in hexadecimal digits.
    pub(crate) sha256: Option<String>,
}

/// A record of an image that was read.
pub(crate) fn record(image: ImageRef, found: Found, fetch: Fetch) -> Outcome {
    let Found { header, bytes, incomplete, sha256 } = found;
    let (display_width, display_height) = header.display_size();
    let ImageRef { url, base: _, row, extra, mut warnings } = image;
    let cut = header.image.cut;
    warnings.extend(header.image.warnings);
    if incomplete || (cut && !warnings.iter().any(|warning| warning.starts_with("cut:"))) {
        warnings.push("cut: the file ends before something that was wanted".into());
    }
    Outcome::Record(Box::new(Record {
        url,
        format: header.image.format,
        mode: header.image.mode,
        width: header.image.width,
        height: header.image.height,
        exif: header.exif,
        other: header.other,
        row,
        display_width,
        display_height,
        orientation: header.orientation,
        taken_at: header.taken_at,
        camera: header.camera.map(Box::new),
        gps: header.gps.map(Box::new),
        xmp: header.xmp,
        iptc: header.iptc,
        profile: header.profile,
        bytes,
        sha256,
        warnings,
        fetch,
        extra,
    }))
}

/// A failure of an image that was not.
pub(crate) fn failure(image: ImageRef, trouble: Trouble, fetch: Fetch) -> Outcome {
    let Trouble { kind, phase, message, status, retry_after: _ } = trouble;
    Outcome::Failure(Box::new(Failure { status, fetch, ..Failure::new(image, kind, phase, message) }))
}
