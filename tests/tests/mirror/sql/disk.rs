//! A disk that is full: a clear error, and the run is gone on with when there is room.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use imgmeta_tests::images::synthetic;
use imgmeta_tests::namespace;
use imgmeta_tests::outcomes::assert_complete;
use imgmeta_tests::postgres::Postgres;
use imgmeta_tests::program::{Finished, Run};

use super::expected::assert_images;
use super::sqlite_rows;

const ROWS: u64 = 4_000;

#[test]
fn a_full_disk_ends_a_run_that_goes_on_when_there_is_room() {
    namespace::run_inside("sql::disk::inside_a_namespace");
}

/// In a mount namespace of its own, where a small disk can be made.
#[test]
#[ignore = "run by the test above, in a namespace"]
fn inside_a_namespace() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.jpg"), synthetic("exif_all_ifds.jpg")).unwrap();
    fs::write(dir.path().join("list.txt"), "a.jpg\n".repeat(ROWS.try_into().unwrap())).unwrap();
    let small = dir.path().join("small");
    fs::create_dir(&small).unwrap();
    mount(&["-t", "tmpfs", "-o", "size=2m,mode=0777", "small", small.to_str().unwrap()]);
    let file = small.join("i.db");
    full_and_again(dir.path(), "sqlite", &format!("sqlite:{}", file.display()), || {
        mount(&["-o", "remount,size=60m", small.to_str().unwrap()]);
    });
    assert_images(&sqlite_rows(&file, "images"), &assert_complete(dir.path().join("sqlite"), 0..ROWS));
    fs::remove_file(&file).unwrap();

    let server = Postgres::start_in(tempfile::tempdir().unwrap(), small.join("data"));
    let url = server.create("images");
    let used: u64 = df(&small);
    mount(&["-o", &format!("remount,size={}k", used + 2_000), small.to_str().unwrap()]);
    full_and_again(dir.path(), "postgres", &url, || {
        mount(&["-o", "remount,size=400m", small.to_str().unwrap()]);
    });
    let lines = assert_complete(dir.path().join("postgres"), 0..ROWS);
    assert_images(&server.rows("images", "SELECT * FROM images"), &lines);
}

/// A run into a database whose disk is too small, and again with room.
fn full_and_again(dir: &Path, name: &str, url: &str, make_room: impl FnOnce()) {
    let run = || {
        let run = Run::new(["run", "--resume", "--shard-rows", "500", "--sql", url]).arg(dir.join("list.txt"));
        let run = run.arg("--output").arg(dir.join(name)).env("PGPASSWORD", imgmeta_tests::postgres::PASSWORD);
        run.within(Duration::from_mins(3)).finish()
    };
    let full: Finished = run();
    full.assert_code(1);
    for word in ["cannot write a shard to the database", "no space is left on its disk: make room"] {
        assert!(full.stderr.contains(word), "{word}: {full:#?}");
    }
    make_room();
    run().assert_code(0);
}

fn mount(args: &[&str]) {
    let said = Command::new("mount").args(args).output().expect("`mount` is there (install mount)");
    assert!(said.status.success(), "mount {args:?}: {}", String::from_utf8_lossy(&said.stderr));
}

/// KiB that are used.
fn df(at: &Path) -> u64 {
    let said = Command::new("df").args(["--output=used", "--block-size=1K"]).arg(at).output().expect("`df` is there");
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    said.lines().nth(1).and_then(|line| line.trim().parse().ok()).unwrap_or_else(|| panic!("{said}"))
}
