//! Cases before a body: the address, the connection, the head of the answer (9, 12, 14, 17, 18, 20 to 22).

use std::{
    net::{Ipv4Addr, TcpListener},
    time::Duration,
};

use crate::{
    RETRIES,
    cases::{
        Cases,
        Expected::{Failure, Good},
        GOOD, PATH,
    },
};

pub(crate) fn add(cases: &mut Cases) {
    add_addresses(cases);
    add_connections(cases);
    add_heads(cases);
}

/// Addresses that the guard refuses, in every spelling that a URL takes.
fn add_addresses(cases: &mut Cases) {
    let port = cases.forbidden.address().port();
    let ours =
        ["127.0.0.2", "2130706434", "0x7f000002", "0x7F.0.0.2", "0177.0.0.2", "127.2", "127.0.0.2.", "%31%32%37.0.0.2"];
    let mapped = ["[::ffff:127.0.0.2]", "[::ffff:7f00:2]", "[::127.0.0.2]", "[::1]", "0.0.0.0", "0", "[::]"];
    let tricks = ["127.0.0.1@127.0.0.2", "127.0.0.1:80@127.0.0.2"];
    for host in ours.into_iter().chain(mapped).chain(tricks) {
        let url = format!("http://{host}:{port}{PATH}");
        cases.add_url(format!("9 {host}"), Failure("blocked_address", "resolve"), url);
    }
    let private =
        ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1"];
    for host in private.into_iter().chain(["255.255.255.255", "[fe80::1]", "[fd00::1]", "[fd00:ec2::254]", "[ff02::1]"])
    {
        cases.add_url(format!("9 {host}"), Failure("blocked_address", "resolve"), format!("http://{host}{PATH}"));
    }
}

fn add_connections(cases: &mut Cases) {
    let closed = TcpListener::bind((Ipv4Addr::new(127, 0, 1, 254), 0)).and_then(|listener| listener.local_addr());
    let url = format!("http://{}{PATH}", closed.expect("there are free ports"));
    cases.add_url("12 port closed", Failure("connect", "connect"), url);
    cases.add("14 accepts and says nothing", Failure("timeout", "request"), |_, reply| reply.hang());
    cases
        .add("17 closes before any byte", Failure("reset", "request"), |_, reply| reply.close())
        .and("all retries are used, no more", |found| found.requests() == RETRIES + 1);
    cases.add("17 resets before any byte", Failure("reset", "request"), |_, reply| reply.reset());
    cases.add("18 closes before any byte, then good", Good, |request, reply| match request.count {
        0 => reply.close(),
        _ => reply.file("image/jpeg", &GOOD),
    });
}

fn add_heads(cases: &mut Cases) {
    for garbage in
        ["SSH-2.0-OpenSSH_9.6\r\n", "\0\u{1}\u{2}garbage\r\n\r\n", "HTTP/1.1 abc OK\r\n\r\n", "ICY 200 OK\r\n\r\n"]
    {
        cases.add(format!("20 {garbage:?}"), Failure("http", "request"), |_, reply| {
            reply.send(garbage.as_bytes());
            reply.close();
        });
    }
    cases.add("21 1 MiB of headers", Failure("http", "request"), |_, reply| {
        reply.send(b"HTTP/1.1 200 OK\r\n");
        let line = format!("X-Filler: {}\r\n", "x".repeat(1012));
        reply.send(line.repeat(1024).as_bytes());
        reply.send(b"\r\n");
        reply.close();
    });
    cases.add("21 one header of 1 MiB", Failure("http", "request"), |_, reply| {
        reply.send(format!("HTTP/1.1 200 OK\r\nX-Filler: {}\r\n\r\n", "x".repeat(1 << 20)).as_bytes());
        reply.close();
    });
    cases.add("22 header dripped", Failure("timeout", "request"), |_, reply| {
        reply.drip(b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n", Duration::from_secs(1));
    });
}
