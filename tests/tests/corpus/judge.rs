//! One file against its judges, by the verdicts of the corpus's README.

use std::collections::BTreeMap;

use imgmeta_extract::Stop;
use imgmeta_extract::probe::Header;
use imgmeta_record::{Ifd, Value};

use crate::expected::Sample;
use crate::values::{Tag, agrees};
use crate::{FORMATS, exceptions, ways};

/// What was found of files of one format.
#[derive(Default)]
pub(crate) struct Report {
    pub(crate) files: usize,
    /// Of them, those that were read.
    pub(crate) read: usize,
    /// Tags that were compared with what the file physically holds.
    pub(crate) tags: usize,
    /// Values that were compared with a judge's.
    pub(crate) values: usize,
    pub(crate) wrong: Vec<String>,
    pub(crate) excepted: Vec<String>,
}

impl Report {
    pub(crate) fn add(&mut self, other: &Self) {
        self.files += other.files;
        self.read += other.read;
        self.tags += other.tags;
        self.values += other.values;
        self.excepted.extend(other.excepted.iter().cloned());
    }

    fn check(&mut self, sample: &Sample, holds: bool, complaint: impl FnOnce() -> String) {
        if holds {
            return;
        }
        let complaint = complaint();
        match exceptions::reason(&sample.path, &complaint) {
            Some(reason) => self.excepted.push(format!("{}: {complaint}: {reason}", sample.path)),
            None => self.wrong.push(format!("{}: {complaint}", sample.path)),
        }
    }
}

/// Judges one file.
pub(crate) fn judge(sample: &Sample) -> Report {
    let mut report = Report { files: 1, ..Report::default() };
    let answer = ways::whole(&sample.bytes);
    let is_image = sample.pillow()["ok"] == true;
    match answer {
        Ok(header) => {
            report.read = 1;
            let either = sample.disagrees("id:") || sample.path.contains("/bad_leading_");
            report.check(sample, is_image || either, || format!("it is no image, and {:?} is read", header.image));
            if is_image {
                image(sample, &header, &mut report);
            } else {
                size(sample, &header, &mut report);
            }
            exif(sample, &header, &mut report);
        }
        Err(stop) => {
            let wanted = is_image && FORMATS.contains(&sample.format());
            report.check(sample, !wanted, || format!("it is an image, and not read: {stop:?}"));
            let internal = matches!(stop, Stop::Need(_));
            report.check(sample, !internal, || format!("{stop:?}, though all is known"));
        }
    }
    report
}

fn image(sample: &Sample, header: &Header, report: &mut Report) {
    let pillow = sample.pillow();
    let image = &header.image;
    let ours = serde_json::json!([image.format, image.mode, image.width, image.height]);
    let theirs = serde_json::json!([pillow["format"], pillow["mode"], pillow["width"], pillow["height"]]);
    report.check(sample, ours == theirs, || format!("{ours} is read, and it is {theirs}"));
}

/// The size of what Pillow does not open is exiftool's.
fn size(sample: &Sample, header: &Header, report: &mut Report) {
    let Some(theirs) = sample.exiftool("Composite:ImageSize").as_str() else { return };
    let ours = format!("{} {}", header.image.width, header.image.height);
    report.check(sample, ours == theirs, || format!("{ours} pixels are read, and they are {theirs}"));
}

fn exif(sample: &Sample, header: &Header, report: &mut Report) {
    let layout = sample.section("layout");
    orientation(sample, header, report);
    if layout.is_null() {
        return of_exiftool(sample, header, report);
    }
    position(sample, header, report);
    for (ifd, name) in Ifd::ALL.into_iter().zip(["IFD0", "Exif", "GPS", "Interop", "IFD1"]) {
        tags(sample, header, (ifd, name), report);
    }
}

/// Of any type that holds it, 1 to 8: of those that the walk does not read, and of files that it does not, exiftool's.
fn orientation(sample: &Sample, header: &Header, report: &mut Report) {
    let number = |value: &serde_json::Value| value.as_u64().and_then(|value| u8::try_from(value).ok());
    let walked = number(&sample.section("layout")["orientation"]);
    // What exiftool reads beyond the block (a second segment) is either.
    let theirs = match walked {
        None if !sample.disagrees("tags:IFD0:exiftool-extra") => number(sample.exiftool("IFD0:Orientation")),
        walked => walked,
    };
    let theirs = theirs.filter(|value| (1..=8).contains(value));
    report.check(sample, header.orientation == theirs, || {
        format!("orientation {:?} is read, and it is {theirs:?}", header.orientation)
    });
}

/// A file whose EXIF only exiftool finds: that there is some, and the same camera's.
fn of_exiftool(sample: &Sample, header: &Header, report: &mut Report) {
    let found = header.exif.is_empty() && header.other.is_empty();
    let theirs = ["IFD0:", "ExifIFD:", "GPS:"].iter().any(|group| sample.exiftool_has(group));
    report.check(sample, found != theirs, || format!("EXIF is there: {theirs}, and is read: {}", !found));
    for (tag, name) in [(0x10f, "IFD0:Make"), (0x110, "IFD0:Model")] {
        let ours = header.exif.get(Ifd::Zeroth, tag).and_then(Value::text);
        let theirs = sample.exiftool(name).as_str();
        report.values += usize::from(theirs.is_some());
        report.check(sample, ours == theirs, || format!("{name} {ours:?} is read, and it is {theirs:?}"));
    }
}

