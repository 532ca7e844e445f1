//! One long-running process of the cluster, and its log.

use std::{
    fs::{self, File},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use super::jars::JAVA;
use crate::program::signal;

/// Lines of a log that an error shows.
const TAIL: usize = 40;

/// A process that ends with its owner.
#[derive(Debug)]
pub(crate) struct Daemon {
    child: Child,
    log: PathBuf,
}

impl Daemon {
    /// Starts it, with all that it says in `log`.
    pub(crate) fn start(mut command: Command, log: PathBuf) -> Self {
        let file = File::create(&log).expect("a folder of our own can be written");
        let copy = file.try_clone().expect("a file can be opened twice");
        command.stdin(Stdio::null()).stdout(file).stderr(copy);
        let child = command
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start `{}`: {error}; {JAVA}", command.get_program().display()));
        Self { child, log }
    }

    /// Ends it as `kill -9` does; a stopped process too.
    pub(crate) fn kill(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    pub(crate) fn signal(&self, name: &str) {
        signal(self.child.id(), name);
    }

    /// Whether it has not ended yet.
    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("a child of ours can be waited for").is_none()
    }

    /// Panics with the end of its log if it has ended by itself.
    pub(crate) fn assert_running(&mut self) {
        if let Some(status) = self.child.try_wait().expect("a child of ours can be waited for") {
            panic!("a part of HDFS ended with {status}\n{}", self.tail());
        }
    }

    /// All that it said.
    pub(crate) fn log(&self) -> String {
        fs::read(&self.log).map_or_else(|error| error.to_string(), |bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The end of its log.
    pub(crate) fn tail(&self) -> String {
        let log = self.log();
        let lines: Vec<_> = log.lines().collect();
        format!("--- {}\n{}\n", self.log.display(), lines[lines.len().saturating_sub(TAIL)..].join("\n"))
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.kill();
    }
}
