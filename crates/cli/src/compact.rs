//! `imgmeta compact`: small parts become large ones.

use std::process::ExitCode;

use anyhow::Context;
use imgmeta_sink::{Compacted, Waits};

use crate::args::{CompactArgs, LogFormat};
use crate::environment::stores_alone;
use crate::finished::Parts;
use crate::{exit, log};

/// Rewrites small parts of a finished run into large ones.
///
/// # Errors
/// Where there is no finished run, or its new parts cannot be written.
pub async fn compact(args: &CompactArgs) -> anyhow::Result<ExitCode> {
    let compaction = args.compaction()?;
    log::start(LogFormat::Text);
    let place = stores_alone().place(&args.dir).context("cannot use the run")?;
    let lines = Parts::of(args.progress, "lines");
    let show = |done, all| lines.show(done, all);
    let compacted = imgmeta_sink::compact(&place, &compaction, Waits::default(), show).await?;
    lines.bar.finish_and_clear();
    match compacted {
        Compacted::Made { before, after } => eprintln!("{before} parts of `{}` became {after}", place.url()),
        Compacted::WasThere => eprintln!("nothing to do: `{}` is as wanted already", place.url()),
    }
    Ok(ExitCode::from(exit::COMPLETE))
}
