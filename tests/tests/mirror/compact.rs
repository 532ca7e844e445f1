//! `compact`, as a user types it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use imgmeta_tests::images::data_dir;
use imgmeta_tests::outcomes::{Outcomes, assert_complete};
use imgmeta_tests::program::{Kills, Run};
use imgmeta_tests::python;
use serde_json::Value;

/// So often is each image in the list.
const TIMES: usize = 12;

/// A list of images that are there, and of some that are not; and how many rows it has.
fn list(dir: &Path) -> (PathBuf, u64) {
    let found = fs::read_dir(data_dir().join("images/synthetic")).unwrap();
    let mut paths: Vec<_> = found.map(|entry| entry.unwrap().path().canonicalize().unwrap()).collect();
    paths.sort();
    let images = paths.iter().map(|path| path.display().to_string()).cycle().take(paths.len() * TIMES);
    let gone = (0..100).map(|at| format!("late-{at}.jpg"));
    let lines: Vec<_> = images.chain(gone).collect();
    let list = dir.join("list.txt");
    fs::write(&list, lines.join("\n")).unwrap();
    (list, lines.len() as u64)
}

fn run(dir: &Path, output: &Path) -> u64 {
    let (list, rows) = list(dir);
    let run = Run::new(["run", "--parquet", "--shard-rows", "40"]).arg(&list).arg("--output").arg(output);
    run.finish().assert_code(0);
    rows
}

fn compact(output: &Path, args: &[&str]) -> Run {
    Run::new(["compact"]).arg(output).args(args)
}

fn copy(from: &Path, name: &str) -> PathBuf {
    let to = from.with_file_name(name);
    assert!(Command::new("cp").arg("-a").arg(from).arg(&to).status().unwrap().success());
    to
}

/// All lines as they are, by the row, and how many parts they are in.
fn lines(output: &Path) -> (BTreeMap<u64, String>, usize) {
    let (mut lines, mut parts) = (BTreeMap::new(), 0);
    for folder in ["success_output", "failure_output"] {
        for entry in fs::read_dir(output.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|end| end != "json") {
                continue;
            }
            parts += 1;
            for line in fs::read_to_string(path).unwrap().lines() {
                let fields: Value = serde_json::from_str(line).unwrap();
                let row = fields["Row"].as_u64().unwrap();
                assert!(lines.insert(row, format!("{folder} {line}")).is_none(), "row {row} is there twice");
            }
        }
    }
    (lines, parts)
}

/// JSON and mirror hold the same rows in the same order, each once.
fn assert_mirrored(output: &Path) {
    let same = python::script("same_rows.py").arg(output).output().unwrap();
    assert!(same.status.success(), "{}", String::from_utf8_lossy(&same.stderr));
}

#[test]
fn a_compaction_that_is_killed_keeps_every_line_and_is_gone_on_with_by_itself_alone() {
    let dir = tempfile::tempdir().unwrap();
    let output = dir.path().join("out");
    let rows = run(dir.path(), &output);
    let before = lines(&output);
    let mut took = Vec::new();
    let sorted = ["--sort-by", "GPS", "--geo", "--shard-rows", "700"];
    for (name, args) in [("plain", &sorted[3..]), ("sorted", &sorted[..])] {
        let output = copy(&output, name);
        let done = compact(&output, args).finish();
        done.assert_code(0);
        assert!(done.stderr.contains("became"), "{done:#?}");
        took.push(done.took);
        let after = lines(&output);
        assert_eq!(after.0, before.0);
        assert!(after.1 * 8 < before.1, "{} parts became {}", before.1, after.1);
        assert_complete(&output, 0..rows);
        assert_mirrored(&output);
        let again = compact(&output, args).finish();
        again.assert_code(0);
        assert!(again.stderr.contains("nothing to do"), "{again:#?}");
    }
    let mut kills = Kills::new(12, 5, took[1]);
    for round in 0..kills.rounds() {
        let output = copy(&output, &format!("killed-{round}"));
        kills.kill(compact(&output, &sorted));
        if output.join("_imgmeta/pending.json").exists() {
            let refused = Run::new(["retry"]).arg(&output).finish();
            refused.assert_code(1);
            assert!(refused.stderr.contains("`imgmeta compact` was begun on"), "{refused:#?}");
            let other = compact(&output, &sorted[..2]).finish();
            other.assert_code(1);
            assert!(other.stderr.contains("\"geo\":true"), "{other:#?}");
            // What readers see meanwhile: a row perhaps twice, never not at all.
            assert!(seen(&output) == rows, "round {round}");
        }
        compact(&output, &sorted).finish().assert_code(0);
        assert_eq!(lines(&output).0, before.0, "round {round}");
        assert_complete(&output, 0..rows);
        assert_mirrored(&output);
        fs::remove_dir_all(&output).unwrap();
    }
    kills.assert_enough();
}

