//! Schemas in dialects of SQL: Spark, DuckDB and PostgreSQL.

use super::{Rows, offset_column};
use crate::fields::Leaf;
use crate::fields::outline::{Holds, Outline};
use crate::value::OTHER_KEYS;

/// Name and type of each field, as `join` writes a pair.
fn pairs(fields: &[Outline], kind: fn(&Outline) -> String, join: fn(&str, &str) -> String) -> String {
    fields.iter().map(|field| join(field.name, &kind(field))).collect::<Vec<_>>().join(", ")
}

pub(super) fn spark(fields: &[Outline]) -> String {
    pairs(fields, spark_type, |name, kind| format!("`{name}` {kind}"))
}

fn spark_type(field: &Outline) -> String {
    let leaf = match &field.holds {
        Holds::Group(inner) => {
            return format!("STRUCT<{}>", pairs(inner, spark_type, |name, kind| format!("`{name}`: {kind}")));
        }
        Holds::Leaf(leaf) => leaf,
    };
    let kind = match leaf {
        Leaf::Bool => "BOOLEAN",
        Leaf::Int32 => "INT",
        Leaf::Int64 => "BIGINT",
        Leaf::Float64 => "DOUBLE",
        // A camera's clock has no zone, or one of its own: no column of Spark keeps both.
        Leaf::Text | Leaf::LocalTime => "STRING",
        Leaf::Size => "ARRAY<INT>",
        Leaf::Texts => "ARRAY<STRING>",
        Leaf::UtcTime => "TIMESTAMP",
        Leaf::Tags | Leaf::Map => "MAP<STRING, STRING>",
        Leaf::Others => {
            let keys = OTHER_KEYS.map(|key| format!("`{key}`: STRING"));
            return format!("ARRAY<STRUCT<{}>>", keys.join(", "));
        }
    };
    kind.to_owned()
}

pub(super) fn duckdb(fields: &[Outline]) -> String {
    format!("columns={{{}}}", pairs(fields, duckdb_type, |name, kind| format!("\"{name}\": '{kind}'")))
}

fn duckdb_type(field: &Outline) -> String {
    let leaf = match &field.holds {
        Holds::Group(inner) => {
            return format!("STRUCT({})", pairs(inner, duckdb_type, |name, kind| format!("\"{name}\" {kind}")));
        }
        Holds::Leaf(leaf) => leaf,
    };
    let kind = match leaf {
        Leaf::Bool => "BOOLEAN",
        Leaf::Int32 => "INTEGER",
        Leaf::Int64 => "BIGINT",
        Leaf::Float64 => "DOUBLE",
        Leaf::Text | Leaf::LocalTime => "VARCHAR",
        Leaf::Size => "INTEGER[]",
        Leaf::Texts => "VARCHAR[]",
        Leaf::UtcTime => "TIMESTAMPTZ",
        Leaf::Tags => "MAP(VARCHAR, JSON)",
        Leaf::Map => "MAP(VARCHAR, VARCHAR)",
        Leaf::Others => {
            let keys = OTHER_KEYS.map(|key| format!("\"{key}\" VARCHAR"));
            return format!("STRUCT({})[]", keys.join(", "));
        }
    };
    kind.to_owned()
}

pub(super) fn postgres(fields: &[Outline], rows: Rows) -> String {
    let columns: Vec<_> = fields.iter().flat_map(postgres_columns).map(|column| format!("    {column}")).collect();
    format!("CREATE TABLE {} (\n{}\n);", rows.table(), columns.join(",\n"))
}

/// The column of a field; a local time has its offset beside it.
fn postgres_columns(field: &Outline) -> Vec<String> {
    let kind = match &field.holds {
        Holds::Group(_) => "jsonb",
        Holds::Leaf(leaf) => match leaf {
            Leaf::Bool => "boolean",
            Leaf::Int32 => "integer",
            Leaf::Int64 => "bigint",
            Leaf::Float64 => "double precision",
            Leaf::Text => "text",
            Leaf::Size => "integer[]",
            Leaf::Texts => "text[]",
            Leaf::LocalTime => "timestamp",
            Leaf::UtcTime => "timestamptz",
            Leaf::Tags | Leaf::Others | Leaf::Map => "jsonb",
        },
    };
    let null = if field.nullable { "" } else { " NOT NULL" };
    let mut columns = vec![format!("\"{}\" {kind}{null}", field.name)];
    if field.holds == Holds::Leaf(Leaf::LocalTime) {
        columns.push(format!("\"{}\" integer", offset_column(field.name)));
    }
    columns
}
