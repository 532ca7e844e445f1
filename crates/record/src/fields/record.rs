//! The fields of a record, in their order.

use super::{Cell, Field, Leaf, Shape, leaf, maybe};
use crate::tags::Ifd;
use crate::{Camera, Fetch, Gps, Record};

/// The fields of [`Record`].
pub const RECORD: &[Field<Record>] = &[
    leaf("URL", "as in the list", Leaf::Text, |r| Cell::Text(&r.url)),
    leaf("Format", "Pillow's name of the format", Leaf::Text, |r| Cell::Text(r.format)),
    leaf("Mode", "Pillow's mode", Leaf::Text, |r| Cell::Text(r.mode)),
    leaf("Size", "width and height in pixels", Leaf::Size, |r| Cell::size(r.width, r.height)),
    Field::new("EXIF", "tags by IFD", false, Shape::Group(EXIF, |_| true)),
    leaf("Other", "tags without a fixed place in EXIF", Leaf::Others, |r| Cell::Others(&r.other)),
    maybe("Row", "0-based position in the list", Leaf::Int64, |r| Cell::int(r.row)),
    leaf("Width", "width in pixels", Leaf::Int32, |r| Cell::pixels(r.width)),
    leaf("Height", "height in pixels", Leaf::Int32, |r| Cell::pixels(r.height)),
    leaf("DisplayWidth", "width the right way up", Leaf::Int32, |r| Cell::pixels(r.display_width)),
    leaf("DisplayHeight", "height the right way up", Leaf::Int32, |r| Cell::pixels(r.display_height)),
    maybe("Orientation", "EXIF orientation, 1 to 8", Leaf::Int32, |r| Cell::int(r.orientation)),
    maybe("TakenAt", "when it was taken, by the camera's clock", Leaf::LocalTime, |r| Cell::local(r.taken_at)),
    Field::new("Camera", "what it was taken with", true, Shape::Group(CAMERA, |r| r.camera.is_some())),
    Field::new("GPS", "where it was taken", true, Shape::Group(GPS, |r| r.gps.is_some())),
    maybe("XMP", "XMP properties, with --xmp", Leaf::Map, |r| Cell::map(r.xmp.as_ref())),
    maybe("IPTC", "IPTC properties, with --iptc", Leaf::Map, |r| Cell::map(r.iptc.as_ref())),
    maybe("Profile", "description of the ICC profile", Leaf::Text, |r| Cell::text(r.profile.as_ref())),
    maybe("Bytes", "the image's whole size in bytes", Leaf::Int64, |r| Cell::int(r.bytes)),
    maybe("Sha256", "of the whole image, with --full", Leaf::Text, |r| Cell::text(r.sha256.as_ref())),
    leaf("Warnings", "what was wrong but did not prevent the record", Leaf::Texts, |r| Cell::Texts(&r.warnings)),
    Field::new("Fetch", "how it was fetched", false, Shape::Group(FETCH, |_| true)),
    maybe("Extra", "the kept columns of the list", Leaf::Map, |r| Cell::map(r.extra.as_ref())),
];

const EXIF: &[Field<Record>] = &[
    leaf("0th", "the main image", Leaf::Tags, |r| Cell::Tags(r.exif.ifd(Ifd::Zeroth))),
    leaf("Exif", "how it was taken", Leaf::Tags, |r| Cell::Tags(r.exif.ifd(Ifd::Exif))),
    leaf("GPS", "where it was taken", Leaf::Tags, |r| Cell::Tags(r.exif.ifd(Ifd::Gps))),
    leaf("Interop", "interoperability", Leaf::Tags, |r| Cell::Tags(r.exif.ifd(Ifd::Interop))),
    leaf("1st", "the thumbnail", Leaf::Tags, |r| Cell::Tags(r.exif.ifd(Ifd::First))),
];

fn camera<'a, T>(record: &'a Record, get: impl FnOnce(&'a Camera) -> Option<T>) -> Option<T> {
    record.camera.as_deref().and_then(get)
}

const CAMERA: &[Field<Record>] = &[
    maybe("Make", "maker of the camera", Leaf::Text, |r| Cell::text(camera(r, |c| c.make.as_ref()))),
    maybe("Model", "model of the camera", Leaf::Text, |r| Cell::text(camera(r, |c| c.model.as_ref()))),
    maybe("Lens", "model of the lens", Leaf::Text, |r| Cell::text(camera(r, |c| c.lens.as_ref()))),
    maybe("Software", "what wrote the file", Leaf::Text, |r| Cell::text(camera(r, |c| c.software.as_ref()))),
    maybe("ExposureSeconds", "exposure time in seconds", Leaf::Float64, |r| {
        Cell::float(camera(r, |c| c.exposure_seconds))
    }),
    maybe("FNumber", "F number", Leaf::Float64, |r| Cell::float(camera(r, |c| c.f_number))),
    maybe("ISO", "sensitivity", Leaf::Int64, |r| Cell::int(camera(r, |c| c.iso))),
    maybe("FocalLengthMm", "focal length in millimetres", Leaf::Float64, |r| {
        Cell::float(camera(r, |c| c.focal_length_mm))
    }),
    maybe("FocalLength35mm", "the same on 35 mm film", Leaf::Int64, |r| Cell::int(camera(r, |c| c.focal_length_35mm))),
];

fn gps<'a, T>(record: &'a Record, get: impl FnOnce(&'a Gps) -> Option<T>) -> Option<T> {
    record.gps.as_deref().and_then(get)
}

const GPS: &[Field<Record>] = &[
    maybe("Latitude", "degrees, north positive", Leaf::Float64, |r| Cell::float(gps(r, |g| g.latitude))),
    maybe("Longitude", "degrees, east positive", Leaf::Float64, |r| Cell::float(gps(r, |g| g.longitude))),
    maybe("AltitudeM", "metres above sea level", Leaf::Float64, |r| Cell::float(gps(r, |g| g.altitude_m))),
    maybe("DirectionDeg", "where the camera looked", Leaf::Float64, |r| Cell::float(gps(r, |g| g.direction_deg))),
    maybe("TakenAtUTC", "time of the fix", Leaf::UtcTime, |r| Cell::utc(gps(r, |g| g.taken_at_utc))),
];

const FETCH: &[Field<Record>] = super::fetch_fields!(Record);

/// Type check of [`Fetch`]'s place in the table: taken apart in full, so that a new field is dealt with.
const _: fn(&Fetch) = |fetch| {
    let Fetch {
        status: _,
        final_url: _,
        content_type: _,
        last_modified: _,
        etag: _,
        bytes_read: _,
        requests: _,
        attempts: _,
        millis: _,
    } = fetch;
};
