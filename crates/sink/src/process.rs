//! Which process on which machine this is: what a lock says of its holder.

use std::collections::BTreeSet;
use std::fs;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The machine's name.
pub(crate) fn host() -> String {
    line("/proc/sys/kernel/hostname")
}

/// Changes when the machine is started anew: process ids of before mean nothing then.
pub(crate) fn boot() -> String {
    line("/proc/sys/kernel/random/boot_id")
}

/// When a process was started, in ticks since the machine was: a process id alone may be another's by now. `None`
/// where there is no such process.
pub(crate) fn started(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the program's name in parentheses, which may hold anything; field 22 is the start.
    stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()
}

fn line(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default().trim().to_owned()
}

/// A name that no other run has.
pub(crate) fn run_id() -> String {
    format!("{:016x}", fastrand::u64(..))
}

/// The runs of this process that hold a lock: a lock of this process by another run is a dead one's, whose dataset was
/// dropped without being finished.
static HOLDING: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

fn holding() -> MutexGuard<'static, BTreeSet<String>> {
    // A set of names is never half changed.
    HOLDING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A run of this process that holds a lock, until it is dropped.
#[derive(Debug)]
pub(crate) struct Holding(String);

impl Holding {
    pub(crate) fn new(run: &str) -> Self {
        holding().insert(run.to_owned());
        Self(run.to_owned())
    }
}

impl Drop for Holding {
    fn drop(&mut self) {
        holding().remove(&self.0);
    }
}

/// Whether the run that a process of this machine began at `started` is still there.
pub(crate) fn is_alive(run: &str, pid: u32, since: u64) -> bool {
    let there = started(pid) == Some(since);
    there && (pid != std::process::id() || holding().contains(run))
}
