//! Arguments of `compact`.

use std::num::NonZeroUsize;

use clap::{Args, ValueEnum};
use imgmeta_sink::{Compaction, Order, Sql};

use super::sql::database;
use super::{When, parse};
use crate::exit::Usage;

/// Rewrite the small parts of a finished run into large ones, JSON and mirror.
#[derive(Debug, Args)]
#[command(
    after_help = "Every line stays as it is. Killed, it is gone on with by the same command. Sorting takes room in the folder for \
temporary files (TMPDIR), about a fifth of the size of the JSON.

Examples:
  imgmeta compact out
  imgmeta compact out --sort-by GPS --geo
  TMPDIR=/data/tmp imgmeta compact hdfs://namenode:8020/images --sort-by TakenAt --shard-bytes 1GiB"
)]
pub struct CompactArgs {
    /// The folder that was given as --output
    #[arg(value_name = "DIR")]
    pub dir: String,
    /// Sort the records by this, so that queries about it read less; those without it come last
    #[arg(long, value_enum, value_name = "FIELD", ignore_case = true)]
    pub sort_by: Option<SortBy>,
    /// Give the mirror of the records a column of points, as GeoParquet, for maps and GIS
    #[arg(long)]
    pub geo: bool,
    /// Rows after which a part is written
    #[arg(long, value_name = "N", default_value = "1000000", help_heading = "Output")]
    pub shard_rows: NonZeroUsize,
    /// Bytes after which a part is written, of JSON and mirror together, before the JSON is compressed; some four times as
    /// much memory is taken
    #[arg(long, value_name = "BYTES", default_value = "256MiB", value_parser = parse::bytes, help_heading = "Output")]
    pub shard_bytes: u64,
    /// The database that the run fills, to name another user than the run did or PGUSER does
    #[arg(long, value_name = "URL", help_heading = "Output")]
    pub sql: Option<String>,
    /// Whether a progress bar is drawn
    #[arg(long, value_enum, default_value = "auto")]
    pub progress: When,
}

/// What records are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SortBy {
    /// The moment at which they were taken
    #[value(name = "TakenAt")]
    TakenAt,
    /// Their position, along a curve on which neighbours are near each other
    #[value(name = "GPS")]
    Gps,
    /// The URL; failures too
    #[value(name = "URL")]
    Url,
}

impl CompactArgs {
    /// What a sink is told.
    ///
    /// # Errors
    /// [`Usage`] where --sql names no database, or holds a password.
    pub fn compaction(&self) -> Result<Compaction, Usage> {
        let sql = |url: &String| Ok(Sql { database: database(url)?, tags: false });
        Ok(Compaction {
            order: self.sort_by.map(Order::from),
            geometry: self.geo,
            shard_rows: self.shard_rows,
            shard_bytes: self.shard_bytes,
            sql: self.sql.as_ref().map(sql).transpose()?,
            ..Compaction::default()
        })
    }
}

impl From<SortBy> for Order {
    fn from(by: SortBy) -> Self {
        match by {
            SortBy::TakenAt => Self::TakenAt,
            SortBy::Gps => Self::Gps,
            SortBy::Url => Self::Url,
        }
    }
}
