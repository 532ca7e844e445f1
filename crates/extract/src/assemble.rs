//! Outcomes from what the drivers found.

use imgmeta_record::{Failure, Fetch, ImageRef, Outcome, Record};

use crate::extractor::failed;
use crate::source::Answer;
use crate::trouble::Trouble;

/// A record of an image that was read.
pub(crate) fn record(image: ImageRef, answer: Answer, fetch: Fetch) -> Outcome {
    let Answer { header, bytes, incomplete, whole: _, sha256 } = answer;
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
    failed(Failure { status, fetch, ..Failure::new(image, kind, phase, message) })
}
