//! The stage: outcomes in, committed shards out.

use std::sync::Arc;

use imgmeta_record::Outcome;
use imgmeta_storage::Place;
use object_store::{ObjectStore, PutPayload};
use roaring::RoaringTreemap;
use serde_json::{Map, Value};
use tokio::sync::mpsc;

use crate::finish::{self, End};
use crate::folder::Folder;
use crate::lock::Lock;
use crate::manifest::Manifest;
use crate::open::{Found, Opened, Ready, open};
use crate::output::Output;
use crate::sql::Tables;
use crate::writer::{Commit, Writer, blocking};
use crate::{Error, Options, Tally, process};

/// How an output was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nothing was there.
    Fresh,
    /// A run is gone on with.
    Resumed,
    /// The run was complete: nothing is left to do.
    Complete,
}

/// What a run ended with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// All outcomes of the output, those of earlier runs that were resumed included.
    pub tally: Tally,
    /// Whether the run is complete.
    pub complete: bool,
}

/// An output that is written to.
///
/// # Contract
/// - What [`write`](Self::write) took is committed by [`run`](Self::run) or [`finish`](Self::finish) at the latest.
/// - Killed at any instant, an output that is opened with [`Mode::Resume`](crate::Mode::Resume) holds each outcome
///   that was committed, once.
/// - It must be finished, complete or not; dropped, it leaves its lock, which the next run recognises as dead.
#[must_use = "an output must be finished"]
#[derive(Debug)]
pub struct Dataset {
    folder: Arc<Folder>,
    options: Options,
    state: State,
    run: String,
    /// There unless the output was complete.
    open: Option<Open>,
    found: Found,
    committed: Arc<RoaringTreemap>,
    notes: Map<String, Value>,
}

/// What an output is written by.
#[derive(Debug)]
struct Open {
    lock: Lock,
    writer: Writer,
    tables: Option<Arc<Tables>>,
}

impl Dataset {
    /// Opens an output: refuses it, wipes it or rolls it forward, as [`Options::mode`] says, and locks it.
    ///
    /// # Errors
    /// Each of [`Error`]; nothing is written where it is [`Error::Exists`], [`Error::NotOurs`], [`Error::Locked`] or
    /// [`Error::Settings`].
    pub async fn open(place: &Place, options: Options) -> Result<Self, Error> {
        let new = place.local().is_some_and(|path| !path.exists());
        let place_error = |source| Error::Place { url: place.url().into(), source };
        place.reach().await.map_err(place_error)?;
        let store = place.folder().map_err(place_error)?;
        let opened = Self::with_store(store, place.url(), place.local(), options).await;
        if let (Err(_), true, Some(path)) = (&opened, new, place.local()) {
            // What was made for a run that never began; not empty, it stays.
            std::fs::remove_dir(path).ok();
        }
        opened
    }

    /// The same over a store that is rooted at the output; `local` is its path, where it has one.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn with_store(
        store: Arc<dyn ObjectStore>, url: &str, local: Option<std::path::PathBuf>, options: Options,
    ) -> Result<Self, Error> {
        let folder = Arc::new(Folder { store, url: url.into(), local, waits: options.waits });
        let run = process::run_id();
        let (open, found, state) = match open(&folder, &options, &run).await? {
            Opened::Complete(found) => (None, found, State::Complete),
            Opened::Ready(Ready { lock, found, resumed, tables }) => {
                let commit = Commit::Publishes(tables.clone());
                let from = (found.next, found.tally.clone());
                let writer = Writer::new(Arc::clone(&folder), lock.held(), &options, commit, run.clone(), from);
                let state = if resumed { State::Resumed } else { State::Fresh };
                (Some(Open { lock, writer, tables }), found, state)
            }
        };
        Ok(Self {
            folder,
            options,
            state,
            run,
            open,
            committed: Arc::new(found.rows.clone()),
            found,
            notes: Map::new(),
        })
    }

    /// How it was found.
    pub fn state(&self) -> State {
        self.state
    }

    /// The rows that were committed when it was opened: they need not be read again.
    pub fn committed(&self) -> Arc<RoaringTreemap> {
        Arc::clone(&self.committed)
    }

    /// Keeps something of the caller's in `_imgmeta/summary.json`, where a later change finds it.
    pub fn note(&mut self, name: &str, value: Value) {
        self.notes.insert(name.into(), value);
    }

    /// Takes one outcome. It is committed with its shard, at the latest by [`finish`](Self::finish).
    ///
    /// # Errors
    /// [`Error::Store`] and [`Error::LostLock`] of a shard that could not be committed, [`Error::Complete`].
    pub async fn write(&mut self, outcome: &Outcome) -> Result<(), Error> {
        let writer = writer(&mut self.open, &self.folder)?;
        writer.write(outcome).await?;
        writer.take_committed().iter().for_each(|manifest| self.found.add(manifest));
        Ok(())
    }

    /// Takes outcomes until `outcomes` closes, and commits them all.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub async fn run(&mut self, outcomes: mpsc::Receiver<Outcome>) -> Result<Tally, Error> {
        let writer = writer(&mut self.open, &self.folder)?;
        writer.run(outcomes, |manifest| self.found.add(&manifest)).await?;
        Ok(self.found.tally.clone())
    }

    /// Ends the run. Complete: the output gets what completes it, `success_output/_SUCCESS` last. Not complete: what
    /// was taken is committed, and the run can be resumed.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub async fn finish(mut self, complete: bool) -> Result<Summary, Error> {
        let Some(Open { lock, mut writer, tables }) = self.open.take() else {
            return Ok(Summary { tally: self.found.tally, complete: true });
        };
        writer.flush().await?;
        writer.take_committed().iter().for_each(|manifest| self.found.add(manifest));
        let summary = Summary { tally: self.found.tally.clone(), complete };
        let end = End {
            held: &lock.held(),
            run: &self.run,
            found: &self.found,
            outputs: self.options.outputs,
            notes: &self.notes,
            tables: tables.as_deref(),
        };
        finish::finish(&self.folder, end, complete).await?;
        lock.release(&self.folder).await?;
        Ok(summary)
    }

    /// Commits a shard of another run, of which `files` are the paths and bytes there.
    pub(crate) async fn adopt(
        &mut self, rows: RoaringTreemap, tally: Tally, files: Vec<(String, PutPayload)>,
    ) -> Result<(), Error> {
        let compression = self.options.outputs.compression;
        let writer = writer(&mut self.open, &self.folder)?;
        let make = |number, run| {
            let named = move |(path, payload): (String, PutPayload)| {
                let output = Output::ALL.into_iter().find(|output| output.has(&path))?;
                Some((output.part(number, compression), payload))
            };
            let files: Vec<_> = files.into_iter().filter_map(named).collect();
            blocking(move || Ok((Manifest::new(number, run, &files, rows, tally), files)))
        };
        writer.add(make).await?;
        writer.take_committed().iter().for_each(|manifest| self.found.add(manifest));
        Ok(())
    }
}

fn writer<'a>(open: &'a mut Option<Open>, folder: &Folder) -> Result<&'a mut Writer, Error> {
    match open {
        Some(open) => Ok(&mut open.writer),
        None => Err(Error::Complete { url: folder.url.clone() }),
    }
}
