//! Outcomes on their way into shards: one is open, and one is being committed.

use std::sync::Arc;

use imgmeta_record::Outcome;
use object_store::PutPayload;
use serde_json::Map;
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinHandle};
use tokio::time::{Instant, timeout_at};

use crate::commit::{commit, stage};
use crate::finish::summary;
use crate::fold::fold;
use crate::folder::Folder;
use crate::lock::Held;
use crate::manifest::Manifest;
use crate::open::SUMMARY;
use crate::shard::{Entry, Shard};
use crate::sql::Tables;
use crate::{Error, Options, Tally};

/// Outcomes that are taken at once.
const BATCH: usize = 64;

/// A shard's manifest and files.
pub(crate) type Made = (Manifest, Vec<(String, PutPayload)>);

/// What committing a shard does with it.
#[derive(Debug, Clone)]
pub(crate) enum Commit {
    /// Readers see it at once, those of a database too.
    Publishes(Option<Arc<Tables>>),
    /// It waits in staging, with its manifest, for the change of which it is a part.
    Stages,
    /// The same; which rows it has is not kept, as they are from everywhere.
    Scatters,
}

/// Writes shards one after the other.
#[derive(Debug)]
pub(crate) struct Writer {
    folder: Arc<Folder>,
    held: Held,
    options: Options,
    commit: Commit,
    /// Under which name files are staged.
    run: String,
    next: u64,
    shard: Shard,
    opened: Instant,
    committing: Option<JoinHandle<Result<Manifest, Error>>>,
    committed: Vec<Manifest>,
    /// Of all shards, those of earlier processes included.
    tally: Tally,
}

impl Writer {
    /// `next` is the number of the first shard, and `tally` what those before it add up to.
    pub(crate) fn new(
        folder: Arc<Folder>, held: Held, options: &Options, commit: Commit, run: String, (next, tally): (u64, Tally),
    ) -> Self {
        let shard = Shard::new(options.outputs, options.keys);
        let options = options.clone();
        let opened = Instant::now();
        Self { folder, held, options, commit, run, next, shard, opened, committing: None, committed: Vec::new(), tally }
    }

    /// What was committed since this was asked last.
    pub(crate) fn take_committed(&mut self) -> Vec<Manifest> {
        std::mem::take(&mut self.committed)
    }

    /// Takes one outcome. It is committed with its shard, at the latest by [`flush`](Self::flush).
    pub(crate) async fn write(&mut self, outcome: &Outcome) -> Result<(), Error> {
        self.opening();
        self.shard.add(outcome)?;
        self.added().await
    }

    async fn write_entry(&mut self, entry: &Entry) -> Result<(), Error> {
        match entry {
            Entry::Outcome(outcome) => self.write(outcome).await,
            Entry::Line(line) => self.write_line(line).await,
        }
    }

    /// Takes an outcome that was written as JSON, likewise.
    pub(crate) async fn write_line(&mut self, line: &[u8]) -> Result<(), Error> {
        self.opening();
        self.shard.add_line(line).map_err(|why| self.folder.damaged("a line of its JSON", why))?;
        self.added().await
    }

    fn opening(&mut self) {
        if self.shard.len() == 0 {
            self.opened = Instant::now();
        }
    }

    async fn added(&mut self) -> Result<(), Error> {
        let rows = u64::try_from(self.options.shard_rows.get()).unwrap_or(u64::MAX);
        if self.shard.len() >= rows || self.shard.bytes() >= self.options.shard_bytes {
            self.close_shard().await?;
        }
        Ok(())
    }

