//! `imgmeta refresh`: images are asked for again, on condition that they have changed.

use std::collections::HashMap;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use imgmeta_extract::Refreshed;
use imgmeta_record::schema::Rows;
use imgmeta_record::{ImageRef, Kind, Outcome, Version};
use imgmeta_sink::{Change, Line, Revised};
use roaring::RoaringTreemap;
use serde_json::Value;
use tokio::sync::{Mutex, Semaphore, mpsc};

use super::Begun;
use super::bases::Bases;
use crate::args::RefreshArgs;
use crate::progress::Progress;
use crate::run::QUEUE;

/// Records that are under way: they are kept until it is known whether they stay.
const UNDER_WAY: usize = 8192;

/// Asks for the images of a finished run again.
///
/// # Errors
/// Where there is no finished run, or what becomes of its rows cannot be committed.
pub async fn refresh(args: &RefreshArgs) -> anyhow::Result<ExitCode> {
    let change = Change { command: "refresh", arguments: Value::Null };
    let mut begun = Begun::open(&args.dir, change, &args.revise).await?;
    if !begun.revision.is_committed() {
        read(&mut begun, args).await?;
    }
    begun.finish(&args.revise).await
}

async fn read(begun: &mut Begun, args: &RefreshArgs) -> anyhow::Result<()> {
    let Begun { revision, extractor, bases, stop, keys, metrics, .. } = begun;
    let (lines, done) = (revision.lines(Rows::Success), revision.done());
    let records = Records {
        done: &done,
        bases,
        keys: *keys,
        under_way: Mutex::default(),
        places: Arc::new(Semaphore::new(UNDER_WAY)),
    };
    let seen = imgmeta_ingest::Progress { bytes: lines.bytes(), ..imgmeta_ingest::Progress::default() };
    metrics.watch(seen.clone(), extractor);
    let mut progress = Progress::new(args.revise.watch.progress, seen.clone(), Arc::clone(metrics));
    let (lines_tx, lines_rx) = mpsc::channel(QUEUE);
    let (images_tx, images_rx) = mpsc::channel(QUEUE);
    let (refreshed_tx, refreshed_rx) = mpsc::channel(QUEUE);
    let (revised_tx, revised_rx) = mpsc::channel(QUEUE);
    tokio::try_join!(
        async { lines.run(lines_tx).await.map_err(anyhow::Error::from) },
        async { extractor.run_refresh(images_rx, refreshed_tx, stop.clone()).await.map_err(anyhow::Error::from) },
        async { revision.run(revised_rx).await.map_err(anyhow::Error::from) },
        async {
            tokio::join!(
                records.ask(lines_rx, images_tx, &seen),
                records.revise(refreshed_rx, revised_tx, &mut progress)
            );
            Ok(())
        },
    )?;
    progress.finish();
    Ok(())
}

/// The records of the run, and those of which the image is being asked for.
struct Records<'a> {
    done: &'a RoaringTreemap,
    bases: &'a Bases,
    keys: imgmeta_record::json::Keys,
    under_way: Mutex<HashMap<u64, Line>>,
    places: Arc<Semaphore>,
}

impl Records<'_> {
    async fn ask(
        &self, mut lines: mpsc::Receiver<Line>, images: mpsc::Sender<(ImageRef, Version)>,
        seen: &imgmeta_ingest::Progress,
    ) {
        while let Some(line) = lines.recv().await {
            seen.read.fetch_add(line.json.len() as u64, Ordering::Relaxed);
            let Some(row) = line.image.row.filter(|row| !self.done.contains(*row)) else { continue };
            let image = ImageRef { base: self.bases.of_row(row), ..line.image.clone() };
            let version = line.version.clone();
            // Interrupted, rows that are under way are left, and their places are never given back.
            tokio::select! {
                place = self.places.acquire() => place.expect("it is never closed").forget(),
                () = images.closed() => break,
            }
            self.under_way.lock().await.insert(row, line);
            seen.rows.fetch_add(1, Ordering::Relaxed);
            if images.send((image, version)).await.is_err() {
                break;
            }
        }
    }

    async fn revise(
        &self, mut refreshed: mpsc::Receiver<Refreshed>, revised: mpsc::Sender<Revised>, progress: &mut Progress,
    ) {
        while let Some(found) = refreshed.recv().await {
            let row = match &found {
                Refreshed::Unchanged(image) => image.row,
                Refreshed::Outcome(outcome) => outcome.row(),
            };
            progress.passed();
            progress.show();
            let Some(line) = self.take(row).await else { continue };
            let Some(new) = self.replacement(&line, found) else { continue };
            if revised.send(new).await.is_err() {
                break;
            }
        }
    }

    async fn take(&self, row: Option<u64>) -> Option<Line> {
        let line = self.under_way.lock().await.remove(&row?);
        self.places.add_permits(1);
        line
    }

    /// What takes the place of a record; `None` where it stays as it is.
    fn replacement(&self, line: &Line, found: Refreshed) -> Option<Revised> {
        match found {
            Refreshed::Outcome(Outcome::Failure(failure)) if failure.kind != Kind::NotFound => {
                let warning = format!("could not be read again: {} ({})", failure.error, failure.kind.name());
                line.with_warning(Some(&warning)).map(Revised::Line)
            }
            Refreshed::Outcome(outcome) if !line.tells_the_same(&outcome, self.keys) => Some(Revised::Outcome(outcome)),
            Refreshed::Outcome(_) | Refreshed::Unchanged(_) => line.with_warning(None).map(Revised::Line),
        }
    }
}
