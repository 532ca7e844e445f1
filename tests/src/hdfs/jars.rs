//! Hadoop's jars, brought by Maven once for a user and kept outside the checkout.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Mutex,
};

/// The version in `tests/hdfs/pom.xml`.
const VERSION: &str = "3.5.0";

/// The cure where Java is missing.
pub(super) const JAVA: &str = "install a Java of 17 or later (Debian: `apt-get install openjdk-17-jre-headless`)";
const MAVEN: &str = "install Maven (Debian: `apt-get install maven`)";

/// One download of a process at a time; two processes race harmlessly.
static DOWNLOAD: Mutex<()> = Mutex::new(());

/// The folder of the jars, filled on first use.
pub(super) fn jars() -> PathBuf {
    // A test that could not download poisons nothing: the next one tries again.
    let _one = DOWNLOAD.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let cache = cache_dir();
    let jars = cache.join(format!("hadoop-{VERSION}"));
    if !jars.is_dir() {
        download(&cache, &jars);
    }
    jars
}

/// A folder appears under its name only when it is whole: the download goes to another, which is then renamed.
fn download(cache: &Path, jars: &Path) {
    fs::create_dir_all(cache).unwrap_or_else(|error| panic!("cannot make `{}`: {error}", cache.display()));
    let draft = tempfile::tempdir_in(cache).expect("the cache can be written");
    let lib = draft.path().join("lib");
    let pom = concat!(env!("CARGO_MANIFEST_DIR"), "/hdfs/pom.xml");
    let mut maven = Command::new("mvn");
    maven.args(["-q", "-B", "-f", pom, "dependency:copy-dependencies"]);
    maven.arg(format!("-DoutputDirectory={}", lib.display()));
    let said = maven.output().unwrap_or_else(|error| panic!("cannot run `mvn`: {error}; {MAVEN}"));
    let text = String::from_utf8_lossy(&said.stdout);
    assert!(said.status.success(), "Maven could not bring Hadoop's jars:\n{text}");
    assert!(lib.join(format!("hadoop-hdfs-{VERSION}.jar")).is_file(), "Maven brought another Hadoop:\n{text}");
    if let Err(error) = fs::rename(&lib, jars) {
        assert!(jars.is_dir(), "cannot rename the jars to `{}`: {error}", jars.display());
    }
}

/// What tests keep outside the checkout.
pub(crate) fn cache_dir() -> PathBuf {
    let under =
        |name, more: &str| env::var_os(name).filter(|dir| !dir.is_empty()).map(|dir| PathBuf::from(dir).join(more));
    let cache = under("XDG_CACHE_HOME", "imgmeta").or_else(|| under("HOME", ".cache/imgmeta"));
    cache.expect("set HOME or XDG_CACHE_HOME: the tests keep what they download and build there")
}
