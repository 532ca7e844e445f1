//! Python with the engines that read what a run wrote, in a virtual environment kept outside the checkout.

use std::{
    collections::hash_map::DefaultHasher,
    env, fs,
    hash::{Hash, Hasher},
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::Mutex,
};

/// The cure where Python is missing.
const PYTHON: &str = "install Python 3.10 or later with its venv (Debian: `apt-get install python3-venv`)";
/// The cure where the engines cannot be installed.
const PACKAGES: &str = "`pip install -r tests/python/requirements.txt` must work on this machine";

/// What is installed, and in which versions.
const REQUIREMENTS: &str = include_str!("../python/requirements.txt");

/// One installation of a process at a time; two processes race harmlessly.
static INSTALL: Mutex<()> = Mutex::new(());

/// A call of a script in `tests/python`, with the engines at hand.
pub fn script(name: &str) -> Command {
    let mut command = Command::new(python());
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("python").join(name));
    // Spark starts processes of its own: they need the same packages, and no other address than this machine's.
    command.env("PYSPARK_PYTHON", python()).env("SPARK_LOCAL_IP", "127.0.0.1").env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

/// The interpreter, with everything installed on first use.
pub fn python() -> PathBuf {
    // A test that could not install poisons nothing: the next one tries again.
    let _one = INSTALL.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let cache = cache_dir().join("python");
    let mut hash = DefaultHasher::new();
    REQUIREMENTS.hash(&mut hash);
    let venv = cache.join(format!("{:016x}", hash.finish()));
    if !venv.join("whole").is_file() {
        install(&cache, &venv);
    }
    venv.join("bin/python")
}

/// The environment is made where it stays, since its scripts know their place; `whole` is written last.
fn install(cache: &Path, venv: &Path) {
    fs::create_dir_all(cache).unwrap_or_else(|error| panic!("cannot make `{}`: {error}", cache.display()));
    let made = Command::new("python3").args(["-m", "venv", "--clear"]).arg(venv).output();
    succeeded(&made.unwrap_or_else(|error| panic!("cannot run `python3`: {error}; {PYTHON}")), PYTHON);
    let requirements = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/requirements.txt");
    let mut pip = Command::new(venv.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]).arg(requirements);
    succeeded(&pip.output().unwrap_or_else(|error| panic!("cannot run pip: {error}; {PYTHON}")), PACKAGES);
    fs::write(venv.join("whole"), REQUIREMENTS).expect("the cache can be written");
}

fn succeeded(output: &Output, cure: &str) {
    let said = [&output.stdout, &output.stderr].map(|said| String::from_utf8_lossy(said));
    assert!(output.status.success(), "{cure}:\n{}{}", said[0], said[1]);
}

fn cache_dir() -> PathBuf {
    let under =
        |name, more: &str| env::var_os(name).filter(|dir| !dir.is_empty()).map(|dir| PathBuf::from(dir).join(more));
    let cache = under("XDG_CACHE_HOME", "imgmeta").or_else(|| under("HOME", ".cache/imgmeta"));
    cache.expect("set HOME or XDG_CACHE_HOME: the tests keep Python's packages there")
}
