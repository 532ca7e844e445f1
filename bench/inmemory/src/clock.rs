//! Time of runs side by side.

use std::time::{Duration, Instant};

use crate::contenders::Run;

/// Rounds, of which the fastest counts: whatever else the machine does makes it slower only.
const ROUNDS: usize = 7;
/// Least time of a round.
const LEAST: Duration = Duration::from_micros(500);

/// Nanoseconds of each run, which take turns; `None` for one that does not read the image.
pub(crate) fn side_by_side(runs: &mut [Run<'_>]) -> Vec<Option<f64>> {
    let times: Vec<Option<usize>> = runs.iter_mut().map(|run| run().then(|| enough(run))).collect();
    let mut best = vec![None; runs.len()];
    for _ in 0..ROUNDS {
        for ((run, times), best) in runs.iter_mut().zip(&times).zip(&mut best) {
            let Some(times) = *times else { continue };
            let nanos = round(run, times).as_nanos() as f64 / times as f64;
            *best = Some(best.map_or(nanos, |best: f64| best.min(nanos)));
        }
    }
    best
}

fn round(run: &mut Run<'_>, times: usize) -> Duration {
    let began = Instant::now();
    for _ in 0..times {
        run();
    }
    began.elapsed()
}

/// How often a run fits into a round.
fn enough(run: &mut Run<'_>) -> usize {
    let mut times = 1;
    while round(run, times) < LEAST {
        times *= 2;
    }
    times
}
