//! Filling a database from a finished run.

use std::path::PathBuf;
use std::sync::Arc;

use futures::{StreamExt, TryStreamExt, stream};
use imgmeta_storage::Place;
use object_store::ObjectStore;
use roaring::RoaringTreemap;

use crate::finished::{self, Finished, Shard, must_be_complete};
use crate::folder::Folder;
use crate::generation::Pending;
use crate::lock::Lock;
use crate::open::FIRST_PATIENCE;
use crate::output::Compression;
use crate::sql::{self, Sql, Tables};
use crate::{Error, Waits, process, settings};

/// Shards that are read while one is put in.
const AHEAD: usize = 2;

/// What was put into a database.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Loading {
    /// Shards.
    pub shards: usize,
    /// Outcomes in them.
    pub rows: u64,
    /// Shards that were there already.
    pub there: usize,
}

/// Fills a database from the JSON of a finished run, as a run with [`Options::sql`](crate::Options::sql) would have done.
///
/// What is there already is left as it is: the call goes on wherever it was killed, and after a later change of the run it
/// puts in what has changed. `progress` is told how many shards of how many are done.
///
/// # Errors
/// [`Error::NoRun`], [`Error::Incomplete`], [`Error::Pending`], [`Error::Locked`], [`Error::Damaged`] where the JSON is not
/// what was written, [`Error::Sql`] and [`Error::Tables`] of the database, and [`Error::Store`].
pub async fn load(place: &Place, sql: &Sql, waits: Waits, progress: impl Fn(usize, usize)) -> Result<Loading, Error> {
    fill(&finished::folder(place, waits)?, sql, progress).await
}

/// The same over a store that is rooted at the output; `local` is its path, where it has one.
///
/// # Errors
/// As [`load`].
pub async fn load_with_store(
    store: Arc<dyn ObjectStore>, url: &str, local: Option<PathBuf>, sql: &Sql, waits: Waits,
    progress: impl Fn(usize, usize),
) -> Result<Loading, Error> {
    fill(&finished::at(store, url, local, waits), sql, progress).await
}

async fn fill(folder: &Folder, sql: &Sql, progress: impl Fn(usize, usize)) -> Result<Loading, Error> {
    // A folder without a run gets no lock, and one that is not complete no tables.
    Finished::read(folder).await?;
    Pending::refuse(folder).await?;
    must_be_complete(folder).await?;
    let lock = Lock::take(folder, &process::run_id()).await?;
    let filled = fill_locked(folder, sql, progress).await;
    let released = lock.release(folder).await;
    filled.and_then(|loading| released.map(|()| loading))
}

async fn fill_locked(folder: &Folder, sql: &Sql, progress: impl Fn(usize, usize)) -> Result<Loading, Error> {
    // Read again, now that nobody else writes.
    let finished = Finished::read(folder).await?;
    Pending::refuse(folder).await?;
    must_be_complete(folder).await?;
    let tables = open(folder, &finished, sql).await?;
    let loading = catch_up(&tables, folder, &finished, progress).await?;
    tables.complete().await?;
    Ok(loading)
}

async fn open(folder: &Folder, finished: &Finished, sql: &Sql) -> Result<Tables, Error> {
    let soon = Waits { patience: folder.waits.patience.min(FIRST_PATIENCE), ..folder.waits };
    Tables::open(sql, soon, folder, finished.id(), &finished.settings, finished.outputs.compression).await
}

/// The tables of the database that a finished run fills. `named` is what the command line says of it.
pub(crate) async fn tables_of(
    folder: &Folder, finished: &Finished, named: Option<&Sql>,
) -> Result<Option<Tables>, Error> {
    let refused = |fills, cure| Error::Database { url: folder.url.clone(), fills, cure };
    let sql = match (settings::sql(folder, &finished.settings)?, named) {
        (None, None) => return Ok(None),
        (None, Some(_)) => {
            let cure = "leave --sql out, and bring its database up to date by `imgmeta load` afterwards";
            return Err(refused("fills no database by itself".into(), cure));
        }
        (Some(kept), None) => kept,
        (Some(kept), Some(named)) if kept.database.to_string() == named.database.to_string() => {
            Sql { database: named.database.clone(), tags: kept.tags }
        }
        (Some(kept), Some(_)) => {
            return Err(refused(format!("fills the database `{}`", kept.database), "name that one by --sql"));
        }
    };
    open(folder, finished, &sql).await.map(Some)
}

/// Puts the shards of a finished run in that are not there.
pub(crate) async fn catch_up(
    tables: &Tables, folder: &Folder, finished: &Finished, progress: impl Fn(usize, usize),
) -> Result<Loading, Error> {
    let loaded = tables.loaded().await?;
    let shards: Vec<_> = finished.shards().into_iter().filter(|shard| !shard.rows.is_empty()).collect();
    let all = shards.len();
    let missing: Vec<_> = shards.into_iter().filter(|shard| !loaded.contains(shard.number)).collect();
    let mut loading = Loading { there: all - missing.len(), ..Loading::default() };
    let read = missing.into_iter().map(|shard| read(folder, shard, finished.outputs.compression));
    let mut read = stream::iter(read).buffered(AHEAD);
    while let Some((number, rows, files)) = read.try_next().await? {
        tables.load(number, &rows, &files).await?;
        loading.shards += 1;
        loading.rows += rows.len();
        progress(loading.there + loading.shards, all);
    }
    Ok(loading)
}

/// The number of a shard, its rows and its files.
type Read = (u64, Arc<RoaringTreemap>, Vec<(String, bytes::Bytes)>);

async fn read(folder: &Folder, shard: Shard<'_>, compression: Compression) -> Result<Read, Error> {
    let files = sql::read(folder, shard.files.iter().copied()).await?;
    let rows = shard.rows_in(folder, &files, compression).await?;
    Ok((shard.number, rows, files))
}
