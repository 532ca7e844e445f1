//! Connections that wait for the next request.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use foldhash::fast::RandomState;

use super::connection::Connection;

/// How long a connection is kept without a request. Servers close theirs after a minute or so.
const IDLE: Duration = Duration::from_secs(30);
/// How often those are looked for that nobody wants any more.
const SWEEP: Duration = Duration::from_secs(5);

/// Connections by host and port.
#[derive(Debug)]
pub(super) struct Pool {
    state: Mutex<State>,
    /// How many are kept, of all hosts together: each has a file descriptor.
    most: usize,
}

#[derive(Debug)]
struct State {
    sites: HashMap<Box<str>, Vec<(Connection, Instant)>, RandomState>,
    kept: usize,
    swept: Instant,
}

impl State {
    /// Keeps those only that were used since.
    fn retain(&mut self, since: Instant) {
        for connections in self.sites.values_mut() {
            connections.retain(|(_, used)| *used > since);
        }
        self.sites.retain(|_, connections| !connections.is_empty());
        self.kept = self.sites.values().map(Vec::len).sum();
    }
}

impl Pool {
    pub(super) fn new(most: usize) -> Self {
        let state = State { sites: HashMap::default(), kept: 0, swept: Instant::now() };
        Self { state: Mutex::new(state), most }
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

    /// Keeps a connection. Where there are too many, those go that have waited longest.
    pub(super) fn keep(&self, site: &str, connection: Connection) {
        let (mut state, now) = (self.state(), Instant::now());
        if state.kept >= self.most {
            let mut uses: Vec<_> = state.sites.values().flatten().map(|(_, used)| *used).collect();
            let middle = uses.len() / 2;
            let (_, &mut since, _) = uses.select_nth_unstable(middle);
            state.retain(since);
        } else if now.duration_since(state.swept) > SWEEP {
            state.swept = now;
            if let Some(since) = now.checked_sub(IDLE) {
                state.retain(since);
            }
        }
        state.kept += 1;
        match state.sites.get_mut(site) {
            Some(connections) => connections.push((connection, now)),
            None => drop(state.sites.insert(site.into(), vec![(connection, now)])),
        }
    }
}
