//! Rows to columns: a builder for each field of the table.

use std::sync::Arc;

use arrow_array::builder::{
    ArrayBuilder, BooleanBuilder, Float64Builder, Int32Builder, Int64Builder, ListBuilder, MapBuilder, MapFieldNames,
    NullBufferBuilder, StringBuilder, StructBuilder, TimestampMicrosecondBuilder,
};
use arrow_array::{ArrayRef, StructArray};
use arrow_schema::{ArrowError, DataType};
use imgmeta_record::fields::outline::{Holds, Outline};
use imgmeta_record::fields::{Cell, Field, Leaf, Shape};
use imgmeta_record::json::{Keys, write_value};
use imgmeta_record::{LocalTime, OTHER_KEYS, Other, Tag, Value};

use super::schema;

/// The columns of one outcome, or of a group in it.
#[derive(Debug)]
pub(super) struct Columns {
    pub(super) outline: Vec<Outline>,
    pub(super) columns: Vec<Column>,
}

/// The column of one field.
#[derive(Debug)]
pub(super) enum Column {
    Bool(BooleanBuilder),
    Int32(Int32Builder),
    Int64(Int64Builder),
    Float64(Float64Builder),
    Text(StringBuilder),
    Size(ListBuilder<Int32Builder>),
    Texts(ListBuilder<StringBuilder>),
    /// With the offset beside it.
    LocalTime(TimestampMicrosecondBuilder, Int32Builder),
    UtcTime(TimestampMicrosecondBuilder),
    Map(MapBuilder<StringBuilder, StringBuilder>),
    Others(ListBuilder<StructBuilder>),
    Group(Columns, NullBufferBuilder),
}

impl Columns {
    pub(super) fn new(outline: Vec<Outline>) -> Self {
        let columns = outline.iter().map(|field| Column::new(&field.holds)).collect();
        Self { outline, columns }
    }

    /// Appends a row; `fields` are those that the columns were made for.
    pub(super) fn append<T>(&mut self, fields: &[Field<T>], row: &T, keys: Keys) {
        for (column, field) in self.columns.iter_mut().zip(fields) {
            column.append_field(field, row, keys);
        }
    }

    pub(super) fn append_null(&mut self) {
        self.columns.iter_mut().for_each(Column::append_null);
    }

    /// The arrays, after which the columns are empty.
    ///
    /// # Errors
    /// Where a value is missing that must be there.
    pub(super) fn finish(&mut self) -> Result<Vec<ArrayRef>, ArrowError> {
        let mut arrays = Vec::new();
        for column in &mut self.columns {
            arrays.extend(column.finish()?);
        }
        Ok(arrays)
    }
}

impl Column {
    pub(super) fn new(holds: &Holds) -> Self {
        let leaf = match holds {
            Holds::Group(inner) => return Self::Group(Columns::new(inner.clone()), NullBufferBuilder::new(0)),
            Holds::Leaf(leaf) => leaf,
        };
        match leaf {
            Leaf::Bool => Self::Bool(BooleanBuilder::new()),
            Leaf::Int32 => Self::Int32(Int32Builder::new()),
            Leaf::Int64 => Self::Int64(Int64Builder::new()),
            Leaf::Float64 => Self::Float64(Float64Builder::new()),
            Leaf::Text => Self::Text(StringBuilder::new()),
            Leaf::Size => {
                let element = schema::element(DataType::Int32);
                Self::Size(ListBuilder::new(Int32Builder::new()).with_field(element))
            }
            Leaf::Texts => {
                let element = schema::element(DataType::Utf8);
                Self::Texts(ListBuilder::new(StringBuilder::new()).with_field(element))
            }
            Leaf::LocalTime => Self::LocalTime(TimestampMicrosecondBuilder::new(), Int32Builder::new()),
            Leaf::UtcTime => Self::UtcTime(TimestampMicrosecondBuilder::new().with_timezone(schema::UTC)),
            Leaf::Tags | Leaf::Map => Self::Map(map()),
            Leaf::Others => Self::Others(others()),
        }
    }

    /// Appends a row's field; the column is one of its shape.
    pub(super) fn append_field<T>(&mut self, field: &Field<T>, row: &T, keys: Keys) {
        match (self, &field.shape) {
            (Self::Group(inner, there), Shape::Group(fields, present)) => {
                there.append(present(row));
                if present(row) { inner.append(fields, row, keys) } else { inner.append_null() }
            }
            (column, Shape::Leaf(_, get)) => column.append(get(row), keys),
            (column, Shape::Group(..)) => column.append_null(),
        }
    }

    pub(super) fn append(&mut self, cell: Cell<'_>, keys: Keys) {
        match (self, cell) {
            (Self::Bool(column), Cell::Bool(value)) => column.append_value(value),
            (Self::Int32(column), Cell::Int(value)) => column.append_option(i32::try_from(value).ok()),
            (Self::Int64(column), Cell::Int(value)) => column.append_value(value),
            (Self::Float64(column), Cell::Float(value)) => column.append_value(value),
            (Self::Text(column), Cell::Text(text)) => column.append_value(text),
            (Self::Size(column), Cell::Size(width, height)) => {
                let side = |side: u32| i32::try_from(side).unwrap_or(i32::MAX);
                column.append_value([Some(side(width)), Some(side(height))]);
            }
            (Self::Texts(column), Cell::Texts(texts)) => column.append_value(texts.iter().map(Some)),
            (Self::LocalTime(column, offsets), Cell::LocalTime(time)) => append_local(column, offsets, time),
            (Self::UtcTime(column), Cell::UtcTime(time)) => column.append_value(time.0),
            (Self::Map(column), Cell::Tags(tags)) => {
                for tag in tags {
                    append_tag(column, tag, keys);
                }
                end_of_map(column, true);
            }
            (Self::Map(column), Cell::Map(map)) => {
                for (name, text) in map {
                    column.keys().append_value(name);
                    column.values().append_option(text.as_deref());
                }
                end_of_map(column, true);
            }
            (Self::Others(column), Cell::Others(others)) => {
                for other in others {
                    append_other(column.values(), &texts_of(other));
                }
                column.append(true);
            }
            // Unknown; or a cell that is not of its leaf, which the law of both outputs would show.
            (column, _) => column.append_null(),
        }
    }

