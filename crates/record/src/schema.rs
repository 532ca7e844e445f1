//! The schema of the outcomes as text that other programs read, made from the table of fields.
//!
//! What is for JSON lines (all but [`Format::Sql`] and [`Format::Arrow`]) is given to a reader, because guessing
//! readers go wrong on columns that are null for the first thousands of rows.
//!
//! ```
//! use imgmeta_record::schema::{Format, Options, Rows, print};
//!
//! let ddl = print(Format::SparkDdl, Rows::Success, &Options::default());
//! assert!(ddl.starts_with("`URL` STRING, `Format` STRING, `Mode` STRING, `Size` ARRAY<INT>, `EXIF` STRUCT<`0th`: MAP<"));
//! ```

mod arrow;
mod json_schema;
mod python;
mod sql;

use crate::fields::outline::{self, Outline};
use crate::json::Keys;
use crate::tags::{self, Ifd, Row};

/// Whose schema it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Rows {
    /// Records.
    #[default]
    Success,
    /// Failures.
    Failure,
}

/// Who reads the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// JSON Schema, draft 2020-12, of one line.
    JsonSchema,
    /// For `spark.read.schema(...)`.
    SparkDdl,
    /// An argument of DuckDB's `read_json`: `columns={...}`.
    Duckdb,
    /// An argument of `polars.read_ndjson`: `schema={...}`.
    ///
    /// Polars has no maps: IFDs are structs of all tags that have a name, and so are the kept columns that
    /// [`Options::keep_columns`] names; XMP, IPTC and other kept columns are left out.
    Polars,
    /// For `explicit_schema` of pyarrow's `ParseOptions`: `schema=pa.schema([...])`.
    ///
    /// It reads no maps either; XMP, IPTC, and kept columns that are not named, are left out.
    Pyarrow,
    /// `CREATE TABLE` for PostgreSQL.
    Sql,
    /// The mirror's schema, in the JSON of Arrow's integration format.
    Arrow,
}

/// What shapes a schema beside the table of fields. By default what `imgmeta run` writes by default.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// What keys tags have.
    pub keys: Keys,
    /// The kept columns of the list, for readers that must be told.
    pub keep_columns: Vec<String>,
}

/// The schema as text, without a newline at its end.
pub fn print(format: Format, rows: Rows, options: &Options) -> String {
    let fields = match rows {
        Rows::Success => outline::record(),
        Rows::Failure => outline::failure(),
    };
    match format {
        Format::JsonSchema => json_schema::print(&fields, rows, options),
        Format::SparkDdl => sql::spark(&fields),
        Format::Duckdb => sql::duckdb(&fields),
        Format::Polars => python::polars(&fields, options),
        Format::Pyarrow => python::pyarrow(&fields, options),
        Format::Sql => sql::postgres(&fields, rows),
        Format::Arrow => arrow::print(&fields),
    }
}

impl Rows {
    /// The name of their table in SQL.
    pub const fn table(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
        }
    }
}

/// The tags that an IFD can have under their keys.
fn named_tags(field: &Outline, keys: Keys) -> Vec<(String, &'static Row)> {
    let ifd = Ifd::ALL.into_iter().find(|ifd| ifd.name() == field.name);
    let rows = ifd.into_iter().flat_map(tags::rows);
    let key = |row: &Row| match keys {
        Keys::Names => row.name.to_owned(),
        Keys::Ids => row.number.to_string(),
    };
    rows.map(|row| (key(row), row)).collect()
}

/// The name of the column that stands beside a local time in the mirror and in SQL: minutes east of Greenwich.
pub fn offset_column(name: &str) -> String {
    format!("{name}OffsetMinutes")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMATS: [Format; 7] = [
        Format::JsonSchema,
        Format::SparkDdl,
        Format::Duckdb,
        Format::Polars,
        Format::Pyarrow,
        Format::Sql,
        Format::Arrow,
    ];

    #[test]
    fn every_format_names_every_field() {
        let options = Options { keep_columns: vec!["id".into()], ..Options::default() };
        for format in FORMATS {
            for (rows, fields) in [(Rows::Success, outline::record()), (Rows::Failure, outline::failure())] {
                let text = print(format, rows, &options);
                for field in fields {
                    let no_maps = matches!(format, Format::Polars | Format::Pyarrow);
                    let left_out = no_maps && matches!(field.name, "XMP" | "IPTC");
                    assert!(left_out || text.contains(field.name), "{} in {format:?}", field.name);
                }
            }
        }
    }

    #[test]
    fn each_format_has_the_words_of_its_program() {
        let options = Options { keep_columns: vec!["a 'b'".into()], ..Options::default() };
        for (format, words) in [
            (Format::SparkDdl, "`GPS` STRUCT<`Latitude`: DOUBLE, `Longitude`: DOUBLE, "),
            (Format::SparkDdl, "`Extra` MAP<STRING, STRING>"),
            (Format::Duckdb, r#"columns={"URL": 'VARCHAR', "#),
            (Format::Duckdb, r#""EXIF": 'STRUCT("0th" MAP(VARCHAR, JSON), "Exif" MAP(VARCHAR, JSON), "#),
            (Format::Polars, r#"schema={"URL": pl.String, "#),
            (Format::Polars, r#""GPS": pl.Struct({"Latitude": pl.Float64, "#),
            (Format::Polars, r#""LensSpecification": pl.List(pl.List(pl.Int64))"#),
            (Format::Pyarrow, r#"pa.field("LensSpecification", pa.list_(pa.list_(pa.int64())))"#),
            (Format::Pyarrow, r#"pa.field("Extra", pa.struct([pa.field("a 'b'", pa.string())]))"#),
            (Format::Sql, "CREATE TABLE success (\n    \"URL\" text NOT NULL,\n"),
            (Format::Sql, "    \"TakenAt\" timestamp,\n    \"TakenAtOffsetMinutes\" integer,\n"),
        ] {
            let text = print(format, Rows::Success, &options);
            assert!(text.contains(words), "{words} is not in {text}");
        }
        let ids = Options { keys: Keys::Ids, ..Options::default() };
        assert!(print(Format::Pyarrow, Rows::Success, &ids).contains(r#"pa.field("271", pa.string())"#));
        assert!(print(Format::Sql, Rows::Failure, &ids).starts_with("CREATE TABLE failure"));
    }

    #[test]
    fn what_is_to_be_pasted_is_one_line() {
        for format in [Format::SparkDdl, Format::Duckdb, Format::Polars, Format::Pyarrow] {
            assert_eq!(print(format, Rows::Success, &Options::default()).lines().count(), 1, "{format:?}");
        }
    }
}
