//! Redirects: followed, followed too long, and refused (42 to 46).

use imgmeta_tests::server::{Reply, Request};

use crate::cases::{
    Cases,
    Expected::{Failure, Good},
    GOOD, PATH,
};

pub(crate) fn add(cases: &mut Cases) {
    add_followed(cases);
    add_too_many(cases);
    add_refused(cases);
}

fn add_followed(cases: &mut Cases) {
    for status in
        ["301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"]
    {
        for absolute in [false, true] {
            let kind = if absolute { "absolute" } else { "relative" };
            cases
                .add(format!("42 {status}, {kind}"), Good, move |request, reply| {
                    let host = if absolute {
                        format!("http://{}", request.header("host").unwrap_or_default())
                    } else {
                        String::new()
                    };
                    match request.path.as_str() {
                        PATH => redirect(reply, status, &format!("{host}/target.jpg")),
                        _ => reply.file("image/jpeg", &GOOD),
                    }
                })
                .and("the final URL is the target's", |found| {
                    found.fetch("FinalURL") == found.server().url("/target.jpg").as_str()
                });
        }
    }
    cases.add("44 a redirect that needs the cookie it set", Good, |request, reply| match request.header("cookie") {
        Some(cookie) if cookie.contains("seen=1") => reply.file("image/jpeg", &GOOD),
        _ => reply.respond("302 Found", &[("Set-Cookie", "seen=1; Path=/"), ("Location", PATH)], b""),
    });
}

fn add_too_many(cases: &mut Cases) {
    cases.add("43 redirect loop", Failure("http", "request"), |_, reply| redirect(reply, "302 Found", PATH));
    cases
        .add("43 20 redirects", Failure("http", "request"), |request, reply| count_to(20, request, reply))
        .and("10 are followed", |found| found.requests() == 11);
    cases.add("42 10 redirects", Good, |request, reply| count_to(10, request, reply));
}

fn add_refused(cases: &mut Cases) {
    let port = cases.forbidden.address().port();
    let forbidden =
        ["127.0.0.2", "2130706434", "[::ffff:127.0.0.2]", "[::1]"].map(|host| format!("http://{host}:{port}/x.jpg"));
    let others = ["http://10.0.0.1/x.jpg", "http://169.254.169.254/latest/meta-data/"].map(str::to_owned);
    for location in forbidden.into_iter().chain(others) {
        cases.add(format!("45 to {location}"), Failure("blocked_address", "resolve"), move |_, reply| {
            redirect(reply, "302 Found", &location);
        });
    }
    let schemes =
        ["file:///etc/hostname", "ftp://127.0.0.1/x.jpg", "data:image/png;base64,AAAA", "hdfs://127.0.0.1:1/x.jpg"];
    for location in schemes {
        cases.add(format!("46 to {location}"), Failure("http", "request"), |_, reply| {
            redirect(reply, "302 Found", location);
        });
    }
    cases.add("46 to nowhere", Failure("http", "request"), |_, reply| reply.respond("302 Found", &[], b""));
    cases.add("46 to no URL", Failure("http", "request"), |_, reply| redirect(reply, "302 Found", "http://"));
}

fn redirect(reply: &mut Reply, status: &str, location: &str) {
    reply.respond(status, &[("Location", location)], b"<html>moved</html>");
}

/// Redirects from step to step, and ends with the image.
fn count_to(steps: u32, request: &Request, reply: &mut Reply) {
    let step = request.path.strip_prefix("/step/").map_or(0, |step| step.parse().expect("the path is one of ours"));
    if step == steps {
        reply.file("image/jpeg", &GOOD);
    } else {
        redirect(reply, "302 Found", &format!("/step/{}", step + 1));
    }
}
