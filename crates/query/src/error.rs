//! Why there is no answer.

use datafusion::common::{DataFusionError, SchemaError};

use crate::tables::Tables;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// It is no SQL.
    #[error("cannot understand the SQL: {why}")]
    Syntax {
        /// Where, and why.
        why: String,
    },
    /// A column that is not there.
    #[error("there is no column `{name}`; there are: {columns}")]
    Column {
        /// What was asked for.
        name: String,
        /// Those of the tables.
        columns: String,
    },
    /// A table that is not there.
    #[error("there is no table `{name}`: there are `success` (records) and `failure` (failures)")]
    Table {
        /// What was asked for.
        name: String,
    },
    /// It is no question.
    #[error("a finished run is only read: SELECT, WITH, EXPLAIN, DESCRIBE and SHOW are understood, one at a time")]
    Forbidden,
    /// The answer needs more memory than it may have, and this cannot be spilled.
    #[error("the answer needs more memory than it may have: {why}")]
    Memory {
        /// Who needed it.
        why: String,
    },
    /// There is no place for temporary files.
    #[error("cannot make a folder for temporary files; TMPDIR names another place")]
    Spill {
        /// Why.
        source: std::io::Error,
    },
    /// The disk of the temporary files is full.
    #[error("no room is left for temporary files; TMPDIR names another place, and more memory makes fewer of them")]
    Full,
    /// The answer cannot be written.
    #[error("cannot write the answer")]
    Write {
        /// Why.
        source: std::io::Error,
    },
    /// A part cannot be read, or a value cannot be computed.
    #[error("{why}")]
    Failed {
        /// What the engine says.
        why: String,
    },
}

/// What the engine says of a question, in terms of the tables that are there.
pub(crate) fn of(error: DataFusionError, tables: &Tables) -> Error {
    match error.find_root() {
        DataFusionError::SchemaError(schema, _) => match schema.as_ref() {
            SchemaError::FieldNotFound { field, .. } => {
                Error::Column { name: field.flat_name().replace('"', ""), columns: tables.columns() }
            }
            other => Error::Failed { why: other.to_string() },
        },
        DataFusionError::SQL(parser, _) => Error::Syntax { why: parser.to_string() },
        DataFusionError::Plan(why) => planned(why, tables),
        _ => failed(error),
    }
}

/// What is wrong with a plan has no types of its own.
fn planned(why: &str, tables: &Tables) -> Error {
    let table = why.strip_prefix("table '").and_then(|rest| rest.split_once("' not found"));
    if let Some((name, _)) = table {
        let name = name.strip_prefix("datafusion.public.").unwrap_or(name);
        return Error::Table { name: name.into() };
    }
    let field = why.strip_prefix("Field ").and_then(|rest| rest.split_once(" not found in struct"));
    if let Some((name, _)) = field {
        return Error::Column { name: name.into(), columns: tables.columns() };
    }
    Error::Failed { why: why.into() }
}

/// What the engine says while it reads and computes.
#[expect(clippy::needless_pass_by_value, reason = "it is handed to `map_err`")]
pub(crate) fn failed(error: DataFusionError) -> Error {
    if is_full(&error) {
        return Error::Full;
    }
    match error.find_root() {
        DataFusionError::ResourcesExhausted(why) => Error::Memory { why: first_line(why) },
        DataFusionError::External(source) => Error::Failed { why: imgmeta_record::mask(&source.to_string()) },
        other => Error::Failed { why: first_line(&imgmeta_record::mask(&other.to_string())) },
    }
}

/// Temporary files are all that the engine writes by itself.
fn is_full(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source())
        .filter_map(|error| error.downcast_ref::<std::io::Error>())
        .any(|error| error.kind() == std::io::ErrorKind::StorageFull)
}

/// Without a backtrace, or an advice to report a defect elsewhere.
fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}
