//! SQL over a finished run: its records are the table `success`, its failures the table `failure`.
//!
//! Of a mirror only the columns and row groups are read that the question needs; memory is bounded, and what does not fit
//! is spilled to temporary files. Nothing can be written or changed by a question.
//!
//! The engine is DataFusion. It stands on other versions of Arrow and of object stores than the rest of this workspace, so
//! neither is seen outside this crate: what comes in is an [`ObjectStore`] and Parquet, what goes out is text or Parquet.

mod answer;
mod error;
mod fields;
mod map_value;
mod names;
mod plan;
mod store;
mod tables;
mod turned;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures::future::BoxFuture;
use object_store::{ObjectMeta, ObjectStore};
use tempfile::TempDir;

pub use answer::{Answer, Format, Table, Written};
pub use error::Error;

/// Where the outcomes of a finished run are. Its maker has made sure that the parts are a consistent cut.
#[derive(Debug, Clone)]
pub struct Source {
    /// The store in which the mirror's parts are found by their `location`.
    pub store: Arc<dyn ObjectStore>,
    /// The run's path or URL, for people.
    pub url: String,
    /// Records.
    pub success: Parts,
    /// Failures.
    pub failure: Parts,
}

/// What the rows of a table are read from. There is at least one part, as a kind without rows has an empty one.
#[derive(Debug, Clone)]
pub enum Parts {
    /// Parquet.
    Mirror(Vec<ObjectMeta>),
    /// Something else, which becomes Parquet when it is wanted.
    Turned(Arc<dyn Turn>),
}

/// Parts that become Parquet one by one, each when it is wanted, and perhaps more than once.
#[async_trait::async_trait]
pub trait Turn: std::fmt::Debug + Send + Sync {
    /// How many parts there are.
    fn parts(&self) -> usize;
    /// The part of this number, from 0: the Parquet that the mirror would have in its place.
    ///
    /// # Errors
    /// Why it cannot be read.
    async fn part(&self, number: usize) -> Result<Bytes, Box<dyn std::error::Error + Send + Sync>>;
}

/// What an answer may cost.
#[derive(Debug, Clone)]
pub struct Options {
    /// Bytes of memory that sorting, grouping and joining may hold; default 512 MiB. What is more goes to temporary files.
    pub memory: usize,
    /// The folder of temporary files; default the system's.
    pub spill: Option<PathBuf>,
    /// Tasks that read and compute at once; default the number of processors.
    pub tasks: NonZeroUsize,
}

impl Default for Options {
    fn default() -> Self {
        let tasks = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Self { memory: 512 << 20, spill: None, tasks }
    }
}

/// Begins to answer one question: a `SELECT`, or an `EXPLAIN` of one.
///
/// Names of tables, columns, fields and tags may be written in any case. The columns of an answer are named as they are
/// spelled in the schema, and a field of a struct or the value of a tag by its own name (`Camera.Model` is `Model`).
///
/// # Errors
/// [`Error::Syntax`], [`Error::Column`], [`Error::Table`], [`Error::Forbidden`] where it is not a question,
/// [`Error::Spill`], [`Error::Full`], [`Error::Memory`] and [`Error::Failed`].
// Boxed, so that the engine is compiled here, and not once more wherever this is awaited.
pub fn query<'a>(source: &'a Source, sql: &'a str, options: &'a Options) -> BoxFuture<'a, Result<Answer, Error>> {
    Box::pin(async move {
        // The engine makes one of its own, which it leaves behind where its tasks are ended with the process.
        let spill = spill(options.spill.as_deref()).map_err(|source| Error::Spill { source })?;
        let context = plan::context(options, spill.path())?;
        let (tables, read) = tables::register(&context, source).await?;
        let begun = plan::answer(&context, &tables, sql).await?;
        Ok(Answer::new(begun, tables, read, spill))
    })
}

/// A folder for temporary files, which goes with this.
fn spill(within: Option<&Path>) -> std::io::Result<TempDir> {
    let mut folder = tempfile::Builder::new();
    folder.prefix("imgmeta-query-");
    within.map_or_else(|| folder.tempdir(), |within| folder.tempdir_in(within))
}
