//! A real HDFS: a NameNode and DataNodes in processes of their own, and Hadoop's own shell as the judge.

pub(crate) mod daemon;
pub(crate) mod jars;
mod java;
pub mod kerberos;
pub mod relay;
pub(crate) mod settings;

use std::{
    ffi::OsStr,
    path::Path,
    process::{Command, Output},
    thread,
    time::{Duration, Instant},
};

use daemon::Daemon;
use java::{Java, run, succeeded};
use kerberos::{Kdc, Wire};
use settings::NameNodePorts;
use tempfile::TempDir;

/// Who starts the cluster and is its superuser; the shell is this user too.
pub const SUPERUSER: &str = "hdfs";

/// How long a cluster may take to be ready: some 10 s on an idle machine.
const READY: Duration = Duration::from_mins(3);
/// How often it is asked.
const LOOK: Duration = Duration::from_millis(200);

const NAME_NODE: &str = "org.apache.hadoop.hdfs.server.namenode.NameNode";
const HA_ADMIN: &str = "org.apache.hadoop.hdfs.tools.DFSHAAdmin";
const DATA_NODE: &str = "org.apache.hadoop.hdfs.server.datanode.DataNode";

/// A cluster of one NameNode and some DataNodes on free ports of 127.0.0.1. Dropped, it ends.
///
/// Permissions are checked: `/` belongs to [`SUPERUSER`] and may be written by nobody else, `/open` by everybody.
/// A client is who `HADOOP_USER_NAME` in its environment says.
#[derive(Debug)]
pub struct Cluster {
    name_nodes: Vec<Daemon>,
    data_nodes: Vec<Daemon>,
    java: Java,
    ports: Vec<NameNodePorts>,
    /// Of each DataNode: data, web pages, RPC.
    data_ports: Vec<Vec<u16>>,
    /// Which NameNode is asked.
    active: usize,
    kdc: Option<Kdc>,
    // Last: the daemons end before their folders go.
    dir: TempDir,
}

impl Cluster {
    /// Starts a cluster and waits until every DataNode is live. Blocks are kept `min(3, datanodes)` times.
    pub fn start(datanodes: usize) -> Self {
        Self::with_name_nodes(1, datanodes, None)
    }

    /// As [`start`](Self::start), with two NameNodes, of which the first is active: a name service of high availability,
    /// known to those who read [`conf_dir`](Self::conf_dir).
    pub fn start_pair(datanodes: usize) -> Self {
        Self::with_name_nodes(2, datanodes, None)
    }

    fn with_name_nodes(name_nodes: usize, datanodes: usize, wire: Option<Wire>) -> Self {
        let dir = tempfile::tempdir().expect("there is room for a folder");
        let secured = wire.map(|wire| (Kdc::start(dir.path().join("kdc")), wire));
        let more = secured.as_ref().map_or_else(Vec::new, |(kdc, wire)| kdc.settings(*wire));
        let kdc = secured.map(|(kdc, _)| kdc);
        let login = kdc.as_ref().map(|kdc| (kdc.config(), kdc.cache(SUPERUSER)));
        let java = Java { conf: dir.path().join("conf"), jars: jars::jars(), login };
        let free = settings::free_ports(2 * name_nodes + 3 * datanodes);
        let (of_names, of_data) = free.split_at(2 * name_nodes);
        let ports: Vec<_> = of_names.chunks(2).map(|two| NameNodePorts { rpc: two[0], http: two[1] }).collect();
        let data_ports = of_data.chunks(3).map(<[u16]>::to_vec).collect();
        settings::write(&java.conf, dir.path(), &ports, datanodes, &more);
        format(&java, dir.path(), name_nodes);
        let (name_nodes, active) = (Vec::new(), 0);
        let mut cluster = Self { name_nodes, data_nodes: Vec::new(), java, ports, data_ports, active, kdc, dir };
        cluster.start_daemons();
        if cluster.name_nodes.len() > 1 {
            cluster.activate(0);
        }
        cluster.wait_for_live();
        cluster.check(&["-mkdir", "/open"]);
        cluster.check(&["-chmod", "1777", "/open"]);
        cluster
    }

    fn start_daemons(&mut self) {
        let (java, dir, of) = (&self.java, self.dir.path(), self.ports.len());
        self.name_nodes = (0..of).map(|number| name_node(java, dir, of, number)).collect();
        let nodes = self.data_ports.iter().enumerate();
        self.data_nodes = nodes.map(|(number, ports)| data_node(java, dir, number, ports)).collect();
    }

    /// `hdfs://127.0.0.1:PORT` or `hdfs://NAMESERVICE`, without a slash at its end.
    pub fn url(&self) -> String {
        match self.ports.as_slice() {
            [one] => format!("hdfs://127.0.0.1:{}", one.rpc),
            _ => format!("hdfs://{}", settings::NAMESERVICE),
        }
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
        settings::files(self.ports[self.active].http)
            .unwrap_or_else(|error| panic!("the NameNode does not answer: {error}"))
    }