    pub(super) fn append_null(&mut self) {
        match self {
            Self::Bool(column) => column.append_null(),
            Self::Int32(column) => column.append_null(),
            Self::Int64(column) => column.append_null(),
            Self::Float64(column) => column.append_null(),
            Self::Text(column) => column.append_null(),
            Self::Size(column) => column.append_null(),
            Self::Texts(column) => column.append_null(),
            Self::LocalTime(column, offsets) => {
                column.append_null();
                offsets.append_null();
            }
            Self::UtcTime(column) => column.append_null(),
            Self::Map(column) => end_of_map(column, false),
            Self::Others(column) => column.append(false),
            Self::Group(inner, there) => {
                there.append_null();
                inner.append_null();
            }
        }
    }

    /// Bytes of its texts: all else of a row is small.
    pub(super) fn text_bytes(&mut self) -> usize {
        match self {
            Self::Text(column) => column.values_slice().len(),
            Self::Texts(column) => column.values().values_slice().len(),
            Self::Map(column) => column.values().values_slice().len(),
            Self::Others(column) => {
                let texts = column.values().field_builders();
                let texts = texts.iter().filter_map(|column| column.as_any().downcast_ref::<StringBuilder>());
                texts.map(|column| column.values_slice().len()).sum()
            }
            Self::Group(inner, _) => inner.columns.iter_mut().map(Self::text_bytes).sum(),
            _ => 0,
        }
    }

    /// One array, or two for a local time.
    pub(super) fn finish(&mut self) -> Result<Vec<ArrayRef>, ArrowError> {
        let builder: &mut dyn ArrayBuilder = match self {
            Self::Bool(column) => column,
            Self::Int32(column) => column,
            Self::Int64(column) => column,
            Self::Float64(column) => column,
            Self::Text(column) => column,
            Self::Size(column) => column,
            Self::Texts(column) => column,
            Self::UtcTime(column) => column,
            Self::Map(column) => column,
            Self::Others(column) => column,
            Self::LocalTime(column, offsets) => return Ok(vec![Arc::new(column.finish()), Arc::new(offsets.finish())]),
            Self::Group(inner, there) => {
                let nulls = there.finish();
                let group = StructArray::try_new(schema::fields(&inner.outline), inner.finish()?, nulls)?;
                return Ok(vec![Arc::new(group)]);
            }
        };
        Ok(vec![builder.finish()])
    }
}

fn map() -> MapBuilder<StringBuilder, StringBuilder> {
    let names = MapFieldNames { entry: "key_value".into(), key: "key".into(), value: "value".into() };
    MapBuilder::new(Some(names), StringBuilder::new(), StringBuilder::new())
        .with_keys_field(schema::key())
        .with_values_field(schema::value())
}

fn others() -> ListBuilder<StructBuilder> {
    let texts = OTHER_KEYS.map(|_| Box::new(StringBuilder::new()) as Box<dyn ArrayBuilder>);
    let element = schema::element(DataType::Struct(schema::other()));
    ListBuilder::new(StructBuilder::new(schema::other(), texts.into())).with_field(element)
}

/// Ends a map, of which as many keys as values were appended.
pub(super) fn end_of_map(column: &mut MapBuilder<StringBuilder, StringBuilder>, there: bool) {
    column.append(there).expect("a value was appended with every key");
}

pub(super) fn append_local(column: &mut TimestampMicrosecondBuilder, offsets: &mut Int32Builder, time: LocalTime) {
    column.append_value(time.micros());
    offsets.append_option(time.offset_minutes.map(i32::from));
}

/// A value that is no string is its JSON text, and null where that is null.
fn append_tag(column: &mut MapBuilder<StringBuilder, StringBuilder>, tag: &Tag, keys: Keys) {
    match keys {
        Keys::Names => column.keys().append_value(tag.row.name),
        Keys::Ids => column.keys().append_value(tag.row.number.to_string()),
    }
    match &tag.value {
        Value::Text(text) => column.values().append_value(text),
        // Half of a camera's tags.
        Value::Int(number) => column.values().append_value(itoa::Buffer::new().format(*number)),
        Value::Float(value) if !value.is_finite() => column.values().append_null(),
        value => column.values().append_value(json(value)),
    }
}

fn json(value: &Value) -> String {
    // Most are a number or two.
    let mut text = Vec::with_capacity(64);
    write_value(&mut text, value);
    String::from_utf8(text).expect("JSON of strings and numbers is UTF-8")
}

/// In the order of their keys.
fn texts_of(other: &Other) -> [String; 4] {
    let Other { ifd, tag, kind, value } = other;
    [ifd.name().to_owned(), format!("{tag:#06x}"), kind.clone(), json(value)]
}

pub(super) fn append_other(column: &mut StructBuilder, texts: &[String; 4]) {
    for (at, text) in texts.iter().enumerate() {
        column.field_builder::<StringBuilder>(at).expect("each is a string").append_value(text);
    }
    column.append(true);
}
