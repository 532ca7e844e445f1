//! Runs the built binary as a user would, under a deadline.

mod kills;

use std::{
    env,
    ffi::OsStr,
    io::Read,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::OnceLock,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

pub use kills::Kills;

/// How often a running program is asked whether it has ended.
const LOOK: Duration = Duration::from_millis(10);

/// One call of `imgmeta`, in an environment without proxies, credentials and settings of the machine.
#[derive(Debug)]
pub struct Run {
    command: Command,
    deadline: Duration,
}

/// What a call left behind.
#[derive(Debug, Clone)]
pub struct Finished {
    /// The exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// All of standard output.
    pub stdout: String,
    /// All of standard error.
    pub stderr: String,
    /// From its start to its end.
    pub took: Duration,
}

/// A call that is under way. Dropped, it is killed.
#[derive(Debug)]
pub struct Running {
    child: Child,
    stdout: Option<JoinHandle<String>>,
    stderr: Option<JoinHandle<String>>,
    started: Instant,
    deadline: Duration,
}

impl Run {
    /// A call with these arguments, killed after a minute.
    pub fn new<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Self {
        let mut command = Command::new(binary());
        command.args(args).env_clear().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.envs(["PATH", "HOME"].into_iter().filter_map(|name| Some((name, env::var_os(name)?))));
        Self { command, deadline: Duration::from_mins(1) }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.command.args(args);
        self
    }

    /// Adds a variable of the environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Sets its directory.
    #[must_use]
    pub fn current_dir(mut self, dir: impl AsRef<Path>) -> Self {
        self.command.current_dir(dir);
        self
    }

    /// Sets the time after which it is killed and the test fails.
    #[must_use]
    pub fn within(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Runs it to its end.
    pub fn finish(self) -> Finished {
        self.spawn().finish()
    }

    /// Starts it.
    pub fn spawn(mut self) -> Running {
        let mut child = self.command.spawn().unwrap_or_else(|error| panic!("cannot start {:?}: {error}", self.command));
        let stdout = child.stdout.take().map(keep);
        let stderr = child.stderr.take().map(keep);
        Running { child, stdout, stderr, started: Instant::now(), deadline: self.deadline }
    }
}

impl Running {
    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has not ended yet.
    pub fn is_running(&mut self) -> bool {
        self.ended().is_none()
    }

    /// Sends it a signal, by `kill`'s name for it: `INT`, `TERM`, `STOP`, `CONT`.
    pub fn signal(&self, name: &str) {
        signal(self.id(), name);
    }

    /// Kills it as `kill -9` does, and gives what it had said.
    pub fn kill(mut self) -> Finished {
        self.child.kill().expect("a child that was not waited for can be killed");
        let status = self.child.wait().expect("a killed child ends");
        self.gather(status)
    }

    /// Waits for its end.
    pub fn finish(mut self) -> Finished {
        loop {
            if let Some(status) = self.ended() {
                return self.gather(status);
            }
            if self.started.elapsed() > self.deadline {
                let deadline = self.deadline;
                panic!("the program had not ended after {deadline:?}: {:#?}", self.kill());
            }
            thread::sleep(LOOK);
        }
    }

    fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child of ours can be waited for")
    }

    fn gather(&mut self, status: ExitStatus) -> Finished {
        let took = self.started.elapsed();
        let said =
            |kept: Option<JoinHandle<String>>| kept.map_or_else(String::new, |k| k.join().expect("it only reads"));
        Finished { code: status.code(), stdout: said(self.stdout.take()), stderr: said(self.stderr.take()), took }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Finished {
    /// Panics with all that it said unless it ended with this code.
    #[track_caller]
    pub fn assert_code(&self, code: i32) {
        assert_eq!(self.code, Some(code), "{self:#?}");
    }
}

/// Sends a signal to one process, by `kill`'s name for it.
pub fn signal(id: u32, name: &str) {
    let sent = Command::new("kill").args([format!("-{name}"), id.to_string()]).output();
    let sent = sent.expect("`kill` is there (install procps)");
    assert!(sent.status.success(), "cannot send {name} to {id}: {}", String::from_utf8_lossy(&sent.stderr));
}

/// The binary, built from the sources as they are now.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let test = env::current_exe().expect("a test knows where it is");
        let profile = test.parent().and_then(Path::parent).expect("a test is in `PROFILE/deps`");
        build(profile);
        let binary = profile.join(format!("imgmeta{}", env::consts::EXE_SUFFIX));
        assert!(binary.is_file(), "`{}` is not there: run `cargo build --release` first", binary.display());
        binary
    })
}

/// Cargo does not build another member's binary for a test: without this, yesterday's would be tested.
fn build(profile: &Path) {
    let Some(cargo) = env::var_os("CARGO") else { return };
    let release = profile.ends_with("release").then_some("--release");
    let built = Command::new(cargo).args(["build", "--quiet", "--workspace", "--bins"]).args(release).output();
    let built = built.expect("the cargo that runs this test can be run");
    assert!(built.status.success(), "imgmeta does not build:\n{}", String::from_utf8_lossy(&built.stderr));
}

fn keep(mut pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read before an error is still worth showing.
        let _ = pipe.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}
