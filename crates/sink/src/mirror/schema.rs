//! The mirror's schema, made from the table of fields.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Fields, Schema, TimeUnit};
use imgmeta_record::OTHER_KEYS;
use imgmeta_record::fields::Leaf;
use imgmeta_record::fields::outline::{Holds, Outline};
use imgmeta_record::schema::offset_column;

/// The zone of moments that have one.
pub(super) const UTC: &str = "UTC";

pub(super) fn schema(outline: &[Outline]) -> Schema {
    Schema::new(fields(outline))
}

pub(super) fn fields(outline: &[Outline]) -> Fields {
    outline.iter().flat_map(columns).collect()
}

/// The column of a field; a local time has its offset beside it.
fn columns(field: &Outline) -> Vec<Field> {
    let mut columns = vec![Field::new(field.name, kind(&field.holds), field.nullable)];
    if field.holds == Holds::Leaf(Leaf::LocalTime) {
        columns.push(Field::new(offset_column(field.name), DataType::Int32, true));
    }
    columns
}

fn kind(holds: &Holds) -> DataType {
    let leaf = match holds {
        Holds::Group(inner) => return DataType::Struct(fields(inner)),
        Holds::Leaf(leaf) => leaf,
    };
    match leaf {
        Leaf::Bool => DataType::Boolean,
        Leaf::Int32 => DataType::Int32,
        Leaf::Int64 => DataType::Int64,
        Leaf::Float64 => DataType::Float64,
        Leaf::Text => DataType::Utf8,
        Leaf::Size => DataType::List(element(DataType::Int32)),
        Leaf::Texts => DataType::List(element(DataType::Utf8)),
        // Nanoseconds would be refused by Spark.
        Leaf::LocalTime => DataType::Timestamp(TimeUnit::Microsecond, None),
        Leaf::UtcTime => DataType::Timestamp(TimeUnit::Microsecond, Some(UTC.into())),
        Leaf::Tags | Leaf::Map => DataType::Map(entries(), false),
        Leaf::Others => DataType::List(element(DataType::Struct(other()))),
    }
}

/// Named as Parquet's specification names the elements of a list.
pub(super) fn element(kind: DataType) -> Arc<Field> {
    Arc::new(Field::new("element", kind, false))
}

/// The fields of a tag in `Other`.
pub(super) fn other() -> Fields {
    OTHER_KEYS.map(|key| Field::new(key, DataType::Utf8, false)).into_iter().collect()
}

/// The pairs of a map, named as Parquet's specification names them.
fn entries() -> Arc<Field> {
    let pair = [key(), value()];
    Arc::new(Field::new("key_value", DataType::Struct(pair.into_iter().collect()), false))
}

pub(super) fn key() -> Arc<Field> {
    Arc::new(Field::new("key", DataType::Utf8, false))
}

pub(super) fn value() -> Arc<Field> {
    Arc::new(Field::new("value", DataType::Utf8, true))
}
