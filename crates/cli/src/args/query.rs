//! Arguments of `query`.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::parse;

/// Ask a finished run in SQL.
#[derive(Debug, Args)]
#[command(
    after_help = "Tables: success (records) and failure (failures), with the columns of `imgmeta schema --format sql`. Fields of a struct are \
Camera.Model, GPS.Latitude; tags are EXIF.\"0th\"['Make'], text all of them. Names may be in any case. Of a mirror (--parquet, `imgmeta \
mirror`) only what the question needs is read; without one all of the JSON is, which takes longer.

Examples:
  imgmeta query \"SELECT Camera.Model, count(*) AS n FROM success GROUP BY 1 ORDER BY n DESC LIMIT 10\" --from out
  imgmeta query \"SELECT URL, GPS.Latitude, GPS.Longitude FROM success WHERE GPS.Latitude > 60\" --from s3://lake/images --out north.csv
  imgmeta query \"DESCRIBE success\" --from out"
)]
pub struct QueryArgs {
    /// The question: SELECT, WITH, EXPLAIN, DESCRIBE or SHOW; - reads it from standard input
    #[arg(value_name = "SQL")]
    pub sql: String,
    /// The folder that was given as --output
    #[arg(long, value_name = "DIR")]
    pub from: String,
    /// How the answer is written (default: by the name of --out, else a table)
    #[arg(long, value_enum)]
    pub format: Option<QueryFormat>,
    /// The file to write, whatever is there; - is standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Bytes of memory that sorting, grouping and joining may hold; what is more is spilled to temporary files (TMPDIR)
    #[arg(long, value_name = "BYTES", default_value = "512MiB", value_parser = parse::bytes)]
    pub memory: u64,
}

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum QueryFormat {
    /// For people: the first rows, as wide as the terminal
    Table,
    /// With a header; a struct, a list and a map are JSON
    Csv,
    /// One object a line
    Json,
    /// Compressed with zstd
    Parquet,
}

impl QueryArgs {
    /// The file to write; `None`: standard output.
    pub fn file(&self) -> Option<&Path> {
        self.out.as_deref().filter(|path| path.as_os_str() != "-")
    }

    /// How the answer is written.
    pub fn format(&self) -> QueryFormat {
        let end = self.file().and_then(Path::extension).map(|end| end.to_string_lossy().to_lowercase());
        self.format.unwrap_or(match end.as_deref() {
            Some("csv") => QueryFormat::Csv,
            Some("json" | "jsonl" | "ndjson") => QueryFormat::Json,
            Some("parquet") => QueryFormat::Parquet,
            _ => QueryFormat::Table,
        })
    }
}
