//! What a store may say, each told apart, and keys that no store can be asked for.

use std::fs;
use std::path::Path;

use imgmeta_tests::images::synthetic;
use imgmeta_tests::outcomes::assert_complete;
use imgmeta_tests::program::{Finished, Run};
use imgmeta_tests::server::{Reply, Request, Server};

fn error(reply: &mut Reply, status: &str, code: &str) {
    let body = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>as told</Message></Error>");
    reply.respond(status, &[("content-type", "application/xml")], body.as_bytes());
}

fn run(server: &Server, args: &[&str], output: &Path) -> Finished {
    let run = Run::new(["run"].iter().chain(args)).arg("--output").arg(output).env("AWS_ENDPOINT_URL", server.url(""));
    run.env("AWS_ACCESS_KEY_ID", "id").env("AWS_SECRET_ACCESS_KEY", "secret").finish()
}

#[test]
fn what_the_store_says_of_an_image_is_told_apart_and_slow_down_is_waited_for() {
    let jpeg = synthetic("gps_ne_le.jpg");
    let server = Server::start(move |request: &Request, reply| match request.path.as_str() {
        "/b/missing.jpg" => error(reply, "404 Not Found", "NoSuchKey"),
        "/gone/a.jpg" => error(reply, "404 Not Found", "NoSuchBucket"),
        "/b/forbidden.jpg" => error(reply, "403 Forbidden", "AccessDenied"),
        "/b/slow.jpg" if request.count < 2 => error(reply, "503 Slow Down", "SlowDown"),
        "/b/always-slow.jpg" => error(reply, "503 Slow Down", "SlowDown"),
        "/b/broken.jpg" if request.count < 1 => error(reply, "500 Internal Server Error", "InternalError"),
        _ => reply.file_with(&[("last-modified", "Mon, 01 Jan 2024 00:00:00 GMT"), ("etag", "\"1\"")], &jpeg),
    });
    let dir = tempfile::tempdir().unwrap();
    let list = dir.path().join("list.csv");
    let urls = [
        ("s3://b/good.jpg", ""),
        ("s3://b/missing.jpg", "not_found"),
        ("s3://gone/a.jpg", "not_found"),
        ("s3://b/forbidden.jpg", "permission"),
        ("s3a://b/slow.jpg", ""),
        ("s3://b/always-slow.jpg", "rate_limited"),
        ("s3://b/broken.jpg", ""),
        ("s3://other/a.jpg", "bad_url"),
        ("s3://b/a//b.jpg", "bad_url"),
        ("s3://b/a/../b.jpg", "bad_url"),
    ];
    fs::write(&list, urls.map(|(url, _)| format!("{url}\n")).concat()).unwrap();
    let output = dir.path().join("out");
    let allowed = ["--allow-store", "s3://b", "--allow-store", "s3://gone", "--list-format", "txt"];
    run(&server, &[&[list.to_str().unwrap()], &allowed[..]].concat(), &output).assert_code(0);
    let outcomes = assert_complete(&output, 0..10);
    for (row, (url, kind)) in urls.into_iter().enumerate() {
        let (record, line) = outcomes.of_row(row as u64);
        assert_eq!((record, line["URL"].as_str()), (kind.is_empty(), Some(url)), "{line}");
        assert!(record || line["Kind"] == kind, "{line}");
    }
    assert!(outcomes.of_row(1).1["Error"].as_str().unwrap().contains("NoSuchKey"));
    let slow = server.seen_at("/b/slow.jpg");
    assert!(slow.len() >= 3 && slow[0].range.as_deref() == Some("bytes=0-65535"), "{slow:?}");
}

#[test]
fn a_listing_goes_on_past_odd_keys_and_slow_pages() {
    let jpeg = synthetic("gps_ne_le.jpg");
    let server = Server::start(move |request: &Request, reply| {
        if !request.path.contains("list-type=2") {
            return reply.file("image/jpeg", &jpeg);
        }
        assert!(request.path.contains("prefix=data%2F"), "{}", request.path);
        let second = request.path.contains("continuation-token=next");
        if second && request.count == 0 {
            return error(reply, "503 Slow Down", "SlowDown");
        }
        let keys: &[&str] = if second {
            &["data/dog/../c.jpg", "data/dog/é.jpg", "data/dog/notes.txt"]
        } else {
            &["data/", "data//a.jpg", "data/./b.jpg", "data/cat/a b#?%20+.jpg", "data/cat/x&#10;y.jpg"]
        };
        let contents = keys.iter().map(|key| {
            let size = if key.ends_with('/') { 0 } else { 9 };
            format!("<Contents><Key>{key}</Key><LastModified>2024-01-01T00:00:00.000Z</LastModified><Size>{size}</Size></Contents>")
        });
        let next = if second { "" } else { "<NextContinuationToken>next</NextContinuationToken>" };
        let page = format!("<ListBucketResult>{}{next}</ListBucketResult>", contents.collect::<String>());
        reply.respond("200 OK", &[], page.as_bytes());
    });
    let dir = tempfile::tempdir().unwrap();
    let output = dir.path().join("out");
    run(&server, &["--images-under", "s3://b/data/", "--include", "*.jpg"], &output).assert_code(0);
    let outcomes = assert_complete(&output, 0..6);
    for (row, (path, kind)) in [
        ("./b.jpg", "bad_url"),
        ("/a.jpg", "bad_url"),
        ("cat/a b#?%20+.jpg", ""),
        ("cat/x\ny.jpg", "bad_url"),
        ("dog/../c.jpg", "bad_url"),
        ("dog/é.jpg", ""),
    ]
    .into_iter()
    .enumerate()
    {
        let (record, line) = outcomes.of_row(row as u64);
        assert_eq!((record, line["Extra"]["path"].as_str()), (kind.is_empty(), Some(path)), "{line}");
        assert!(record || line["Kind"] == kind, "{line}");
        assert_eq!(line["URL"], format!("s3://b/data/{path}"));
    }
    assert_eq!(outcomes.of_row(2).1["Extra"]["folder_1"], "cat");
    assert_eq!(server.seen_at("/b/data/cat/a%20b%23%3F%2520%2B.jpg").len(), 1, "{:?}", server.seen());
}

#[test]
fn an_endpoint_that_cannot_be_used_is_one_clear_error() {
    let dir = tempfile::tempdir().unwrap();
    let list = ["run", "s3://b/list.csv", "--output"];
    let closed = Run::new(list).arg(dir.path().join("out")).env("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    let closed = closed.env("AWS_ACCESS_KEY_ID", "id").env("AWS_SECRET_ACCESS_KEY", "secret").finish();
    closed.assert_code(1);
    assert!(closed.stderr.contains("cannot read the list `s3://b/list.csv`"), "{closed:#?}");
    let unknown = Run::new(list).arg(dir.path().join("out")).env("AWS_PROFILE", "nobody").finish();
    unknown.assert_code(1);
    assert!(unknown.stderr.contains("the AWS profile `nobody` is in neither"), "{unknown:#?}");
    assert!(!dir.path().join("out").exists());
}
