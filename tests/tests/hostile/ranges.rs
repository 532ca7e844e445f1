//! The ladder: what servers make of a range (31 to 39).

use std::sync::LazyLock;

use imgmeta_tests::{
    images::{padded_jpeg, synthetic},
    server::{Reply, Request},
};

use crate::{
    MAX_BYTES,
    cases::{
        Cases,
        Expected::{Good, Record},
        GOOD,
    },
};

/// The good image with its header 200 KiB from its start: one range is not enough.
static LONG: LazyLock<Vec<u8>> = LazyLock::new(|| padded_jpeg(&GOOD, 200 << 10));
/// Another image of the same shape, with an orientation.
static OTHER: LazyLock<Vec<u8>> = LazyLock::new(|| padded_jpeg(&synthetic("exif_all_ifds.jpg"), 200 << 10));

/// What a 200 says of its length where it has no end.
const ENDLESS: u64 = 50_000_000;

pub(crate) fn add(cases: &mut Cases) {
    add_good(cases);
    add_wrong_ranges(cases);
    add_refusals(cases);
    add_changes(cases);
}

fn add_good(cases: &mut Cases) {
    cases
        .add("31 206 as asked", Good, |_, reply| reply.file("image/jpeg", &GOOD))
        .and("one range is enough", |found| found.requests() == 1 && found.fetch("Status") == 206)
        .and("the size is known", |found| found.outcome["Bytes"] == GOOD.len());
    cases
        .add("31 206 as asked, the header far from the start", Good, |_, reply| reply.file("image/jpeg", &LONG))
        .and("only ranges are asked for", |found| found.server().seen().iter().all(|seen| seen.range.is_some()))
        .and("the padding is not read", |found| found.fetch("BytesRead").as_u64().is_some_and(|read| read < 100 << 10));
    cases
        .add("32 200 to a range", Good, |_, reply| {
            reply.head("200 OK", &[("Content-Type", "image/jpeg"), ("Content-Length", &ENDLESS.to_string())]);
            reply.send(&GOOD);
            reply.forever(&[0; 1 << 13]);
        })
        .and("the body is left", |found| found.fetch("BytesRead").as_u64().is_some_and(|read| read < MAX_BYTES / 2))
        .and("the size is known", |found| found.outcome["Bytes"] == ENDLESS);
    cases.add("32 200 to a range, the header far from the start", Good, |_, reply| reply.whole("image/jpeg", &LONG));
}

fn add_wrong_ranges(cases: &mut Cases) {
    cases.add("33 another range than asked", Good, |request, reply| {
        if request.ranged() {
            partial(reply, Some("bytes 100-199/497"), &GOOD[100..200]);
        } else {
            reply.whole("image/jpeg", &GOOD);
        }
    });
    let totals = [
        ("no total", Some("bytes 0-496/*")),
        ("a total below the range", Some("bytes 0-496/5")),
        ("a total above the file", Some("bytes 0-496/100000")),
        ("a total that is no number", Some("bytes 0-496/abc")),
        ("no Content-Range", None),
    ];
    for (name, content_range) in totals {
        cases.add(format!("34 206 with {name}"), Good, move |request, reply| {
            if request.ranged() {
                partial(reply, content_range, &GOOD);
            } else {
                reply.whole("image/jpeg", &GOOD);
            }
        });
    }
}

fn add_refusals(cases: &mut Cases) {
    cases.add("35 416 for a later range", Good, |request, reply| match request.header("range") {
        Some(range) if range.starts_with("bytes=0-") => reply.file("image/jpeg", &LONG),
        Some(_) => refuse(reply, "416 Range Not Satisfiable"),
        None => reply.whole("image/jpeg", &LONG),
    });
    for status in
        ["416 Range Not Satisfiable", "403 Forbidden", "404 Not Found", "405 Method Not Allowed", "501 Not Implemented"]
    {
        let number = if status.starts_with("416") { 36 } else { 37 };
        cases
            .add(format!("{number} {status} only with a range"), Good, move |request, reply| {
                if request.ranged() {
                    refuse(reply, status);
                } else {
                    reply.whole("image/jpeg", &GOOD);
                }
            })
            .and("one range is tried, then one plain GET", |found| found.requests() == 2);
    }
    cases.add("38 multipart/byteranges", Good, |request, reply| {
        if request.ranged() {
            multipart(reply);
        } else {
            reply.whole("image/jpeg", &GOOD);
        }
    });
}

fn add_changes(cases: &mut Cases) {
    cases
        .add("39 the image changes between two ranges", Record, |request: &Request, reply| match request.count {
            0 => reply.file_with(&[("ETag", "\"a\"")], &LONG),
            _ => reply.file_with(&[("ETag", "\"b\"")], &OTHER),
        })
        .and("it is the version that is there now", |found| {
            found.outcome["Orientation"] == 6 && found.fetch("ETag").as_str().is_some_and(|tag| tag.contains('b'))
        });
}

fn partial(reply: &mut Reply, content_range: Option<&str>, body: &[u8]) {
    let named = content_range.map(|range| ("Content-Range", range));
    let headers: Vec<_> = [("Content-Type", "image/jpeg")].into_iter().chain(named).collect();
    reply.respond("206 Partial Content", &headers, body);
}

fn refuse(reply: &mut Reply, status: &str) {
    reply.respond(status, &[("Content-Type", "text/plain")], b"no ranges here");
}

fn multipart(reply: &mut Reply) {
    let head =
        format!("--B\r\nContent-Type: image/jpeg\r\nContent-Range: bytes 0-{}/{}\r\n\r\n", GOOD.len() - 1, GOOD.len());
    let body = [head.as_bytes(), &GOOD, b"\r\n--B--\r\n"].concat();
    reply.respond("206 Partial Content", &[("Content-Type", "multipart/byteranges; boundary=B")], &body);
}
