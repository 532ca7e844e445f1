//! A real HDFS: a NameNode and DataNodes in processes of their own, and Hadoop's own shell as the judge.

pub(crate) mod daemon;
pub(crate) mod jars;
pub(crate) mod settings;

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Output},
    thread,
    time::{Duration, Instant},
};

use daemon::Daemon;
use tempfile::TempDir;

/// Who starts the cluster and is its superuser; the shell is this user too.
pub const SUPERUSER: &str = "hdfs";

/// How long a cluster may take to be ready: some 10 s on an idle machine.
const READY: Duration = Duration::from_mins(3);
/// How often it is asked.
const LOOK: Duration = Duration::from_millis(200);

const NAME_NODE: &str = "org.apache.hadoop.hdfs.server.namenode.NameNode";
const DATA_NODE: &str = "org.apache.hadoop.hdfs.server.datanode.DataNode";

/// A cluster of one NameNode and some DataNodes on free ports of 127.0.0.1. Dropped, it ends.
///
/// Permissions are checked: `/` belongs to [`SUPERUSER`] and may be written by nobody else, `/open` by everybody.
/// A client is who `HADOOP_USER_NAME` in its environment says.
#[derive(Debug)]
pub struct Cluster {
    name_node: Daemon,
    data_nodes: Vec<Daemon>,
    java: Java,
    port: u16,
    http: u16,
    // Last: the daemons end before their folders go.
    dir: TempDir,
}

/// A class path with its settings: what every call of Java needs.
#[derive(Debug, Clone)]
struct Java {
    conf: PathBuf,
    jars: PathBuf,
}

impl Cluster {
    /// Starts a cluster and waits until every DataNode is live. Blocks are kept `min(3, datanodes)` times.
    pub fn start(datanodes: usize) -> Self {
        let dir = tempfile::tempdir().expect("there is room for a folder");
        let java = Java { conf: dir.path().join("conf"), jars: jars::jars() };
        let ports = settings::free_ports(2 + 3 * datanodes);
        settings::write(&java.conf, dir.path(), ports[0], ports[1], datanodes);
        java.check(&[NAME_NODE, "-format", "-force", "-nonInteractive"]);
        let name_node = Daemon::start(java.command(&[NAME_NODE]), dir.path().join("namenode.log"));
        let nodes = ports[2..].chunks(3).enumerate();
        let nodes = nodes.map(|(number, ports)| data_node(&java, dir.path(), number, ports)).collect();
        let mut cluster = Self { name_node, data_nodes: nodes, java, port: ports[0], http: ports[1], dir };
        cluster.wait_for_live();
        cluster.check(&["-mkdir", "/open"]);
        cluster.check(&["-chmod", "1777", "/open"]);
        cluster
    }

    /// `hdfs://127.0.0.1:PORT`, without a slash at its end.
    pub fn url(&self) -> String {
        format!("hdfs://127.0.0.1:{}", self.port)
    }

    /// The folder of its `core-site.xml` and `hdfs-site.xml`, for `HADOOP_CONF_DIR`.
    pub fn conf_dir(&self) -> &Path {
        &self.java.conf
    }

    /// Runs `hadoop fs ARGS` as the superuser. One call costs about a second: name several files in it.
    pub fn shell<A: AsRef<OsStr>>(&self, args: &[A]) -> Output {
        run(self.java.command(&["org.apache.hadoop.fs.FsShell"]).args(args))
    }

    /// As [`shell`](Self::shell), as another user.
    pub fn shell_as<A: AsRef<OsStr>>(&self, user: &str, args: &[A]) -> Output {
        run(self.java.command(&["org.apache.hadoop.fs.FsShell"]).args(args).env("HADOOP_USER_NAME", user))
    }

    /// As [`shell`](Self::shell), of a command that must succeed; gives what it printed.
    #[track_caller]
    pub fn check<A: AsRef<OsStr>>(&self, args: &[A]) -> String {
        succeeded(&self.shell(args), "Hadoop's shell")
    }

