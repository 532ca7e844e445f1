//! Arguments of `report`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{ArgGroup, Args};

use super::{When, parse};

/// Make a page with charts and a map of a finished run.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("to").required(true).multiple(true).args(["out", "serve"])))]
#[command(
    after_help = "The page is one file that needs nothing else: it opens without a network. It is made from the mirror where the run has \
one (--parquet, `imgmeta mirror`), which is much faster than from the JSON.

Examples:
  imgmeta report out --out report.html
  imgmeta report s3://lake/images --serve 127.0.0.1:8000"
)]
pub struct ReportArgs {
    /// The folder that was given as --output
    #[arg(value_name = "DIR")]
    pub dir: String,
    /// The file to write, whatever is there; - is standard output
    #[arg(long, value_name = "FILE.html")]
    pub out: Option<PathBuf>,
    /// Serve the page at this address of this machine (127.0.0.1:8000; port 0 takes a free one), until Ctrl-C
    #[arg(long, value_name = "ADDR", value_parser = parse::loopback)]
    pub serve: Option<SocketAddr>,
    /// Whether a progress bar is drawn
    #[arg(long, value_enum, default_value = "auto")]
    pub progress: When,
}
