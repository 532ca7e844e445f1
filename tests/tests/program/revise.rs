//! `retry` and `refresh`, as a user types them.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use imgmeta_tests::images::{padded_jpeg, synthetic};
use imgmeta_tests::outcomes::{Outcomes, assert_complete, assert_same_outcomes};
use imgmeta_tests::program::{Kills, Run};
use imgmeta_tests::python;
use imgmeta_tests::server::Server;

const ROWS: u64 = 600;

fn command(name: &str, output: &Path) -> Run {
    Run::new([name]).arg(output).arg("--allow-private").arg("--per-host").arg("16").arg("--shard-rows").arg("50")
}

fn run(list: &Path, output: &Path) -> Run {
    let run =
        Run::new(["run", "--parquet", "--allow-private", "--retries", "0", "--per-host", "16", "--shard-rows", "50"]);
    run.arg(list).arg("--output").arg(output)
}

fn write_list(list: &Path, server: &Server) {
    let mut lines = "url,id\n".to_owned();
    (0..ROWS).for_each(|row| writeln!(lines, "{},{row}", server.url(&format!("/{row}.jpg"))).unwrap());
    fs::write(list, lines).unwrap();
}

fn row(path: &str) -> u64 {
    path.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap()
}

/// JSON and mirror hold the same rows, each once.
fn assert_mirrored(output: &Path) {
    let same = python::script("same_rows.py").arg(output).output().unwrap();
    assert!(same.status.success(), "{}", String::from_utf8_lossy(&same.stderr));
}

/// Of ten images one is gone, and three wait until the server is well.
fn ailing(well: &Arc<AtomicBool>) -> Server {
    let (well, jpeg) = (Arc::clone(well), synthetic("gps_ne_le.jpg"));
    Server::start(move |request, reply| match row(&request.path) % 10 {
        0 => reply.respond("404 Not Found", &[], b""),
        1..=3 if !well.load(Ordering::SeqCst) => reply.respond("500 Internal Server Error", &[], b""),
        _ => reply.file("image/jpeg", &jpeg),
    })
}

#[test]
fn failures_are_read_again_and_take_their_place_though_it_is_killed() {
    let well = Arc::new(AtomicBool::new(false));
    let server = ailing(&well);
    let dir = tempfile::tempdir().unwrap();
    let (list, output, whole) = (dir.path().join("l.csv"), dir.path().join("out"), dir.path().join("whole"));
    write_list(&list, &server);
    run(&list, &output).arg("--keep-columns").arg("id").finish().assert_code(0);
    let before = assert_complete(&output, 0..ROWS);
    assert_eq!(before.failures.len() as u64, ROWS * 4 / 10);
    well.store(true, Ordering::SeqCst);
    run(&list, &whole).arg("--keep-columns").arg("id").finish().assert_code(0);
    let expected = assert_complete(&whole, 0..ROWS);
    let took = command("retry", &copy(&output, dir.path(), "undisturbed")).finish();
    took.assert_code(0);
    assert!(took.stderr.contains(&format!("failures           {}", ROWS / 10)), "{}", took.stderr);

    let mut kills = Kills::new(8, 3, took.took);
    for round in 0..kills.rounds() {
        let output = copy(&output, dir.path(), &format!("killed-{round}"));
        kills.kill(command("retry", &output));
        if output.join("_imgmeta/pending.json").exists() {
            let refused = command("refresh", &output).finish();
            refused.assert_code(1);
            assert!(refused.stderr.contains("`imgmeta retry` was begun on"), "{refused:#?}");
        }
        command("retry", &output).finish().assert_code(0);
        let found = assert_complete(&output, 0..ROWS);
        assert_same_outcomes(&found, &expected);
        let attempts = |line: &serde_json::Value| line["Fetch"]["Attempts"].as_u64();
        assert!(found.records.iter().filter(|line| attempts(line) == Some(2)).count() as u64 == ROWS * 3 / 10);
        assert_mirrored(&output);
    }
    kills.assert_enough();
    // What is gone is asked for only where that is wanted.
    let asked = server.seen().len();
    command("retry", &output.with_file_name("killed-0")).finish().assert_code(0);
    assert_eq!(server.seen().len(), asked);
    let only = command("retry", &output.with_file_name("killed-0")).arg("--only").arg("not_found").finish();
    only.assert_code(0);
    // Until the server has shown that ranges work, a 404 is asked for again without one.
    let again = (server.seen().len() - asked) as u64;
    assert!((ROWS / 10..ROWS / 10 + 20).contains(&again), "{again} requests");
    let wrong = command("retry", &output).arg("--only").arg("bad_row").finish();
    wrong.assert_code(2);
    assert!(wrong.stderr.contains("correct the list"), "{}", wrong.stderr);
}

