//! Reading rows of a finished run again: what becomes of them takes the place of what was, all in one step.

use std::path::PathBuf;
use std::sync::Arc;

use imgmeta_record::Outcome;
use imgmeta_record::schema::Rows;
use imgmeta_storage::Place;
use object_store::ObjectStore;
use roaring::RoaringTreemap;
use serde_json::{Map, Value};
use tokio::sync::mpsc;

use crate::commit::staged_manifests;
use crate::finished::{self, Finished, must_be_complete};
use crate::folder::Folder;
use crate::generation::{Generation, Pending};
use crate::lines::Lines;
use crate::loading;
use crate::lock::Lock;
use crate::manifest::{File, Manifest};
use crate::open::is_draft;
use crate::output::Output;
use crate::rest;
use crate::shard::Entry;
use crate::sql::Tables;
use crate::writer::{Commit, Writer};
use crate::{Error, Options, Summary, Tally, Waits, process, settings};

/// What is to be done with a finished run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The command: until it has ended, every other one names it and refuses.
    pub command: &'static str,
    /// What it was told that shapes its outcomes: it goes on only with the same.
    pub arguments: Value,
}

/// What takes the place of an outcome.
#[derive(Debug)]
pub enum Revised {
    /// Another outcome of the same row.
    Outcome(Outcome),
    /// A line of the JSON, as it shall be.
    Line(Vec<u8>),
}

impl From<Revised> for Entry {
    fn from(revised: Revised) -> Self {
        match revised {
            Revised::Outcome(outcome) => Self::Outcome(outcome),
            Revised::Line(line) => Self::Line(line),
        }
    }
}

/// A finished output of which some rows are read again.
///
/// # Contract
/// - Readers see what was until [`finish`](Self::finish), and what is from then on.
/// - Killed at any instant, the same change goes on: [`done`](Self::done) tells what need not be read again.
/// - It must be finished, complete or not; dropped, it leaves its lock, which the next process recognises as dead.
#[must_use = "a revision must be finished"]
#[derive(Debug)]
pub struct Revision {
    folder: Arc<Folder>,
    lock: Lock,
    writer: Writer,
    finished: Finished,
    pending: Pending,
    /// What waits in staging.
    shards: Vec<Manifest>,
    done: Arc<RoaringTreemap>,
    outputs: Options,
    /// Of the database that the run fills.
    tables: Option<Tables>,
}

impl Revision {
    /// Opens a finished output for a change, or goes on with the change. Of `options`, the outputs are those of the run, and
    /// so is the database, which may be named again with another user.
    ///
    /// # Errors
    /// [`Error::NoRun`], [`Error::Incomplete`], [`Error::Locked`], [`Error::Pending`] of another change,
    /// [`Error::Settings`] where the change was begun with other arguments, [`Error::Database`], [`Error::Sql`] and
    /// [`Error::Tables`] of the database, and [`Error::Store`].
    pub async fn open(place: &Place, change: Change, options: Options) -> Result<Self, Error> {
        Self::begin(finished::folder(place, options.waits)?, change, options).await
    }

