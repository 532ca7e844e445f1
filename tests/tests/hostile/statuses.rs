//! Statuses that are no success, for ever or once (47 to 53).

use std::time::Duration;

use crate::{
    RETRIES,
    cases::{
        Cases,
        Expected::{Failure, Good},
        GOOD,
    },
};

pub(crate) fn add(cases: &mut Cases) {
    add_final(cases);
    add_passing(cases);
    add_for_ever(cases);
}

fn add_final(cases: &mut Cases) {
    let statuses = [
        (47, 401, "permission"),
        (47, 403, "permission"),
        (47, 407, "permission"),
        (47, 451, "permission"),
        (48, 404, "not_found"),
        (48, 410, "not_found"),
        (48, 400, "http_status"),
        (48, 418, "http_status"),
    ];
    for (number, status, kind) in statuses {
        cases
            .add(format!("{number} {status}"), Failure(kind, "request"), move |_, reply| {
                reply.respond(&format!("{status} No"), &[("Content-Type", "text/html")], b"<html>no</html>");
            })
            .and("the status is told", move |found| found.outcome["Status"] == status)
            .and("it is not to be retried", |found| found.outcome["Retryable"] == false)
            .and("it is not asked for again and again", |found| found.requests() <= 2);
    }
}

fn add_passing(cases: &mut Cases) {
    cases
        .add("49 429 with Retry-After: 1, then good", Good, |request, reply| match request.count {
            0 => reply.respond("429 Too Many Requests", &[("Retry-After", "1")], b""),
            _ => reply.file("image/jpeg", &GOOD),
        })
        .and("a second passes between the two", |found| {
            let seen = found.server().seen();
            seen.len() == 2 && seen[1].at - seen[0].at >= Duration::from_secs(1)
        });
    let passing =
        [(50, "429 Too Many Requests"), (52, "500 Oops"), (52, "502 Oops"), (52, "503 Oops"), (52, "504 Oops")];
    for (number, status) in passing {
        cases.add(format!("{number} {status}, then good"), Good, move |request, reply| match request.count {
            0 => reply.respond(status, &[], b"try again"),
            _ => reply.file("image/jpeg", &GOOD),
        });
    }
}

fn add_for_ever(cases: &mut Cases) {
    cases
        .add("51 429 for ever", Failure("rate_limited", "request"), |_, reply| {
            reply.respond("429 Too Many Requests", &[], b"");
        })
        .and("all retries are used", |found| found.requests() == RETRIES + 1)
        .and("the status is told", |found| found.outcome["Status"] == 429);
    cases
        .add("52 500 for ever", Failure("http_status", "request"), |_, reply| reply.respond("500 Oops", &[], b""))
        .and("it may be retried later", |found| found.outcome["Retryable"] == true);
    cases
        .add("53 503 for ever with Retry-After: 86400", Failure("rate_limited", "request"), |_, reply| {
            reply.respond("503 Service Unavailable", &[("Retry-After", "86400")], b"");
        })
        .and("it ends at once", |found| found.millis() < 1000 && found.requests() == 1);
}
