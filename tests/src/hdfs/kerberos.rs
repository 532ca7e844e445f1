//! Kerberos for a cluster: a KDC of MIT's on a free port of 127.0.0.1, with its names, keytabs and tickets in a folder of its
//! own. No file of the machine is read or written.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    thread,
    time::{Duration, Instant},
};

use super::{
    Cluster, LOOK, READY, SUPERUSER,
    daemon::Daemon,
    java::{run, run_of, succeeded},
    settings,
};

const REALM: &str = "IMGMETA.TEST";
/// Who the daemons are, and who their web pages are.
const SERVICES: [&str; 2] = ["hdfs/localhost", "HTTP/localhost"];
/// Names of people that every KDC here knows.
const PEOPLE: [&str; 2] = ["alice", "mallory"];
/// A name whose tickets are short-lived, whoever asks for them.
pub const SHORT_LIVED: &str = "bob";
/// How long its tickets live.
pub const SHORT: Duration = Duration::from_secs(8);
/// How long other tickets live where nothing else is asked for.
const LONG: Duration = Duration::from_hours(1);

const INSTALL: &str = "install MIT's Kerberos (Debian: `apt-get install krb5-kdc krb5-admin-server krb5-user`)";

/// How a cluster with Kerberos guards what goes over the wire, by the words of Hadoop's settings.
#[derive(Debug, Clone, Copy)]
pub struct Wire {
    /// `hadoop.rpc.protection`: `authentication`, `integrity` or `privacy`.
    pub rpc: &'static str,
    /// `dfs.data.transfer.protection`: likewise.
    pub data: &'static str,
    /// `dfs.encrypt.data.transfer`.
    pub encrypt: bool,
    /// Whether data that is encrypted is so by AES, and not by the older cipher of SASL.
    pub aes: bool,
}

/// A KDC. Dropped, it ends.
#[derive(Debug)]
pub struct Kdc {
    /// Held for its end.
    _daemon: Daemon,
    dir: PathBuf,
}

impl Kdc {
    /// Starts a KDC whose files are in this folder, which is made.
    pub(super) fn start(dir: PathBuf) -> Self {
        fs::create_dir(&dir).expect("a folder of our own can be made");
        let port = settings::free_ports(1)[0];
        settings::put(&dir.join("krb5.conf"), &client_settings(port));
        settings::put(&dir.join("kdc.conf"), &kdc_settings(&dir, port));
        let create = ["create", "-s", "-r", REALM, "-P", "master"];
        succeeded(&run_of(kerberos(&dir, "kdb5_util").args(create), INSTALL), "kdb5_util");
        administer(&dir);
        let mut daemon = kerberos(&dir, "krb5kdc");
        daemon.arg("-n");
        let kdc = Self { _daemon: Daemon::start(daemon, dir.join("kdc.log")), dir };
        kdc.log_in(SUPERUSER);
        kdc
    }

    /// Its `krb5.conf`, for `KRB5_CONFIG`.
    pub fn config(&self) -> PathBuf {
        self.dir.join("krb5.conf")
    }

    /// The keytab of a name, for `KRB5_CLIENT_KTNAME`.
    pub fn keytab(&self, name: &str) -> PathBuf {
        keytab(&self.dir, name)
    }

    /// A cache of tickets by its file's name, for `KRB5CCNAME`. It need not be there.
    pub fn cache(&self, file: &str) -> String {
        format!("FILE:{}", self.dir.join(format!("{file}.cache")).display())
    }

    /// Gets a ticket of an hour into the name's own cache; gives that.
    pub fn log_in(&self, name: &str) -> String {
        let cache = self.cache(name);
        self.ticket(name, LONG, &cache);
        cache
    }

    /// Gets a ticket that lives so long into a cache, as soon as the KDC listens.
    pub fn ticket(&self, name: &str, life: Duration, cache: &str) {
        let principal = if name == SUPERUSER { SERVICES[0] } else { name };
        let until = Instant::now() + READY;
        loop {
            let mut kinit = kerberos(&self.dir, "kinit");
            kinit.args(["-l", &format!("{}s", life.as_secs()), "-c", cache, "-k", "-t"]);
            let said = run_of(kinit.arg(self.keytab(name)).arg(principal), INSTALL);
            if said.status.success() || Instant::now() > until {
                succeeded(&said, "kinit");
                return;
            }
            thread::sleep(LOOK);
        }
    }

