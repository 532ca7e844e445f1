//! Names: in a network of the test's own, with a name server that answers as told.

use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use imgmeta_tests::dns::{self, Answer};
use imgmeta_tests::images::synthetic;
use imgmeta_tests::namespace::{self, run_inside};
use imgmeta_tests::outcomes::assert_complete;
use imgmeta_tests::program::Run;
use imgmeta_tests::server::Server;

/// Looks public.
const GOOD: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 5));
const PRIVATE: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
const TIMEOUT: u64 = 8;
/// Rows of the name whose address changes.
const REBOUND: usize = 40;

/// Name; what comes out: a kind and a phase, or a record where they are empty. The numbers are those of failures.md.
const CASES: [(&str, &str, &str); 9] = [
    ("missing.test", "dns", "resolve"),             // 6
    ("flaky.test", "", ""),                         // 7
    ("silent.test", "dns_temporary", "resolve"),    // 8
    ("private.test", "blocked_address", "resolve"), // 9
    ("mixed.test", "", ""),                         // 10
    ("second.test", "", ""),                        // 11
    ("hole.test", "timeout", "connect"),            // 13
    ("six.test", "", ""),                           // 66
    ("moved.test", "blocked_address", "resolve"),   // 45, to a name
];

fn answer(name: &str, count: usize) -> Answer {
    Answer::Addresses(match name {
        "flaky.test" if count == 0 => return Answer::Failing,
        "silent.test" => return Answer::Silence,
        "private.test" => vec![PRIVATE],
        "mixed.test" => vec![PRIVATE, GOOD],
        "second.test" => vec![IpAddr::from(namespace::HOLE), GOOD],
        "hole.test" => vec![IpAddr::from(namespace::HOLE)],
        "six.test" => vec!["2001:db8::1".parse().unwrap(), GOOD],
        // Public when it is checked, and private when it is connected to, had it been asked twice.
        "rebound.test" if count.is_multiple_of(2) => vec![GOOD],
        "rebound.test" => vec![IpAddr::V4(Ipv4Addr::LOCALHOST)],
        "flaky.test" | "moved.test" => vec![GOOD],
        _ => return Answer::Missing,
    })
}

#[test]
fn names_lead_to_public_addresses_or_to_the_failure_that_they_are() {
    run_inside("names::inside");
}

#[test]
#[ignore = "it wants a network of its own, which the test before makes for it"]
fn inside() {
    let counts = dns::serve(answer);
    let jpeg = synthetic("gps_ne_le.jpg");
    let server = Server::start_at(GOOD, move |request, reply| {
        if request.path.starts_with("/moved") {
            let to = format!("http://private.test:{}/", request.header("host").unwrap().rsplit(':').next().unwrap());
            return reply.respond("302 Found", &[("Location", &to)], b"");
        }
        // So that each row connects, and looks its name up, anew.
        reply.file_with(&[("Connection", "close")], &jpeg);
        reply.close();
    });
    let port = server.address().port();
    let forbidden = Server::start_on((Ipv4Addr::LOCALHOST, port).into(), |_, reply| reply.respond("200 OK", &[], b""));

    let dir = tempfile::tempdir().unwrap();
    let (list, output) = (dir.path().join("l.txt"), dir.path().join("out"));
    let cases = CASES.iter().map(|(name, ..)| {
        let path = if *name == "moved.test" { "moved" } else { "case" };
        format!("http://{name}:{port}/{path}.jpg")
    });
    let rebound = (0..REBOUND).map(|row| format!("http://rebound.test:{port}/{row}.jpg"));
    fs::write(&list, cases.chain(rebound).collect::<Vec<_>>().join("\n")).unwrap();
    let timeout = TIMEOUT.to_string();
    let args = ["run", "--timeout", &timeout, "--connect-timeout", "2", "--retries", "1", "--per-host", "2"];
    let run = Run::new(args).arg(&list).arg("--output").arg(&output).within(Duration::from_mins(2)).finish();
    run.assert_code(0);

    let outcomes = assert_complete(&output, 0..(CASES.len() + REBOUND) as u64);
    for (row, (name, kind, phase)) in CASES.iter().enumerate() {
        let (record, line) = outcomes.of_row(row as u64);
        assert_eq!(record, kind.is_empty(), "{name}: {line}");
        assert!(record || (line["Kind"] == *kind && line["Phase"] == *phase), "{name}: {line}");
        let took = line["Fetch"]["Millis"].as_u64().unwrap();
        assert!(took <= (TIMEOUT + 1) * 1000, "{name} took {took} ms");
        assert!(*name != "six.test" || took < 1500, "{name} took {took} ms, though no route leads there");
    }
    for row in CASES.len()..CASES.len() + REBOUND {
        let (record, line) = outcomes.of_row(row as u64);
        assert!(record || line["Kind"] == "blocked_address", "{line}");
    }
    let records = outcomes.records.iter().filter(|line| line["URL"].as_str().unwrap().contains("rebound")).count();
    assert!(records > 0 && records < REBOUND, "{records} of {REBOUND} rows: the address changed meanwhile");
    assert_eq!(forbidden.connections(), 0, "a private address was connected to");
    let asked = counts.lock().unwrap().clone();
    assert_eq!(asked["missing.test A"], 1, "what does not exist is looked up once: {asked:?}");
}