/// How many distinct rows there are to be seen.
fn seen(output: &Path) -> u64 {
    let mut rows = std::collections::BTreeSet::new();
    for folder in ["success_output", "failure_output"] {
        for entry in fs::read_dir(output.join(folder)).unwrap() {
            let text = fs::read_to_string(entry.unwrap().path()).unwrap();
            rows.extend(text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["Row"].as_u64().unwrap()));
        }
    }
    rows.len() as u64
}

#[test]
fn a_retry_may_come_before_a_compaction_and_after_it_and_points_stay_in_the_mirror() {
    let dir = tempfile::tempdir().unwrap();
    let output = dir.path().join("out");
    let rows = run(dir.path(), &output);
    let retry = |late: std::ops::Range<u64>| {
        for at in late {
            fs::copy(data_dir().join("images/synthetic/gps_ne_le.jpg"), dir.path().join(format!("late-{at}.jpg")))
                .unwrap();
        }
        Run::new(["retry", "--only", "not_found"]).arg(&output).finish().assert_code(0);
    };
    let records = Outcomes::read(&output).records.len();
    retry(0..30);
    let told = lines(&output);
    compact(&output, &["--sort-by", "TakenAt", "--geo"]).finish().assert_code(0);
    let compacted = lines(&output);
    assert_eq!((&compacted.0, compacted.1), (&told.0, 2));
    retry(30..60);
    let found = assert_complete(&output, 0..rows);
    assert_eq!(found.records.len(), records + 60);
    assert_mirrored(&output);
    let opened = python::script("geo.py").arg(&output).output().unwrap();
    assert!(opened.status.success(), "{}", String::from_utf8_lossy(&opened.stderr));
    compact(&output, &["--sort-by", "TakenAt"]).finish().assert_code(0);
    let found = assert_complete(&output, 0..rows);
    let taken: Vec<_> = found.records.iter().map(|line| line["TakenAt"].as_str()).collect();
    let there: Vec<_> = taken.iter().map_while(|taken| *taken).map(clock).collect();
    assert!(there.len() > 60 && there.is_sorted(), "{there:?}");
    assert!(taken[there.len()..].iter().all(Option::is_none));
    let opened = python::script("geo.py").arg(&output).output().unwrap();
    assert!(opened.status.success(), "{}", String::from_utf8_lossy(&opened.stderr));
}

/// Without the zone, and with as many digits as any.
fn clock(taken: &str) -> String {
    let (date, time) = taken.split_once('T').unwrap();
    let time = &time[..time.find(['+', '-']).unwrap_or(time.len())];
    let (time, fraction) = time.split_once('.').unwrap_or((time, ""));
    format!("{date}T{time}.{fraction:0<6}")
}

#[test]
fn points_need_a_mirror_and_what_is_wrong_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let ((list, _), output) = (list(dir.path()), dir.path().join("out"));
    Run::new(["run", "--rows", "..20"]).arg(&list).arg("--output").arg(&output).finish().assert_code(0);
    let refused = compact(&output, &["--geo"]).finish();
    refused.assert_code(1);
    assert!(refused.stderr.contains("`imgmeta mirror` first"), "{refused:#?}");
    let idle = compact(&output, &[]).finish();
    idle.assert_code(0);
    assert!(idle.stderr.contains("nothing to do"), "{idle:#?}");
    let wrong = compact(&output, &["--sort-by", "Size"]).finish();
    wrong.assert_code(2);
    assert!(wrong.stderr.contains("TakenAt, GPS, URL"), "{wrong:#?}");
    compact(&dir.path().join("nowhere"), &[]).finish().assert_code(1);
    // A disk on which nothing can be sorted.
    let no_room = compact(&output, &["--sort-by", "URL"]).env("TMPDIR", "/nowhere").finish();
    no_room.assert_code(1);
    assert!(no_room.stderr.contains("TMPDIR"), "{no_room:#?}");
    compact(&output, &["--sort-by", "URL"]).finish().assert_code(0);
}
