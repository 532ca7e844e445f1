//! What is typed on the command line, and what each stage is told of it.

mod compact;
mod extract;
mod finished;
mod inspect;
mod parse;
mod query;
mod report;
mod revise;
mod run;
mod schema;
mod sql;
mod worker;

pub use compact::{CompactArgs, SortBy};
pub use extract::{ExtractArgs, FetchArgs, MetadataArgs};
pub use finished::{MergeArgs, MirrorArgs};
pub use inspect::InspectArgs;
pub use query::{QueryArgs, QueryFormat};
pub use report::ReportArgs;
pub use revise::{RefreshArgs, RetryArgs, ReviseArgs, ShardArgs};
pub use run::{JsonCompression, OutputArgs, RunArgs};
pub use schema::SchemaArgs;
pub use sql::{LoadArgs, SqlArgs};
pub use worker::WorkerArgs;

use std::io::IsTerminal;
use std::net::SocketAddr;

use clap::{Parser, Subcommand, ValueEnum};
use indicatif::ProgressDrawTarget;

/// Read the metadata of images, by the list.
#[derive(Debug, Parser)]
#[command(name = "imgmeta", version, max_term_width = 110)]
#[command(
    after_help = "Exit codes: 0 complete, though images may have failed; 1 could not be completed; 2 wrong usage; \
3 more rows failed than --fail-above allows; 130 interrupted (what was finished is committed)."
)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Read the images of lists, and write what is known of each as JSON lines
    Run(Box<RunArgs>),
    /// Read the failures of a finished run again, and put what becomes of them in their place
    Retry(Box<RetryArgs>),
    /// Ask for the images of a finished run again, and put what has changed in its place
    Refresh(Box<RefreshArgs>),
    /// Show what is known of one or a few images
    Inspect(Box<InspectArgs>),
    /// Make the Parquet files of a run that was made without
    Mirror(MirrorArgs),
    /// Fill a database from a run that was made without
    Load(LoadArgs),
    /// Join runs over parts of one list
    Merge(MergeArgs),
    /// Ask a finished run in SQL
    #[cfg_attr(not(feature = "query"), command(hide = true))]
    Query(QueryArgs),
    /// Rewrite the small parts of a finished run into large ones
    Compact(CompactArgs),
    /// Make a page with charts and a map of a finished run
    Report(ReportArgs),
    /// Read the images of an Arrow IPC stream on stdin, and write their outcomes as one to stdout
    Worker(Box<WorkerArgs>),
    /// Print the schema of the outcomes, ready to paste into other programs
    Schema(SchemaArgs),
    /// Print the completions of a shell
    Completions(CompletionsArgs),
    /// Print the manual page
    Man,
}

/// Arguments of `completions`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  imgmeta completions bash > ~/.local/share/bash-completion/completions/imgmeta")]
pub struct CompletionsArgs {
    /// The shell
    pub shell: clap_complete::Shell,
}

/// Whether something is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// How a run is watched.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Watching")]
pub struct WatchArgs {
    /// Exit with 3 if a larger share of the rows failed
    #[arg(long, value_name = "RATIO", value_parser = parse::ratio)]
    pub fail_above: Option<f64>,
    /// Whether a progress bar is drawn
    #[arg(long, value_enum, default_value = "auto")]
    pub progress: When,
    /// How log lines look
    #[arg(long, value_enum, default_value = "text")]
    pub log_format: LogFormat,
    /// Serve metrics for Prometheus at this address (127.0.0.1:9464), under /metrics
    #[arg(long, value_name = "ADDR")]
    pub metrics: Option<SocketAddr>,
}

impl When {
    /// Where a bar is drawn, if one is.
    pub(crate) fn target(self) -> ProgressDrawTarget {
        let draw = match self {
            Self::Auto => std::io::stderr().is_terminal(),
            Self::Always => true,
            Self::Never => false,
        };
        if draw { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() }
    }
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}

/// What keys tags have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExifKeys {
    /// `Make`
    Names,
    /// `271`, as piexif gives them
    Ids,
}

impl From<ExifKeys> for imgmeta_record::json::Keys {
    fn from(keys: ExifKeys) -> Self {
        match keys {
            ExifKeys::Names => Self::Names,
            ExifKeys::Ids => Self::Ids,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn every_command_with_arguments_shows_an_example() {
        for command in Args::command().get_subcommands().filter(|command| command.has_arguments()) {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("Example"), "{} has no example", command.get_name());
        }
    }

    trait HasArguments {
        fn has_arguments(&self) -> bool;
    }

    impl HasArguments for clap::Command {
        fn has_arguments(&self) -> bool {
            self.get_arguments().any(|argument| argument.get_id() != "help")
        }
    }
}
