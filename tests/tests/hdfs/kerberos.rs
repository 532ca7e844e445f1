//! A cluster with Kerberos: who gets in and by what, what is said to who does not, and what goes over the wire.

use std::{
    fs,
    path::Path,
    sync::{Arc, OnceLock},
    thread,
    time::{Duration, Instant},
};

use imgmeta_tests::{
    hdfs::{
        Cluster, SUPERUSER,
        kerberos::{SHORT, SHORT_LIVED, Wire},
        relay::Relay,
    },
    images::synthetic,
    outcomes::assert_same_rows,
    program::{Run, Running},
    server::Server,
};
use serde_json::Value;

/// What a cluster asks for at least: everybody shows who they are, and nothing is hidden.
const OPEN: Wire = Wire { rpc: "authentication", data: "authentication", encrypt: false, aes: false };
/// What it asks for at most, by the older cipher.
const HIDDEN: Wire = Wire { rpc: "privacy", data: "privacy", encrypt: false, aes: false };
/// What a DataNode says of the newer one.
const AES: &str = "Server using cipher suite AES/CTR/NoPadding";
/// Images of the list that are on HDFS; one more row names none.
const IMAGES: u64 = 12;
/// A name in a path that is looked for on the wire.
const NAME: &str = "a-name-to-be-seen";
/// What an error may take to come.
const SOON: Duration = Duration::from_secs(10);

#[test]
fn a_cluster_with_kerberos_takes_tickets_and_keytabs_and_what_keeps_others_out_is_said() {
    let mut cluster = Cluster::start_secured(OPEN);
    let alice = cluster.kdc().log_in("alice");
    put_images(&cluster, &alice);
    who_may_come_in_does(&cluster, &alice);
    who_has_no_good_ticket_is_told_why(&cluster);
    who_may_not_come_in_is_told_why(&cluster);
    every_protection_of_the_wire_is_spoken(&mut cluster, &alice);
}

fn who_may_come_in_does(cluster: &Cluster, alice: &str) {
    // With Kerberos, whoever HADOOP_USER_NAME names is nobody.
    job(cluster, "/open/cache").env("KRB5CCNAME", alice).env("HADOOP_USER_NAME", SUPERUSER).finish().assert_code(0);
    assert_whole(cluster, "/open/cache");
    let cache = cluster.kdc().cache("made-from-a-keytab");
    let run = job(cluster, "/open/keytab").env("KRB5CCNAME", &cache);
    run.env("KRB5_CLIENT_KTNAME", cluster.kdc().keytab("alice")).finish().assert_code(0);
    assert_whole(cluster, "/open/keytab");
}

fn who_has_no_good_ticket_is_told_why(cluster: &Cluster) {
    let (kdc, none) = (cluster.kdc(), cluster.kdc().cache("none"));
    let login = format!("cannot log in to `{}/open/list.txt`", cluster.url());
    let no_ticket = [&login, "No Kerberos credentials available", "none.cache", "kinit", "KRB5_CLIENT_KTNAME"];
    refused(job(cluster, "/open/x").env("KRB5CCNAME", &none), &no_ticket);
    let run = job(cluster, "/open/x").env("KRB5CCNAME", &none);
    refused(run.env("KRB5_CLIENT_KTNAME", kdc.keytab("nobody")), &no_ticket);

    let expired = kdc.cache("expired");
    kdc.ticket("alice", Duration::from_secs(1), &expired);
    thread::sleep(Duration::from_secs(2));
    refused(job(cluster, "/open/x").env("KRB5CCNAME", &expired), &[&login, "Ticket expired", "kinit"]);
}

/// Here, only the output is on HDFS.
fn who_may_not_come_in_is_told_why(cluster: &Cluster) {
    let kdc = cluster.kdc();
    let dir = tempfile::tempdir().unwrap();
    let list = dir.path().join("list.txt");
    fs::write(&list, "missing.jpg\n").unwrap();
    let output = |output: &str, cache: &str| {
        let run = Run::new(["run"]).arg(&list).arg("--output").arg(format!("{}{output}", cluster.url()));
        with_settings(cluster, run).env("KRB5CCNAME", cache)
    };
    let no_ticket = ["cannot use the output", "cannot log in to", "/open/x`", "kinit"];
    refused(output("/open/x", &kdc.cache("none")), &no_ticket);
    let mallory = kdc.log_in("mallory");
    refused(output("/forbidden", &mallory), &["/forbidden", "user=mallory", "choose a folder that you may write to"]);

    // Settings that say nothing of Kerberos.
    let words = ["ends every connection", "HADOOP_CONF_DIR"];
    refused(output("/open/x", &mallory).env("HADOOP_CONF_DIR", dir.path()), &words);
    // A KDC that is not there, for a ticket that has not been shown to the NameNode yet.
    let config = fs::read_to_string(kdc.config()).unwrap().replace("kdc = 127.0.0.1:", "kdc = 127.0.0.2:");
    let elsewhere = dir.path().join("krb5.conf");
    fs::write(&elsewhere, config).unwrap();
    let fresh = kdc.cache("fresh");
    kdc.ticket("alice", Duration::from_mins(5), &fresh);
    let words = ["Cannot contact any KDC", "is the KDC running", "KRB5_CONFIG"];
    refused(output("/open/x", &fresh).env("KRB5_CONFIG", &elsewhere), &words);
    assert!(!cluster.shell(&["-test", "-e", "/open/x"]).status.success(), "something was left");
}

