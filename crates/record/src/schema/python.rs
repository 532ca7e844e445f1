//! Schemas as Python, for Polars and pyarrow.

use super::{Options, named_tags};
use crate::fields::Leaf;
use crate::fields::outline::{Holds, Outline};
use crate::tags::Type;
use crate::value::OTHER_KEYS;

/// A string of Python; JSON's escapes are Python's too.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

pub(super) fn polars(fields: &[Outline], options: &Options) -> String {
    format!("schema={{{}}}", polars_fields(fields, options))
}

fn polars_fields(fields: &[Outline], options: &Options) -> String {
    polars_pairs(fields.iter().filter_map(|field| Some((field.name, polars_type(field, options)?))))
}

fn polars_pairs<'a>(fields: impl Iterator<Item = (&'a str, String)>) -> String {
    fields.map(|(name, kind)| format!("{}: {kind}", quoted(name))).collect::<Vec<_>>().join(", ")
}

fn polars_struct<'a>(fields: impl Iterator<Item = (&'a str, String)>) -> String {
    format!("pl.Struct({{{}}})", polars_pairs(fields))
}

/// `None` where Polars cannot read it: a map whose keys are not known. Its JSON text would be of no use, as Polars writes that
/// without escaping backslashes and control characters.
fn polars_type(field: &Outline, options: &Options) -> Option<String> {
    let text = || "pl.String".to_owned();
    let leaf = match &field.holds {
        Holds::Group(inner) => return Some(format!("pl.Struct({{{}}})", polars_fields(inner, options))),
        Holds::Leaf(leaf) => leaf,
    };
    let kind = match leaf {
        Leaf::Bool => "pl.Boolean",
        Leaf::Int32 => "pl.Int32",
        Leaf::Int64 => "pl.Int64",
        Leaf::Float64 => "pl.Float64",
        Leaf::Map if is_told(field, options) => {
            return Some(polars_struct(options.keep_columns.iter().map(|name| (name.as_str(), text()))));
        }
        Leaf::Map => return None,
        Leaf::Text | Leaf::LocalTime => "pl.String",
        Leaf::Size => "pl.List(pl.Int32)",
        Leaf::Texts => "pl.List(pl.String)",
        Leaf::UtcTime => "pl.Datetime(\"us\", \"UTC\")",
        Leaf::Tags => {
            let tags = named_tags(field, options.keys);
            let kinds = tags.iter().map(|(key, row)| (key.as_str(), polars_tag(row.kind).to_owned()));
            return Some(polars_struct(kinds));
        }
        Leaf::Others => {
            return Some(format!("pl.List({})", polars_struct(OTHER_KEYS.into_iter().map(|key| (key, text())))));
        }
    };
    Some(kind.to_owned())
}

fn polars_tag(kind: Type) -> &'static str {
    match kind {
        Type::Text | Type::Comment | Type::Utf16 | Type::Version => "pl.String",
        Type::Code | Type::Integer => "pl.Int64",
        Type::Codes | Type::Integers | Type::Rational => "pl.List(pl.Int64)",
        Type::Float => "pl.Float64",
        Type::Floats => "pl.List(pl.Float64)",
        Type::Rationals => "pl.List(pl.List(pl.Int64))",
        Type::Bytes => "pl.Struct({\"base64\": pl.String})",
    }
}

/// Whether a field has the columns that the options name.
fn is_told(field: &Outline, options: &Options) -> bool {
    field.name == "Extra" && !options.keep_columns.is_empty()
}

pub(super) fn pyarrow(fields: &[Outline], options: &Options) -> String {
    format!("schema=pa.schema([{}])", pyarrow_fields(fields, options))
}

fn pyarrow_fields(fields: &[Outline], options: &Options) -> String {
    let kinds = fields.iter().filter_map(|field| Some((field.name, pyarrow_type(field, options)?)));
    pyarrow_list(kinds)
}

fn pyarrow_list<'a>(fields: impl Iterator<Item = (&'a str, String)>) -> String {
    fields.map(|(name, kind)| format!("pa.field({}, {kind})", quoted(name))).collect::<Vec<_>>().join(", ")
}

/// `None` where pyarrow cannot read it: a map whose keys are not known.
fn pyarrow_type(field: &Outline, options: &Options) -> Option<String> {
    let leaf = match &field.holds {
        Holds::Group(inner) => return Some(format!("pa.struct([{}])", pyarrow_fields(inner, options))),
        Holds::Leaf(leaf) => leaf,
    };
    let kind = match leaf {
        Leaf::Bool => "pa.bool_()",
        Leaf::Int32 => "pa.int32()",
        Leaf::Int64 => "pa.int64()",
        Leaf::Float64 => "pa.float64()",
        Leaf::Text | Leaf::LocalTime => "pa.string()",
        Leaf::Size => "pa.list_(pa.int32())",
        Leaf::Texts => "pa.list_(pa.string())",
        Leaf::UtcTime => "pa.timestamp(\"us\", \"UTC\")",
        Leaf::Tags => {
            let tags = named_tags(field, options.keys);
            let kinds = tags.iter().map(|(key, row)| (key.as_str(), pyarrow_tag(row.kind).to_owned()));
            return Some(format!("pa.struct([{}])", pyarrow_list(kinds)));
        }
        Leaf::Map if is_told(field, options) => {
            let kinds = options.keep_columns.iter().map(|name| (name.as_str(), "pa.string()".to_owned()));
            return Some(format!("pa.struct([{}])", pyarrow_list(kinds)));
        }
        Leaf::Map => return None,
        Leaf::Others => {
            let keys = OTHER_KEYS.map(|key| (key, "pa.string()".to_owned()));
            return Some(format!("pa.list_(pa.struct([{}]))", pyarrow_list(keys.into_iter())));
        }
    };
    Some(kind.to_owned())
}

fn pyarrow_tag(kind: Type) -> &'static str {
    match kind {
        Type::Text | Type::Comment | Type::Utf16 | Type::Version => "pa.string()",
        Type::Code | Type::Integer => "pa.int64()",
        Type::Codes | Type::Integers | Type::Rational => "pa.list_(pa.int64())",
        Type::Float => "pa.float64()",
        Type::Floats => "pa.list_(pa.float64())",
        Type::Rationals => "pa.list_(pa.list_(pa.int64()))",
        Type::Bytes => "pa.struct([pa.field(\"base64\", pa.string())])",
    }
}
