//! Servers that do what servers do to a crawler: every case of `failures.md` that needs no resolver, TLS or store.
//!
//! Each case has a server at an address of its own, so that what the program learns about one host decides no other
//! case. All are rows of one list and meet one run of the real binary.

mod bodies;
mod cases;
mod connections;
mod flags;
mod hosts;
mod http2;
mod names;
mod ranges;
mod redirects;
mod spellings;
mod statuses;
mod tls;

use std::{fs, time::Duration};

use imgmeta_tests::{outcomes::assert_complete, program::Run};

use cases::{Cases, FORBIDDEN};

/// `--timeout`, in seconds: every row ends within a second more.
const TIMEOUT: u64 = 3;
/// `--retries`.
const RETRIES: usize = 2;
/// `--max-bytes`, which no case may read more of.
const MAX_BYTES: u64 = 1 << 20;

#[test]
fn every_fault_of_a_server_ends_as_the_documents_say_and_in_time() {
    let cases = all();
    let dir = tempfile::tempdir().unwrap();
    let (list, output) = (dir.path().join("list.txt"), dir.path().join("out"));
    fs::write(&list, cases.list()).unwrap();

    let run = Run::new(["run"]).arg(&list).arg("--output").arg(&output);
    let run = run.arg("--allow-private=127.0.0.1/32,127.0.1.0/24").arg("--concurrency").arg("256");
    let run = run.arg("--timeout").arg(TIMEOUT.to_string()).arg("--retries").arg(RETRIES.to_string());
    let done = run.arg("--max-bytes").arg("1MiB").within(Duration::from_mins(2)).finish();
    done.assert_code(0);

    let outcomes = assert_complete(&output, 0..cases.len() as u64);
    let wrong: Vec<_> = (0..).zip(cases.iter()).flat_map(|(row, case)| case.judge(outcomes.of_row(row))).collect();
    assert!(wrong.is_empty(), "{} things are wrong:\n\n{}\n", wrong.len(), wrong.join("\n\n"));
    assert_eq!(cases.forbidden.connections(), 0, "{FORBIDDEN} was reached: {:?}", cases.forbidden.seen());
}

fn all() -> Cases {
    let mut cases = Cases::new();
    connections::add(&mut cases);
    bodies::add(&mut cases);
    ranges::add(&mut cases);
    redirects::add(&mut cases);
    statuses::add(&mut cases);
    cases
}
