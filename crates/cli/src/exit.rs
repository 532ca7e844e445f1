//! Exit codes, and how an error is said.

use std::fmt;
use std::process::ExitCode;

use imgmeta_sink::Summary;

/// The run is complete, though images may have failed.
pub const COMPLETE: u8 = 0;
/// It could not be completed.
pub const FAILED: u8 = 1;
/// Wrong usage: clap's code, and that of [`Usage`].
pub const USAGE: u8 = 2;
/// Complete, but more rows failed than `--fail-above` allows.
pub const TOO_MANY_FAILURES: u8 = 3;
/// Interrupted; what was finished is committed.
pub const INTERRUPTED: u8 = 130;

/// Arguments that cannot be used, and that clap cannot tell.
#[derive(Debug)]
pub struct Usage(pub String);

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

/// The code of what ended so.
#[expect(clippy::cast_precision_loss, reason = "a share of rows")]
pub(crate) fn of(summary: &Summary, fail_above: Option<f64>) -> ExitCode {
    let share = summary.tally.failures as f64 / summary.tally.rows.max(1) as f64;
    ExitCode::from(match fail_above {
        _ if !summary.complete => INTERRUPTED,
        Some(limit) if share > limit => TOO_MANY_FAILURES,
        _ => COMPLETE,
    })
}

/// An error and its causes in one line. A cause that its parent quotes already (some libraries do) is said once.
pub fn one_line(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain() {
        let text = cause.to_string();
        if line.is_empty() {
            line = text;
        } else if !line.contains(&text) {
            line.push_str(": ");
            line.push_str(&text);
        }
    }
    line
}
