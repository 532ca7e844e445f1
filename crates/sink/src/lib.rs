//! Outcomes to committed shards: JSON lines, and Parquet beside them, on local disks, HDFS and S3, of which no row is lost or doubled.
//!
//! ```
//! use imgmeta_record::{Failure, ImageRef, Kind, Outcome, Phase};
//! use imgmeta_sink::{Dataset, Options};
//! use imgmeta_storage::Stores;
//!
//! # tokio_test(async {
//! # let dir = tempfile::tempdir()?;
//! # let path = dir.path().join("out").display().to_string();
//! let place = Stores::default().place(&path)?;
//! let mut dataset = Dataset::open(&place, Options::default()).await?;
//! let image = ImageRef { row: Some(0), ..ImageRef::new("gone.jpg") };
//! let failure = Failure::new(image, Kind::NotFound, Phase::Request, "no such file");
//! dataset.write(&Outcome::Failure(Box::new(failure))).await?;
//! let summary = dataset.finish(true).await?;
//! assert_eq!(summary.tally.failures, 1);
//! # anyhow::Ok(())
//! # }).unwrap();
//! # fn tokio_test<T>(test: impl Future<Output = T>) -> T {
//! #     tokio::runtime::Runtime::new().unwrap().block_on(test)
//! # }
//! ```
//!
//! A shard is committed in three steps: its files are staged under `_imgmeta/staging/`, its manifest is put where no
//! manifest may be yet, and its files are renamed to where readers see them. The manifest is the commit point: what
//! it names is rolled forward when the run is resumed, and anything else that was staged is deleted.

mod commit;
mod compaction;
mod dataset;
mod error;
mod finish;
mod finished;
mod fold;
mod folder;
mod generation;
mod line;
mod lines;
mod loading;
mod lock;
mod manifest;
mod merging;
mod mirror;
mod mirroring;
mod open;
mod options;
mod output;
mod overwrite;
mod pairs;
mod part;
mod parts;
mod process;
mod rest;
mod revision;
mod rows;
mod settings;
mod shard;
mod sql;
mod tally;
mod writer;

pub use compaction::{Compacted, Compaction, Order, compact, compact_with_store};
pub use dataset::{Dataset, State, Summary};
pub use error::{EncodeError, Error};
pub use line::Line;
pub use lines::Lines;
pub use loading::{Loading, load, load_with_store};
pub use merging::merge;
pub use mirror::ArrowOutcomes;
pub use mirroring::{Mirrored, mirror, mirror_with_store};
pub use options::{Mode, Options, Waits};
pub use output::{Compression, Outputs};
pub use parts::Parts;
pub use revision::{Change, Revised, Revision};
pub use sql::{Database, Sql, UrlError};
pub use tally::{KindTally, Tally};
