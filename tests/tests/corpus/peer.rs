//! Our walk of EXIF against kamadak-exif's: the same tags with the same values, or a reason why not.

use std::collections::BTreeMap;
use std::io::Cursor;

use exif::{Context, Error, In, Reader};
use imgmeta_extract::probe::{Header, Payload};
use imgmeta_extract::{Known, View, exif as ours};
use imgmeta_record::tags::{Ifd, Type};
use imgmeta_record::{Exif, Other, Value};

use crate::expected::Sample;
use crate::judge::left_out;
use crate::{text, ways};

/// Where the two differ, and why that is right: what a difference says, and the reason.
const EXPLAINED: &[(&str, &str)] =
    &[("Unknown(typ=", "a type of Exif 3.0 or BigTIFF, which kamadak-exif 0.6.2 does not know: it keeps no value")];

/// Values by directory and number, in the order of the file.
type Theirs = BTreeMap<(Ifd, u16), Vec<exif::Value>>;

/// What is ours by directory and number: with the row's type, where it has a name.
type Ours<'a> = BTreeMap<(Ifd, u16), Vec<(Option<Type>, &'a Value)>>;

/// How many values were compared, and what differs.
#[derive(Default)]
pub(crate) struct Compared {
    pub(crate) values: usize,
    pub(crate) differ: Vec<String>,
    pub(crate) explained: Vec<String>,
}

impl Compared {
    fn differs(&mut self, what: String) {
        match EXPLAINED.iter().find(|(pattern, _)| what.contains(pattern)) {
            Some((_, reason)) => self.explained.push(format!("{what}: {reason}")),
            None => self.differ.push(what),
        }
    }
}

/// Compares what both read of one file; `None` where either reads no EXIF.
pub(crate) fn compare(sample: &Sample) -> Option<Compared> {
    let header = ways::whole(&sample.bytes).ok()?;
    let block = block(&header, &sample.bytes)?;
    let mut reader = Reader::new();
    reader.continue_on_error(true);
    // What the peer does not find in the file, it is given.
    let read = match reader.read_from_container(&mut Cursor::new(&sample.bytes)) {
        Err(Error::NotFound(_) | Error::InvalidFormat(_)) => reader.read_raw(block),
        read => read,
    };
    let mut errors = Vec::new();
    let theirs = read.or_else(|error| error.distill_partial_result(|found| errors = found)).ok()?;
    let mut compared = Compared::default();
    compare_values((&header.exif, &header.other), &theirs, errors.is_empty(), &mut compared);
    for list in [&mut compared.differ, &mut compared.explained] {
        for what in list {
            what.insert_str(0, &format!("{}: ", sample.path));
        }
    }
    Some(compared)
}

/// The EXIF block of a file.
pub(crate) fn block(header: &Header, file: &[u8]) -> Option<Vec<u8>> {
    match &header.image.exif {
        // Trees that stand apart are no block.
        Payload::Trees(_) => None,
        Payload::Decoded(bytes) => Some(bytes.clone()),
        Payload::At(ranges) => {
            let known = Known::whole(file);
            let view = View::new(&known, ranges.clone());
            view.bytes(0..view.len()).ok().map(std::borrow::Cow::into_owned)
        }
    }
    .filter(|bytes| !bytes.is_empty())
}

/// Compares what both read of a damaged block; nothing where either complains.
pub(crate) fn compare_damaged(block: &[u8]) -> Compared {
    let known = Known::whole(block);
    let read = ours::read(&View::whole(&known), ours::Options::default()).expect("all is known");
    let mut compared = Compared::default();
    if let Ok(theirs) = Reader::new().read_raw(block.to_vec())
        && read.warnings.is_empty()
    {
        compare_values((&read.exif, &read.other), &theirs, true, &mut compared);
    }
    compared
}

fn compare_values((named, other): (&Exif, &[Other]), peer: &exif::Exif, whole: bool, compared: &mut Compared) {
    let big_endian = !peer.little_endian();
    let mut theirs = theirs(peer);
    for (key, values) in our_values(named, other) {
        let found = theirs.remove(&key).unwrap_or_default();
        let (ifd, number) = (key.0.name(), key.1);
        if found.len() != values.len() {
            // What the peer gave up on, it lacks.
            if whole || found.len() > values.len() {
                compared.differs(format!(
                    "{ifd} {number:#06x}: {} values of ours, {} of theirs",
                    values.len(),
                    found.len()
                ));
            }
            continue;
        }
        compare_tag((ifd, number), values, found, big_endian, compared);
    }
    for ((ifd, number), found) in theirs {
        compared.differs(format!("{} {number:#06x}: {found:?} is theirs alone", ifd.name()));
    }
}

/// Values of one tag, in whatever order: what fits its name comes first with us.
fn compare_tag(
    (ifd, number): (&str, u16), ours: Vec<(Option<Type>, &Value)>, mut theirs: Vec<exif::Value>, big_endian: bool,
    compared: &mut Compared,
) {
    for (kind, value) in ours {
        let agrees = |found: &exif::Value| agrees(kind, value, found, big_endian);
        match theirs.iter().position(|found| agrees(found) == Some(true)) {
            Some(at) => {
                theirs.swap_remove(at);
                compared.values += 1;
            }
            None if theirs.iter().all(|found| agrees(found).is_none()) => {}
            None => compared.differs(format!("{ifd} {number:#06x}: {value:?} is ours, {theirs:?} is theirs")),
        }
    }
}

