//! Hadoop's programs: how one is called, and how it is seen to have succeeded.

use std::{
    path::PathBuf,
    process::{Command, Output},
};

use super::{SUPERUSER, jars::JAVA};

/// A class path with its settings: what every call of Java needs.
#[derive(Debug, Clone)]
pub(super) struct Java {
    pub(super) conf: PathBuf,
    pub(super) jars: PathBuf,
    /// Kerberos's settings, and the superuser's tickets.
    pub(super) login: Option<(PathBuf, String)>,
}

impl Java {
    pub(super) fn command(&self, class_and_args: &[&str]) -> Command {
        let mut command = Command::new("java");
        let class_path = format!("{}:{}/*", self.conf.display(), self.jars.display());
        command.args(["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", &class_path]);
        if let Some((config, cache)) = &self.login {
            command.arg(format!("-Djava.security.krb5.conf={}", config.display())).env("KRB5CCNAME", cache);
        }
        command.args(class_and_args).env("HADOOP_USER_NAME", SUPERUSER).env_remove("HADOOP_CONF_DIR");
        command
    }
}

/// Runs a program of Java's to its end.
pub(super) fn run(command: &mut Command) -> Output {
    run_of(command, JAVA)
}

/// Runs a program to its end; `cure` is what to do where it is not there.
pub(super) fn run_of(command: &mut Command, cure: &str) -> Output {
    command.output().unwrap_or_else(|error| panic!("cannot run `{}`: {error}; {cure}", command.get_program().display()))
}

/// What it printed; panics where it failed.
#[track_caller]
pub(super) fn succeeded(output: &Output, what: &str) -> String {
    let said = |bytes| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{what} failed: {}\n{}", said(&output.stderr), said(&output.stdout));
    said(&output.stdout)
}
