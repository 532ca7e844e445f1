//! Small parts of a finished output become large ones, in one step.
//!
//! Every line is kept as it is. Records come first and failures after them, so that a new part has lines of one kind and
//! the mirror beside it.

mod key;
mod plan;
mod rewrite;
mod runs;
mod sort;
mod source;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use imgmeta_storage::Place;
use object_store::ObjectStore;
use serde_json::{Value, json};

use crate::finished::{self, Finished, must_be_complete};
use crate::folder::Folder;
use crate::generation::{Generation, Pending};
use crate::lock::{Held, Lock};
use crate::output::Outputs;
use crate::revision::Begun;
use crate::sql::{Sql, Tables};
use crate::{Change, Error, Waits, loading, process};

use plan::Plan;
use rewrite::Rewrite;

/// What a change says of itself.
pub(crate) const COMMAND: &str = "compact";

/// What records are sorted by. Those that do not have it come last; of equal ones the first in the list comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The moment at which they were taken, by their own clocks.
    TakenAt,
    /// Their position, along a curve on which neighbours are mostly near each other (Hilbert's).
    Gps,
    /// The URL, byte by byte. Failures are sorted by it, too.
    Url,
}

impl Order {
    /// All that there are.
    pub const ALL: [Self; 3] = [Self::TakenAt, Self::Gps, Self::Url];

    /// The name of the field.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TakenAt => "TakenAt",
            Self::Gps => "GPS",
            Self::Url => "URL",
        }
    }
}

/// What [`compact`] is told. Every default is the command line's.
#[derive(Debug, Clone)]
pub struct Compaction {
    /// What records are sorted by (nothing: they stay in their order).
    pub order: Option<Order>,
    /// Whether the mirror gets positions as a geometry, too (no; where it has them, it keeps them).
    pub geometry: bool,
    /// Rows after which a part is written (1,000,000).
    pub shard_rows: NonZeroUsize,
    /// Bytes after which a part is written, of JSON and mirror together, before the JSON is compressed (256 MiB).
    pub shard_bytes: u64,
    /// Lines that are sorted in memory at a time, in bytes (128 MiB).
    pub sort_bytes: usize,
    /// The database that the run fills, to name another user (as the run did).
    pub sql: Option<Sql>,
}

impl Default for Compaction {
    fn default() -> Self {
        Self {
            order: None,
            geometry: false,
            shard_rows: NonZeroUsize::new(1_000_000).expect("not 0"),
            shard_bytes: 256 << 20,
            sort_bytes: 128 << 20,
            sql: None,
        }
    }
}

impl Compaction {
    /// What shapes the parts: a compaction goes on only with the same.
    fn arguments(&self) -> Value {
        let Self { order, geometry, shard_rows, shard_bytes, sort_bytes: _, sql: _ } = self;
        json!({
            "sort_by": order.map(Order::name), "geo": geometry, "shard_rows": shard_rows, "shard_bytes": shard_bytes,
        })
    }
}

/// Whether a change has put points into the mirror.
pub(crate) fn adds_geometry(made: &Generation) -> bool {
    made.command == COMMAND && made.arguments["geo"] == true
}

/// What became of a compaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compacted {
    /// So many parts became so many, of JSON and mirror together.
    Made {
        /// Parts that went.
        before: usize,
        /// Parts that came.
        after: usize,
    },
    /// It is as wanted already.
    WasThere,
}

/// Rewrites small parts of a finished run into large ones: each line stays as it is, and the mirror follows.
///
/// Killed at any instant, the same call goes on with it. `progress` is told how many lines of how many are done; sorting
/// takes each twice.
///
/// # Errors
/// [`Error::NoRun`], [`Error::Incomplete`], [`Error::NoMirror`], [`Error::Pending`] of another change, [`Error::Locked`],
/// [`Error::Settings`] where it was begun with other arguments, [`Error::Damaged`] where the JSON is not what was written,
/// [`Error::Scratch`] of sorting, [`Error::Database`], [`Error::Sql`] and [`Error::Tables`] of the database, and
/// [`Error::Store`].
pub async fn compact(
    place: &Place, compaction: &Compaction, waits: Waits, progress: impl Fn(u64, u64),
) -> Result<Compacted, Error> {
    make(finished::folder(place, waits)?, compaction, progress).await
}

/// The same over a store that is rooted at the output; `local` is its path, where it has one.
///
/// # Errors
/// As [`compact`].
pub async fn compact_with_store(
    store: Arc<dyn ObjectStore>, url: &str, local: Option<PathBuf>, compaction: &Compaction, waits: Waits,
    progress: impl Fn(u64, u64),
) -> Result<Compacted, Error> {
    make(finished::at(store, url, local, waits), compaction, progress).await
}

async fn make(folder: Folder, compaction: &Compaction, progress: impl Fn(u64, u64)) -> Result<Compacted, Error> {
    // A folder without a run gets no lock.
    let finished = Finished::read(&folder).await?;
    let tables = loading::tables_of(&folder, &finished, compaction.sql.as_ref()).await?;
    drop(finished);
    let folder = Arc::new(folder);
    let lock = Lock::take(&folder, &process::run_id()).await?;
    let made = change(&folder, &lock.held(), compaction, tables.as_ref(), progress).await;
    let released = lock.release(&folder).await;
    let made = made?;
    released.map(|()| made)
}

async fn change(
    folder: &Arc<Folder>, held: &Held, compaction: &Compaction, tables: Option<&Tables>, progress: impl Fn(u64, u64),
) -> Result<Compacted, Error> {
    // Read again, now that nobody else writes.
    let finished = Finished::read(folder).await?;
    if compaction.geometry && !finished.outputs.mirror {
        return Err(Error::NoMirror { url: folder.url.clone() });
    }
    if Pending::read(folder).await?.is_none() {
        must_be_complete(folder).await?;
        if Plan::of(&finished, compaction).is_empty() {
            return Ok(Compacted::WasThere);
        }
    }
    let change = Change { command: COMMAND, arguments: compaction.arguments() };
    let Begun { finished, pending, shards } = Begun::read(folder, finished, change, tables).await?;
    let outputs = Outputs { geometry: finished.outputs.geometry || compaction.geometry, ..finished.outputs };
    let generation = if let Some(generation) = finished.generation(pending.number) {
        generation.clone()
    } else {
        let (finished, pending) = (&finished, &pending);
        Rewrite { folder, held, compaction, finished, pending, shards, outputs }.run(progress).await?
    };
    generation.publish(folder, &pending, outputs, tables).await?;
    Ok(Compacted::Made { before: generation.removes.len(), after: generation.files().count() })
}
