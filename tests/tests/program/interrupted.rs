//! Ctrl-C and SIGTERM: what is finished is committed, and the run can be resumed.

use std::fmt::Write as _;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use imgmeta_tests::images::synthetic;
use imgmeta_tests::outcomes::{Outcomes, assert_complete};
use imgmeta_tests::program::Run;
use imgmeta_tests::server::Server;

const ROWS: u64 = 400;

#[test]
fn a_second_signal_exits_at_once_and_what_was_committed_stays() {
    let server = Server::start(|_, reply| reply.hang());
    let dir = tempfile::tempdir().unwrap();
    let (list, output) = (dir.path().join("list.txt"), dir.path().join("out"));
    fs::write(&list, server.url("/a.jpg")).unwrap();
    let running = Run::new(["run"]).arg(&list).arg("--output").arg(&output).arg("--allow-private").spawn();
    let until = Instant::now() + Duration::from_secs(30);
    while server.seen().is_empty() {
        assert!(Instant::now() < until, "nothing was asked for");
        std::thread::sleep(Duration::from_millis(10));
    }
    running.signal("INT");
    running.signal("INT");
    running.finish().assert_code(130);
    assert!(!output.join("success_output/_SUCCESS").exists());
}

#[test]
fn a_signal_commits_what_is_finished_and_the_rest_is_done_by_resuming() {
    for name in ["INT", "TERM"] {
        let jpeg = synthetic("gps_ne_le.jpg");
        let awake = Arc::new(AtomicBool::new(false));
        let is_awake = Arc::clone(&awake);
        let server = Server::start(move |request, reply| {
            // The first half answers; the second hangs until the run is resumed.
            let number: u64 = request.path.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap();
            if number >= ROWS / 2 && !is_awake.load(Ordering::SeqCst) {
                reply.hang();
            } else {
                reply.file("image/jpeg", &jpeg);
            }
        });
        let dir = tempfile::tempdir().unwrap();
        let (list, output) = (dir.path().join("list.txt"), dir.path().join("out"));
        let mut lines = String::new();
        (0..ROWS).for_each(|row| writeln!(lines, "{}", server.url(&format!("/{row}.jpg"))).unwrap());
        fs::write(&list, lines).unwrap();
        let run = || Run::new(["run"]).arg(&list).arg("--output").arg(&output).arg("--allow-private");

        let running = run().spawn();
        let until = Instant::now() + Duration::from_secs(30);
        while server.seen().len() < usize::try_from(ROWS / 2).unwrap() + 8 {
            assert!(Instant::now() < until, "half of the rows were not asked for");
            std::thread::sleep(Duration::from_millis(10));
        }
        running.signal(name);
        let done = running.finish();
        done.assert_code(130);
        assert!(done.stderr.contains("--resume"), "{done:#?}");
        assert!(!output.join("success_output/_SUCCESS").exists());
        let committed = Outcomes::read(&output).rows().len() as u64;
        assert!(committed >= ROWS / 2 - 8, "{committed} rows of {} that were finished", ROWS / 2);
        awake.store(true, Ordering::SeqCst);
        run().arg("--resume").finish().assert_code(0);
        assert_complete(&output, 0..ROWS);
    }
}
