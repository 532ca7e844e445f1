//! What flags tell about how servers are asked.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use imgmeta_tests::images::synthetic;
use imgmeta_tests::outcomes::{Outcomes, assert_complete};
use imgmeta_tests::program::Run;
use imgmeta_tests::server::Server;

/// A run over these URLs.
fn run(dir: &Path, urls: &[String], args: &[&str]) -> Outcomes {
    let output = prepare(dir, urls, args).1;
    assert_complete(output, 0..urls.len() as u64)
}

fn prepare(dir: &Path, urls: &[String], args: &[&str]) -> (String, std::path::PathBuf) {
    let (list, output) = (dir.join("l.txt"), dir.join("out"));
    fs::write(&list, urls.join("\n")).unwrap();
    let done = Run::new(["run"].iter().chain(args)).arg(&list).arg("--output").arg(&output).finish();
    done.assert_code(0);
    (done.stderr, output)
}

#[test]
fn headers_go_to_the_sites_of_the_list_and_not_to_those_that_they_redirect_to() {
    let jpeg = synthetic("gps_ne_le.jpg");
    let seen: Arc<OnceLock<Option<String>>> = Arc::default();
    let there = Arc::clone(&seen);
    let other = Server::start(move |request, reply| {
        there.set(request.header("authorization").map(ToOwned::to_owned)).ok();
        reply.file("image/jpeg", &jpeg);
    });
    let to = other.url("/there.jpg");
    let own = Server::start(move |request, reply| match request.header("authorization") {
        Some("Bearer secret") => reply.respond("302 Found", &[("Location", &to)], b""),
        _ => reply.respond("401 Unauthorized", &[], b""),
    });
    let dir = tempfile::tempdir().unwrap();
    let args = ["--allow-private", "--header", "Authorization: Bearer secret"];
    let outcomes = run(dir.path(), &[own.url("/a.jpg")], &args);
    assert_eq!((outcomes.records.len(), seen.get()), (1, Some(&None)), "the other site was told nothing");
    let settings = fs::read_to_string(dir.path().join("out/_imgmeta/settings.json")).unwrap();
    assert!(settings.contains("authorization") && !settings.contains("secret"), "{settings}");
}

#[test]
fn a_proxy_is_asked_for_names_and_private_addresses_are_refused_before_it() {
    let jpeg = synthetic("gps_ne_le.jpg");
    let proxy = Server::start(move |request, reply| match request.path.as_str() {
        "http://images.invalid/a.jpg" => reply.file("image/jpeg", &jpeg),
        _ => reply.respond("404 Not Found", &[], b""),
    });
    let urls = ["http://images.invalid/a.jpg".to_owned(), "http://127.0.0.1:1/b.jpg".to_owned()];
    let dir = tempfile::tempdir().unwrap();
    let outcomes = run(dir.path(), &urls, &["--proxy", &proxy.url("")]);
    assert!(outcomes.of_row(0).0, "{:?}", outcomes.failures);
    assert_eq!(outcomes.of_row(1).1["Kind"], "blocked_address");
    assert!(proxy.seen().iter().all(|seen| seen.path == urls[0]));

    // The usual variables say the same.
    let output = dir.path().join("env");
    let run =
        Run::new(["run"]).arg(dir.path().join("l.txt")).arg("--output").arg(&output).env("http_proxy", proxy.url(""));
    run.finish().assert_code(0);
    assert_eq!(assert_complete(&output, 0..2).records.len(), 1);
}

#[test]
fn robots_are_heeded_where_that_is_wanted() {
    let jpeg = synthetic("gps_ne_le.jpg");
    let server = Server::start(move |request, reply| match request.path.as_str() {
        "/robots.txt" => {
            let rules =
                b"User-agent: *\nDisallow: /private/\n\nUser-agent: imgmeta\nDisallow: /private/\nDisallow: /*.png$\n";
            reply.respond("200 OK", &[("Content-Type", "text/plain")], rules);
        }
        "/tagged.jpg" => reply.file_with(&[("X-Robots-Tag", "NoAI")], &jpeg),
        "/archive.jpg" => reply.file_with(&[("X-Robots-Tag", "noarchive")], &jpeg),
        _ => reply.file("image/jpeg", &jpeg),
    });
    let broken = Server::start(|_, reply| reply.respond("500 Internal Server Error", &[], b""));
    let paths = ["/a.jpg", "/private/b.jpg", "/c.png", "/tagged.jpg", "/archive.jpg"];
    let mut urls: Vec<_> = paths.iter().map(|path| server.url(path)).collect();
    urls.push(broken.url("/d.jpg"));
    let dir = tempfile::tempdir().unwrap();
    let outcomes = run(dir.path(), &urls, &["--allow-private", "--retries", "0", "--robots"]);
    for (row, read) in [true, false, false, false, true, false].into_iter().enumerate() {
        let (record, line) = outcomes.of_row(row as u64);
        assert_eq!(record, read, "{line}");
        assert!(record || (line["Kind"] == "robots" && line["Phase"] == "request"), "{line}");
    }
    assert_eq!(server.seen_at("/robots.txt").len(), 1, "it is asked for once");
    assert_eq!(server.seen_at("/private/b.jpg").len(), 0);

    // Without the flag nobody asks.
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(run(dir.path(), &urls[..5], &["--allow-private"]).records.len(), 5);
    assert_eq!(server.seen_at("/robots.txt").len(), 1);
}

#[test]
fn metrics_tell_what_a_run_is_at() {
    let (jpeg, gate) = (synthetic("gps_ne_le.jpg"), Arc::new(OnceLock::new()));
    let opens = Arc::clone(&gate);
    let server = Server::start(move |request, reply| match request.path.as_str() {
        "/gone.jpg" => reply.respond("404 Not Found", &[], b""),
        "/slow.jpg" => {
            opens.wait();
            reply.file("image/jpeg", &jpeg);
        }
        _ => reply.file("image/jpeg", &jpeg),
    });
    let dir = tempfile::tempdir().unwrap();
    let (list, output) = (dir.path().join("l.txt"), dir.path().join("out"));
    fs::write(&list, ["/a.jpg", "/gone.jpg", "/slow.jpg"].map(|path| server.url(path)).join("\n")).unwrap();
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let running = Run::new(["run", "--allow-private", "--retries", "0", "--metrics", &address.to_string()]);
    let mut running = running.arg(&list).arg("--output").arg(&output).spawn();
    let wanted = [
        "imgmeta_records_total 1",
        "imgmeta_failures_total{kind=\"not_found\"} 1",
        "imgmeta_images_in_flight 1",
        "imgmeta_list_rows_total 3",
        "imgmeta_hosts{state=\"open\"} 1",
    ];
    let mut text = String::new();
    while !wanted.iter().all(|line| text.lines().any(|found| found == *line)) {
        assert!(running.is_running(), "{text}");
        std::thread::sleep(Duration::from_millis(50));
        text = get(address).unwrap_or_default();
    }
    gate.set(()).unwrap();
    running.finish().assert_code(0);
    assert_complete(&output, 0..3);

    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let refused = Run::new(["run", "--metrics", &taken.local_addr().unwrap().to_string()]);
    let refused = refused.arg(&list).arg("--output").arg(dir.path().join("other")).finish();
    refused.assert_code(1);
    assert!(refused.stderr.contains("cannot serve metrics at"), "{refused:#?}");
}

fn get(address: std::net::SocketAddr) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    assert!(text.starts_with("HTTP/1.1 200 OK"), "{text}");
    Some(text)
}
