//! Every spelling of an address that must not be reached, in the list and as the goal of a redirect: nobody is connected to.

use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use imgmeta_tests::outcomes::assert_complete;
use imgmeta_tests::program::Run;
use imgmeta_tests::server::Server;

/// What stands between `http://` and the port.
const HOSTS: [&str; 82] = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "127.255.255.254",
    "2130706433",
    "017700000001",
    "0x7f000001",
    "0x7F.0x0.0x0.0x1",
    "0177.0.0.1",
    "0177.0.0.01",
    "0x7f.1",
    "127.0x1",
    "127.000.000.001",
    "127.0.0.1.",
    "2130706433.",
    "0x7f.0.0.0x1.",
    "0",
    "0.0.0.0",
    "0x0",
    "00",
    "0.0",
    "localhost",
    "LOCALHOST",
    "LocalHost.",
    "localhost.",
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[0000:0000:0000:0000:0000:0000:0000:0001]",
    "[::127.0.0.1]",
    "[::7f00:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::FFFF:7F00:0001]",
    "[0:0:0:0:0:ffff:127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "[2002:7f00:1::1]",
    "[::1%25lo]",
    "[fe80::1%25lo]",
    "[fe80::1]",
    "%31%32%37.0.0.1",
    "127%2e0%2e0%2e1",
    "\u{ff11}\u{ff12}\u{ff17}.0.0.1",
    "127\u{3002}0\u{3002}0\u{3002}1",
    "\u{2460}\u{2461}\u{2466}.0.0.1",
    "127\u{ff0e}0\u{ff0e}0\u{ff0e}1",
    "user:secret@127.0.0.1",
    "example.org@127.0.0.1",
    "example.org%40x@127.0.0.1",
    "169.254.169.254",
    "0xa9fea9fe",
    "2852039166",
    "0251.0376.0251.0376",
    "[::ffff:169.254.169.254]",
    "[fd00:ec2::254]",
    "10.0.0.1",
    "192.168.0.1",
    "172.16.0.1",
    "100.64.0.1",
    "[ff02::1]",
    "0177.1",
    "0x7f.0x000001",
    "127.0.0.0x1",
    "10.1",
    "0xac100001",
    "172.1048577",
    "192.168.257",
    "192.0.0.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "[::ffff:0:127.0.0.1]",
    "[64:ff9b:1::7f00:1]",
    "[::ffff:10.0.0.1]",
    "[2002:a00:1::]",
    "[fc00::1]",
    "[fec0::1]",
    "[100::1]",
    "[2001:0:7f00:1::1]",
];

/// Whole URLs that people read otherwise than programs do.
const URLS: [&str; 8] = [
    "http:\\\\127.0.0.1:PORT\\a.jpg",
    "http:/\\127.0.0.1:PORT/a.jpg",
    "HTTP://127.0.0.1:PORT/a.jpg",
    "http://127.0.0.1:PORT#@example.org/a.jpg",
    "http://127.0.0.1:PORT?@example.org/a.jpg",
    "http://example.org:80@127.0.0.1:PORT/a.jpg",
    "http://127.0.0.1:0PORT/a.jpg",
    " http://127.0.0.1:PORT/a.jpg ",
];

#[test]
fn no_spelling_of_a_forbidden_address_is_connected_to() {
    // It takes whatever is sent to any address of this machine, of either family.
    let all = SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), 0);
    let forbidden = Server::start_on(all, |_, reply| reply.respond("200 OK", &[], b""));
    let port = forbidden.address().port().to_string();
    let mut urls: Vec<_> = HOSTS.iter().map(|host| format!("http://{host}:{port}/a.jpg")).collect();
    urls.extend(URLS.iter().map(|url| url.replace("PORT", &port)));
    assert!(urls.len() >= 90);

    let goals = urls.clone();
    let allowed = Server::start_at(Ipv4Addr::new(127, 0, 0, 3), move |request, reply| {
        let number: usize = request.path.trim_matches('/').parse().unwrap();
        // Two hops: the second one is relative.
        match number.checked_sub(1000) {
            None => reply.respond("302 Found", &[("Location", &format!("/{}", number + 1000))], b""),
            Some(number) => reply.respond("307 Temporary Redirect", &[("Location", &goals[number])], b""),
        }
    });
    let chains: Vec<_> = (0..urls.len()).map(|number| allowed.url(&format!("/{number}"))).collect();
    let dir = tempfile::tempdir().unwrap();
    let (list, output) = (dir.path().join("l.csv"), dir.path().join("out"));
    let rows = urls.iter().chain(&chains).map(|url| format!("\"{url}\"\n"));
    fs::write(&list, format!("url\n{}", rows.collect::<String>())).unwrap();
    let run =
        Run::new(["run", "--allow-private=127.0.0.3/32", "--retries", "0"]).arg(&list).arg("--output").arg(&output);
    let done = run.finish();
    done.assert_code(0);
    let outcomes = assert_complete(&output, 0..2 * urls.len() as u64);
    for line in &outcomes.failures {
        let kind = line["Kind"].as_str().unwrap();
        // What is no URL is refused before it is looked at as an address.
        assert!(["blocked_address", "bad_url", "http", "dns", "dns_temporary"].contains(&kind), "{line}");
    }
    assert_eq!((outcomes.records.len(), forbidden.connections()), (0, 0));
    let blocked = outcomes.failures.iter().filter(|line| line["Kind"] == "blocked_address").count();
    assert!(blocked > 2 * urls.len() * 8 / 10, "only {blocked} were seen as addresses");
    assert!(!done.stderr.contains("secret"), "{}", done.stderr);
}
