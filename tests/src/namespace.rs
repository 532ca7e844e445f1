//! A network of a test's own: a name server, addresses that look public, and nobody else.

use std::{env, fs, process::Command};

/// The address of the name server in it.
pub const NAME_SERVER: [u8; 4] = [127, 0, 0, 53];

/// An address in it at which nobody answers, not even that nobody is there.
pub const HOLE: [u8; 4] = [203, 0, 113, 99];

/// Makes the network: one end of a cable has addresses that look public, and at the other end nobody is.
const SCRIPT: &str = "set -e
ip link set lo up
ip link add world type veth peer name nowhere
ip addr add 203.0.113.5/24 dev world
ip link set world up
ip link set nowhere up
ip neigh add 203.0.113.99 lladdr 02:00:00:00:00:01 dev world nud permanent
mount --bind \"$0\" /etc/resolv.conf
exec \"$@\"";

/// Runs an ignored test of the running test binary within a network of its own, by its full name.
///
/// The namespaces are the user's, so that this needs no root: `unshare` of util-linux and `ip` of iproute2 do it.
#[track_caller]
pub fn run_inside(test: &str) {
    let dir = tempfile::tempdir().expect("a folder for temporary files");
    let resolv = dir.path().join("resolv.conf");
    let [a, b, c, d] = NAME_SERVER;
    fs::write(&resolv, format!("nameserver {a}.{b}.{c}.{d}\n")).expect("a file can be written");
    let inside = Command::new("unshare")
        .args(["--map-root-user", "--net", "--mount", "sh", "-c", SCRIPT])
        .arg(&resolv)
        .arg(env::current_exe().expect("a test binary has a path"))
        .args(["--exact", test, "--ignored", "--nocapture"])
        .output();
    let inside = inside.unwrap_or_else(|error| panic!("cannot run `unshare`: {error}; install util-linux"));
    let said = [&inside.stdout, &inside.stderr].map(|said| String::from_utf8_lossy(said).into_owned()).concat();
    assert!(
        inside.status.success() && said.contains("1 passed"),
        "within a namespace (which needs `ip` of iproute2, and user namespaces): {said}"
    );
}
