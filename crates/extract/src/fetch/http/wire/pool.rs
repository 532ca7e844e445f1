//! Connections that wait for the next request.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use foldhash::fast::RandomState;

use super::connection::Connection;

/// How long a connection is kept without a request. Servers close theirs after a minute or so.
pub(super) const IDLE: Duration = Duration::from_secs(30);
/// How often those are looked for that nobody wants any more.
pub(super) const SWEEP: Duration = Duration::from_secs(5);
/// Where there are too many, one of so many goes: few enough that hosts whose turn comes next still have theirs.
const DROPPED: usize = 8;

/// Connections by host and port.
#[derive(Debug)]
pub(super) struct Pool {
    state: Mutex<State>,
    /// How many are kept, of all hosts together: each has a file descriptor.
    most: usize,
}

#[derive(Debug)]
struct State {
    /// The one that was used last is a site's last.
    sites: HashMap<Box<str>, Vec<(Connection, Instant)>, RandomState>,
    kept: usize,
    swept: Instant,
}

impl State {
    /// Takes out one of [`DROPPED`]: those that have waited longest, and a site's last one after all that have others beside them.
    fn make_room(&mut self) -> Vec<(Connection, Instant)> {
        let rank = |at: usize, of: &[(Connection, Instant)]| (at + 1 == of.len(), of[at].1);
        let mut ranks: Vec<_> =
            self.sites.values().flat_map(|all| (0..all.len()).map(move |at| rank(at, all))).collect();
        let dropped = ranks.len() / DROPPED;
        let (_, &mut (last, since), _) = ranks.select_nth_unstable(dropped);
        let mut stale = Vec::with_capacity(dropped + 1);
        for connections in self.sites.values_mut() {
            let of_site = (0..connections.len()).take_while(|at| rank(*at, connections) <= (last, since)).count();
            stale.extend(connections.drain(..of_site));
        }
        self.recount();
        stale
    }

    /// Takes out those that were not used since.
    fn retain(&mut self, since: Instant) -> Vec<(Connection, Instant)> {
        let all = self.sites.values_mut();
        let stale = all.flat_map(|connections| connections.extract_if(.., |(_, used)| *used <= since)).collect();
        self.recount();
        stale
    }

    fn recount(&mut self) {
        self.sites.retain(|_, connections| !connections.is_empty());
        self.kept = self.sites.values().map(Vec::len).sum();
    }
}

impl Pool {
    pub(super) fn new(most: usize) -> Self {
        let state = State { sites: HashMap::default(), kept: 0, swept: Instant::now() };
        Self { state: Mutex::new(state), most: most.max(1) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic under this lock")
    }

    /// The connection of a site that was used last, where there is one that is still open.
    pub(super) fn take(&self, site: &str) -> Option<Connection> {
        loop {
            let (mut connection, used) = {
                let mut state = self.state();
                let found = state.sites.get_mut(site)?.pop()?;
                state.kept -= 1;
                found
            };
            if used.elapsed() < IDLE && connection.is_free() {
                return Some(connection);
            }
        }
    }

    /// How many are kept.
    #[cfg(test)]
    pub(super) fn kept(&self) -> usize {
        self.state().kept
    }

    /// Keeps a connection, and where there are too many, drops others.
    pub(super) fn keep(&self, connection: Connection) {
        // Closed when the lock is free: with TLS each says that it ends.
        let _stale;
        let (mut state, now) = (self.state(), Instant::now());
        if state.kept >= self.most {
            _stale = state.make_room();
        } else if now.duration_since(state.swept) > SWEEP {
            state.swept = now;
            _stale = now.checked_sub(IDLE).map(|since| state.retain(since)).unwrap_or_default();
        }
        state.kept += 1;
        match state.sites.get_mut(connection.site()) {
            Some(connections) => connections.push((connection, now)),
            None => drop(state.sites.insert(connection.site().into(), vec![(connection, now)])),
        }
    }
}
