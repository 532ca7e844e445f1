//! The library half of the command `imgmeta`: arguments, and the composition of the stages.
//!
//! ```
//! use clap::Parser;
//! use imgmeta::args::{Args, Command};
//!
//! let args = Args::parse_from(["imgmeta", "run", "urls.csv", "--output", "out"]);
//! assert!(matches!(args.command, Command::Run(_)));
//! ```

pub mod args;
pub mod compact;
mod environment;
pub mod exit;
pub mod finished;
pub mod inspect;
mod log;
mod metrics;
pub mod packaging;
mod progress;
pub mod query;
pub mod report;
pub mod revise;
pub mod run;
pub mod schema;
mod settings;
mod signals;
mod summary;
pub mod worker;
