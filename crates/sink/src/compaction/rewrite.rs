//! Old parts to staged new ones, and the commit.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::Arc;

use imgmeta_record::schema::Rows;
use roaring::{MultiOps, RoaringTreemap};
use tokio::sync::mpsc;

use crate::finished::Finished;
use crate::folder::Folder;
use crate::generation::{Generation, Pending};
use crate::lock::Held;
use crate::manifest::{File, Manifest};
use crate::mirroring::mirror_of;
use crate::output::Outputs;
use crate::writer::{Commit, Writer};
use crate::{Error, Options, Tally, rest};

use super::plan::{self, Part, Plan};
use super::source::Source;
use super::{Compaction, Order};

/// Blocks of lines between reading and writing.
const QUEUE: usize = 4;

/// A compaction that was begun, and is not committed.
pub(super) struct Rewrite<'a> {
    pub(super) folder: &'a Arc<Folder>,
    pub(super) held: &'a Held,
    pub(super) compaction: &'a Compaction,
    pub(super) finished: &'a Finished,
    pub(super) pending: &'a Pending,
    /// What waits in staging.
    pub(super) shards: Vec<Manifest>,
    /// What the output has afterwards.
    pub(super) outputs: Outputs,
}

/// How many lines are done.
struct Progress<F> {
    done: Cell<u64>,
    all: u64,
    tell: F,
}

impl<F: Fn(u64, u64)> Progress<F> {
    fn add(&self, lines: u64) {
        self.done.set(self.done.get() + lines);
        (self.tell)(self.done.get(), self.all);
    }
}

impl Rewrite<'_> {
    /// Stages what an earlier process has not, and commits.
    pub(super) async fn run(mut self, tell: impl Fn(u64, u64)) -> Result<Generation, Error> {
        let plan = Plan::of(self.finished, self.compaction);
        let kinds = [Rows::Success, Rows::Failure];
        let passes = |rows: &Rows| 1 + u64::from(self.sorts(*rows).is_some());
        let all = kinds.iter().map(|rows| plan::lines(plan.of_kind(*rows)) * passes(rows)).sum();
        let progress = Progress { done: Cell::new(0), all, tell };
        for rows in kinds {
            self.rewrite(rows, plan.of_kind(rows), &progress).await?;
        }
        let removes = removes(&plan, self.finished.outputs);
        self.stage_empty(&removes).await?;
        self.check(&plan)?;
        self.commit(removes).await
    }

    /// What lines of a kind are sorted by.
    fn sorts(&self, rows: Rows) -> Option<Order> {
        match rows {
            Rows::Success => self.compaction.order,
            // They have no other field to be sorted by.
            Rows::Failure => self.compaction.order.filter(|order| *order == Order::Url),
        }
    }

    /// A writer of further shards.
    fn writer(&self, commit: Commit) -> Writer {
        let next = self.shards.iter().map(|shard| shard.number + 1).max().unwrap_or(0).max(self.finished.next());
        let Compaction { shard_rows, shard_bytes, .. } = *self.compaction;
        let options = Options { outputs: self.outputs, shard_rows, shard_bytes, ..Options::default() };
        let from = (next, Tally::default());
        Writer::new(Arc::clone(self.folder), self.held.clone(), &options, commit, self.pending.staging(), from)
    }

    /// Stages new parts of one kind.
    async fn rewrite(
        &mut self, rows: Rows, parts: &[Part<'_>], progress: &Progress<impl Fn(u64, u64)>,
    ) -> Result<(), Error> {
        let done = self.staged(rows);
        let source = Source { folder: self.folder, parts, compression: self.outputs.compression, done };
        let (to, blocks) = mpsc::channel(QUEUE);
        if let Some(order) = self.sorts(rows).filter(|_| plan::lines(parts) > done) {
            let sorter = source.sort(order, self.compaction.sort_bytes, |lines| progress.add(lines)).await?;
            progress.add(done);
            let mut writer = self.writer(Commit::Scatters);
            tokio::try_join!(source.sorted(sorter, to), pour(&mut writer, blocks, progress))?;
            self.shards.extend(writer.take_committed());
        } else {
            progress.add(done);
            let mut writer = self.writer(Commit::Stages);
            tokio::try_join!(source.in_order(to), pour(&mut writer, blocks, progress))?;
            self.shards.extend(writer.take_committed());
        }
        Ok(())
    }

    /// Lines of a kind that are staged.
    fn staged(&self, rows: Rows) -> u64 {
        let of = |tally: &Tally| match rows {
            Rows::Success => tally.records,
            Rows::Failure => tally.failures,
        };
        self.shards.iter().map(|shard| of(&shard.tally)).sum()
    }

    /// Stages an empty part of what has no other.
    async fn stage_empty(&mut self, removes: &BTreeSet<String>) -> Result<(), Error> {
        let stays = self.finished.files().filter(|file| !removes.contains(&file.path));
        let files: Vec<&File> = stays.chain(self.shards.iter().flat_map(|shard| &shard.files)).collect();
        let mut writer = self.writer(Commit::Stages);
        rest::stage_empty(&files, self.outputs, &mut writer).await?;
        self.shards.extend(writer.take_committed());
        Ok(())
    }

    /// Refuses to commit unless each line that went has come, once.
    fn check(&self, plan: &Plan<'_>) -> Result<(), Error> {
        for rows in [Rows::Success, Rows::Failure] {
            let (taken, staged) = (plan::lines(plan.of_kind(rows)), self.staged(rows));
            if taken != staged {
                let why = format!("{staged} lines are staged of {taken}: nothing was changed; please report it");
                return Err(self.folder.damaged(&self.pending.staging(), why));
            }
        }
        let named: RoaringTreemap = self.shards.iter().map(|shard| &shard.rows).union();
        if named.len() != self.shards.iter().map(|shard| shard.rows.len()).sum::<u64>() {
            let why = "a row is there twice: nothing was changed; please report it";
            return Err(self.folder.damaged(&self.pending.staging(), why));
        }
        Ok(())
    }

    async fn commit(self, removes: BTreeSet<String>) -> Result<Generation, Error> {
        let all_rows = || self.finished.shards().iter().map(|shard| shard.rows.as_ref()).union();
        let generation = Generation {
            number: self.pending.number,
            command: self.pending.command.clone(),
            arguments: self.pending.arguments.clone(),
            rows: self.compaction.order.map(|_| all_rows()),
            shards: self.shards,
            removes: removes.into_iter().collect(),
            ..Generation::default()
        };
        generation.commit(self.folder, self.held).await?;
        Ok(generation)
    }
}

/// Writes lines as they come.
async fn pour(
    writer: &mut Writer, mut blocks: mpsc::Receiver<Vec<u8>>, progress: &Progress<impl Fn(u64, u64)>,
) -> Result<(), Error> {
    while let Some(block) = blocks.recv().await {
        let mut lines = 0;
        for line in block.split_inclusive(|byte| *byte == b'\n') {
            lines += 1;
            writer.write_line(line).await?;
        }
        progress.add(lines);
    }
    writer.flush().await
}

/// The paths of parts that go, and of the mirror beside them.
fn removes(plan: &Plan<'_>, outputs: Outputs) -> BTreeSet<String> {
    let parts = plan.records.iter().chain(&plan.failures);
    let beside = |path: &str| if outputs.mirror { mirror_of(path).map(|(_, path)| path) } else { None };
    parts.flat_map(|part| [Some(part.file.path.clone()), beside(&part.file.path)]).flatten().collect()
}
