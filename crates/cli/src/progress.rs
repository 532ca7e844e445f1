//! How far a run is: a bar on a terminal, log lines elsewhere.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use imgmeta_record::{Kind, Outcome};
use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::mpsc;

use crate::args::When;
use crate::metrics::Metrics;

/// How often a bar is drawn, and a line logged.
const DRAW: Duration = Duration::from_millis(200);
const LOG: Duration = Duration::from_secs(10);
/// Outcomes that are taken at once.
const BATCH: usize = 64;
/// After fewer, others are let come: to be woken for each costs as much as to write it.
const PAUSE: Duration = Duration::from_millis(1);
/// Share of rows from which on a kind of failure comes with what to do about it.
const TELLING: f64 = 0.1;

/// Counts outcomes on their way into the sink.
pub(crate) struct Progress {
    bar: ProgressBar,
    list: imgmeta_ingest::Progress,
    start: Instant,
    rows: u64,
    kinds: BTreeMap<Kind, u64>,
    drawn: Instant,
    logged: Instant,
    metrics: Arc<Metrics>,
}

impl Progress {
    /// `list` is what the rows come from.
    pub(crate) fn new(when: When, list: imgmeta_ingest::Progress, metrics: Arc<Metrics>) -> Self {
        let bar = ProgressBar::with_draw_target(None, when.target());
        bar.set_style(ProgressStyle::with_template("{spinner} {msg}").expect("the template is valid"));
        let now = Instant::now();
        Self { bar, list, start: now, rows: 0, kinds: BTreeMap::new(), drawn: now, logged: now, metrics }
    }

    /// Hands outcomes on and counts them, until the source closes or nobody listens.
    pub(crate) async fn run(&mut self, mut from: mpsc::Receiver<Outcome>, to: mpsc::Sender<Outcome>) {
        let mut tick = tokio::time::interval(DRAW);
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            tokio::select! {
                biased;
                received = from.recv_many(&mut batch, BATCH) => if received == 0 { break },
                _ = tick.tick() => {}
            }
            let few = !batch.is_empty() && batch.len() < BATCH;
            for outcome in batch.drain(..) {
                self.count(&outcome);
                if to.send(outcome).await.is_err() {
                    return;
                }
            }
            self.show();
            if few {
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    /// Counts an outcome.
    pub(crate) fn count(&mut self, outcome: &Outcome) {
        self.metrics.count(outcome);
        self.rows += 1;
        if let Outcome::Failure(failure) = outcome {
            *self.kinds.entry(failure.kind).or_default() += 1;
        }
    }

    /// Counts a row of which nothing is new.
    pub(crate) fn passed(&mut self) {
        self.rows += 1;
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    /// Shows how far it is, where it is time for that.
    pub(crate) fn show(&mut self) {
        if self.bar.is_hidden() {
            if self.logged.elapsed() >= LOG {
                self.logged = Instant::now();
                tracing::info!("{}", self.line());
            }
        } else if self.drawn.elapsed() >= DRAW {
            self.drawn = Instant::now();
            self.bar.set_message(self.line());
            self.bar.tick();
        }
    }

    fn line(&self) -> String {
        let sofar = Sofar {
            rows: self.rows,
            listed: self.list.rows.load(Ordering::Relaxed),
            read: self.list.read.load(Ordering::Relaxed),
            bytes: self.list.bytes,
            took: self.start.elapsed(),
        };
        sofar.line(&self.kinds)
    }
}

/// How far it is, in numbers.
struct Sofar {
    rows: u64,
    listed: u64,
    read: u64,
    bytes: u64,
    took: Duration,
}

impl Sofar {
    #[expect(clippy::cast_precision_loss, reason = "rates and shares for people")]
    fn line(&self, kinds: &BTreeMap<Kind, u64>) -> String {
        let rate = self.rows as f64 / self.took.as_secs_f64().max(0.001);
        let mut line = format!("{}{} rows, {rate:.0}/s", self.rows, self.of_all());
        let mut kinds: Vec<_> = kinds.iter().collect();
        kinds.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        if let Some((kind, most)) = kinds.first() {
            let failed: u64 = kinds.iter().map(|(_, count)| **count).sum();
            let named: Vec<_> = kinds.iter().take(3).map(|(kind, count)| format!("{} {count}", kind.name())).collect();
            write!(line, ", {failed} failed ({})", named.join(", ")).expect("a String takes it");
            let share = **most as f64 / self.rows.max(1) as f64;
            if share >= TELLING {
                write!(line, "; {:.0} % {}: {}", share * 100.0, kind.name(), kind.hint()).expect("a String takes it");
            }
        }
        if let Some(total) = self.total().filter(|_| rate > 0.0) {
            let left = Duration::from_secs_f64(((total - self.rows as f64).max(0.0) / rate).min(1e9).round());
            write!(line, ", {} left", humantime::format_duration(left)).expect("a String takes it");
        }
        line
    }

    fn of_all(&self) -> String {
        match self.total() {
            Some(total) if self.read >= self.bytes => format!(" of {total:.0}"),
            Some(total) => format!(" of about {}", rounded(total)),
            None => String::new(),
        }
    }

    /// Rows of the whole list: as many as were handed on, for the part of it that was read.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    fn total(&self) -> Option<f64> {
        let share = self.read.min(self.bytes) as f64 / self.bytes.max(1) as f64;
        (share > 0.0 && self.listed > 0).then(|| self.listed as f64 / share)
    }
}

/// To two digits: it is an estimate.
fn rounded(rows: f64) -> String {
    let unit = 10f64.powf((rows.max(1.0).log10().floor() - 1.0).max(0.0));
    format!("{:.0}", (rows / unit).round() * unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sofar(rows: u64, listed: u64, read: u64) -> Sofar {
        Sofar { rows, listed, read, bytes: 1000, took: Duration::from_secs(10) }
    }

    #[test]
    fn what_is_left_is_told_by_the_rows_that_were_read_ahead() {
        let none = BTreeMap::new();
        assert_eq!(sofar(100, 400, 1000).line(&none), "100 of 400 rows, 10/s, 30s left");
        assert_eq!(sofar(100, 400, 100).line(&none), "100 of about 4000 rows, 10/s, 6m 30s left");
        assert_eq!(sofar(0, 0, 0).line(&none), "0 rows, 0/s");
    }

    #[test]
    fn what_fails_often_comes_with_what_to_do() {
        let kinds = BTreeMap::from([(Kind::DnsTemporary, 70), (Kind::NotFound, 2)]);
        let line = sofar(100, 400, 1000).line(&kinds);
        assert!(line.contains("72 failed (dns_temporary 70, not_found 2); 70 % dns_temporary: the resolver"), "{line}");
        let line = sofar(1000, 4000, 1000).line(&kinds);
        assert!(!line.contains('%'), "{line}");
    }
}
