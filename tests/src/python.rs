//! Python with the engines that read what a run wrote, in a virtual environment kept outside the checkout.

use std::{
    collections::hash_map::DefaultHasher,
    env, fs,
    hash::{Hash, Hasher},
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::{Mutex, OnceLock},
};

use crate::program::binary;

/// The cure where Python is missing.
const PYTHON: &str = "install Python 3.10 or later with its venv (Debian: `apt-get install python3-venv`)";
/// The cure where the engines cannot be installed.
const PACKAGES: &str = "`pip install -r tests/python/requirements.txt` must work on this machine";

/// The cure where the package cannot be built.
const WHEEL: &str = "`python python/build.py` must make a wheel that pip installs";

/// What is installed, and in which versions.
const REQUIREMENTS: &str = include_str!("../python/requirements.txt");

/// The same for the package, its build and its type checker.
const PACKAGE_REQUIREMENTS: &str = include_str!("../python/package.txt");

/// The same of AWS Glue 5.
const GLUE_REQUIREMENTS: &str = include_str!("../python/glue.txt");

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

/// The same with what every Python has, and no engines.
pub fn plain_script(name: &str) -> Command {
    let mut command = Command::new("python3");
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("python").join(name)).env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

/// The interpreter, with everything installed on first use.
pub fn python() -> PathBuf {
    environment("requirements.txt", REQUIREMENTS, "").join("bin/python")
}

/// The interpreter with the Spark of AWS Glue 5.
pub fn glue() -> PathBuf {
    environment("glue.txt", GLUE_REQUIREMENTS, "").join("bin/python")
}

/// An environment with the package `imgmeta` of this checkout, and with what it works with: its wheel is built and
/// installed once a process.
pub fn package() -> &'static Path {
    static PACKAGE: OnceLock<PathBuf> = OnceLock::new();
    PACKAGE.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests are in the workspace");
        // One for each checkout: what is installed is its own.
        let venv = environment("package.txt", PACKAGE_REQUIREMENTS, &root.to_string_lossy());
        let wheels = tempfile::tempdir().expect("there is room");
        let mut build = Command::new(venv.join("bin/python"));
        build.arg(root.join("python/build.py")).arg(binary()).arg("--out").arg(wheels.path());
        succeeded(&build.output().expect("it is installed"), WHEEL);
        let wheel = fs::read_dir(wheels.path()).expect("it was made").next().expect("a wheel").expect("it can be read");
        let mut pip = Command::new(venv.join("bin/python"));
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--force-reinstall", "--no-deps"]);
        succeeded(&pip.arg(wheel.path()).output().expect("it is installed"), WHEEL);
        venv
    })
}

/// A virtual environment with these requirements, made on first use; `whose` keeps alike ones apart.
fn environment(file: &str, requirements: &str, whose: &str) -> PathBuf {
    // A test that could not install poisons nothing: the next one tries again.
    let _one = INSTALL.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let cache = cache_dir().join("python");
    let mut hash = DefaultHasher::new();
    requirements.hash(&mut hash);
    if !whose.is_empty() {
        whose.hash(&mut hash);
    }
    let venv = cache.join(format!("{:016x}", hash.finish()));
    if !venv.join("whole").is_file() {
        install(&cache, &venv, file);
    }
    venv
}

/// The environment is made where it stays, since its scripts know their place; `whole` is written last.
fn install(cache: &Path, venv: &Path, file: &str) {
    fs::create_dir_all(cache).unwrap_or_else(|error| panic!("cannot make `{}`: {error}", cache.display()));
    let made = Command::new("python3").args(["-m", "venv", "--clear"]).arg(venv).output();
    succeeded(&made.unwrap_or_else(|error| panic!("cannot run `python3`: {error}; {PYTHON}")), PYTHON);
    let requirements = Path::new(env!("CARGO_MANIFEST_DIR")).join("python").join(file);
    let mut pip = Command::new(venv.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]).arg(requirements);
    succeeded(&pip.output().unwrap_or_else(|error| panic!("cannot run pip: {error}; {PYTHON}")), PACKAGES);
    fs::write(venv.join("whole"), file).expect("the cache can be written");
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
