//! Arguments of `schema`.

use clap::{Args, ValueEnum};
use imgmeta_record::schema::{Format, Options, Rows};

use super::ExifKeys;

/// Print the schema of the outcomes, ready to paste into other programs.
#[derive(Debug, Args)]
#[command(after_help = "\
All but sql and arrow are for the JSON lines: guessing readers go wrong on columns that are null for long.

Examples:
  imgmeta schema --format spark-ddl      # spark.read.schema(...).json(\"out/success_output\")
  imgmeta schema --format duckdb         # read_json('out/success_output/*.json', format='newline_delimited', ...)
  imgmeta schema --format polars         # pl.read_ndjson(\"out/success_output/*.json\", ...)
  imgmeta schema --format json-schema --failures > failure.schema.json")]
pub struct SchemaArgs {
    /// Who reads it
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub format: SchemaFormat,
    /// Of failures instead of records
    #[arg(long)]
    pub failures: bool,
    /// What keys tags have in the JSON
    #[arg(long, value_enum, default_value = "names")]
    pub exif_keys: ExifKeys,
    /// The kept columns, for polars and pyarrow, which must be told
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub keep_columns: Vec<String>,
}

/// Who reads a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaFormat {
    /// JSON Schema, draft 2020-12, of one line
    JsonSchema,
    /// Spark: for spark.read.schema("...")
    SparkDdl,
    /// DuckDB: an argument of `read_json`
    Duckdb,
    /// Polars: an argument of `pl.read_ndjson`
    Polars,
    /// pyarrow: `explicit_schema` of `pyarrow.json.ParseOptions`
    Pyarrow,
    /// PostgreSQL: CREATE TABLE
    Sql,
    /// The schema of the Parquet files, in Arrow's JSON
    Arrow,
}

impl SchemaArgs {
    /// What is printed.
    pub fn format(&self) -> Format {
        match self.format {
            SchemaFormat::JsonSchema => Format::JsonSchema,
            SchemaFormat::SparkDdl => Format::SparkDdl,
            SchemaFormat::Duckdb => Format::Duckdb,
            SchemaFormat::Polars => Format::Polars,
            SchemaFormat::Pyarrow => Format::Pyarrow,
            SchemaFormat::Sql => Format::Sql,
            SchemaFormat::Arrow => Format::Arrow,
        }
    }

    /// Of which outcomes.
    pub fn rows(&self) -> Rows {
        if self.failures { Rows::Failure } else { Rows::Success }
    }

    /// What shapes it.
    pub fn options(&self) -> Options {
        Options { keys: self.exif_keys.into(), keep_columns: self.keep_columns.clone() }
    }
}
