//! Runs that are killed at moments by chance.

use std::env;
use std::thread;
use std::time::Duration;

use super::{Finished, Run};

/// How often a run is looked at while it waits for its moment.
const LOOK: Duration = Duration::from_millis(1);

/// Kills runs that are alike, each at a moment by chance. `IMGMETA_KILLS` and `IMGMETA_SEED` make a longer proof, or another
/// one, of what is the same each time otherwise.
///
/// A moment is a part of the shortest time that such a run was seen to take: the first one may have been slow, and most of
/// the others would end before their moments.
#[derive(Debug)]
pub struct Kills {
    rounds: u64,
    random: fastrand::Rng,
    took: Duration,
    killed: u64,
}

impl Kills {
    /// So many, with this seed, of runs of which an undisturbed one `took` so long.
    pub fn new(usually: u64, seed: u64, took: Duration) -> Self {
        let number = |name| Some(env::var_os(name)?.to_str()?.parse().expect("a number"));
        let random = fastrand::Rng::with_seed(number("IMGMETA_SEED").unwrap_or(seed));
        Self { rounds: number("IMGMETA_KILLS").unwrap_or(usually), random, took, killed: 0 }
    }

    /// How many runs are to be killed.
    pub fn rounds(&self) -> u64 {
        self.rounds
    }

    /// Starts a run and ends it as `kill -9` does, unless it ends before its moment.
    pub fn kill(&mut self, run: Run) -> Finished {
        let moment = self.took.mul_f64(self.random.f64());
        let mut running = run.spawn();
        while running.is_running() && running.started.elapsed() < moment {
            thread::sleep(LOOK.min(moment));
        }
        if running.is_running() {
            self.killed += 1;
        } else {
            self.took = self.took.min(running.started.elapsed());
        }
        running.kill()
    }

    /// Panics where less than half of the runs were killed before their end: that would prove little.
    #[track_caller]
    pub fn assert_enough(&self) {
        let Self { rounds, killed, .. } = self;
        assert!(*killed >= rounds / 2, "only {killed} of {rounds} runs were killed before their end");
    }
}
