//! The same extraction inside another program: an Arrow IPC stream in, one out.
//!
//! Three stages, as in a run: a thread reads batches, the extractor turns their rows into outcomes, and a thread writes
//! these as batches. Every queue is bounded, so that a slow reader of the output stops the reading of the input.

mod carried;
mod input;
mod outcomes;
mod output;

use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use anyhow::Context;
use imgmeta_extract::Extractor;
use imgmeta_ingest::ArrowRows;
use imgmeta_record::Listed;
use imgmeta_sink::ArrowOutcomes;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::args::WorkerArgs;
use crate::environment::stores;
use crate::run::QUEUE;
use crate::{exit, log, signals};

use carried::Carried;
use input::Input;
use outcomes::Outcomes;
use output::Next;

/// How the input is called in messages.
const INPUT: &str = "standard input";

/// What is said of a worker that is stopped.
const LEAVING: &str = "stopping: what is not written yet is lost";

/// Serves one stream.
///
/// # Errors
/// Where the input is none, or breaks off; where nobody takes the output.
pub async fn worker(args: &WorkerArgs) -> anyhow::Result<ExitCode> {
    log::start(args.log_format);
    let output = output::stdout()?;
    let extractor = Extractor::new(stores(&args.extract.fetch)?, args.extract.options())?;
    let stop = CancellationToken::new();
    tokio::spawn(signals::watch(stop.clone(), LEAVING));
    let serving = async {
        let input = Input::open(input::stdin()?).await?;
        serve(args, &extractor, input, output, stop.clone()).await
    };
    tokio::select! {
        biased;
        () = stop.cancelled() => Ok(ExitCode::from(exit::INTERRUPTED)),
        served = serving => served.map(|()| ExitCode::SUCCESS),
        gone = output::gone() => Err(gone),
    }
}

async fn serve(
    args: &WorkerArgs, extractor: &Extractor, input: Input, output: std::fs::File, stop: CancellationToken,
) -> anyhow::Result<()> {
    let options = imgmeta_ingest::Options {
        url_column: args.url_column.clone(),
        keep_columns: args.keep_columns.clone(),
        ..imgmeta_ingest::Options::default()
    };
    let rows = ArrowRows::new(INPUT, &input.schema, &options)?;
    let columns = ArrowOutcomes::default();
    let (carried, schema) = Carried::new(&input.schema, &rows, columns.schema())?;
    let carried = Arc::new(Mutex::new(carried));
    let outcomes = Outcomes::new(columns, schema.clone(), args.extract.metadata.exif_keys.into(), Arc::clone(&carried));

    let (images_tx, images_rx) = mpsc::channel(QUEUE);
    let (outcomes_tx, outcomes_rx) = mpsc::channel(QUEUE);
    let (batches_tx, batches_rx) = mpsc::channel(1);
    // A task of its own: images that are done wake it on the thread that they were read on.
    let extractor = extractor.clone();
    let extracting = tokio::spawn(async move { extractor.run(images_rx, outcomes_tx, stop).await });
    let work = async {
        tokio::try_join!(
            feed(input, &rows, &carried, images_tx),
            async { extracting.await?.map(drop).context("cannot read images") },
            outcomes.run(outcomes_rx, batches_tx.clone()),
        )?;
        // Only now: what is cut must not look whole.
        batches_tx.send(Next::End).await.ok();
        anyhow::Ok(())
    };
    tokio::try_join!(work, output::write(output, schema, batches_rx))?;
    Ok(())
}

/// Hands the rows of each batch on, until the input ends or nobody takes them.
async fn feed(
    mut input: Input, rows: &ArrowRows, carried: &Mutex<Carried>, images: mpsc::Sender<Listed>,
) -> anyhow::Result<()> {
    let mut next = 0;
    while let Some(batch) = input.next().await? {
        carried.lock().expect("nobody panics while it is held").hold(next, &batch)?;
        for listed in rows.of(&batch, next)? {
            if images.send(listed).await.is_err() {
                return Ok(());
            }
        }
        next += batch.num_rows() as u64;
    }
    Ok(())
}