    /// The same over a store that is rooted at the output; `local` is its path, where it has one.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn with_store(
        store: Arc<dyn ObjectStore>, url: &str, local: Option<PathBuf>, change: Change, options: Options,
    ) -> Result<Self, Error> {
        Self::begin(finished::at(store, url, local, options.waits), change, options).await
    }

    async fn begin(folder: Folder, change: Change, options: Options) -> Result<Self, Error> {
        // A folder without a run gets no lock.
        let finished = Finished::read(&folder).await?;
        let tables = loading::tables_of(&folder, &finished, options.sql.as_ref()).await?;
        let lock = Lock::take(&folder, &process::run_id()).await?;
        let begun = async {
            // Read again, now that nobody else writes.
            let finished = Finished::read(&folder).await?;
            Begun::read(&folder, finished, change, tables.as_ref()).await
        };
        match begun.await {
            Ok(begun) => Ok(Self::new(folder, lock, begun, options, tables)),
            Err(error) => {
                lock.release(&folder).await?;
                Err(error)
            }
        }
    }

    fn new(folder: Folder, lock: Lock, begun: Begun, options: Options, tables: Option<Tables>) -> Self {
        let Begun { finished, pending, shards } = begun;
        let folder = Arc::new(folder);
        let outputs = Options { outputs: finished.outputs, ..options };
        let next = shards.iter().map(|shard| shard.number + 1).max().unwrap_or(0).max(finished.next());
        let (held, staging) = (lock.held(), pending.staging());
        let from = (next, Tally::default());
        let writer = Writer::new(Arc::clone(&folder), held, &outputs, Commit::Stages, staging, from);
        let mut done = RoaringTreemap::new();
        for shard in &shards {
            done |= &shard.rows;
        }
        Self { folder, lock, writer, finished, pending, shards, done: Arc::new(done), outputs, tables }
    }

    /// The settings of the run that is in a place, which is not locked.
    ///
    /// # Errors
    /// [`Error::NoRun`], and [`Error::Store`] where they cannot be read.
    pub async fn settings_of(place: &Place, waits: Waits) -> Result<Map<String, Value>, Error> {
        let folder = finished::folder(place, waits)?;
        settings::read(&folder).await?.ok_or_else(|| Error::NoRun { url: folder.url.clone() })
    }

    /// The settings of the run.
    pub fn settings(&self) -> &Map<String, Value> {
        &self.finished.settings
    }

    /// What the caller of the run had [noted](crate::Dataset::note).
    pub fn notes(&self) -> &Map<String, Value> {
        &self.finished.notes
    }

    /// The rows that an earlier process of this change has read again.
    pub fn done(&self) -> Arc<RoaringTreemap> {
        Arc::clone(&self.done)
    }

    /// Whether nothing is left to be read: the change was committed, and only its publication was cut short.
    pub fn is_committed(&self) -> bool {
        self.committed().is_some()
    }

    fn committed(&self) -> Option<&Generation> {
        self.finished.generation(self.pending.number)
    }

    /// What the run says of its rows.
    pub fn lines(&self, rows: Rows) -> Lines {
        let of_kind = |file: &&File| {
            Output::ALL.into_iter().any(|output| !output.is_mirror() && output.rows() == rows && output.has(&file.path))
        };
        let files = self.finished.files().filter(of_kind).cloned().collect();
        Lines { folder: Arc::clone(&self.folder), files, compression: self.finished.outputs.compression }
    }

    /// Takes what became of rows until `revised` closes.
    ///
    /// # Errors
    /// [`Error::Store`] and [`Error::LostLock`] of a shard that could not be staged.
    pub async fn run(&mut self, revised: mpsc::Receiver<Revised>) -> Result<(), Error> {
        let shards = &mut self.shards;
        self.writer.run(revised, |manifest| shards.push(manifest)).await
    }

    /// Ends it. Complete: what was taken stands where the outcomes of the same rows stood. Not complete: the same change
    /// goes on later; until then the output is as it was.
    ///
    /// # Errors
    /// As [`run`](Self::run), and [`Error::Damaged`] where a part is not what was written.
    pub async fn finish(mut self, complete: bool) -> Result<Summary, Error> {
        let ended = self.end(complete).await;
        let released = self.lock.release(&self.folder).await;
        let tally = ended?;
        released.map(|()| Summary { tally, complete })
    }

    async fn end(&mut self, complete: bool) -> Result<Tally, Error> {
        self.writer.flush().await?;
        self.shards.extend(self.writer.take_committed());
        if !complete {
            return Ok(self.finished.tally());
        }
        let generation = match self.committed() {
            Some(generation) => generation.clone(),
            None if self.shards.is_empty() => {
                self.pending.end(&self.folder).await?;
                return Ok(self.finished.tally());
            }
            None => self.commit().await?,
        };
        generation.publish(&self.folder, &self.pending, self.outputs.outputs, self.tables.as_ref()).await?;
        Ok(generation.tally.unwrap_or_else(|| self.finished.tally()))
    }

    /// Stages what stays of the parts that hold revised rows, and commits.
    async fn commit(&mut self) -> Result<Generation, Error> {
        let mut replaced = RoaringTreemap::new();
        for shard in &self.shards {
            replaced |= &shard.rows;
        }
        let mut tally = self.finished.tally();
        let removes = rest::stage(&self.folder, &self.finished, &replaced, &mut self.writer, &mut tally).await?;
        self.shards.extend(self.writer.take_committed());
        let stays = |file: &&File| !removes.contains(&file.path);
        let files: Vec<_> =
            self.finished.files().filter(stays).chain(self.shards.iter().flat_map(|s| &s.files)).collect();
        rest::stage_empty(&files, self.outputs.outputs, &mut self.writer).await?;
        self.shards.extend(self.writer.take_committed());
        self.shards.iter().for_each(|shard| tally.merge(&shard.tally));
        let Pending { number, command, arguments } = self.pending.clone();
        let (shards, tally) = (self.shards.clone(), Some(tally));
        let generation = Generation { number, command, arguments, shards, removes, tally, ..Generation::default() };
        generation.commit(&self.folder, &self.lock.held()).await?;
        Ok(generation)
    }
}

/// A change at its beginning, or where an earlier process left it.
pub(crate) struct Begun {
    pub(crate) finished: Finished,
    pub(crate) pending: Pending,
    /// What waits in staging.
    pub(crate) shards: Vec<Manifest>,
}

impl Begun {
    /// # Errors
    /// As [`Revision::open`].
    pub(crate) async fn read(
        folder: &Folder, finished: Finished, change: Change, tables: Option<&Tables>,
    ) -> Result<Self, Error> {
        let Change { command, arguments } = change;
        let pending = match Pending::read(folder).await? {
            Some(pending) if pending.command != command => return Err(pending.error(folder)),
            Some(pending) if pending.arguments != arguments => {
                let differences =
                    format!("`imgmeta {command}` was begun with {} and is {arguments}", pending.arguments);
                return Err(Error::Settings { url: folder.url.clone(), differences });
            }
            Some(pending) => pending,
            None => {
                must_be_complete(folder).await?;
                if let Some(tables) = tables {
                    loading::catch_up(tables, folder, &finished, |_, _| ()).await?;
                }
                let number = finished.generations.len() as u64 + 1;
                Pending { number, command: command.into(), arguments }.begin(folder).await?
            }
        };
        let mut shards = Vec::new();
        for meta in folder.list(&staged_manifests(&pending.staging())).await? {
            let name = meta.location.to_string();
            if let Some(bytes) = folder.get(&name).await?.filter(|_| !is_draft(&name)) {
                shards.push(Manifest::from_bytes(&bytes).map_err(|why| folder.damaged(&name, why))?);
            }
        }
        Ok(Self { finished, pending, shards })
    }
}