fn position(sample: &Sample, header: &Header, report: &mut Report) {
    let theirs = &sample.section("layout")["position"];
    let ours = header.gps.as_ref().and_then(|gps| Some((gps.latitude?, gps.longitude?)));
    let same = match (ours, theirs[0].as_f64().zip(theirs[1].as_f64())) {
        (Some(ours), Some(theirs)) => (ours.0 - theirs.0).abs() < 1e-7 && (ours.1 - theirs.1).abs() < 1e-7,
        (ours, theirs) => ours.is_none() == theirs.is_none(),
    };
    report.check(sample, same, || format!("position {ours:?} is read, and it is {theirs}"));
}

/// What is left out of records: pointers, the maker's note, and where the thumbnail is.
pub(crate) fn left_out(ifd: Ifd, tag: u16) -> bool {
    match ifd {
        Ifd::First => matches!(tag, 34665 | 34853 | 40965 | 0x111 | 0x117 | 0x201 | 0x202),
        Ifd::Exif => matches!(tag, 34665 | 34853 | 40965 | 0x927c),
        Ifd::Zeroth | Ifd::Gps => matches!(tag, 34665 | 34853 | 40965),
        Ifd::Interop => false,
    }
}

/// Tags of one directory: how many values of each there are, and that a judge has the same.
fn tags(sample: &Sample, header: &Header, (ifd, name): (Ifd, &str), report: &mut Report) {
    let directory = &sample.section("layout")["ifds"][name];
    let layout = &directory["tags"];
    // A long list is given by its head.
    let whole = layout.as_array().is_none_or(|tags| tags.len() < 200) || directory["n"] == 200;
    let mut there: BTreeMap<u16, usize> = BTreeMap::new();
    for tag in layout.as_array().into_iter().flatten() {
        let tag = tag[0].as_u64().and_then(|tag| u16::try_from(tag).ok()).expect("a tag is a number");
        *there.entry(tag).or_default() += usize::from(!left_out(ifd, tag));
    }
    let mut ours: BTreeMap<u16, Vec<Tag<'_>>> = BTreeMap::new();
    let big_endian = sample.section("layout")["order"] == "MM";
    for tag in header.exif.ifd(ifd) {
        let kind = Some(tag.row.kind);
        ours.entry(tag.row.number).or_default().push(Tag { kind, big_endian, value: &tag.value });
    }
    for other in header.other.iter().filter(|other| other.ifd == ifd) {
        ours.entry(other.tag).or_default().push(Tag { kind: None, big_endian, value: &other.value });
    }
    for (tag, values) in &ours {
        let count = there.remove(tag).unwrap_or_default();
        report.tags += 1;
        report.check(
            sample,
            count == values.len() || (!whole && count < values.len()) || (values.len() < count && warned(header, *tag)),
            || format!("{name}: {} values of tag {tag:#06x} are read, and there are {count}", values.len()),
        );
        value(sample, (ifd, name, *tag), &values[0], report);
    }
    for (tag, _) in there.into_iter().filter(|(_, count)| *count > 0) {
        report.tags += 1;
        let named = format!("{tag:#06x}");
        report.check(sample, warned(header, tag), || {
            format!("{name}: tag {named} is there, and neither read nor warned of")
        });
    }
}

fn warned(header: &Header, tag: u16) -> bool {
    let named = format!("{tag:#06x}");
    header.image.warnings.iter().any(|warning| warning.contains(&named))
}

/// The first value of a tag against the judge whom the README names.
fn value(sample: &Sample, (ifd, name, tag): (Ifd, &str, u16), ours: &Tag<'_>, report: &mut Report) {
    let key = tag.to_string();
    let pillow = &sample.section("pillow_exif")["ifds"][name][&key];
    let piexif = &sample.section("piexif")["ifds"][ifd.name()][&key];
    // Pillow keeps the first of several values, and piexif drops the last byte of text.
    let several = sample.disagrees("value:pillow-first-of-many") && !matches!(ours.value, Value::Text(_));
    // Of what piexif does not know, nobody has the others.
    let first_only = matches!(ours.value, Value::Ints(values) if values.len() > 1) && pillow.is_number();
    // Of HEIF, Pillow's plugin turns the picture and says so in its copy of the block.
    let turned = (sample.format(), tag) == ("HEIF", 0x112);
    if turned || (first_only && piexif.is_null()) {
        return;
    }
    let judge = if (several && !piexif.is_null()) || pillow.is_null() { piexif } else { pillow };
    let Some(agrees) = agrees(ours, judge) else { return };
    report.values += 1;
    report
        .check(sample, agrees, || format!("{name}: tag {tag:#06x} is {:?} to us, and {judge} to a judge", ours.value));
}