    /// Takes outcomes until `outcomes` closes, and commits them all; `committed` is told of each shard.
    pub(crate) async fn run<T: Into<Entry>>(
        &mut self, mut outcomes: mpsc::Receiver<T>, mut committed: impl FnMut(Manifest),
    ) -> Result<(), Error> {
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            // Where outcomes come without a pause, nobody waits for the time.
            if self.shard.len() > 0 && self.opened.elapsed() >= self.options.shard_seconds {
                self.close_shard().await?;
            }
            if self.committing.as_ref().is_some_and(JoinHandle::is_finished) {
                self.join().await?;
            }
            self.take_committed().into_iter().for_each(&mut committed);
            let received = outcomes.recv_many(&mut batch, BATCH);
            if self.shard.len() == 0 {
                received.await;
            } else if timeout_at(self.opened + self.options.shard_seconds, received).await.is_err() {
                continue;
            }
            if batch.is_empty() {
                break;
            }
            for outcome in batch.drain(..) {
                self.write_entry(&outcome.into()).await?;
            }
        }
        self.flush().await?;
        self.take_committed().into_iter().for_each(committed);
        Ok(())
    }

    /// Commits the open shard, where there is one, and waits for it.
    pub(crate) async fn flush(&mut self) -> Result<(), Error> {
        if self.shard.len() > 0 {
            self.close_shard().await?;
        }
        self.join().await
    }

    /// Commits what was made elsewhere, as the shard of the number that `make` is given.
    pub(crate) async fn add<F>(&mut self, make: impl FnOnce(u64, String) -> F) -> Result<(), Error>
    where
        F: Future<Output = Result<Made, Error>> + Send + 'static,
    {
        self.flush().await?;
        let shard = make(self.next, self.run.clone());
        self.commit(shard);
        Ok(())
    }

    /// Hands the open shard over to be committed, after the one before: at most two are in memory.
    async fn close_shard(&mut self) -> Result<(), Error> {
        self.join().await?;
        let next = Shard::new(self.options.outputs, self.options.keys);
        let shard = std::mem::replace(&mut self.shard, next);
        let (number, run) = (self.next, self.run.clone());
        // Compressing and hashing some MiB takes a while.
        self.commit(blocking(move || shard.finish(number, run)));
        Ok(())
    }

    /// Commits a shard in a task of its own.
    fn commit(&mut self, shard: impl Future<Output = Result<Made, Error>> + Send + 'static) {
        self.next += 1;
        let (folder, held, how, mut tally) =
            (Arc::clone(&self.folder), self.held.clone(), self.commit.clone(), self.tally.clone());
        let least = self.options.fold.get();
        self.committing = Some(tokio::spawn(async move {
            let (mut manifest, files) = shard.await?;
            match how {
                Commit::Publishes(tables) => {
                    commit(&folder, &held, &manifest, &files).await?;
                    if let Some(tables) = tables.filter(|_| !manifest.rows.is_empty()) {
                        let joined =
                            || files.into_iter().map(|(path, payload)| (path, payload.into())).collect::<Vec<_>>();
                        let files = blocking(joined).await;
                        tables.load(manifest.number, &manifest.rows, &files).await?;
                    }
                    if (manifest.number + 1).is_multiple_of(least as u64) {
                        fold(&folder, &held, least).await?;
                    }
                    // Whoever watches the run sees how far it is.
                    tally.merge(&manifest.tally);
                    folder.put(SUMMARY, &summary(false, &tally, &Map::new())).await?;
                }
                Commit::Stages => stage(&folder, &held, &manifest, &files).await?,
                Commit::Scatters => {
                    manifest.rows.clear();
                    stage(&folder, &held, &manifest, &files).await?;
                }
            }
            Ok(manifest)
        }));
    }

    /// Waits for the shard that is being committed, where there is one.
    async fn join(&mut self) -> Result<(), Error> {
        let Some(committing) = self.committing.take() else { return Ok(()) };
        let manifest = joined(committing.await)?;
        self.tally.merge(&manifest.tally);
        self.committed.push(manifest);
        Ok(())
    }
}

/// What a task returns; its panic goes on here.
fn joined<T>(ended: Result<T, JoinError>) -> T {
    ended.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

/// Runs what takes long on a thread on which nobody waits.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    joined(tokio::task::spawn_blocking(work).await)
}
