//! Many rows of one host: it is given up, paused and come back to, and no other waits for it.

use std::fmt::Write as _;
use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use imgmeta_extract::{AllowPrivate, Extractor, Options};
use imgmeta_record::ImageRef;
use imgmeta_storage::Stores;
use imgmeta_tests::images::synthetic;
use imgmeta_tests::outcomes::{Outcomes, assert_complete};
use imgmeta_tests::program::{self, Run};
use imgmeta_tests::server::Server;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

const ROWS: u64 = 1000;

/// A port on which nobody listens.
fn closed() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn run(list: &Path, output: &Path) -> Run {
    Run::new(["run", "--allow-private", "--retries", "0"]).arg(list).arg("--output").arg(output)
}

/// Rows of an address, and one of another at the end.
fn write_list(list: &Path, address: SocketAddr, other: &str) {
    let mut lines = String::new();
    (0..ROWS).for_each(|row| writeln!(lines, "http://{address}/{row}.jpg").unwrap());
    writeln!(lines, "{other}").unwrap();
    fs::write(list, lines).unwrap();
}

fn kinds(outcomes: &Outcomes, kind: &str) -> usize {
    outcomes.failures.iter().filter(|line| line["Kind"] == kind && line["Phase"] == "connect").count()
}

#[test]
fn a_host_that_is_gone_is_given_up_after_a_hundred_rows_and_a_last_pass() {
    let (jpeg, dir) = (synthetic("gps_ne_le.jpg"), tempfile::tempdir().unwrap());
    let server = Server::start(move |_, reply| reply.file("image/jpeg", &jpeg));
    let (list, output) = (dir.path().join("l.txt"), dir.path().join("out"));
    write_list(&list, closed(), &server.url("/last.jpg"));
    let done = run(&list, &output).finish();
    done.assert_code(0);
    let outcomes = assert_complete(&output, 0..=ROWS);
    assert!(outcomes.of_row(ROWS).0, "the other host's image was read");
    let (refused, given_up) = (kinds(&outcomes, "connect"), kinds(&outcomes, "host_given_up"));
    // Those that were under way when it was given up, in each pass, come on top.
    assert_eq!((refused + given_up) as u64, ROWS);
    assert!((100..150).contains(&refused), "{refused} rows were tried");
    assert!(outcomes.failures.iter().all(|line| line["Retryable"] == true));
}

