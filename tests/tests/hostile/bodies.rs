//! Cases of the body: none, slow, endless, cut, or something else than an image (23 to 30, 40, 41, 54 to 58).

use std::{io::Write as _, time::Duration};

use flate2::{Compression, write::GzEncoder};
use imgmeta_tests::{
    images::{app15, synthetic},
    server::Reply,
};
use serde_json::json;

use crate::{
    RETRIES,
    cases::{
        Cases,
        Expected::{Failure, Good, Record},
        GOOD,
    },
};

pub(crate) fn add(cases: &mut Cases) {
    add_empty_and_slow(cases);
    add_endless(cases);
    add_cut(cases);
    add_encoded(cases);
    add_other_things(cases);
    add_odd_images(cases);
}

fn add_empty_and_slow(cases: &mut Cases) {
    cases.add("23 204", Failure("empty", "body"), |_, reply| reply.head("204 No Content", &[]));
    cases.add("23 200 with no body", Failure("empty", "body"), |_, reply| {
        reply.head("200 OK", &[("Content-Type", "image/jpeg")]);
        reply.close();
    });
    cases.add("55 200 with zero bytes", Failure("empty", "body"), |_, reply| reply.whole("image/jpeg", b""));
    cases.add("24 body never starts", Failure("timeout", "body"), |_, reply| {
        promise(reply, GOOD.len());
        reply.hang();
    });
    cases.add("25 body dripped", Failure("timeout", "body"), |_, reply| {
        promise(reply, GOOD.len());
        reply.drip(&GOOD, Duration::from_secs(1));
    });
}

fn add_endless(cases: &mut Cases) {
    cases.add("26 endless MJPEG", Failure("not_an_image", "identify"), |_, reply| {
        reply.head("200 OK", &[("Content-Type", "multipart/x-mixed-replace; boundary=frame")]);
        reply.forever(&[b"--frame\r\nContent-Type: image/jpeg\r\n\r\n", GOOD.as_slice(), b"\r\n"].concat());
    });
    cases.add("26 endless video", Failure("not_an_image", "identify"), |_, reply| {
        reply.head("200 OK", &[("Content-Type", "video/mp4")]);
        reply.send(&synthetic("bad_mp4.jpg"));
        reply.forever(&[0; 1 << 13]);
    });
    cases.add("26 endless header of a JPEG", Failure("too_large", "body"), |_, reply| {
        reply.head("200 OK", &[("Content-Type", "image/jpeg")]);
        reply.send(&GOOD[..2]);
        reply.forever(&app15());
    });
}

fn add_cut(cases: &mut Cases) {
    cases.add("27 body ends early after the header", Good, |_, reply| {
        promise(reply, GOOD.len() + 1000);
        reply.send(&GOOD);
        reply.close();
    });
    cases
        .add("28 body ends early inside the header", Failure("reset", "body"), |_, reply| {
            promise(reply, GOOD.len());
            reply.send(&GOOD[..100]);
            reply.close();
        })
        .and("all retries are used", |found| found.requests() > RETRIES);
    cases.add("29 body longer than Content-Length", Good, |_, reply| {
        promise(reply, GOOD.len());
        reply.send(&GOOD);
        reply.send(&[0; 1000]);
        reply.close();
    });
    cases.add("30 reset in the middle of the body, then good", Good, |request, reply| match request.count {
        0 => {
            promise(reply, GOOD.len());
            reply.send(&GOOD[..100]);
            reply.reset();
        }
        _ => reply.file("image/jpeg", &GOOD),
    });
}

fn add_encoded(cases: &mut Cases) {
    let whole = gzip(&GOOD);
    cases
        .add("40 gzip though identity was asked for", Good, move |_, reply| {
            reply.respond("200 OK", &[("Content-Encoding", "gzip")], &whole);
        })
        .and("the size is not known", |found| found.outcome["Bytes"].is_null());
    let ranged = gzip(&GOOD);
    cases
        .add("40 gzip in a 206", Good, move |_, reply| reply.file_with(&[("Content-Encoding", "gzip")], &ranged))
        .and("the size is not known", |found| found.outcome["Bytes"].is_null());
    let bomb = gzip(&[&GOOD[..2], &app15().repeat(1000)].concat());
    cases.add("41 gzip bomb", Failure("too_large", "body"), move |_, reply| {
        reply.respond("200 OK", &[("Content-Encoding", "gzip")], &bomb);
    });
}

fn add_other_things(cases: &mut Cases) {
    let things = [
        ("bad_html.jpg", "text/html", "html"),
        ("bad_json.png", "application/json", "json"),
        ("bad_text.jpg", "text/plain", "text"),
        ("bad_pdf.jpg", "application/pdf", "pdf"),
        ("bad_mp4.jpg", "video/mp4", "video"),
    ];
    for (file, content_type, word) in things {
        cases
            .add(format!("54 {content_type}"), Failure("not_an_image", "identify"), move |_, reply| {
                reply.whole(content_type, &synthetic(file));
            })
            .and("the error names what it is", move |found| {
                let error = found.outcome["Error"].as_str().unwrap_or_default().to_lowercase();
                error.contains(word) || word == "video" && error.contains("mp4")
            });
    }
    cases.add("56 HTML that says it is a JPEG", Failure("not_an_image", "identify"), |_, reply| {
        reply.file("image/jpeg", &synthetic("bad_html.jpg"));
    });
    cases.add("56 JPEG that says it is HTML", Good, |_, reply| reply.file("text/html", &GOOD));
}

fn add_odd_images(cases: &mut Cases) {
    cases.add("57 cut in its header, complete by HTTP", Failure("damaged", "identify"), |_, reply| {
        reply.file("image/jpeg", &synthetic("bad_cut_in_sof.jpg"));
    });
    cases.add("57 the same, as a 200", Failure("damaged", "identify"), |_, reply| {
        reply.whole("image/jpeg", &synthetic("bad_cut_in_sof.jpg"));
    });
    cases
        .add("57 cut after its header", Record, |_, reply| {
            let webp = synthetic("webp_exif.webp");
            reply.file("image/webp", &webp[..webp.len() - 10]);
        })
        .and("the record warns", |found| found.warned() && found.outcome["Size"] == json!([16, 12]));
    cases
        .add("58 declared 60,000 x 60,000 pixels", Record, |_, reply| reply.file("image/jpeg", &huge()))
        .and("the record warns", |found| found.warned() && found.outcome["Size"] == json!([60_000, 60_000]));
}

/// Begins a 200 of so many bytes.
fn promise(reply: &mut Reply, bytes: usize) {
    reply.head("200 OK", &[("Content-Type", "image/jpeg"), ("Content-Length", &bytes.to_string())]);
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("a buffer can be written")
}

/// The good image with another height and width in its SOF.
fn huge() -> Vec<u8> {
    let mut jpeg = GOOD.clone();
    let sof = jpeg.windows(2).position(|two| two == [0xff, 0xc0]).expect("a baseline JPEG has SOF0");
    for side in [sof + 5, sof + 7] {
        jpeg[side..side + 2].copy_from_slice(&60_000_u16.to_be_bytes());
    }
    jpeg
}
