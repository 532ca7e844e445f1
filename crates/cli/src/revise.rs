//! Commands that read rows of a finished run again: `retry` and `refresh`.

pub(crate) mod bases;
mod refresh;
mod retry;

pub use refresh::refresh;
pub use retry::retry;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context;
use imgmeta_extract::Extractor;
use imgmeta_sink::{Change, Revision, Waits};
use imgmeta_storage::{Place, Stores};
use tokio_util::sync::CancellationToken;

use crate::args::ReviseArgs;
use crate::environment::stores;
use crate::metrics::Metrics;
use crate::{exit, log, metrics, settings, signals, summary};

use bases::Bases;

/// A finished run of which rows are read again.
struct Begun {
    start: Instant,
    command: &'static str,
    place: Place,
    revision: Revision,
    extractor: Extractor,
    bases: Bases,
    keys: imgmeta_record::json::Keys,
    stop: CancellationToken,
    metrics: Arc<Metrics>,
}

impl Begun {
    /// Opens the run, and sets up what reads images as the run did.
    async fn open(dir: &str, change: Change, args: &ReviseArgs) -> anyhow::Result<Self> {
        let sql = args.sql()?;
        log::start(args.watch.log_format);
        let metrics = metrics::start(&args.watch).await?;
        let (start, command, stores) = (Instant::now(), change.command, stores(&args.fetch)?);
        let place = stores.place(dir).context("cannot use the run")?;
        let settings = Revision::settings_of(&place, Waits::default()).await?;
        let metadata = settings::metadata(&settings).context("the run was made by another version")?;
        let options = imgmeta_sink::Options { sql, ..args.shards.options(metadata.exif_keys) };
        let revision = Revision::open(&place, change, options).await?;
        let bases = Bases::of(revision.settings(), revision.notes());
        allow(&stores, &bases);
        let extractor = Extractor::new(stores, args.fetch.options(&metadata))?;
        let stop = CancellationToken::new();
        tokio::spawn(signals::watch(stop.clone(), signals::COMMITTING));
        Ok(Self { start, command, place, revision, extractor, bases, keys: metadata.exif_keys.into(), stop, metrics })
    }

    async fn finish(self, args: &ReviseArgs) -> anyhow::Result<ExitCode> {
        let summary = self.revision.finish(!self.stop.is_cancelled()).await?;
        let cure = format!("`imgmeta {}`, with the same arguments", self.command);
        summary::print(&summary, &cure, self.place.url(), self.start.elapsed());
        Ok(exit::of(&summary, args.watch.fail_above))
    }
}

/// Rows may name the stores that their lists are in, as when they were read first.
fn allow(stores: &Stores, bases: &Bases) {
    for base in bases.all().filter(|base| base.contains("://") && !base.starts_with("http")) {
        stores.allow(base).ok();
    }
}
