//! The main job: lists in, outcomes committed.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context;
use imgmeta_extract::{Extractor, Pass};
use imgmeta_ingest::{File, List, Skip, Start};
use imgmeta_record::{Outcome, mask};
use imgmeta_sink::{Dataset, Mode, State};
use imgmeta_storage::{Place, Stores};
use serde_json::json;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::args::RunArgs;
use crate::environment::stores;
use crate::metrics::Metrics;
use crate::progress::Progress;
use crate::revise::bases;
use crate::settings::settings;
use crate::{exit, log, metrics, signals, summary};

/// What waits between two stages. It rides out jitter; everything in it is work lost if the run is killed.
pub(crate) const QUEUE: usize = 256;

/// Runs the main job.
///
/// # Errors
/// Where a list cannot be read, or outcomes cannot be committed; images that fail are outcomes.
pub async fn run(args: &RunArgs) -> anyhow::Result<ExitCode> {
    log::start(args.watch.log_format);
    let (start, sql) = (Instant::now(), args.output.sql.sql()?);
    let metrics = metrics::start(&args.watch).await?;
    let stores = stores(&args.extract.fetch)?;
    let place = stores.place(&args.output.output).context("cannot use --output")?;
    let mut list = List::open(&stores, list_options(args, &place)).await?;
    let options = imgmeta_sink::Options { sql, ..sink_options(args, &list) };
    let mut dataset = Dataset::open(&place, options).await?;
    if dataset.state() == State::Complete {
        tracing::info!(output = place.url(), "complete already: nothing is left to do");
        return Ok(ExitCode::from(exit::COMPLETE));
    }
    if dataset.state() == State::Resumed {
        let committed = dataset.committed();
        tracing::info!(rows = committed.len(), "resuming: committed rows are not read again");
        list.leave_out(Skip::new(move |row| committed.contains(row)));
    }
    let stop = CancellationToken::new();
    // A task of its own, to the end of the process: the second signal must work while the last shard is committed, too.
    tokio::spawn(signals::watch(stop.clone(), signals::COMMITTING));
    let run = Passes { args, stores, place: &place, stop: &stop, metrics };
    let complete = run.compose(list, &mut dataset).await?;
    let summary = dataset.finish(complete).await?;
    summary::print(&summary, "--resume", place.url(), start.elapsed());
    Ok(exit::of(&summary, args.watch.fail_above))
}

/// The three stages, and the counting of what passes; again for rows that were left, as their hosts were gone or paused.
struct Passes<'a> {
    args: &'a RunArgs,
    stores: Stores,
    place: &'a Place,
    stop: &'a CancellationToken,
    metrics: Arc<Metrics>,
}

impl Passes<'_> {
    /// Whether every row is an outcome.
    async fn compose(&self, list: List, dataset: &mut Dataset) -> anyhow::Result<bool> {
        let (counted_tx, counted_rx) = mpsc::channel(QUEUE);
        let committing = async { dataset.run(counted_rx).await.map_err(anyhow::Error::from) };
        let ((starts, complete), _) = tokio::try_join!(self.passes(list, counted_tx), committing)?;
        let starts: Vec<_> = starts.iter().map(|start| json!({"base": mask(&start.base), "row": start.row})).collect();
        dataset.note(bases::NOTE, starts.into());
        Ok(complete)
    }

    async fn passes(&self, list: List, counted: mpsc::Sender<Outcome>) -> anyhow::Result<(Vec<Start>, bool)> {
        let extractor = Extractor::new(self.stores.clone(), self.args.extract.options())?;
        self.metrics.watch(list.progress(), &extractor);
        let mut progress = Progress::new(self.args.watch.progress, list.progress(), Arc::clone(&self.metrics));
        let files = list.files().to_vec();
        // One over the whole list, and some over what was left of it.
        let most = self.args.extract.fetch.retries.saturating_add(2);
        let (mut next, mut number, mut is_last, mut starts) = (Some(list), 1, false, None);
        while let Some(list) = next.take() {
            let pass = if is_last || number == most { Pass::Last } else { Pass::Early };
            let (listed, tally) = self.pass(pass, list, &extractor, &mut progress, counted.clone()).await?;
            let left = tally.left.len();
            if !listed.complete || self.stop.is_cancelled() {
                progress.finish();
                return Ok((starts.unwrap_or(listed.starts), false));
            }
            starts.get_or_insert(listed.starts);
            if left > 0 {
                // Where a further pass reached nobody, another one would not either.
                is_last = number > 1 && tally.records + tally.failures == tally.unreached;
                number += 1;
                tracing::info!(rows = left, "rows of hosts that were gone or paused are tried again");
                extractor.rest(self.stop).await;
                next = Some(self.reopen(&files, tally).await?);
            }
        }
        progress.finish();
        Ok((starts.unwrap_or_default(), true))
    }

    async fn pass(
        &self, pass: Pass, list: List, extractor: &Extractor, progress: &mut Progress, counted: mpsc::Sender<Outcome>,
    ) -> anyhow::Result<(imgmeta_ingest::Tally, imgmeta_extract::Tally)> {
        let (images_tx, images_rx) = mpsc::channel(QUEUE);
        let (outcomes_tx, outcomes_rx) = mpsc::channel(QUEUE);
        // A task of its own: images that are done wake it on the thread that they were read on.
        let (extractor, stop) = (extractor.clone(), self.stop.clone());
        let extracting = tokio::spawn(async move { extractor.run_pass(pass, images_rx, outcomes_tx, stop).await });
        let (listed, tally, ()) = tokio::try_join!(
            async { list.run(images_tx, self.stop.clone()).await.map_err(anyhow::Error::from) },
            async { Ok(extracting.await??) },
            async {
                progress.run(outcomes_rx, counted).await;
                Ok(())
            },
        )?;
        Ok((listed, tally))
    }

    /// The same list, of which only what was left is wanted.
    async fn reopen(&self, files: &[File], tally: imgmeta_extract::Tally) -> anyhow::Result<List> {
        let options = imgmeta_ingest::Options { resume: true, ..list_options(self.args, self.place) };
        let mut list = List::open(&self.stores, options).await?;
        anyhow::ensure!(
            list.files() == files,
            "the list has changed since it was begun: what is finished is committed; start anew with --overwrite"
        );
        list.leave_out(Skip::new(move |row| !tally.left.contains(row)));
        Ok(list)
    }
}

fn list_options(args: &RunArgs, output: &Place) -> imgmeta_ingest::Options {
    imgmeta_ingest::Options {
        lists: args.lists.clone(),
        images_under: args.list.images_under.clone(),
        include: args.list.include.clone(),
        exclude: args.list.exclude.clone(),
        format: args.list.list_format,
        encoding: args.list.encoding,
        output: Some(output.clone()),
        resume: args.output.resume,
        url_column: args.list.url_column.clone(),
        keep_columns: args.list.keep_columns.clone(),
        rows: args.list.rows.clone(),
        no_header: args.list.no_header,
        delimiter: args.list.delimiter,
        ..imgmeta_ingest::Options::default()
    }
}

fn sink_options(args: &RunArgs, list: &List) -> imgmeta_sink::Options {
    imgmeta_sink::Options {
        mode: match (args.output.resume, args.output.overwrite) {
            (true, _) => Mode::Resume,
            (_, true) => Mode::Overwrite,
            _ => Mode::New,
        },
        outputs: args.output.outputs(),
        settings: settings(args, list),
        ..args.output.shards.options(args.extract.metadata.exif_keys)
    }
}