fn copy(from: &Path, dir: &Path, name: &str) -> std::path::PathBuf {
    let to = dir.join(name);
    let copied = std::process::Command::new("cp").arg("-a").arg(from).arg(&to).status().unwrap();
    assert!(copied.success());
    to
}

#[test]
fn relative_paths_are_relative_to_their_list_when_they_are_read_again() {
    let dir = tempfile::tempdir().unwrap();
    let output = dir.path().join("out");
    for name in ["a", "b"] {
        fs::create_dir(dir.path().join(name)).unwrap();
        fs::write(dir.path().join(name).join("list.txt"), "one.jpg\ntwo.jpg\n").unwrap();
    }
    let lists = [dir.path().join("a/list.txt"), dir.path().join("b/list.txt")];
    let done = Run::new(["run"]).arg(&lists[0]).arg(&lists[1]).arg("--output").arg(&output).finish();
    done.assert_code(0);
    fs::write(dir.path().join("b/two.jpg"), synthetic("gps_ne_le.jpg")).unwrap();
    Run::new(["retry", "--only", "not_found"]).arg(&output).finish().assert_code(0);
    let found = assert_complete(&output, 0..4);
    assert_eq!(found.records.iter().map(|line| line["Row"].as_u64().unwrap()).collect::<Vec<_>>(), [3]);
}

#[test]
fn a_world_that_has_not_changed_costs_refresh_next_to_nothing_and_what_has_is_merged() {
    let late = Arc::new(AtomicBool::new(false));
    let server = changing(&late);
    let dir = tempfile::tempdir().unwrap();
    let (list, output) = (dir.path().join("l.csv"), dir.path().join("out"));
    write_list(&list, &server);
    run(&list, &output).finish().assert_code(0);
    let before = assert_complete(&output, 0..ROWS);
    let parts = names(&output);

    let same = command("refresh", &output).finish();
    same.assert_code(0);
    assert_same_outcomes(&assert_complete(&output, 0..ROWS), &before);
    assert_eq!(names(&output), parts, "nothing has changed, and nothing was written");

    late.store(true, Ordering::SeqCst);
    let asked = server.seen().len();
    command("refresh", &output).arg("--retries").arg("0").finish().assert_code(0);
    assert_eq!((server.seen().len() - asked) as u64, ROWS);
    let found = assert_complete(&output, 0..ROWS);
    assert_mirrored(&output);
    check(&found, &before);

    // What could be read again loses its warning.
    late.store(false, Ordering::SeqCst);
    command("refresh", &output).finish().assert_code(0);
    let found = assert_complete(&output, 0..ROWS);
    let (record, line) = found.of_row(2);
    assert!(record && line["Warnings"] == before.of_row(2).1["Warnings"], "{line}");
}