    /// The settings that make a cluster one with Kerberos.
    pub(super) fn settings(&self, wire: Wire) -> Vec<(&'static str, String)> {
        let [hdfs, http] = SERVICES.map(|service| format!("{service}@{REALM}"));
        let keytab = self.keytab(SUPERUSER).display().to_string();
        let mut settings = vec![
            ("hadoop.security.authentication", "kerberos".to_owned()),
            ("hadoop.security.authorization", "true".to_owned()),
            ("hadoop.rpc.protection", wire.rpc.to_owned()),
            ("dfs.data.transfer.protection", wire.data.to_owned()),
            ("dfs.encrypt.data.transfer", wire.encrypt.to_string()),
            ("dfs.block.access.token.enable", "true".to_owned()),
            ("dfs.namenode.kerberos.principal", hdfs.clone()),
            ("dfs.namenode.keytab.file", keytab.clone()),
            ("dfs.datanode.kerberos.principal", hdfs),
            ("dfs.datanode.keytab.file", keytab.clone()),
            ("dfs.web.authentication.kerberos.principal", http),
            ("dfs.web.authentication.kerberos.keytab", keytab),
            // A DataNode on ports above 1023 asks for HTTPS on its web pages, which no client of HDFS opens. The pages stay
            // HTTP here, since tests ask them how the cluster is; what goes between a client and a DataNode is the same.
            ("ignore.secure.ports.for.testing", "true".to_owned()),
        ];
        if wire.aes {
            settings.push(("dfs.encrypt.data.transfer.cipher.suites", "AES/CTR/NoPadding".to_owned()));
        }
        settings
    }
}

impl Cluster {
    /// As [`start`](Self::start), with Kerberos and one DataNode. A client is who its ticket says: see [`kdc`](Self::kdc).
    pub fn start_secured(wire: Wire) -> Self {
        Self::with_name_nodes(1, 1, Some(wire))
    }

    /// Its KDC. Only a cluster that was [started so](Self::start_secured) has one.
    pub fn kdc(&self) -> &Kdc {
        self.kdc.as_ref().expect("the cluster was started with Kerberos")
    }

    /// Starts all of its daemons anew, with what it holds, to guard the wire in another way.
    pub fn rewire(&mut self, wire: Wire) {
        self.name_nodes.iter_mut().chain(&mut self.data_nodes).for_each(Daemon::kill);
        let more = self.kdc().settings(wire);
        settings::write(&self.java.conf, self.dir.path(), &self.ports, self.data_nodes.len(), &more);
        self.start_daemons();
        self.wait_for_live();
    }

    /// Runs `hadoop fs ARGS` with the tickets of a cache.
    pub fn shell_with(&self, cache: &str, args: &[&str]) -> Output {
        run(self.java.command(&["org.apache.hadoop.fs.FsShell"]).args(args).env("KRB5CCNAME", cache))
    }

    /// Whether the log of its first DataNode holds this text.
    pub fn datanode_said(&self, text: &str) -> bool {
        self.data_nodes[0].log().contains(text)
    }
}

/// The names and their keytabs; the superuser's keytab is that of the daemons, too.
fn administer(dir: &Path) {
    let admin = |query: &str| {
        succeeded(&run_of(kerberos(dir, "kadmin.local").args(["-r", REALM, "-q", query]), INSTALL), query);
    };
    let export = |name: &str, principals: &str| {
        admin(&format!("ktadd -k {} {principals}", keytab(dir, name).display()));
    };
    SERVICES.iter().chain(&PEOPLE).for_each(|name| admin(&format!("addprinc -randkey {name}")));
    admin(&format!("addprinc -randkey -maxlife \"{} seconds\" {SHORT_LIVED}", SHORT.as_secs()));
    export(SUPERUSER, &SERVICES.join(" "));
    PEOPLE.iter().chain([&SHORT_LIVED]).for_each(|name| export(name, name));
}

fn keytab(dir: &Path, name: &str) -> PathBuf {
    dir.join(format!("{name}.keytab"))
}

/// A program of MIT's that reads the settings of this folder. Those of the KDC are where a user's `PATH` often is not.
fn kerberos(dir: &Path, program: &str) -> Command {
    let of_system = Path::new("/usr/sbin").join(program);
    let mut command = Command::new(if of_system.exists() { &of_system } else { Path::new(program) });
    command
        .env("KRB5_CONFIG", dir.join("krb5.conf"))
        .env("KRB5_KDC_PROFILE", dir.join("kdc.conf"))
        .env_remove("KRB5CCNAME");
    command
}

fn client_settings(port: u16) -> String {
    format!(
        "[libdefaults]\n default_realm = {REALM}\n dns_lookup_kdc = false\n dns_lookup_realm = false\n \
         dns_canonicalize_hostname = false\n rdns = false\n udp_preference_limit = 1\n\
         [realms]\n {REALM} = {{\n  kdc = 127.0.0.1:{port}\n }}\n"
    )
}

fn kdc_settings(dir: &Path, port: u16) -> String {
    let dir = dir.display();
    format!(
        "[kdcdefaults]\n kdc_listen = \"\"\n kdc_tcp_listen = 127.0.0.1:{port}\n\
         [realms]\n {REALM} = {{\n  database_name = {dir}/principal\n  key_stash_file = {dir}/stash\n  \
         acl_file = {dir}/acl\n  kdc_listen = \"\"\n  kdc_tcp_listen = 127.0.0.1:{port}\n  max_life = 1d\n }}\n"
    )
}
