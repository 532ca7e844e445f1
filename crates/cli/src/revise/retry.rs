//! `imgmeta retry`: failures are read again.

use std::collections::HashMap;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use imgmeta_record::schema::Rows;
use imgmeta_record::{Kind, Listed, Outcome};
use imgmeta_sink::{Change, Line, Revised};
use roaring::RoaringTreemap;
use serde_json::json;
use tokio::sync::{Mutex, mpsc};

use super::Begun;
use super::bases::Bases;
use crate::args::RetryArgs;
use crate::progress::Progress;
use crate::run::QUEUE;

/// Reads the failures of a finished run again.
///
/// # Errors
/// Where there is no finished run, or what becomes of its rows cannot be committed.
pub async fn retry(args: &RetryArgs) -> anyhow::Result<ExitCode> {
    let only: Vec<_> = args.only.iter().map(|kind| kind.name()).collect();
    let change = Change { command: "retry", arguments: json!({"only": only}) };
    let mut begun = Begun::open(&args.dir, change, &args.revise).await?;
    if !begun.revision.is_committed() {
        read(&mut begun, args).await?;
    }
    begun.finish(&args.revise).await
}

/// The failures on their way from the old parts to new ones.
async fn read(begun: &mut Begun, args: &RetryArgs) -> anyhow::Result<()> {
    let Begun { revision, extractor, bases, stop, metrics, .. } = begun;
    let (lines, done) = (revision.lines(Rows::Failure), revision.done());
    let picked = Picked { only: &args.only, done: &done, bases, attempts: Mutex::default() };
    let seen = imgmeta_ingest::Progress { bytes: lines.bytes(), ..imgmeta_ingest::Progress::default() };
    metrics.watch(seen.clone(), extractor);
    let mut progress = Progress::new(args.revise.watch.progress, seen.clone(), Arc::clone(metrics));
    let (lines_tx, lines_rx) = mpsc::channel(QUEUE);
    let (images_tx, images_rx) = mpsc::channel(QUEUE);
    let (outcomes_tx, outcomes_rx) = mpsc::channel(QUEUE);
    let (revised_tx, revised_rx) = mpsc::channel(QUEUE);
    tokio::try_join!(
        async { lines.run(lines_tx).await.map_err(anyhow::Error::from) },
        async { extractor.run(images_rx, outcomes_tx, stop.clone()).await.map_err(anyhow::Error::from) },
        async { revision.run(revised_rx).await.map_err(anyhow::Error::from) },
        async {
            tokio::join!(
                picked.pick(lines_rx, images_tx, &seen),
                picked.revise(outcomes_rx, revised_tx, &mut progress)
            );
            Ok(())
        },
    )?;
    progress.finish();
    Ok(())
}

/// Which failures are read again, and how often they were attempted before.
struct Picked<'a> {
    only: &'a [Kind],
    done: &'a RoaringTreemap,
    bases: &'a Bases,
    /// Of the rows that are under way.
    attempts: Mutex<HashMap<u64, u32>>,
}

impl Picked<'_> {
    fn is_wanted(&self, line: &Line) -> bool {
        match line.kind {
            Some(kind) if !self.only.is_empty() => self.only.contains(&kind),
            _ => line.retryable,
        }
    }

    async fn pick(
        &self, mut lines: mpsc::Receiver<Line>, images: mpsc::Sender<Listed>, seen: &imgmeta_ingest::Progress,
    ) {
        while let Some(line) = lines.recv().await {
            seen.read.fetch_add(line.json.len() as u64, Ordering::Relaxed);
            let Some(row) = line.image.row.filter(|row| self.is_wanted(&line) && !self.done.contains(*row)) else {
                continue;
            };
            let mut image = line.image;
            image.base = self.bases.of_row(row);
            self.attempts.lock().await.insert(row, line.attempts);
            seen.rows.fetch_add(1, Ordering::Relaxed);
            if images.send(Ok(image)).await.is_err() {
                break;
            }
        }
    }

    async fn revise(
        &self, mut outcomes: mpsc::Receiver<Outcome>, revised: mpsc::Sender<Revised>, progress: &mut Progress,
    ) {
        while let Some(mut outcome) = outcomes.recv().await {
            if let Some(before) = match outcome.row() {
                Some(row) => self.attempts.lock().await.remove(&row),
                None => None,
            } {
                outcome.fetch_mut().attempts += before;
            }
            progress.count(&outcome);
            progress.show();
            if revised.send(Revised::Outcome(outcome)).await.is_err() {
                break;
            }
        }
    }
}
