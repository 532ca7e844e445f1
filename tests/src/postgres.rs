//! A real PostgreSQL server of Debian's package, in a folder of its own on loopback.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::{
    hdfs::{daemon::Daemon, settings::free_ports},
    program::Run,
};

/// The cure where it is missing.
const POSTGRES: &str = "install PostgreSQL 13 or later (Debian: `apt-get install postgresql`)";
/// How long it may take to be ready, and to end.
const READY: Duration = Duration::from_mins(1);
const LOOK: Duration = Duration::from_millis(50);

/// Who its administrator is.
pub const USER: &str = "imgmeta";
/// The administrator's password.
pub const PASSWORD: &str = "a secret of the tests: 'quoted' \\ and é";

/// A server on a free port of 127.0.0.1. Dropped, it ends.
#[derive(Debug)]
pub struct Postgres {
    daemon: Option<Daemon>,
    port: u16,
    data: PathBuf,
    // Last: the server ends before its folder goes.
    dir: TempDir,
}

impl Postgres {
    /// Starts a server and waits until it answers. Nobody gets in without a password.
    pub fn start() -> Self {
        let dir = tempfile::tempdir().expect("there is room for a folder");
        let data = dir.path().join("data");
        Self::start_in(dir, data)
    }

    /// As [`start`](Self::start), with its files in a folder that is empty or not there.
    pub fn start_in(dir: TempDir, data: PathBuf) -> Self {
        let password = dir.path().join("password");
        fs::write(&password, PASSWORD).expect("a folder of our own can be written");
        let mut init = as_nobody_special(&program("initdb"));
        init.args(["--no-sync", "--encoding=UTF8", "--no-locale", "--auth=scram-sha-256", "--username", USER]);
        init.arg("--pwfile").arg(&password).arg("--pgdata").arg(&data);
        let made = init.output().unwrap_or_else(|error| panic!("cannot run `initdb`: {error}; {POSTGRES}"));
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let mut server = Self { daemon: None, port: free_ports(1)[0], data, dir };
        server.go_on();
        server
    }

    /// Starts it anew after [`stop`](Self::stop).
    pub fn go_on(&mut self) {
        let mut command = as_nobody_special(&program("postgres"));
        command.arg("-D").arg(&self.data).args(["-p", &self.port.to_string(), "-F"]);
        for setting in ["listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=20"] {
            command.args(["-c", setting]);
        }
        let mut daemon = Daemon::start(command, self.dir.path().join("postgres.log"));
        let until = Instant::now() + READY;
        while !self.psql("postgres", "SELECT 1").status.success() {
            daemon.assert_running();
            assert!(Instant::now() < until, "PostgreSQL was not ready after {READY:?}\n{}", daemon.tail());
            thread::sleep(LOOK);
        }
        self.daemon = Some(daemon);
    }

    /// Ends it as an operator does who will not wait: connections break off.
    pub fn stop(&mut self) {
        let Some(mut daemon) = self.daemon.take() else { return };
        daemon.signal("QUIT");
        let until = Instant::now() + READY;
        while daemon.is_running() && Instant::now() < until {
            thread::sleep(LOOK);
        }
    }

    /// `postgres://imgmeta@127.0.0.1:PORT/NAME`, without the password.
    pub fn url(&self, database: &str) -> String {
        self.url_of(USER, database)
    }

    /// As [`url`](Self::url), of another user.
    pub fn url_of(&self, user: &str, database: &str) -> String {
        format!("postgres://{user}@127.0.0.1:{}/{database}", self.port)
    }

    /// Makes an empty database and gives its URL.
    pub fn create(&self, database: &str) -> String {
        self.run("postgres", &format!("CREATE DATABASE {database}"));
        self.url(database)
    }

    /// A call of the program with the administrator's password.
    #[must_use]
    pub fn with(&self, run: Run) -> Run {
        run.env("PGPASSWORD", PASSWORD)
    }

    /// Runs SQL by psql, which must succeed; gives what it printed: a row a line, cells between `|`.
    #[track_caller]
    pub fn run(&self, database: &str, sql: &str) -> String {
        let said = self.psql(database, sql);
        let errors = String::from_utf8_lossy(&said.stderr);
        assert!(said.status.success(), "{sql}: {errors}");
        String::from_utf8(said.stdout).expect("psql prints UTF-8").trim_end().to_owned()
    }

    /// The rows of a table or query as objects.
    #[track_caller]
    pub fn rows(&self, database: &str, query: &str) -> Vec<Value> {
        // By COPY, since psql leaves out some characters where it prints (U+10FFFF); it doubles backslashes, and JSON has
        // nothing else that it would escape.
        let said = self.run(database, &format!("COPY (SELECT row_to_json(t) FROM ({query}) AS t) TO STDOUT"));
        let lines = said.lines().map(|line| line.replace("\\\\", "\\"));
        lines.map(|line| serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
    }

    /// psql as a command, to which input can be given.
    pub fn command(&self, database: &str) -> Command {
        let mut psql = Command::new(program("psql"));
        psql.args(["--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--set=ON_ERROR_STOP=1"]);
        psql.args(["--host=127.0.0.1", "--port", &self.port.to_string(), "--username", USER, database]);
        psql.env("PGPASSWORD", PASSWORD).env("PGCLIENTENCODING", "UTF8").env("PGTZ", "UTC");
        psql
    }

    fn psql(&self, database: &str, sql: &str) -> Output {
        let said = self.command(database).args(["--command", sql]).output();
        said.unwrap_or_else(|error| panic!("cannot run `psql`: {error}; {POSTGRES}"))
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.stop();
    }
}

/// PostgreSQL refuses to be root. In a user namespace of its own it is not, though its files are root's outside.
fn as_nobody_special(program: &Path) -> Command {
    let is_root = fs::metadata("/proc/self").is_ok_and(|process| std::os::unix::fs::MetadataExt::uid(&process) == 0);
    let mut command = if is_root {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-user=1000", "--map-group=1000"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.env("LC_ALL", "C.UTF-8");
    command
}

/// The newest of what Debian installs outside of the path, else what the path has.
fn program(name: &str) -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut installed: Vec<_> = versions
        .filter_map(|version| {
            let number: u32 = version.file_name().to_str()?.parse().ok()?;
            let path = version.path().join("bin").join(name);
            path.is_file().then_some((number, path))
        })
        .collect();
    installed.sort();
    if let Some((_, path)) = installed.pop() {
        return path;
    }
    let paths = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&paths).map(|folder| folder.join(name)).find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("`{name}` is not there: {POSTGRES}"))
}
