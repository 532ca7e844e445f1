//! Arguments of the commands that read rows of a finished run again.

use std::num::NonZeroUsize;
use std::time::Duration;

use clap::Args;
use imgmeta_record::Kind;
use imgmeta_sink::Sql;

use super::sql::database;
use super::{FetchArgs, WatchArgs, parse};
use crate::exit::Usage;

/// Read the failures of a finished run again, and put what becomes of them in their place.
#[derive(Debug, Args)]
#[command(
    after_help = "Killed or interrupted, it is gone on with by the same command. What is read of images is as the run was told.

Examples:
  imgmeta retry out
  imgmeta retry hdfs://namenode:8020/images --only timeout,connect --timeout 120"
)]
pub struct RetryArgs {
    /// The folder that was given as --output
    #[arg(value_name = "DIR")]
    pub dir: String,
    /// Only failures of these kinds (default: those that may pass, as `Retryable` says)
    #[arg(long, value_name = "KIND,...", value_delimiter = ',', value_parser = parse::kind)]
    pub only: Vec<Kind>,
    /// How it goes about it.
    #[command(flatten)]
    pub revise: ReviseArgs,
}

/// Ask for the images of a finished run again, and put what has changed in its place.
#[derive(Debug, Args)]
#[command(
    after_help = "An image is asked for on condition that it has changed (ETag, Last-Modified): one that has not costs a request \
without a body. One that is gone becomes a failure; one that cannot be read now keeps its record, with a warning.
Killed or interrupted, it is gone on with by the same command.

Example:
  imgmeta refresh out"
)]
pub struct RefreshArgs {
    /// The folder that was given as --output
    #[arg(value_name = "DIR")]
    pub dir: String,
    /// How it goes about it.
    #[command(flatten)]
    pub revise: ReviseArgs,
}

/// How rows are read again.
#[derive(Debug, Args)]
pub struct ReviseArgs {
    /// How parts are cut.
    #[command(flatten)]
    pub shards: ShardArgs,
    /// How images are fetched.
    #[command(flatten)]
    pub fetch: FetchArgs,
    /// How it is watched.
    #[command(flatten)]
    pub watch: WatchArgs,
    /// The database that the run fills, to name another user than the run did or PGUSER does
    #[arg(long, value_name = "URL", help_heading = "Output")]
    pub sql: Option<String>,
}

impl ReviseArgs {
    /// The database, where it is named.
    ///
    /// # Errors
    /// [`Usage`] where the URL names no database, or holds a password.
    pub fn sql(&self) -> Result<Option<Sql>, Usage> {
        // Whether tags have rows is as the run was told.
        self.sql.as_deref().map(|url| Ok(Sql { database: database(url)?, tags: false })).transpose()
    }
}

/// When a part is written.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct ShardArgs {
    /// Rows after which a part is written
    #[arg(long, value_name = "N", default_value = "10000")]
    pub shard_rows: NonZeroUsize,
    /// Bytes after which a part is written, of all that is written together, before the JSON is compressed
    #[arg(long, value_name = "BYTES", default_value = "32MiB", value_parser = parse::bytes)]
    pub shard_bytes: u64,
    /// Seconds after which a part is written
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = parse::duration)]
    pub shard_seconds: Duration,
}

impl ShardArgs {
    /// What a sink is told, of outcomes with these keys.
    pub fn options(&self, keys: super::ExifKeys) -> imgmeta_sink::Options {
        imgmeta_sink::Options {
            shard_rows: self.shard_rows,
            shard_bytes: self.shard_bytes,
            shard_seconds: self.shard_seconds,
            keys: keys.into(),
            ..imgmeta_sink::Options::default()
        }
    }
}