#[test]
fn many_hosts_need_more_open_files_than_a_shell_allows() {
    let (jpeg, dir) = (synthetic("gps_ne_le.jpg"), tempfile::tempdir().unwrap());
    let server = Server::start_on("0.0.0.0:0".parse().unwrap(), move |_, reply| {
        // So that all of them are in flight together.
        std::thread::sleep(Duration::from_millis(300));
        reply.file("image/jpeg", &jpeg);
    });
    let (list, output) = (dir.path().join("l.txt"), dir.path().join("out"));
    let port = server.address().port();
    let urls: Vec<_> = (1..=250).map(|host| format!("http://127.3.0.{host}:{port}/a.jpg")).collect();
    fs::write(&list, urls.join("\n")).unwrap();
    let done = Command::new("sh")
        .args(["-c", r#"ulimit -Sn 100 && exec "$0" "$@""#])
        .arg(program::binary())
        .args(["run", "--allow-private", "--retries", "0"])
        .arg(&list)
        .arg("--output")
        .arg(&output)
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let outcomes = assert_complete(&output, 0..=249);
    assert_eq!(outcomes.records.len(), 250, "{:?}", outcomes.failures.first());
}

#[test]
fn rows_that_were_left_are_read_when_their_host_is_back() {
    let (dir, back) = (tempfile::tempdir().unwrap(), Arc::new(OnceLock::new()));
    let (address, is_back) = (closed(), Arc::clone(&back));
    let jpeg = synthetic("gps_ne_le.jpg");
    let same = jpeg.clone();
    // The first pass ends when the host is back.
    let server = Server::start(move |_, reply| {
        is_back.wait();
        reply.file("image/jpeg", &same);
    });
    let (list, output) = (dir.path().join("l.txt"), dir.path().join("out"));
    write_list(&list, address, &server.url("/last.jpg"));
    let running = run(&list, &output).spawn();
    while server.seen().is_empty() {
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_secs(2));
    let _host = Server::start_on(address, move |_, reply| reply.file("image/jpeg", &jpeg));
    back.set(()).unwrap();
    running.finish().assert_code(0);
    let outcomes = assert_complete(&output, 0..=ROWS);
    assert_eq!(kinds(&outcomes, "host_given_up"), 0);
    assert!(outcomes.records.len() as u64 > ROWS - 150, "{} records", outcomes.records.len());
}

#[test]
fn the_same_url_many_times_is_fetched_once_while_it_is_in_flight() {
    let (jpeg, dir) = (synthetic("gps_ne_le.jpg"), tempfile::tempdir().unwrap());
    let server = Server::start(move |_, reply| {
        std::thread::sleep(Duration::from_millis(500));
        reply.file("image/jpeg", &jpeg);
    });
    let (list, output) = (dir.path().join("l.csv"), dir.path().join("out"));
    let rows: Vec<_> = (0..200).map(|row| format!("{},{row}", server.url("/same.jpg"))).collect();
    fs::write(&list, format!("url,id\n{}\n", rows.join("\n"))).unwrap();
    run(&list, &output).arg("--keep-columns").arg("id").finish().assert_code(0);
    let outcomes = assert_complete(&output, 0..200);
    assert_eq!(server.seen().len(), 1);
    for row in 0..200 {
        let (record, line) = outcomes.of_row(row);
        assert!(record && line["Extra"]["id"] == *row.to_string() && line["GPS"]["Latitude"].is_f64(), "{line}");
    }
}

#[test]
fn a_host_that_asks_for_a_pause_is_left_alone_and_the_others_are_not() {
    let (jpeg, dir) = (synthetic("gps_ne_le.jpg"), tempfile::tempdir().unwrap());
    let other = jpeg.clone();
    let refused: Arc<OnceLock<Instant>> = Arc::default();
    let first = Arc::clone(&refused);
    let busy = Server::start(move |_, reply| {
        if first.set(Instant::now()).is_ok() {
            return reply.respond("429 Too Many Requests", &[("Retry-After", "2")], b"");
        }
        reply.file("image/jpeg", &jpeg);
    });
    let free = Server::start(move |_, reply| reply.file("image/jpeg", &other));
    let (list, output) = (dir.path().join("l.txt"), dir.path().join("out"));
    let mut lines = String::new();
    for row in 0..100 {
        writeln!(lines, "{}\n{}", busy.url(&format!("/{row}.jpg")), free.url(&format!("/{row}.jpg"))).unwrap();
    }
    fs::write(&list, lines).unwrap();
    let args = ["run", "--allow-private", "--per-host", "2"];
    Run::new(args).arg(&list).arg("--output").arg(&output).finish().assert_code(0);
    assert_eq!(assert_complete(&output, 0..200).records.len(), 200);
    let refused = refused.get().unwrap();
    // What was begun before the answer had arrived was under way.
    let pause = Duration::from_millis(500)..Duration::from_millis(1900);
    let early = busy.seen().iter().filter(|seen| pause.contains(&seen.at.duration_since(*refused))).count();
    assert_eq!(early, 0, "requests to a host that had asked for a pause");
    assert!(free.seen().iter().any(|seen| seen.at < *refused + pause.end), "the other host waited");
}

#[tokio::test]
async fn where_nobody_takes_outcomes_nothing_more_is_fetched() {
    let jpeg = synthetic("gps_ne_le.jpg");
    let server = Server::start(move |_, reply| reply.file("image/jpeg", &jpeg));
    let concurrency = std::num::NonZeroUsize::new(16).unwrap();
    let options =
        Options { allow_private: AllowPrivate::All, concurrency, per_host: concurrency, ..Options::default() };
    let extractor = Extractor::new(Stores::default(), options).unwrap();
    let (images_tx, images_rx) = mpsc::channel(8);
    let (outcomes_tx, mut outcomes_rx) = mpsc::channel(8);
    let stop = CancellationToken::new();
    let extracting = tokio::spawn(async move { extractor.run(images_rx, outcomes_tx, stop).await });
    let urls: Vec<_> = (0..2000).map(|row| server.url(&format!("/{row}.jpg"))).collect();
    tokio::spawn(async move {
        for url in urls {
            images_tx.send(Ok(ImageRef::new(url))).await.unwrap();
        }
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    let stalled = server.seen().len();
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(server.seen().len(), stalled, "the fetching goes on");
    assert!((16..=16 + 8 + 2).contains(&stalled), "{stalled} images were asked for");
    let mut taken = 0;
    while outcomes_rx.recv().await.is_some() {
        taken += 1;
    }
    assert_eq!((taken, extracting.await.unwrap().unwrap().records), (2000, 2000));
}