    /// Runs `hdfs dfsadmin ARGS`: `-report`, `-safemode get` ...
    pub fn admin<A: AsRef<OsStr>>(&self, args: &[A]) -> Output {
        run(self.java.command(&["org.apache.hadoop.hdfs.tools.DFSAdmin"]).args(args))
    }

    /// How many files and folders it holds, as the NameNode counts them: quick enough to be asked again and again.
    pub fn files(&self) -> u64 {
        settings::files(self.http).unwrap_or_else(|error| panic!("the NameNode does not answer: {error}"))
    }

    /// How many DataNodes it has, dead ones too.
    pub fn datanodes(&self) -> usize {
        self.data_nodes.len()
    }

    /// Ends a DataNode as `kill -9` does. The NameNode goes on believing in it for some minutes.
    pub fn kill_datanode(&mut self, number: usize) {
        self.data_nodes[number].kill();
    }

    /// Stops a DataNode as `kill -STOP` does: its ports stay open and nobody answers.
    pub fn stop_datanode(&self, number: usize) {
        self.data_nodes[number].signal("STOP");
    }

    /// Lets a stopped DataNode go on.
    pub fn continue_datanode(&self, number: usize) {
        self.data_nodes[number].signal("CONT");
    }

    /// Stops the NameNode as `kill -STOP` does.
    pub fn stop_namenode(&self) {
        self.name_node.signal("STOP");
    }

    /// Ends the NameNode as `kill -9` does and starts it anew; it needs some seconds to be of use.
    pub fn restart_namenode(&mut self) {
        self.name_node.kill();
        self.name_node = Daemon::start(self.java.command(&[NAME_NODE]), self.dir.path().join("namenode-2.log"));
    }

    /// Lets a stopped NameNode go on.
    pub fn continue_namenode(&self) {
        self.name_node.signal("CONT");
    }

    fn wait_for_live(&mut self) {
        let datanodes = self.datanodes();
        let until = Instant::now() + READY;
        let mut last = String::new();
        while Instant::now() < until {
            for daemon in [&mut self.name_node].into_iter().chain(&mut self.data_nodes) {
                daemon.assert_running();
            }
            match settings::live_datanodes(self.http) {
                Ok((live, false)) if live == datanodes => return,
                other => last = format!("{other:?}"),
            }
            thread::sleep(LOOK);
        }
        panic!(
            "HDFS was not ready after {READY:?}: (DataNodes live, safe mode) is {last}, {datanodes} are wanted\n{}\n{}",
            self.name_node.tail(),
            self.data_nodes.iter().map(Daemon::tail).collect::<String>()
        );
    }
}

impl Java {
    fn command(&self, class_and_args: &[&str]) -> Command {
        let mut command = Command::new("java");
        let class_path = format!("{}:{}/*", self.conf.display(), self.jars.display());
        command.args(["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", &class_path]);
        command.args(class_and_args).env("HADOOP_USER_NAME", SUPERUSER).env_remove("HADOOP_CONF_DIR");
        command
    }

    fn check(&self, class_and_args: &[&str]) {
        succeeded(&run(&mut self.command(class_and_args)), class_and_args[0]);
    }
}

fn data_node(java: &Java, dir: &Path, number: usize, ports: &[u16]) -> Daemon {
    let name = format!("datanode-{number}");
    let mut command = java.command(&[DATA_NODE]);
    command.arg("-D").arg(format!("dfs.datanode.data.dir={}", dir.join(&name).display()));
    for (what, port) in ["address", "http.address", "ipc.address"].into_iter().zip(ports) {
        command.arg("-D").arg(format!("dfs.datanode.{what}=127.0.0.1:{port}"));
    }
    Daemon::start(command, dir.join(name + ".log"))
}

fn run(command: &mut Command) -> Output {
    command
        .output()
        .unwrap_or_else(|error| panic!("cannot run `{}`: {error}; {}", command.get_program().display(), jars::JAVA))
}

#[track_caller]
fn succeeded(output: &Output, what: &str) -> String {
    let said = |bytes| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{what} failed: {}\n{}", said(&output.stderr), said(&output.stdout));
    said(&output.stdout)
}
