//! A server that goes away in the middle: the run waits for it, or ends with an error and is gone on with.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use imgmeta_tests::images::synthetic;
use imgmeta_tests::outcomes::assert_complete;
use imgmeta_tests::postgres::Postgres;
use imgmeta_tests::program::{Run, Running};
use imgmeta_tests::server::Server;

use super::expected::{assert_failures, assert_images};

const ROWS: u64 = 300;

/// Images that take their time: some seconds for all.
fn images() -> Server {
    let body = Arc::new(synthetic("gps_ne_le.jpg"));
    Server::start(move |request, reply| {
        thread::sleep(Duration::from_millis(100));
        if request.path.ends_with("7.jpg") {
            reply.respond("404 Not Found", &[], b"");
        } else {
            reply.file("image/jpeg", &body);
        }
    })
}

fn list(dir: &Path, server: &Server) -> PathBuf {
    let lines: String = (0..ROWS).map(|row| server.url(&format!("/{row}.jpg")) + "\n").collect();
    let list = dir.join("list.txt");
    fs::write(&list, lines).unwrap();
    list
}

fn run(list: &Path, output: &Path, url: &str) -> Run {
    let run = Run::new(["run", "--resume", "--shard-rows", "10", "--per-host", "8", "--allow-private", "--sql", url]);
    run.arg(list).arg("--output").arg(output).within(Duration::from_mins(4))
}

/// Waits until a run has put some shards into a database.
fn wait_for_shards(postgres: &Postgres, database: &str, running: &mut Running) {
    let until = Instant::now() + Duration::from_secs(30);
    let tables = "SELECT to_regclass('shards') IS NOT NULL";
    while postgres.run(database, tables) == "f" || postgres.run(database, "SELECT count(*) > 2 FROM shards") == "f" {
        assert!(running.is_running() && Instant::now() < until, "no shard came");
        thread::sleep(Duration::from_millis(20));
    }
}

#[track_caller]
fn assert_same(postgres: &Postgres, database: &str, output: &Path) {
    let lines = assert_complete(output, 0..ROWS);
    assert_images(&postgres.rows(database, "SELECT * FROM images"), &lines);
    assert_failures(&postgres.rows(database, "SELECT * FROM failures"), &lines);
}

#[test]
fn a_server_that_is_started_anew_is_waited_for() {
    let (mut postgres, server, dir) = (Postgres::start(), images(), tempfile::tempdir().unwrap());
    let (list, output, url) = (list(dir.path(), &server), dir.path().join("out"), postgres.create("images"));
    let mut running = postgres.with(run(&list, &output, &url)).spawn();
    wait_for_shards(&postgres, "images", &mut running);
    postgres.stop();
    thread::sleep(Duration::from_secs(2));
    assert!(running.is_running(), "it waits");
    postgres.go_on();
    running.finish().assert_code(0);
    assert_same(&postgres, "images", &output);
}

#[test]
fn connections_that_break_cost_nothing_and_a_server_that_stays_away_ends_the_run_until_it_is_back() {
    let (mut postgres, server, dir) = (Postgres::start(), images(), tempfile::tempdir().unwrap());
    let (list, output, url) = (list(dir.path(), &server), dir.path().join("out"), postgres.create("images"));
    let mut running = postgres.with(run(&list, &output, &url)).spawn();
    wait_for_shards(&postgres, "images", &mut running);
    for _ in 0..5 {
        postgres.run("postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'images'");
        thread::sleep(Duration::from_millis(50));
    }
    assert!(running.is_running(), "it goes on");
    postgres.stop();
    let ended = running.finish();
    ended.assert_code(1);
    for word in ["cannot write a shard to the database `postgres://127.0.0.1:", "is the server running"] {
        assert!(ended.stderr.contains(word), "{word}: {ended:#?}");
    }
    assert!(!output.join("success_output/_SUCCESS").exists());
    // While it is away nothing is begun, either.
    let refused = postgres.with(run(&list, &output, &url)).finish();
    refused.assert_code(1);
    assert!(refused.took < Duration::from_secs(20), "{refused:#?}");
    postgres.go_on();
    postgres.with(run(&list, &output, &url)).finish().assert_code(0);
    assert_same(&postgres, "images", &output);
}
