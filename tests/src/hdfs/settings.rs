//! What the daemons read before they start, and the question whether they have.

use std::{
    collections::BTreeSet,
    fs,
    io::{Error, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::Mutex,
    time::Duration,
};

use serde_json::Value;

const LOG: &str = "log4j.rootLogger=INFO, out\n\
    log4j.appender.out=org.apache.log4j.ConsoleAppender\n\
    log4j.appender.out.target=System.err\n\
    log4j.appender.out.layout=org.apache.log4j.PatternLayout\n\
    log4j.appender.out.layout.ConversionPattern=%d{ISO8601} %p %c{1}: %m%n\n\
    log4j.logger.org.apache.hadoop.fs=WARN\n\
    log4j.logger.org.apache.hadoop.hdfs.protocol.datatransfer.sasl=DEBUG\n";

/// The name of a pair of NameNodes, of which one is active.
pub(super) const NAMESERVICE: &str = "pair";

/// Where a NameNode listens.
#[derive(Debug, Clone, Copy)]
pub(super) struct NameNodePorts {
    pub(super) rpc: u16,
    pub(super) http: u16,
}

/// Writes the folder of settings; `dir` holds the NameNodes' data. Two of them make a [`NAMESERVICE`]. `more` are further
/// ones.
pub(super) fn write(conf: &Path, dir: &Path, name_nodes: &[NameNodePorts], datanodes: usize, more: &[(&str, String)]) {
    // The jars lack the web folders that the daemons insist on.
    for app in ["hdfs", "datanode"] {
        let web = conf.join("webapps").join(app).join("WEB-INF");
        fs::create_dir_all(&web).expect("a folder of our own can be written");
        put(&web.join("web.xml"), "<web-app/>");
    }
    put(&conf.join("log4j.properties"), LOG);
    let default = match name_nodes {
        [one] => format!("hdfs://127.0.0.1:{}", one.rpc),
        _ => format!("hdfs://{NAMESERVICE}"),
    };
    let more = || more.iter().map(|(name, value)| (*name, value.as_str()));
    let mut core = vec![("fs.defaultFS", default.as_str())];
    core.extend(more());
    put(&conf.join("core-site.xml"), &xml(&core));
    let replication = datanodes.clamp(1, 3).to_string();
    let places = of_name_nodes(dir, name_nodes);
    let mut site: Vec<(&str, &str)> = places.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    site.extend([
        ("dfs.replication", replication.as_str()),
        ("dfs.permissions.enabled", "true"),
        // Small enough that a part of a few MiB is several blocks; a client may ask for less.
        ("dfs.blocksize", "1048576"),
        ("dfs.namenode.fs-limits.min-block-size", "4096"),
        ("dfs.heartbeat.interval", "1"),
        ("dfs.blockreport.initialDelay", "0"),
        ("dfs.namenode.safemode.extension", "0"),
        ("dfs.namenode.datanode.registration.ip-hostname-check", "false"),
        // The default of 100 MB a volume can be more than a small machine has left.
        ("dfs.datanode.du.reserved", "0"),
    ]);
    // Again: HDFS's own defaults outrank `core-site.xml`.
    site.extend(more());
    put(&conf.join("hdfs-site.xml"), &xml(&site));
}

/// The folder of a NameNode's own data.
pub(super) fn name_dir(dir: &Path, number: usize) -> PathBuf {
    dir.join(format!("namenode-{number}"))
}

fn of_name_nodes(dir: &Path, name_nodes: &[NameNodePorts]) -> Vec<(String, String)> {
    let pair = name_nodes.len() > 1;
    let mut places = Vec::new();
    for (number, ports) in name_nodes.iter().enumerate() {
        let of = |key: &str| if pair { format!("{key}.{NAMESERVICE}.nn{number}") } else { key.to_owned() };
        places.push((of("dfs.namenode.name.dir"), name_dir(dir, number).display().to_string()));
        places.push((of("dfs.namenode.rpc-address"), format!("127.0.0.1:{}", ports.rpc)));
        places.push((of("dfs.namenode.http-address"), format!("127.0.0.1:{}", ports.http)));
    }
    if pair {
        let provider = "org.apache.hadoop.hdfs.server.namenode.ha.ConfiguredFailoverProxyProvider";
        let edits = format!("file://{}", dir.join("edits").display());
        let shared = [
            ("dfs.nameservices".to_owned(), NAMESERVICE.to_owned()),
            (format!("dfs.ha.namenodes.{NAMESERVICE}"), "nn0,nn1".to_owned()),
            (format!("dfs.client.failover.proxy.provider.{NAMESERVICE}"), provider.to_owned()),
            ("dfs.namenode.shared.edits.dir".to_owned(), edits),
            ("dfs.ha.fencing.methods".to_owned(), "shell(true)".to_owned()),
            ("dfs.ha.tail-edits.period".to_owned(), "1".to_owned()),
            ("dfs.ha.log-roll.period".to_owned(), "5".to_owned()),
        ];
        places.extend(shared);
    }
    places
}

/// Ports of 127.0.0.1 that were free a moment ago, and that are given to nobody else here. They are none of those that the system gives
/// to connections: one of them would be taken by whoever connects before its server listens.
pub(crate) fn free_ports(count: usize) -> Vec<u16> {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    let range = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap_or_default();
    let first = range.split_whitespace().next().and_then(|first| first.parse().ok()).unwrap_or(32_768_u16);
    let mut given = GIVEN.lock().expect("no panic under this lock");
    let mut ports = Vec::new();
    while ports.len() < count {
        let port = fastrand::u16(10_000..first.max(20_000));
        if TcpListener::bind(("127.0.0.1", port)).is_ok() && given.insert(port) {
            ports.push(port);
        }
    }
    ports
}

/// How many DataNodes the NameNode sees alive, and whether it is in safe mode.
pub(super) fn live_datanodes(http: u16) -> Result<(usize, bool), Error> {
    let state = jmx(http, "Hadoop:service=NameNode,name=FSNamesystemState")?;
    let info = jmx(http, "Hadoop:service=NameNode,name=NameNodeInfo")?;
    let live = state["NumLiveDataNodes"].as_u64().ok_or_else(|| Error::other("no count of live DataNodes yet"))?;
    let safe = info["Safemode"].as_str().ok_or_else(|| Error::other("no word on safe mode yet"))?;
    Ok((usize::try_from(live).map_err(Error::other)?, !safe.is_empty()))
}

/// How many files and folders there are.
pub(super) fn files(http: u16) -> Result<u64, Error> {
    let state = jmx(http, "Hadoop:service=NameNode,name=FSNamesystemState")?;
    state["FilesTotal"].as_u64().ok_or_else(|| Error::other("no count of files"))
}

fn jmx(http: u16, bean: &str) -> Result<Value, Error> {
    let mut stream = TcpStream::connect(("127.0.0.1", http))?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    write!(stream, "GET /jmx?qry={bean} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let body = answer.split_once("\r\n\r\n").ok_or_else(|| Error::other("no body"))?.1;
    let beans: Value = serde_json::from_str(body).map_err(Error::other)?;
    beans.pointer("/beans/0").cloned().ok_or_else(|| Error::other("the NameNode does not know itself yet"))
}

fn xml(properties: &[(&str, &str)]) -> String {
    let one =
        |(name, value): &(&str, &str)| format!("<property><name>{name}</name><value>{value}</value></property>\n");
    format!("<configuration>\n{}</configuration>\n", properties.iter().map(one).collect::<String>())
}

pub(super) fn put(path: &Path, text: &str) {
    fs::write(path, text).unwrap_or_else(|error| panic!("cannot write `{}`: {error}", path.display()));
}