/// Row 0 has other pixels, 1 is gone, 2 cannot be read, and the rest is as it was.
fn check(found: &Outcomes, before: &Outcomes) {
    for row in 0..ROWS {
        let ((record, line), (_, old)) = (found.of_row(row), before.of_row(row));
        match row {
            0 => assert!(record && line["Format"] == "PNG", "{line}"),
            1 => assert!(!record && line["Kind"] == "not_found", "{line}"),
            2 => {
                let warning = line["Warnings"].as_array().unwrap().last().unwrap().as_str().unwrap();
                assert!(record && warning.starts_with("refresh: could not be read again: "), "{line}");
                assert_eq!(line["EXIF"], old["EXIF"]);
            }
            _ => assert_eq!(line, old, "it has not changed"),
        }
    }
}

/// Images of 100 KB with validators of each kind; some change when it is late.
fn changing(late: &Arc<AtomicBool>) -> Server {
    let late = Arc::clone(late);
    let (jpeg, png) = (padded_jpeg(&synthetic("gps_ne_le.jpg"), 100_000), synthetic("png_exif_before_idat.png"));
    let modified = "Mon, 01 Jan 2024 00:00:00 GMT";
    Server::start(move |request, reply| {
        let (row, is_late) = (row(&request.path), late.load(Ordering::SeqCst));
        let etag = format!("\"{row}-{}\"", is_late && row == 0);
        let known = match row % 2 {
            0 => request.header("if-none-match") == Some(etag.as_str()),
            _ => request.header("if-modified-since") == Some(modified),
        };
        match row {
            1 if is_late => reply.respond("410 Gone", &[], b""),
            2 if is_late => reply.respond("500 Internal Server Error", &[], b""),
            0 if is_late && !known => reply.file_with(&[("ETag", &etag)], &png),
            _ if known => reply.respond("304 Not Modified", &[], b""),
            row if row % 2 == 0 => reply.file_with(&[("ETag", &etag)], &jpeg),
            _ => reply.file_with(&[("Last-Modified", modified)], &jpeg),
        }
    })
}

#[test]
fn a_refresh_of_many_rows_can_be_interrupted_and_goes_on() {
    const MANY: u64 = 10_000;
    let (jpeg, gate) = (synthetic("gps_ne_le.jpg"), Arc::new(AtomicBool::new(false)));
    let shut = Arc::clone(&gate);
    let server = Server::start(move |request, reply| {
        if shut.load(Ordering::SeqCst) && request.header("if-none-match").is_some() {
            return reply.hang();
        }
        reply.file_with(&[("ETag", "\"1\"")], &jpeg);
    });
    let dir = tempfile::tempdir().unwrap();
    let (list, output) = (dir.path().join("l.txt"), dir.path().join("out"));
    fs::write(&list, (0..MANY).map(|row| server.url(&format!("/{row}.jpg\n"))).collect::<String>()).unwrap();
    run(&list, &output).finish().assert_code(0);
    gate.store(true, Ordering::SeqCst);
    let asked = server.seen().len();
    let running = command("refresh", &output).within(Duration::from_secs(30)).spawn();
    while server.seen().len() < asked + 16 {
        std::thread::sleep(Duration::from_millis(20));
    }
    // By now as many rows are under way as may be.
    std::thread::sleep(Duration::from_secs(1));
    running.signal("INT");
    running.finish().assert_code(130);
    gate.store(false, Ordering::SeqCst);
    command("refresh", &output).finish().assert_code(0);
    assert_complete(&output, 0..MANY);
}

fn names(output: &Path) -> Vec<String> {
    let folders =
        ["success_output", "failure_output", "success_parquet", "failure_parquet"].map(|name| output.join(name));
    let entries = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap());
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().path().display().to_string()).collect();
    names.sort();
    names
}

#[test]
fn what_is_no_finished_run_is_one_clear_error() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["retry", "refresh"] {
        let refused = Run::new([name]).arg(dir.path().join("nowhere")).within(Duration::from_secs(20)).finish();
        refused.assert_code(1);
        assert!(refused.stderr.contains("there is no run in"), "{refused:#?}");
    }
}
