//! Commands over finished runs: `mirror`, `load` and `merge`.

use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::Context;
use imgmeta_sink::{Loading, Mirrored, Options, Waits};
use indicatif::{ProgressBar, ProgressStyle};

use crate::args::{LoadArgs, LogFormat, MergeArgs, MirrorArgs, When};
use crate::environment::stores_alone;
use crate::{exit, log, summary};

/// How often a line is logged where no bar is drawn.
const LOG: Duration = Duration::from_secs(10);

/// Makes the mirror of a finished run.
///
/// # Errors
/// Where there is no finished run, or its mirror cannot be written.
pub async fn mirror(args: &MirrorArgs) -> anyhow::Result<ExitCode> {
    log::start(LogFormat::Text);
    let place = stores_alone().place(&args.dir).context("cannot use the run")?;
    let parts = Parts::new(args.progress);
    let made = imgmeta_sink::mirror(&place, Waits::default(), |done, all| parts.show(done, all)).await?;
    parts.bar.finish_and_clear();
    match made {
        Mirrored::Made(parts) => eprintln!("{parts} parts were written to `{}`", place.url()),
        Mirrored::WasThere => eprintln!("the mirror is in `{}` already", place.url()),
    }
    Ok(ExitCode::from(exit::COMPLETE))
}

/// Fills a database from a finished run.
///
/// # Errors
/// Where there is no finished run, or the database cannot be filled.
pub async fn load(args: &LoadArgs) -> anyhow::Result<ExitCode> {
    let sql = args.sql()?;
    log::start(LogFormat::Text);
    let place = stores_alone().place(&args.dir).context("cannot use the run")?;
    let parts = Parts::new(args.progress);
    let loaded = imgmeta_sink::load(&place, &sql, Waits::default(), |done, all| parts.show(done, all)).await?;
    parts.bar.finish_and_clear();
    let Loading { shards, rows, there } = loaded;
    let known = if there > 0 { format!("; shards that were there already: {there}") } else { String::new() };
    eprintln!("{rows} rows (shards: {shards}) were put into `{}`{known}", sql.database);
    Ok(ExitCode::from(exit::COMPLETE))
}

/// Joins runs over parts of one list.
///
/// # Errors
/// Where they are not such, or the output cannot be written.
pub async fn merge(args: &MergeArgs) -> anyhow::Result<ExitCode> {
    log::start(LogFormat::Text);
    let start = Instant::now();
    let stores = stores_alone();
    let runs = args.runs.iter().map(|run| stores.place(run)).collect::<Result<Vec<_>, _>>();
    let runs = runs.context("cannot use the runs")?;
    let output = stores.place(&args.output).context("cannot use --output")?;
    let options = Options { mode: args.mode(), ..Options::default() };
    let shards = Parts::new(args.progress);
    let merged = imgmeta_sink::merge(&runs, &output, options, |done, all| shards.show(done, all)).await?;
    shards.bar.finish_and_clear();
    summary::print(&merged, "--resume", output.url(), start.elapsed());
    Ok(ExitCode::from(exit::COMPLETE))
}

/// How many parts are done, or lines: a bar on a terminal, log lines elsewhere.
pub(crate) struct Parts {
    pub(crate) bar: ProgressBar,
    what: &'static str,
    logged: Mutex<Instant>,
}

impl Parts {
    pub(crate) fn new(when: When) -> Self {
        Self::of(when, "parts")
    }

    pub(crate) fn of(when: When, what: &'static str) -> Self {
        let bar = ProgressBar::with_draw_target(None, when.target());
        let style = ProgressStyle::with_template(&format!("{{wide_bar}} {{pos}} of {{len}} {what}, {{eta}} left"));
        bar.set_style(style.expect("the template is valid"));
        Self { bar, what, logged: Mutex::new(Instant::now()) }
    }

    pub(crate) fn show(&self, done: impl TryInto<u64>, all: impl TryInto<u64>) {
        let [done, all] = [done.try_into().unwrap_or(u64::MAX), all.try_into().unwrap_or(u64::MAX)];
        self.bar.set_length(all);
        self.bar.set_position(done);
        let mut logged = self.logged.lock().expect("no panic under this lock");
        if self.bar.is_hidden() && logged.elapsed() >= LOG {
            *logged = Instant::now();
            tracing::info!("{done} of {all} {}", self.what);
        }
    }
}
