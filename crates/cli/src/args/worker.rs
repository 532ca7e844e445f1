//! Arguments of `worker`.

use clap::Args;
use imgmeta_ingest::{Column, Keep};

use super::{ExtractArgs, LogFormat};

/// Read the images of an Arrow IPC stream on standard input, and write their outcomes as one to standard output.
#[derive(Debug, Args)]
#[command(after_help = "\
In:  record batches with a column of URLs, and any others. A column `Row` of whole numbers becomes the outcomes' `Row`.
Out: the columns of success_parquet and failure_parquet, `Success` (true: a record), and the other columns as they came, in
     the order in which images finish. The schema is written at once, with its version under `imgmeta.schema_version`.

The input ends with Arrow's end-of-stream marker. Exit codes: 0 every row is an outcome; 1 not all of them; 2 wrong usage.

Examples:
  imgmeta worker < urls.arrows > outcomes.arrows
  imgmeta worker --url-column photo --keep-columns all --xmp < urls.arrows > outcomes.arrows")]
pub struct WorkerArgs {
    /// Column of the URLs: its name, or #N from 1
    #[arg(long, value_name = "NAME")]
    pub url_column: Option<Column>,
    /// Columns that go into `Extra` as text instead of through as they are: a,b or `all`
    #[arg(long, value_name = "A,B|all", default_value = "", hide_default_value = true)]
    pub keep_columns: Keep,
    /// How images are read.
    #[command(flatten)]
    pub extract: ExtractArgs,
    /// How log lines look
    #[arg(long, value_enum, default_value = "text")]
    pub log_format: LogFormat,
}
