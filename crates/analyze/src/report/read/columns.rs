//! Rows out of the columns of the mirror.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int32Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, ListArray, PrimitiveArray, RecordBatch, StringArray, StructArray};
use chrono::{DateTime, Datelike, Timelike};
use imgmeta_record::Ifd;

use crate::report::row::{Failure, Record};

/// The columns of records.
pub(super) struct Records<'a> {
    format: &'a StringArray,
    mode: &'a StringArray,
    width: &'a PrimitiveArray<Int32Type>,
    height: &'a PrimitiveArray<Int32Type>,
    orientation: &'a PrimitiveArray<Int32Type>,
    taken_at: &'a PrimitiveArray<TimestampMicrosecondType>,
    camera: &'a StructArray,
    make: &'a StringArray,
    model: &'a StringArray,
    lens: &'a StringArray,
    gps: &'a StructArray,
    latitude: &'a PrimitiveArray<Float64Type>,
    longitude: &'a PrimitiveArray<Float64Type>,
    bytes: &'a PrimitiveArray<Int64Type>,
    bytes_read: &'a PrimitiveArray<Int64Type>,
    /// By [`Ifd::ALL`]: the entries of each row, and the keys of all entries.
    tags: [(&'a ListArray, &'a StringArray); Ifd::ALL.len()],
}

/// The columns of failures.
pub(super) struct Failures<'a> {
    url: &'a StringArray,
    error: &'a StringArray,
    kind: &'a StringArray,
    phase: &'a StringArray,
    status: &'a PrimitiveArray<Int32Type>,
}

/// Named columns, of a batch or of a group in it.
trait Named {
    fn named(&self, name: &str) -> Option<&dyn Array>;
}

impl Named for RecordBatch {
    fn named(&self, name: &str) -> Option<&dyn Array> {
        self.column_by_name(name).map(AsRef::as_ref)
    }
}

impl Named for StructArray {
    fn named(&self, name: &str) -> Option<&dyn Array> {
        self.column_by_name(name).map(AsRef::as_ref)
    }
}

fn text<'a>(of: &'a impl Named, name: &'static str) -> Result<&'a StringArray, &'static str> {
    of.named(name).and_then(|column| column.as_string_opt()).ok_or(name)
}

fn group<'a>(of: &'a impl Named, name: &'static str) -> Result<&'a StructArray, &'static str> {
    of.named(name).and_then(|column| column.as_struct_opt()).ok_or(name)
}

fn numbers<'a, T: arrow_array::ArrowPrimitiveType>(
    of: &'a impl Named, name: &'static str,
) -> Result<&'a PrimitiveArray<T>, &'static str> {
    of.named(name).and_then(|column| column.as_primitive_opt()).ok_or(name)
}

impl<'a> Records<'a> {
    /// # Errors
    /// The name of a column that is missing or of another type.
    pub(super) fn of(batch: &'a RecordBatch) -> Result<Self, &'static str> {
        let (camera, gps) = (group(batch, "Camera")?, group(batch, "GPS")?);
        let (exif, fetch) = (group(batch, "EXIF")?, group(batch, "Fetch")?);
        let mut tags = Vec::new();
        for ifd in Ifd::ALL {
            let list: &ListArray = exif.named(ifd.name()).and_then(|list| list.as_list_opt()).ok_or(ifd.name())?;
            let keys = list.values().as_struct_opt().and_then(|entries| entries.named("key"));
            tags.push((list, keys.and_then(|keys| keys.as_string_opt()).ok_or(ifd.name())?));
        }
        Ok(Self {
            format: text(batch, "Format")?,
            mode: text(batch, "Mode")?,
            width: numbers(batch, "DisplayWidth")?,
            height: numbers(batch, "DisplayHeight")?,
            orientation: numbers(batch, "Orientation")?,
            taken_at: numbers(batch, "TakenAt")?,
            camera,
            make: text(camera, "Make")?,
            model: text(camera, "Model")?,
            lens: text(camera, "Lens")?,
            gps,
            latitude: numbers(gps, "Latitude")?,
            longitude: numbers(gps, "Longitude")?,
            bytes: numbers(batch, "Bytes")?,
            bytes_read: numbers(fetch, "BytesRead")?,
            tags: tags.try_into().map_err(|_| "EXIF")?,
        })
    }

    pub(super) fn row(&self, row: usize) -> Record<'a> {
        let of_camera = |column: &'a StringArray| {
            let there = self.camera.is_valid(row) && column.is_valid(row);
            there.then(|| column.value(row))
        };
        let located = self.gps.is_valid(row) && self.latitude.is_valid(row) && self.longitude.is_valid(row);
        Record {
            format: self.format.value(row),
            mode: self.mode.value(row),
            width: u32::try_from(self.width.value(row)).unwrap_or(0),
            height: u32::try_from(self.height.value(row)).unwrap_or(0),
            orientation: known(self.orientation, row).and_then(|way| u8::try_from(way).ok()),
            taken: known(self.taken_at, row).and_then(year_and_hour),
            make: of_camera(self.make),
            model: of_camera(self.model),
            lens: of_camera(self.lens),
            position: located.then(|| (self.latitude.value(row), self.longitude.value(row))),
            bytes: known(self.bytes, row).and_then(|bytes| u64::try_from(bytes).ok()),
            bytes_read: u64::try_from(self.bytes_read.value(row)).unwrap_or(0),
        }
    }

    /// IFD and key of each tag.
    pub(super) fn tags(&self, row: usize) -> impl Iterator<Item = (usize, &'a str)> + use<'a, '_> {
        self.tags.iter().enumerate().flat_map(move |(ifd, (list, keys))| {
            let offsets = list.value_offsets();
            let entry = |at: i32| usize::try_from(at).expect("offsets are not negative");
            (entry(offsets[row])..entry(offsets[row + 1])).map(move |at| (ifd, keys.value(at)))
        })
    }
}

impl<'a> Failures<'a> {
    /// # Errors
    /// The name of a column that is missing or of another type.
    pub(super) fn of(batch: &'a RecordBatch) -> Result<Self, &'static str> {
        Ok(Self {
            url: text(batch, "URL")?,
            error: text(batch, "Error")?,
            kind: text(batch, "Kind")?,
            phase: text(batch, "Phase")?,
            status: numbers(batch, "Status")?,
        })
    }

    pub(super) fn row(&self, row: usize) -> Failure<'a> {
        Failure {
            url: self.url.value(row),
            error: self.error.value(row),
            kind: self.kind.value(row),
            phase: self.phase.value(row),
            status: known(self.status, row).and_then(|status| u16::try_from(status).ok()),
        }
    }
}

fn known<T: arrow_array::ArrowPrimitiveType>(column: &PrimitiveArray<T>, row: usize) -> Option<T::Native> {
    column.is_valid(row).then(|| column.value(row))
}

/// Of a moment by a camera's clock, in microseconds.
fn year_and_hour(micros: i64) -> Option<(u16, u8)> {
    let taken = DateTime::from_timestamp_micros(micros)?;
    Some((u16::try_from(taken.year()).ok()?, u8::try_from(taken.hour()).ok()?))
}
