//! Killed with -9 at seeded moments and resumed, a run ends as one that was never disturbed.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use imgmeta_tests::images::synthetic;
use imgmeta_tests::outcomes::{assert_complete, assert_same_outcomes};
use imgmeta_tests::program::{Kills, Run};
use imgmeta_tests::python;
use imgmeta_tests::server::Server;
use serde_json::Value;

const ROWS: u64 = 2_000;
const KILLS: u64 = 20;
/// Each row of so many names the image of another row, too.
const DUPLICATE: u64 = 40;

#[test]
fn twenty_kills_at_seeded_moments_lose_no_row_and_fetch_nothing_committed_again() {
    let server = images();
    let dir = tempfile::tempdir().unwrap();
    let list = dir.path().join("list.csv");
    write_list(&list, &server);
    let run = |output: &Path| {
        let run = Run::new(["run", "--parquet"]).arg(&list).arg("--output").arg(output).arg("--resume");
        run.arg("--allow-private").arg("--per-host").arg("16").arg("--shard-rows").arg("50")
    };

    let undisturbed = dir.path().join("undisturbed");
    let took = run(&undisturbed).finish();
    took.assert_code(0);
    let expected = assert_complete(&undisturbed, 0..ROWS);

    let mut kills = Kills::new(KILLS, 7, took.took);
    for round in 0..kills.rounds() {
        let output = dir.path().join(format!("killed-{round}"));
        kills.kill(run(&output));
        let committed = committed(&output);
        let before = server.seen().len();
        run(&output).finish().assert_code(0);
        let found = assert_complete(&output, 0..ROWS);
        assert_same_outcomes(&found, &expected);
        // An image is done when all rows that name it are.
        let left: BTreeSet<_> = (0..ROWS).filter(|row| !committed.contains(row)).map(image).collect();
        let done: BTreeSet<_> = committed.into_iter().map(image).filter(|image| !left.contains(image)).collect();
        let again: Vec<_> = server.seen()[before..]
            .iter()
            .map(|seen| number(&seen.path))
            .filter(|image| done.contains(image))
            .collect();
        assert!(again.is_empty(), "round {round}: committed rows were fetched again: {again:?}");
        let same = python::script("same_rows.py").arg(&output).output().unwrap();
        assert!(same.status.success(), "round {round}: {}", String::from_utf8_lossy(&same.stderr));
        fs::remove_dir_all(&output).unwrap();
    }
    kills.assert_enough();
}

/// The rows that a run has committed.
fn committed(output: &Path) -> BTreeSet<u64> {
    let manifests = fs::read_dir(output.join("_imgmeta/manifests")).into_iter().flatten();
    // A draft of a manifest is none.
    let manifests =
        manifests.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|end| end == "json"));
    manifests.flat_map(|path| rows(&serde_json::from_slice(&fs::read(path).unwrap()).unwrap())).collect()
}

/// `0-9,11` of a manifest.
fn rows(manifest: &Value) -> Vec<u64> {
    let ranges = manifest["rows"].as_str().unwrap().split(',').filter(|range| !range.is_empty());
    ranges
        .flat_map(|range| {
            let (start, end) = range.split_once('-').unwrap_or((range, range));
            start.parse().unwrap()..=end.parse().unwrap()
        })
        .collect()
}

/// Which image a row names: some are named twice, far from each other.
fn image(row: u64) -> u64 {
    if row.is_multiple_of(DUPLICATE) { (row + ROWS / 2) % ROWS } else { row }
}

/// The number of an image.
fn number(path: &str) -> u64 {
    path.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap()
}

/// Records of several formats, failures, and now and then a slow one.
fn images() -> Server {
    let bodies = ["gps_ne_le.jpg", "exif_all_ifds.jpg", "png_exif_before_idat.png", "bad_html.jpg"].map(synthetic);
    let bodies = Arc::new(bodies);
    Server::start(move |request, reply| {
        let row = usize::try_from(number(&request.path)).unwrap();
        if row.is_multiple_of(97) {
            std::thread::sleep(Duration::from_millis(100));
        }
        match row % 5 {
            4 => reply.respond("404 Not Found", &[], b""),
            number => reply.file("image/jpeg", &bodies[number]),
        }
    })
}

fn write_list(list: &Path, server: &Server) {
    let mut lines = "url\n".to_owned();
    (0..ROWS).for_each(|row| writeln!(lines, "{}", server.url(&format!("/{}.jpg", image(row)))).unwrap());
    fs::write(list, lines).unwrap();
}