/// It ends soon, with one line that holds all of these words.
fn refused(run: Run, words: &[&str]) {
    let done = run.finish();
    done.assert_code(1);
    assert!(done.took < SOON, "{done:#?}");
    assert!(words.iter().all(|word| done.stderr.contains(word)), "{words:?} {done:#?}");
    assert!(!done.stderr.contains("panicked") && done.stderr.lines().count() == 1, "{done:#?}");
}

fn every_protection_of_the_wire_is_spoken(cluster: &mut Cluster, alice: &str) {
    let kinds = [
        ("/open", OPEN),
        ("/integrity", Wire { rpc: "integrity", data: "integrity", ..OPEN }),
        ("/privacy", HIDDEN),
        ("/encrypted", Wire { encrypt: true, aes: true, ..OPEN }),
    ];
    for (name, wire) in kinds {
        if name != "/open" {
            cluster.rewire(wire);
        }
        let relay = Relay::before(&cluster.url());
        let output = format!("/open/{NAME}{name}");
        at(&relay.url(), cluster, &output).env("KRB5CCNAME", alice).finish().assert_code(0);
        assert_whole(cluster, &output);
        assert!(relay.has_seen("GSSAPI"), "{wire:?}: nothing went through the relay");
        assert_eq!(relay.has_seen(NAME), wire.rpc != "privacy", "{wire:?}");
        assert_eq!(cluster.datanode_said(AES), wire.aes, "{wire:?}");
        if name == "/privacy" {
            a_client_that_does_not_guard_data_is_told(cluster, alice);
        }
    }
}

/// The DataNode wants encryption, and the client's settings have none of it.
fn a_client_that_does_not_guard_data_is_told(cluster: &Cluster, alice: &str) {
    let dir = tempfile::tempdir().unwrap();
    for name in ["core-site.xml", "hdfs-site.xml"] {
        let site = fs::read_to_string(cluster.conf_dir().join(name)).unwrap();
        fs::write(dir.path().join(name), site.replace("dfs.data.transfer.protection", "x")).unwrap();
    }
    let done = job(cluster, "/open/unguarded").env("KRB5CCNAME", alice).env("HADOOP_CONF_DIR", dir.path()).finish();
    done.assert_code(1);
    assert!(done.stderr.contains("dfs.data.transfer.protection"), "{done:#?}");
}

/// Rows from here on are answered only when the gate is opened.
const GATE: u64 = 60;
const ROWS: u64 = 120;

/// What is connected stays so when its ticket expires: the NameNode is started anew, and each run must show a ticket again.
#[test]
fn a_ticket_that_expires_in_the_middle_of_a_run_is_renewed_or_the_run_goes_on_later() {
    let mut cluster = Cluster::start_secured(Wire { aes: true, ..HIDDEN });
    let gate = Arc::new(OnceLock::new());
    let server = gated_images(Arc::clone(&gate));
    let dir = tempfile::tempdir().unwrap();
    let list = dir.path().join("list.txt");
    let rows = (0..ROWS).map(|row| server.url(&format!("/{row}.jpg")));
    fs::write(&list, rows.collect::<Vec<_>>().join("\n")).unwrap();
    let [keytab, renewed, late] = ["keytab", "renewed", "late"].map(|name| cluster.kdc().cache(name));
    let (before, began) = (cluster.files(), Instant::now());
    for cache in [&renewed, &late] {
        cluster.kdc().ticket("alice", SHORT, cache);
    }
    let runs = [
        gated(&cluster, &list, "/open/keytab", &keytab)
            .env("KRB5_CLIENT_KTNAME", cluster.kdc().keytab(SHORT_LIVED))
            .spawn(),
        gated(&cluster, &list, "/open/renewed", &renewed).spawn(),
        gated(&cluster, &list, "/open/late", &late).spawn(),
    ];
    // Their own files, and those of some shards.
    wait_for_files(&cluster, before + 3 * 15);
    thread::sleep((SHORT + Duration::from_secs(1)).saturating_sub(began.elapsed()));
    cluster.restart_namenode();
    gate.set(()).unwrap();
    thread::sleep(Duration::from_secs(5));
    cluster.kdc().ticket("alice", Duration::from_mins(5), &renewed);

    let [by_keytab, by_cache, ended] = runs.map(Running::finish);
    by_keytab.assert_code(0);
    by_cache.assert_code(0);
    ended.assert_code(1);
    for words in ["Ticket expired", "get a new ticket by `kinit`", "go on with --resume"] {
        assert!(ended.stderr.contains(words), "{words}: {ended:#?}");
    }
    cluster.kdc().ticket("alice", Duration::from_mins(5), &late);
    gated(&cluster, &list, "/open/late", &late).finish().assert_code(0);
    for output in ["/open/keytab", "/open/renewed", "/open/late"] {
        assert_eq!(outcomes(&cluster, output, ROWS).len() as u64, ROWS);
    }
    assert!(cluster.datanode_said(AES));
    eprintln!("the run whose ticket had expired took {:?}", ended.took);
}

