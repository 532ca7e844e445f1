//! Arguments of the commands that change or join finished runs.

use clap::Args;
use imgmeta_sink::Mode;

use super::When;

/// Make the Parquet files of a run that was made without.
#[derive(Debug, Args)]
#[command(after_help = "Killed, it is gone on with by the same command.

Example:
  imgmeta mirror out")]
pub struct MirrorArgs {
    /// The folder that was given as --output
    #[arg(value_name = "DIR")]
    pub dir: String,
    /// Whether a progress bar is drawn
    #[arg(long, value_enum, default_value = "auto")]
    pub progress: When,
}

/// Join runs over parts of one list.
#[derive(Debug, Args)]
#[command(after_help = "Runs that have rows twice, leave rows out or were made with other settings are refused.

Example:
  imgmeta run urls.csv --rows ..1000000 --output a
  imgmeta run urls.csv --rows 1000000.. --output b
  imgmeta merge a b --output out")]
pub struct MergeArgs {
    /// The folders of the runs, in any order
    #[arg(value_name = "DIR", required = true)]
    pub runs: Vec<String>,
    /// Folder for all their outcomes
    #[arg(long, value_name = "DIR")]
    pub output: String,
    /// Go on with a merge that was interrupted
    #[arg(long, conflicts_with = "overwrite")]
    pub resume: bool,
    /// Delete what an earlier run wrote there, and start anew
    #[arg(long)]
    pub overwrite: bool,
    /// Whether a progress bar is drawn
    #[arg(long, value_enum, default_value = "auto")]
    pub progress: When,
}

impl MergeArgs {
    /// What to do with an output that is there already.
    pub fn mode(&self) -> Mode {
        match (self.resume, self.overwrite) {
            (true, _) => Mode::Resume,
            (_, true) => Mode::Overwrite,
            _ => Mode::New,
        }
    }
}