fn our_values<'a>(named: &'a Exif, other: &'a [Other]) -> Ours<'a> {
    let mut ours = Ours::new();
    for ifd in Ifd::ALL {
        for tag in named.ifd(ifd) {
            ours.entry((ifd, tag.row.number)).or_default().push((Some(tag.row.kind), &tag.value));
        }
    }
    for other in other {
        ours.entry((other.ifd, other.tag)).or_default().push((None, &other.value));
    }
    ours
}

fn theirs(peer: &exif::Exif) -> Theirs {
    let mut theirs = Theirs::new();
    for field in peer.fields() {
        let ifd = match (field.tag.context(), field.ifd_num) {
            (Context::Tiff, In::PRIMARY) => Ifd::Zeroth,
            (Context::Tiff, In::THUMBNAIL) => Ifd::First,
            (Context::Exif, In::PRIMARY) => Ifd::Exif,
            (Context::Gps, In::PRIMARY) => Ifd::Gps,
            (Context::Interop, In::PRIMARY) => Ifd::Interop,
            // Directories that only the peer reads: a third one, or pointers of the thumbnail.
            _ => continue,
        };
        let number = field.tag.number();
        if !left_out(ifd, number) {
            theirs.entry((ifd, number)).or_default().push(field.value.clone());
        }
    }
    theirs
}

/// Whether both values are one; `None` where only a person could say.
fn agrees(kind: Option<Type>, ours: &Value, theirs: &exif::Value, big_endian: bool) -> Option<bool> {
    Some(match ours {
        Value::Text(ours) => {
            let bytes = bytes(theirs)?;
            let theirs = match (kind, theirs) {
                (Some(Type::Utf16), exif::Value::Byte(_) | exif::Value::Undefined(..)) => text::utf16(&bytes),
                (Some(Type::Comment), _) => text::comment(&bytes, big_endian)?,
                _ => text::plain(&bytes),
            };
            *ours == theirs
        }
        Value::Int(ours) => numbers(theirs)? == [*ours],
        Value::Ints(ours) => numbers(theirs)? == *ours,
        Value::Float(ours) => floats(theirs)?.iter().map(|float| float.to_bits()).eq([ours.to_bits()]),
        Value::Floats(ours) => {
            floats(theirs)?.iter().map(|float| float.to_bits()).eq(ours.iter().map(|float| float.to_bits()))
        }
        Value::Rational(num, den) => rationals(theirs)? == [(*num, *den)],
        Value::Rationals(ours) => rationals(theirs)? == *ours,
        // The peer keeps no NUL at the end of ASCII.
        Value::Bytes(ours) if matches!(theirs, exif::Value::Ascii(_)) => {
            text::without_nuls(&bytes(theirs)?) == text::without_nuls(ours)
        }
        Value::Bytes(ours) => bytes(theirs)? == *ours,
        Value::Omitted(size) => self::size(theirs)? == *size,
        Value::Bigs(_) => false,
    })
}

fn bytes(value: &exif::Value) -> Option<Vec<u8>> {
    Some(match value {
        exif::Value::Byte(bytes) | exif::Value::Undefined(bytes, _) => bytes.clone(),
        exif::Value::Ascii(parts) => parts.join(&0),
        _ => return None,
    })
}

fn numbers(value: &exif::Value) -> Option<Vec<i64>> {
    fn wide<T: Copy + Into<i64>>(values: &[T]) -> Vec<i64> {
        values.iter().map(|value| (*value).into()).collect()
    }
    Some(match value {
        exif::Value::Byte(values) | exif::Value::Undefined(values, _) => wide(values),
        exif::Value::Short(values) => wide(values),
        exif::Value::Long(values) => wide(values),
        exif::Value::SByte(values) => wide(values),
        exif::Value::SShort(values) => wide(values),
        exif::Value::SLong(values) => wide(values),
        _ => return None,
    })
}

fn floats(value: &exif::Value) -> Option<Vec<f64>> {
    Some(match value {
        exif::Value::Float(values) => values.iter().copied().map(f64::from).collect(),
        exif::Value::Double(values) => values.clone(),
        _ => return None,
    })
}

fn rationals(value: &exif::Value) -> Option<Vec<(i64, i64)>> {
    Some(match value {
        exif::Value::Rational(pairs) => pairs.iter().map(|pair| (pair.num.into(), pair.denom.into())).collect(),
        exif::Value::SRational(pairs) => pairs.iter().map(|pair| (pair.num.into(), pair.denom.into())).collect(),
        _ => return None,
    })
}

fn size(value: &exif::Value) -> Option<u64> {
    let (count, width) = match value {
        exif::Value::Byte(values) | exif::Value::Undefined(values, _) => (values.len(), 1),
        exif::Value::SByte(values) => (values.len(), 1),
        exif::Value::Short(values) => (values.len(), 2),
        exif::Value::SShort(values) => (values.len(), 2),
        exif::Value::Long(values) => (values.len(), 4),
        exif::Value::SLong(values) => (values.len(), 4),
        exif::Value::Float(values) => (values.len(), 4),
        exif::Value::Double(values) => (values.len(), 8),
        exif::Value::Rational(values) => (values.len(), 8),
        exif::Value::SRational(values) => (values.len(), 8),
        // Without its NULs, its size is not known.
        exif::Value::Ascii(_) | exif::Value::Unknown(..) => return None,
    };
    Some((count * width) as u64)
}
