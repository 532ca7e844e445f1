//! Arguments of `run`.

use std::ops::Range;

use clap::{Args, ValueEnum};
use encoding_rs::Encoding;
use imgmeta_ingest::{Column, Format, Keep};
use imgmeta_sink::{Compression, Outputs};

use super::{ExtractArgs, ShardArgs, SqlArgs, WatchArgs, parse};

/// Read the images of lists, and write what is known of each as JSON lines.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  imgmeta run urls.csv --output out
  imgmeta run 'hdfs://namenode:8020/lists/*.csv' --output hdfs://namenode:8020/images --keep-columns id
  imgmeta run urls.txt --output out --resume
  PGPASSWORD=... imgmeta run urls.csv --output out --sql postgres://me@db.example/images
  imgmeta run s3://lake/lists/today.parquet --output s3://lake/images --allow-store s3://photos
  imgmeta run --images-under s3://photos/2024/ --include '*.jpg' --output out
  zcat urls.csv.gz | imgmeta run - --list-format csv --output out")]
pub struct RunArgs {
    /// Lists: a file, a folder, a glob, or `-` for standard input; local, hdfs://, s3://, gs://, az:// or a file on the web
    /// (.csv, .tsv, .txt, .ndjson, .jsonl, also .gz or .zst; .parquet)
    #[arg(required_unless_present = "images_under", conflicts_with = "images_under", value_name = "LIST")]
    pub lists: Vec<String>,
    /// Where the outcomes are.
    #[command(flatten)]
    pub output: OutputArgs,
    /// How lists are read.
    #[command(flatten)]
    pub list: ListArgs,
    /// How images are read.
    #[command(flatten)]
    pub extract: ExtractArgs,
    /// How it is watched.
    #[command(flatten)]
    pub watch: WatchArgs,
}

/// Where the outcomes are, and how they are cut.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// Folder for the outcomes: local, hdfs://, s3://, gs:// or az://
    #[arg(long, value_name = "DIR")]
    pub output: String,
    /// Go on with a run that was interrupted
    #[arg(long, conflicts_with = "overwrite")]
    pub resume: bool,
    /// Delete what an earlier run wrote there, and start anew
    #[arg(long)]
    pub overwrite: bool,
    /// Write the same outcomes as Parquet too
    #[arg(long)]
    pub parquet: bool,
    /// How the JSON is compressed
    #[arg(long, value_enum, value_name = "HOW", default_value = "none")]
    pub json_compression: JsonCompression,
    /// Fill a database too.
    #[command(flatten)]
    pub sql: SqlArgs,
    /// How it is cut.
    #[command(flatten)]
    pub shards: ShardArgs,
}

/// How the JSON is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum JsonCompression {
    /// part-00000000.json
    None,
    /// part-00000000.json.gz
    Gzip,
    /// part-00000000.json.zst
    Zstd,
}

impl OutputArgs {
    /// What is written.
    pub fn outputs(&self) -> Outputs {
        let compression = match self.json_compression {
            JsonCompression::None => Compression::None,
            JsonCompression::Gzip => Compression::Gzip,
            JsonCompression::Zstd => Compression::Zstd,
        };
        Outputs { mirror: self.parquet, compression, geometry: false }
    }
}

/// How lists are read.
#[derive(Debug, Args)]
#[command(next_help_heading = "Lists")]
pub struct ListArgs {
    /// Column of the URLs: its name, or '#2' for the second
    #[arg(long, value_name = "NAME")]
    pub url_column: Option<Column>,
    /// Columns to carry into the outcomes: names, or `all`
    #[arg(long, value_name = "A,B|all", default_value = "", hide_default_value = true)]
    pub keep_columns: Keep,
    /// Only rows A up to, without, B (0-based, over all lists)
    #[arg(long, value_name = "A..B", value_parser = parse::rows)]
    pub rows: Option<Range<u64>>,
    /// The first line is a row
    #[arg(long)]
    pub no_header: bool,
    /// What kind of list it is, where a name does not tell: csv, tsv, txt, ndjson, parquet
    #[arg(long, value_name = "FORMAT")]
    pub list_format: Option<Format>,
    /// Charset of the lists, by its label: utf-8, latin1, windows-1252, utf-16le (default: guessed)
    #[arg(long, value_name = "LABEL", value_parser = parse::encoding)]
    pub encoding: Option<&'static Encoding>,
    /// Take every file below a folder for a row instead; its path and the names of its folders come under `Extra`
    #[arg(long, value_name = "PLACE", conflicts_with_all = ["url_column", "keep_columns", "no_header", "delimiter", "list_format", "encoding"])]
    pub images_under: Option<String>,
    /// Of those, only the ones that match: a glob of names, or of paths where it holds a `/` (may be repeated)
    #[arg(long, value_name = "GLOB", requires = "images_under")]
    pub include: Vec<String>,
    /// Of those, not the ones that match (may be repeated)
    #[arg(long, value_name = "GLOB", requires = "images_under")]
    pub exclude: Vec<String>,
    /// What stands between cells (default: in .csv what cuts the first rows alike, a tab in .tsv)
    #[arg(long, value_name = "C", value_parser = parse::delimiter)]
    pub delimiter: Option<u8>,
}
