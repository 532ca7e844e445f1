//! One image on one page: what a photographer wants first, then the tags.

use std::fmt::Write as _;

use bytesize::ByteSize;
use imgmeta_record::{Camera, Gps, Ifd, Properties, Record};

use super::words;
use crate::summary::shown;

/// The page of a record.
pub(super) fn page(record: &Record) -> String {
    let mut page = format!("{}\n", shown(&record.url));
    let lines = [
        ("Image", Some(image(record))),
        ("Taken", record.taken_at.map(|time| time.to_string().replacen('T', " ", 1))),
        ("Camera", record.camera.as_deref().and_then(camera)),
        ("Exposure", record.camera.as_deref().and_then(exposure)),
        ("Position", record.gps.as_deref().and_then(position)),
        ("Orientation", record.orientation.map(orientation)),
        ("Software", record.camera.as_deref().and_then(|camera| camera.software.clone())),
        ("Profile", record.profile.clone()),
    ];
    for (name, value) in lines {
        if let Some(value) = value {
            line(&mut page, "  ", name, &value);
        }
    }
    for warning in &record.warnings {
        line(&mut page, "  ", "Warning", warning);
    }
    tags(&mut page, record);
    properties(&mut page, "XMP", record.xmp.as_ref());
    properties(&mut page, "IPTC", record.iptc.as_ref());
    page
}

fn properties(page: &mut String, name: &str, properties: Option<&Properties>) {
    let Some(properties) = properties else { return };
    writeln!(page, "\n  {name}").expect("a String takes every line");
    for (name, value) in properties {
        line(page, "    ", name, &words::short(value.as_deref().unwrap_or_default()));
    }
}

fn line(page: &mut String, indent: &str, name: &str, value: &str) {
    writeln!(page, "{indent}{name:<28} {}", shown(value)).expect("a String takes every line");
}

fn image(record: &Record) -> String {
    let Record { format, mode, width, height, .. } = record;
    let pixels = f64::from(*width) * f64::from(*height) / 1e6;
    let mut text = format!("{format}, {mode}, {width} x {height}");
    if pixels >= 0.1 {
        write!(text, " ({pixels:.1} megapixels)").expect("a String takes every line");
    }
    if let Some(bytes) = record.bytes {
        write!(text, ", {}", ByteSize(bytes)).expect("a String takes every line");
    }
    if (record.display_width, record.display_height) != (*width, *height) {
        write!(text, ", shown as {} x {}", record.display_width, record.display_height).expect("a String takes it");
    }
    text
}

fn camera(camera: &Camera) -> Option<String> {
    // Many makers repeat their name in the model.
    let make = camera.make.as_deref().filter(|make| !camera.model.as_deref().unwrap_or_default().starts_with(make));
    joined(&[make.map(ToOwned::to_owned), camera.model.clone()], " ")
        .map(|body| joined(&[Some(body), camera.lens.clone()], ", ").unwrap_or_default())
        .or_else(|| camera.lens.clone())
}

fn exposure(camera: &Camera) -> Option<String> {
    let seconds = camera.exposure_seconds.map(|seconds| {
        if seconds > 0.0 && seconds < 0.4 { format!("1/{:.0} s", 1.0 / seconds) } else { format!("{seconds} s") }
    });
    let focal = camera.focal_length_mm.map(|length| match camera.focal_length_35mm {
        Some(film) => format!("{length} mm ({film} mm on 35 mm film)"),
        None => format!("{length} mm"),
    });
    let number = camera.f_number.map(|number| format!("f/{number}"));
    joined(&[seconds, number, camera.iso.map(|iso| format!("ISO {iso}")), focal], ", ")
}

fn position(gps: &Gps) -> Option<String> {
    let degrees =
        |value: f64, [plus, minus]: [&str; 2]| format!("{:.6} {}", value.abs(), if value < 0.0 { minus } else { plus });
    let position = gps
        .latitude
        .zip(gps.longitude)
        .map(|(latitude, longitude)| format!("{}, {}", degrees(latitude, ["N", "S"]), degrees(longitude, ["E", "W"])));
    let altitude = gps.altitude_m.map(|metres| format!("{metres:.1} m above sea level"));
    let direction = gps.direction_deg.map(|degrees| format!("looking {degrees:.0} degrees"));
    let time = gps.taken_at_utc.map(|time| time.to_string());
    joined(&[position, altitude, direction, time], ", ")
}

fn orientation(value: u8) -> String {
    let words = [
        "upright",
        "mirrored",
        "upside down",
        "mirrored, upside down",
        "mirrored, to be turned by 270 degrees clockwise",
        "to be turned by 90 degrees clockwise",
        "mirrored, to be turned by 90 degrees clockwise",
        "to be turned by 270 degrees clockwise",
    ];
    let how = words.get(usize::from(value).wrapping_sub(1)).unwrap_or(&"unknown");
    format!("{value} ({how})")
}

fn joined(parts: &[Option<String>], between: &str) -> Option<String> {
    let parts: Vec<_> = parts.iter().flatten().map(String::as_str).collect();
    (!parts.is_empty()).then(|| parts.join(between))
}

fn tags(page: &mut String, record: &Record) {
    for ifd in Ifd::ALL {
        let tags = record.exif.ifd(ifd);
        if tags.is_empty() {
            continue;
        }
        writeln!(page, "\n  {}", ifd.name()).expect("a String takes every line");
        for tag in tags {
            line(page, "    ", tag.row.name, &words::value(ifd, tag));
        }
    }
    if !record.other.is_empty() {
        writeln!(page, "\n  Other").expect("a String takes every line");
        for other in &record.other {
            let name = format!("{} {:#06x} {}", other.ifd.name(), other.tag, other.kind);
            line(page, "    ", &name, &words::natural(&other.value));
        }
    }
}