fn gated(cluster: &Cluster, list: &Path, output: &str, cache: &str) -> Run {
    let run = Run::new(["run", "--resume", "--shard-rows", "10", "--per-host", "64", "--timeout", "300"]).arg(list);
    let run = run.arg("--allow-private=127.0.0.1/32").arg("--output").arg(format!("{}{output}", cluster.url()));
    with_settings(cluster, run).env("KRB5CCNAME", cache).within(Duration::from_mins(3))
}

fn wait_for_files(cluster: &Cluster, least: u64) {
    let until = Instant::now() + Duration::from_mins(1);
    while cluster.files() < least {
        assert!(Instant::now() < until, "the runs did not get as far as some shards");
        thread::sleep(Duration::from_millis(50));
    }
}

fn gated_images(gate: Arc<OnceLock<()>>) -> Server {
    let jpeg = synthetic("gps_ne_le.jpg");
    Server::start(move |request, reply| {
        let row: u64 = request.path.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap();
        if row >= GATE {
            gate.wait();
        }
        reply.file("image/jpeg", &jpeg);
    })
}

/// A list and its images on the cluster, owned by alice; the last row's is missing.
fn put_images(cluster: &Cluster, cache: &str) {
    let dir = tempfile::tempdir().unwrap();
    let images = dir.path().join("images");
    fs::create_dir(&images).unwrap();
    for number in 0..IMAGES {
        fs::write(images.join(format!("{number}.jpg")), synthetic("gps_ne_le.jpg")).unwrap();
    }
    let list = dir.path().join("list.txt");
    let rows = (0..=IMAGES).map(|number| format!("images/{number}.jpg"));
    fs::write(&list, rows.collect::<Vec<_>>().join("\n")).unwrap();
    let put = cluster.shell_with(cache, &["-put", images.to_str().unwrap(), list.to_str().unwrap(), "/open"]);
    assert!(put.status.success(), "{put:?}");
}

/// A run whose list, images and output are on the cluster.
fn job(cluster: &Cluster, output: &str) -> Run {
    at(&cluster.url(), cluster, output)
}

/// The same by another way to the NameNode.
fn at(url: &str, cluster: &Cluster, output: &str) -> Run {
    let run = Run::new(["run", "--parquet"]).arg(format!("{url}/open/list.txt"));
    with_settings(cluster, run.arg("--output").arg(format!("{url}{output}")))
}

fn with_settings(cluster: &Cluster, run: Run) -> Run {
    run.env("HADOOP_CONF_DIR", cluster.conf_dir()).env("KRB5_CONFIG", cluster.kdc().config())
}

/// All rows are there and alice's, by Hadoop's own shell with the superuser's ticket.
fn assert_whole(cluster: &Cluster, output: &str) {
    let (failures, records): (Vec<_>, Vec<_>) =
        outcomes(cluster, output, IMAGES + 1).into_iter().partition(|line| line["Kind"].is_string());
    assert!(records.iter().all(|record| record["Format"] == "JPEG"), "{records:?}");
    assert!(failures.len() == 1 && failures[0]["Kind"] == "not_found", "{failures:?}");
    let success = format!("{output}/success_output/_SUCCESS");
    let owners = cluster.check(&["-stat", "%u", &format!("{output}/*/part-*"), &success]);
    assert!(owners.lines().count() >= 5 && owners.lines().all(|owner| owner == "alice"), "{owners}");
}

/// The lines of both kinds, of which no row is missing.
fn outcomes(cluster: &Cluster, output: &str, rows: u64) -> Vec<Value> {
    let parts = |kind: &str| format!("{output}/{kind}_output/part-*.json");
    let text = cluster.check(&["-cat", &parts("success"), &parts("failure")]);
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_same_rows(lines.iter().map(|line| line["Row"].as_u64().unwrap()), 0..rows);
    lines
}
