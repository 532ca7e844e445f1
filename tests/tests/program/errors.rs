//! Bad input: one clear error with the cure, the right exit code, and nothing half-published.

use std::fs;
use std::path::Path;
use std::process::Command;

use imgmeta_tests::images::{data_dir, synthetic};
use imgmeta_tests::program::{Finished, Run};

fn assert_one_error(done: &Finished, code: i32, said: &[&str]) {
    done.assert_code(code);
    let errors: Vec<_> = done.stderr.lines().filter(|line| line.starts_with("error:")).collect();
    assert_eq!(errors.len(), 1, "one error, not:\n{}", done.stderr);
    for said in said {
        assert!(errors[0].to_lowercase().contains(said), "`{said}` is not in: {}", errors[0]);
    }
    assert!(!done.stderr.contains("panicked") && !done.stderr.contains("RUST_BACKTRACE"), "{}", done.stderr);
}

fn run(list: &Path, output: &Path) -> Run {
    Run::new(["run"]).arg(list).arg("--output").arg(output)
}

#[test]
fn a_list_that_is_none_is_one_clear_error_and_leaves_no_output() {
    let dir = tempfile::tempdir().unwrap();
    let output = dir.path().join("out");
    let file = |name: &str, bytes: &[u8]| {
        fs::write(dir.path().join(name), bytes).unwrap();
        dir.path().join(name)
    };
    let table = file("a.csv", b"id,title\n1,x\n");
    assert_one_error(&run(&table, &output).finish(), 1, &["--url-column", "id", "title"]);
    let unknown = run(&table, &output).arg("--url-column").arg("photo").finish();
    assert_one_error(&unknown, 1, &["photo", "id", "title"]);
    assert_one_error(&run(&file("empty.csv", b""), &output).finish(), 1, &["empty"]);
    assert_one_error(&run(&file("head.csv", b"url\n"), &output).finish(), 1, &["no row is in"]);
    let image = file("photo.csv", &synthetic("gps_ne_le.jpg"));
    assert_one_error(&run(&image, &output).finish(), 1, &["jpeg", "inspect"]);
    assert_one_error(&run(&file("a.xyz", b"x"), &output).finish(), 1, &[".csv"]);
    assert_one_error(&run(&dir.path().join("gone.csv"), &output).finish(), 1, &["gone.csv"]);
    assert!(!output.exists(), "nothing was made");
}

#[test]
fn an_output_that_exists_is_refused_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("mine.txt"), "x").unwrap();
    let list = data_dir().join("../../examples/images.csv");
    assert_one_error(&run(&list, dir.path()).finish(), 1, &["--resume", "--overwrite"]);
    let done = run(&list, dir.path()).arg("--overwrite").finish();
    assert_one_error(&done, 1, &["_imgmeta"]);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing was added");
}

#[test]
fn a_changed_list_is_not_resumed_and_the_difference_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let (list, output) = (dir.path().join("list.txt"), dir.path().join("out"));
    fs::write(&list, "a.jpg\n").unwrap();
    run(&list, &output).finish().assert_code(0);
    fs::remove_file(output.join("success_output/_SUCCESS")).unwrap();
    fs::write(&list, "a.jpg\nb.jpg\n").unwrap();
    assert_one_error(&run(&list, &output).arg("--resume").finish(), 1, &["lists"]);
}

#[test]
fn a_namenode_that_is_not_there_is_named_and_soon() {
    let dir = tempfile::tempdir().unwrap();
    let list = data_dir().join("../../examples/images.csv");
    for output in ["hdfs://127.0.0.1:1/out", "hdfs://no-such-namenode.invalid:8020/out"] {
        let done = run(&list, Path::new(output)).finish();
        assert_one_error(&done, 1, &[output, "namenode"]);
    }
    let done = run(Path::new("hdfs://127.0.0.1:1/list.csv"), &dir.path().join("out")).finish();
    assert_one_error(&done, 1, &["hdfs://127.0.0.1:1", "namenode"]);
}

#[test]
fn an_output_that_may_not_be_made_is_an_error_that_names_it() {
    let list = data_dir().join("../../examples/images.csv");
    // Not even the superuser makes a folder there.
    assert_one_error(&run(&list, Path::new("/proc/imgmeta-out")).finish(), 1, &["/proc/imgmeta-out"]);
}

#[test]
fn a_full_disk_is_an_error_that_says_so_and_the_run_goes_on_when_there_is_room() {
    let dir = tempfile::tempdir().unwrap();
    let disk = Mounted::new(dir.path());
    let image = data_dir().join("images/synthetic/exif_all_ifds.jpg").canonicalize().unwrap();
    let list = dir.path().join("list.txt");
    fs::write(&list, format!("{}\n", image.display()).repeat(2000)).unwrap();
    let output = disk.0.join("out");
    let done = run(&list, &output).arg("--shard-rows").arg("100").finish();
    assert_one_error(&done, 1, &["space", "--resume"]);
    assert!(!output.join("success_output/_SUCCESS").exists());
    disk.remount("size=64m");
    run(&list, &output).arg("--resume").finish().assert_code(0);
    imgmeta_tests::outcomes::assert_complete(&output, 0..2000);
}

/// A disk of half a megabyte, for as long as it lives.
struct Mounted(std::path::PathBuf);

impl Mounted {
    fn new(dir: &Path) -> Self {
        let at = dir.join("disk");
        fs::create_dir(&at).unwrap();
        let mounted = Self(at);
        mounted.mount("size=512k");
        mounted
    }

    fn mount(&self, options: &str) {
        let done = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(&self.0).output().unwrap();
        let why = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "this test mounts a small disk and needs to be run as root: {why}");
    }

    fn remount(&self, size: &str) {
        let options = format!("remount,{size}");
        let done = Command::new("mount").args(["-o", &options]).arg(&self.0).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        Command::new("umount").arg("-l").arg(&self.0).output().ok();
    }
}
