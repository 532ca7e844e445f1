//! The Python package: its wheel in a clean environment, its types, its examples, and what it does.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use imgmeta_tests::program::Run;
use imgmeta_tests::python::package;

use crate::engines::samples;

/// A program of the environment that the wheel is installed in, with its commands first on `PATH`.
fn installed(program: &str) -> Command {
    let commands = package().join("bin");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths([commands.clone()].into_iter().chain(std::env::split_paths(&path))).unwrap();
    let mut command = Command::new(commands.join(program));
    command.env("PATH", path).env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

fn succeeded(output: &Output) -> String {
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}\n{errors}");
    said.into_owned()
}

/// A folder of all images that there are, and a list of them.
fn gather(dir: &Path) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests are in the workspace");
    let photo = root.join("examples/images/all-directories.jpg");
    fs::create_dir(dir.join("images")).unwrap();
    symlink(photo, dir.join("images/all-directories.jpg")).unwrap();
    let mut list = "id,title,url\n".to_owned();
    for (number, sample) in samples().iter().enumerate() {
        let sample = sample.canonicalize().unwrap();
        let image = dir.join(format!("images/{number}-{}", sample.file_name().unwrap().display()));
        symlink(&sample, &image).unwrap();
        writeln!(list, "{number},\"a \"\"b\"\" {number}\",{}", image.display()).unwrap();
    }
    list
}

#[test]
fn the_package_does_what_it_says() {
    let dir = tempfile::tempdir().unwrap();
    let list = dir.path().join("list.csv");
    fs::write(&list, gather(dir.path())).unwrap();
    let (mirrored, plain) = (dir.path().join("mirrored"), dir.path().join("plain"));
    for (output, flags) in
        [(&mirrored, ["--parquet", "--shard-rows=100"]), (&plain, ["--json-compression=gzip", "--shard-rows=50"])]
    {
        let run = Run::new(["run", "--keep-columns=id,title"]).args(flags).arg(&list).arg("--output").arg(output);
        run.within(Duration::from_mins(5)).finish().assert_code(0);
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/package.py");
    let mut python = installed("python");
    python.arg(script).arg(dir.path().join("images")).arg(mirrored).arg(plain);
    let said = succeeded(&python.output().unwrap());
    assert_eq!(said.lines().last(), Some("passed examples_of_the_documentation_are_true"), "{said}");
}

#[test]
fn the_package_is_typed() {
    let settings = Path::new(env!("CARGO_MANIFEST_DIR")).join("../python/pyproject.toml");
    let mut mypy = installed("mypy");
    mypy.args(["--strict", "--package", "imgmeta", "--config-file"]).arg(settings);
    let said = succeeded(&mypy.output().unwrap());
    assert!(said.starts_with("Success: no issues found"), "{said}");
}

#[test]
fn the_package_brings_the_command() {
    for program in ["imgmeta", "python"] {
        let more: &[&str] = if program == "python" { &["-m", "imgmeta"] } else { &[] };
        let said = succeeded(&installed(program).args(more).arg("--version").output().unwrap());
        assert_eq!(said.trim(), concat!("imgmeta ", env!("CARGO_PKG_VERSION")));
    }
}