    /// How many DataNodes it has, dead ones too.
    pub fn datanodes(&self) -> usize {
        self.data_ports.len()
    }

    /// Ends a DataNode as `kill -9` does. The NameNode goes on believing in it for some minutes.
    pub fn kill_datanode(&mut self, number: usize) {
        self.data_nodes[number].kill();
    }

    /// Deletes the blocks of all files from the disks of all DataNodes, behind their backs.
    pub fn lose_blocks(&self) {
        for number in 0..self.datanodes() {
            let mut folders = vec![self.dir.path().join(data_dir(number))];
            while let Some(folder) = folders.pop() {
                for entry in std::fs::read_dir(folder).expect("a folder of our own can be read").flatten() {
                    if entry.path().is_dir() {
                        folders.push(entry.path());
                    } else if entry.file_name().to_string_lossy().starts_with("blk_") {
                        std::fs::remove_file(entry.path()).expect("a file of our own can be deleted");
                    }
                }
            }
        }
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
        self.name_nodes[self.active].signal("STOP");
    }

    /// Lets a stopped NameNode go on.
    pub fn continue_namenode(&self) {
        self.name_nodes[self.active].signal("CONT");
    }

    /// Ends the NameNode as `kill -9` does and starts it anew; it needs some seconds to be of use.
    pub fn restart_namenode(&mut self) {
        self.name_nodes[self.active].kill();
        let again = name_node(&self.java, self.dir.path(), self.name_nodes.len(), self.active);
        self.name_nodes[self.active] = again;
    }

    /// Ends the active NameNode of a pair as `kill -9` does and makes the other the active one.
    pub fn fail_over(&mut self) {
        self.name_nodes[self.active].kill();
        self.activate(1 - self.active);
    }

    /// Makes one of a pair active, as soon as it listens.
    fn activate(&mut self, number: usize) {
        let (name, until) = (format!("nn{number}"), Instant::now() + READY);
        loop {
            let said = run(&mut self.java.command(&[HA_ADMIN, "-transitionToActive", "--forceactive", &name]));
            if said.status.success() {
                self.active = number;
                return;
            }
            assert!(Instant::now() < until, "no NameNode became active: {}", String::from_utf8_lossy(&said.stderr));
            thread::sleep(LOOK);
        }
    }

    fn wait_for_live(&mut self) {
        let datanodes = self.datanodes();
        let until = Instant::now() + READY;
        let mut last = String::new();
        while Instant::now() < until {
            for daemon in self.name_nodes.iter_mut().chain(&mut self.data_nodes) {
                daemon.assert_running();
            }
            match settings::live_datanodes(self.ports[self.active].http) {
                Ok((live, false)) if live == datanodes => return,
                other => last = format!("{other:?}"),
            }
            thread::sleep(LOOK);
        }
        panic!(
            "HDFS was not ready after {READY:?}: (DataNodes live, safe mode) is {last}, {datanodes} are wanted\n{}\n{}",
            self.name_nodes.iter().map(Daemon::tail).collect::<String>(),
            self.data_nodes.iter().map(Daemon::tail).collect::<String>()
        );
    }
}

/// Makes the empty file system; both of a pair begin with the same one.
fn format(java: &Java, dir: &Path, name_nodes: usize) {
    let mut format = java.command(&[NAME_NODE]);
    if name_nodes > 1 {
        format.args(["-D", "dfs.ha.namenode.id=nn0"]);
    }
    succeeded(&run(format.args(["-format", "-force", "-nonInteractive"])), NAME_NODE);
    if name_nodes > 1 {
        let copied = Command::new("cp").arg("-r").args([0, 1].map(|number| settings::name_dir(dir, number))).status();
        assert!(copied.expect("cp is there").success());
    }
}

fn name_node(java: &Java, dir: &Path, of: usize, number: usize) -> Daemon {
    let mut command = java.command(&[NAME_NODE]);
    if of > 1 {
        command.arg("-D").arg(format!("dfs.ha.namenode.id=nn{number}"));
    }
    Daemon::start(command, dir.join(format!("namenode-{number}.log")))
}

/// The folder of a DataNode's blocks, in that of the cluster.
fn data_dir(number: usize) -> String {
    format!("datanode-{number}")
}

fn data_node(java: &Java, dir: &Path, number: usize, ports: &[u16]) -> Daemon {
    let name = data_dir(number);
    let mut command = java.command(&[DATA_NODE]);
    command.arg("-D").arg(format!("dfs.datanode.data.dir={}", dir.join(&name).display()));
    for (what, port) in ["address", "http.address", "ipc.address"].into_iter().zip(ports) {
        command.arg("-D").arg(format!("dfs.datanode.{what}=127.0.0.1:{port}"));
    }
    Daemon::start(command, dir.join(name + ".log"))
}
