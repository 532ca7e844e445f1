//! A real S3 server: MinIO in a process of its own, built by Go once for a user and kept outside the checkout.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use futures::{StreamExt, TryStreamExt, stream};
use object_store::{
    Certificate, ClientOptions, ObjectStore, ObjectStoreExt,
    aws::{AmazonS3, AmazonS3Builder},
    path::Path as Key,
};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::{
    hdfs::{daemon::Daemon, jars::cache_dir, settings::free_ports},
    program::Run,
};

/// The version that is built.
const VERSION: &str = "v0.0.0-20260212201848-7aac2a2c5b7c";
const GO: &str = "install Go of 1.24 or later (Debian: `apt-get install golang`)";

/// How long the server may take to be ready.
const READY: Duration = Duration::from_mins(1);

/// Puts that are in flight at once.
const PUTS: usize = 32;

/// Who its administrator is.
pub const USER: &str = "imgmeta-tests";
/// The administrator's password.
pub const PASSWORD: &str = "a secret of the tests";

/// One build of a process at a time; two processes race harmlessly.
static BUILD: Mutex<()> = Mutex::new(());

/// A server with one bucket, `bucket`, on a free port of 127.0.0.1. Dropped, it ends.
#[derive(Debug)]
pub struct S3 {
    daemon: Daemon,
    url: String,
    store: Arc<AmazonS3>,
    runtime: Runtime,
    // Last: the server ends before its folder goes.
    _dir: TempDir,
}

/// What a server needs to be reached by TLS, in PEM.
#[derive(Debug)]
pub struct Tls {
    /// Its certificate, for 127.0.0.1.
    pub certificate: String,
    /// The certificate's private key.
    pub key: String,
    /// Who signed it.
    pub root: String,
}

impl S3 {
    /// Starts a server and waits until it answers.
    pub fn start() -> Self {
        Self::start_as(None)
    }

    /// As [`start`](Self::start), by TLS.
    pub fn start_with_tls(tls: &Tls) -> Self {
        Self::start_as(Some(tls))
    }

    fn start_as(tls: Option<&Tls>) -> Self {
        let dir = tempfile::tempdir().expect("there is room for a folder");
        let data = dir.path().join("data");
        // A folder at the root of its disk is a bucket.
        fs::create_dir_all(data.join("bucket")).expect("a folder of our own can be written");
        let [port, console] = free_ports(2)[..] else { unreachable!("two were asked for") };
        let mut command = Command::new(server());
        command.args(["server", "--quiet", "--address", &format!("127.0.0.1:{port}")]);
        command.args(["--console-address", &format!("127.0.0.1:{console}")]).arg(&data);
        command.env("MINIO_ROOT_USER", USER).env("MINIO_ROOT_PASSWORD", PASSWORD).env("MINIO_BROWSER", "off");
        command.env("MINIO_UPDATE", "off").env("MINIO_CALLHOME_ENABLE", "off");
        let certificates = dir.path().join("certificates");
        fs::create_dir(&certificates).expect("a folder of our own can be written");
        if let Some(tls) = tls {
            fs::write(certificates.join("public.crt"), &tls.certificate).expect("a folder of our own can be written");
            fs::write(certificates.join("private.key"), &tls.key).expect("a folder of our own can be written");
        }
        command.arg("--certs-dir").arg(certificates);
        let daemon = Daemon::start(command, dir.path().join("minio.log"));
        let url = format!("http{}://127.0.0.1:{port}", if tls.is_some() { "s" } else { "" });
        let store = Arc::new(client(&url, tls));
        let runtime = Runtime::new().expect("a runtime can be made");
        let mut s3 = Self { daemon, url, store, runtime, _dir: dir };
        s3.wait();
        s3
    }

    fn wait(&mut self) {
        let until = Instant::now() + READY;
        loop {
            let Err(error) = self.runtime.block_on(self.store.put(&Key::from("_ready"), "ready".into())) else { break };
            self.daemon.assert_running();
            assert!(Instant::now() < until, "MinIO was not ready after {READY:?}: {error}\n{}", self.daemon.tail());
            thread::sleep(Duration::from_millis(100));
        }
        self.runtime.block_on(self.store.delete(&Key::from("_ready"))).expect("what was put can be deleted");
    }

    /// A call of the program with this server's endpoint and credentials.
    #[must_use]
    pub fn with(&self, run: Run) -> Run {
        run.env("AWS_ENDPOINT_URL", &self.url).env("AWS_ACCESS_KEY_ID", USER).env("AWS_SECRET_ACCESS_KEY", PASSWORD)
    }

    /// Puts files into the bucket, by their keys as written.
    pub fn put(&self, files: impl IntoIterator<Item = (String, Vec<u8>)>) {
        let puts = files.into_iter().map(|(key, bytes)| {
            let store = Arc::clone(&self.store);
            async move { store.put(&Key::parse(&key).expect("a key"), bytes.into()).await.map(|_| ()) }
        });
        let all = stream::iter(puts).buffer_unordered(PUTS).try_collect::<Vec<()>>();
        self.runtime.block_on(all).expect("MinIO takes what is put");
    }

    /// The keys below a folder, in order.
    pub fn keys(&self, folder: &str) -> Vec<String> {
        let listed = self.store.list(Some(&Key::from(folder))).map_ok(|meta| meta.location.to_string());
        let mut keys: Vec<_> = self.runtime.block_on(listed.try_collect()).expect("MinIO lists");
        keys.sort();
        keys
    }

    /// Writes all that is below a folder of the bucket into a local one.
    pub fn copy_to(&self, folder: &str, local: &Path) {
        for key in self.keys(folder) {
            let bytes =
                self.runtime.block_on(async { self.store.get(&Key::parse(&key).unwrap()).await?.bytes().await });
            let path = local.join(key.strip_prefix(&format!("{folder}/")).expect("below the folder"));
            fs::create_dir_all(path.parent().expect("below a folder")).expect("a folder of our own can be written");
            fs::write(path, bytes.expect("MinIO gives what it lists")).expect("a folder of our own can be written");
        }
    }
}

fn client(url: &str, tls: Option<&Tls>) -> AmazonS3 {
    let roots = tls.map(|tls| Certificate::from_pem(tls.root.as_bytes()).expect("a certificate"));
    AmazonS3Builder::new()
        .with_client_options(roots.into_iter().fold(ClientOptions::new(), ClientOptions::with_root_certificate))
        .with_endpoint(url)
        .with_allow_http(true)
        .with_bucket_name("bucket")
        .with_access_key_id(USER)
        .with_secret_access_key(PASSWORD)
        .build()
        .expect("all that is needed is given")
}

/// The server's binary, built on first use: some minutes.
fn server() -> PathBuf {
    let _one = BUILD.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let folder = cache_dir().join(format!("minio-{VERSION}"));
    let server = folder.join("minio");
    if !server.is_file() {
        let mut go = Command::new("go");
        go.args(["install", &format!("github.com/minio/minio@{VERSION}")]).env("GOBIN", &folder);
        let said = go.output().unwrap_or_else(|error| panic!("cannot run `go`: {error}; {GO}"));
        assert!(said.status.success(), "MinIO does not build: {}; {GO}", String::from_utf8_lossy(&said.stderr));
    }
    server
}
