//! Memory is bounded by what is in flight, not by the list.

use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

use imgmeta_tests::images::synthetic;
use imgmeta_tests::outcomes::assert_complete;
use imgmeta_tests::program::{Run, Running};
use imgmeta_tests::server::Server;

const ROWS: u64 = 100_000;
const MOST: u64 = 150 << 20;

#[test]
fn a_hundred_thousand_rows_take_no_more_memory_than_a_few() {
    let jpeg = synthetic("exif_all_ifds.jpg");
    let server = Server::start(move |_, reply| reply.file("image/jpeg", &jpeg));
    let dir = tempfile::tempdir().unwrap();
    let (list, output) = (dir.path().join("list.txt"), dir.path().join("out"));
    let mut lines = String::new();
    (0..ROWS).for_each(|row| writeln!(lines, "{}", server.url(&format!("/{row}.jpg"))).unwrap());
    fs::write(&list, lines).unwrap();

    let run = Run::new(["run"]).arg(&list).arg("--output").arg(&output).arg("--allow-private");
    let mut running =
        run.arg("--per-host").arg("128").arg("--shard-rows").arg("1000").within(Duration::from_mins(5)).spawn();
    let mut samples = Vec::new();
    while running.is_running() {
        samples.extend(anonymous(&running));
        std::thread::sleep(Duration::from_millis(50));
    }
    running.finish().assert_code(0);
    assert_complete(&output, 0..ROWS);
    assert!(samples.len() > 20, "only {} samples", samples.len());
    let (first, second) = samples.split_at(samples.len() / 2);
    let most = |samples: &[u64]| samples.iter().copied().max().unwrap_or_default();
    eprintln!(
        "anonymous memory: {} MiB in the first half, {} MiB in the second",
        most(first) >> 20,
        most(second) >> 20
    );
    assert!(most(&samples) <= MOST, "{} MiB of anonymous memory", most(&samples) >> 20);
    assert!(most(second) <= most(first) + (16 << 20), "memory grows: {} to {}", most(first), most(second));
}

/// `RssAnon`, in bytes.
fn anonymous(running: &Running) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", running.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
    Some(line.trim().trim_end_matches(" kB").trim().parse::<u64>().ok()? << 10)
}
