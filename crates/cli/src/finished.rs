//! Commands that change or join finished runs: `mirror` and `merge`.

use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::Context;
use imgmeta_sink::{Mirrored, Options, Waits};
use imgmeta_storage::Stores;
use indicatif::{ProgressBar, ProgressStyle};

use crate::args::{LogFormat, MergeArgs, MirrorArgs, When};
use crate::{exit, log, summary};

/// How often a line is logged where no bar is drawn.
const LOG: Duration = Duration::from_secs(10);

/// Makes the mirror of a finished run.
///
/// # Errors
/// Where there is no finished run, or its mirror cannot be written.
pub async fn mirror(args: &MirrorArgs) -> anyhow::Result<ExitCode> {
    log::start(LogFormat::Text);
    let place = Stores::default().place(&args.dir).context("cannot use the run")?;
    let parts = Parts::new(args.progress);
    let made = imgmeta_sink::mirror(&place, Waits::default(), |done, all| parts.show(done, all)).await?;
    parts.bar.finish_and_clear();
    match made {
        Mirrored::Made(parts) => eprintln!("{parts} parts were written to `{}`", place.url()),
        Mirrored::WasThere => eprintln!("the mirror is in `{}` already", place.url()),
    }
    Ok(ExitCode::from(exit::COMPLETE))
}

/// Joins runs over parts of one list.
///
/// # Errors
/// Where they are not such, or the output cannot be written.
pub async fn merge(args: &MergeArgs) -> anyhow::Result<ExitCode> {
    log::start(LogFormat::Text);
    let start = Instant::now();
    let stores = Stores::default();
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

/// How many parts are done: a bar on a terminal, log lines elsewhere.
struct Parts {
    bar: ProgressBar,
    logged: Mutex<Instant>,
}

impl Parts {
    fn new(when: When) -> Self {
        let bar = ProgressBar::with_draw_target(None, when.target());
        let style = ProgressStyle::with_template("{wide_bar} {pos} of {len} parts, {eta} left");
        bar.set_style(style.expect("the template is valid"));
        Self { bar, logged: Mutex::new(Instant::now()) }
    }

    fn show(&self, done: usize, all: usize) {
        self.bar.set_length(all as u64);
        self.bar.set_position(done as u64);
        let mut logged = self.logged.lock().expect("no panic under this lock");
        if self.bar.is_hidden() && logged.elapsed() >= LOG {
            *logged = Instant::now();
            tracing::info!("{done} of {all} parts");
        }
    }
}
