//! Killed with -9 at seeded moments and resumed, JSON, mirror and tables tell the same rows, those of a run that was never
//! disturbed.

use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

use imgmeta_tests::outcomes::{Outcomes, assert_complete, assert_same_outcomes};
use imgmeta_tests::postgres::Postgres;
use imgmeta_tests::program::{Kills, Run};
use imgmeta_tests::python;

use crate::kills::images;

use super::expected::{assert_failures, assert_images, assert_tags};
use super::{load, sqlite_rows};

const ROWS: u64 = 400;
const KILLS: u64 = 8;

#[test]
fn kills_of_runs_that_fill_a_database_leave_the_same_rows_everywhere() {
    let (postgres, server, dir) = (Postgres::start(), images(), tempfile::tempdir().unwrap());
    let list = dir.path().join("list.csv");
    let mut lines = "url\n".to_owned();
    (0..ROWS).for_each(|row| writeln!(lines, "{}", server.url(&format!("/{row}.jpg"))).unwrap());
    fs::write(&list, lines).unwrap();
    let at = |name: &str| dir.path().join(name);
    let run = |name: &str, url: &str| {
        let run = Run::new(["run", "--parquet", "--resume", "--shard-rows", "25", "--per-host", "16", "--sql-tags"]);
        let run = run.arg("--allow-private").args(["--sql", url]).arg(&list).arg("--output").arg(at(name));
        postgres.with(run)
    };
    let undisturbed = run("undisturbed", &postgres.create("undisturbed")).finish();
    undisturbed.assert_code(0);
    let expected = assert_complete(at("undisturbed"), 0..ROWS);

    // Every other one fills a file.
    let mut kills = Kills::new(KILLS, 13, undisturbed.took);
    for round in 0..kills.rounds() {
        let (name, file) = (format!("killed_{round}"), at("i.db"));
        let into_file = round % 2 == 1;
        let url = if into_file { format!("sqlite:{}", file.display()) } else { postgres.create(&name) };
        kills.kill(run(&name, &url));
        run(&name, &url).within(Duration::from_mins(3)).finish().assert_code(0);
        let found = assert_complete(at(&name), 0..ROWS);
        assert_same_outcomes(&found, &expected);
        let rows = |table: &str| {
            if into_file { sqlite_rows(&file, table) } else { postgres.rows(&name, &format!("SELECT * FROM {table}")) }
        };
        assert_same(rows, &found);
        let same = python::script("same_rows.py").arg(at(&name)).output().unwrap();
        assert!(same.status.success(), "round {round}: {}", String::from_utf8_lossy(&same.stderr));
        fs::remove_dir_all(at(&name)).unwrap();
        if into_file {
            fs::remove_file(&file).unwrap();
        } else {
            postgres.run("postgres", &format!("DROP DATABASE {name}"));
        }
    }
    kills.assert_enough();
}

#[test]
fn kills_of_load_leave_the_rows_of_the_run() {
    let (postgres, server, dir) = (Postgres::start(), images(), tempfile::tempdir().unwrap());
    let (list, output) = (dir.path().join("list.txt"), dir.path().join("out"));
    let lines: String = (0..ROWS).map(|row| server.url(&format!("/{row}.jpg")) + "\n").collect();
    fs::write(&list, lines).unwrap();
    let run = Run::new(["run", "--shard-rows", "10", "--per-host", "32", "--allow-private"]).arg(&list);
    run.arg("--output").arg(&output).finish().assert_code(0);
    let expected = assert_complete(&output, 0..ROWS);
    let took = postgres.with(load(&output, &postgres.create("undisturbed"))).arg("--sql-tags").finish().took;
    let mut kills = Kills::new(KILLS / 2, 14, took);
    for round in 0..kills.rounds() {
        let name = format!("killed_{round}");
        let url = postgres.create(&name);
        let load = || postgres.with(load(&output, &url)).arg("--sql-tags");
        kills.kill(load());
        load().finish().assert_code(0);
        assert_same(|table| postgres.rows(&name, &format!("SELECT * FROM {table}")), &expected);
        postgres.run("postgres", &format!("DROP DATABASE {name}"));
    }
    kills.assert_enough();
}

#[track_caller]
fn assert_same(rows: impl Fn(&str) -> Vec<serde_json::Value>, outcomes: &Outcomes) {
    assert_images(&rows("images"), outcomes);
    assert_failures(&rows("failures"), outcomes);
    assert_tags(&rows("exif_tags"), outcomes);
    let runs = rows("runs");
    assert!(runs.len() == 1 && (runs[0]["complete"] == true || runs[0]["complete"] == 1), "{runs:?}");
}
