//! The main job over a real HDFS, judged by Hadoop's own shell.

mod faults;
mod kerberos;

use std::{
    fmt::Write as _,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use imgmeta_tests::{
    hdfs::Cluster,
    images::synthetic,
    outcomes::{assert_complete, assert_same_rows},
    program::Run,
    server::Server,
};
use serde_json::Value;

const ROWS: u64 = 20_000;
/// Rows from here on are answered only when a DataNode is dead: parts are certain to be written before and after.
const GATE: u64 = 10_000;
/// Who runs the program: not the superuser, so that permissions count.
const USER: &str = "alice";

#[test]
fn the_cluster_keeps_a_file_when_a_datanode_is_killed_and_refuses_who_may_not() {
    let mut cluster = Cluster::start(3);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a");
    std::fs::write(&file, "some bytes").unwrap();
    let before = cluster.files();
    cluster.check(&["-put", file.to_str().unwrap(), "/a"]);
    assert_eq!(cluster.files(), before + 1);
    cluster.kill_datanode(0);
    assert_eq!(cluster.check(&["-cat", "/a"]), "some bytes");

    let refused = cluster.shell_as(USER, &["-touchz", "/b"]);
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("Permission denied"));
    assert!(cluster.shell_as(USER, &["-touchz", "/open/b"]).status.success());
}

#[test]
fn a_killed_datanode_costs_a_run_of_20_000_rows_not_one_of_them() {
    let mut cluster = Cluster::start(3);
    let killed = Arc::new(OnceLock::new());
    let server = gated_images(Arc::clone(&killed));
    let (list, output) = (format!("{}/list.csv", cluster.url()), format!("{}/open/out", cluster.url()));
    put_list(&cluster, &server);

    let before = cluster.files();
    let args = ["run", &list, "--output", &output, "--shard-rows", "1000", "--per-host", "64"];
    let run = Run::new(args).arg("--allow-private=127.0.0.1/32").env("HADOOP_USER_NAME", USER);
    let mut run = run.env("HADOOP_CONF_DIR", cluster.conf_dir()).within(Duration::from_mins(5)).spawn();
    let until = Instant::now() + Duration::from_mins(2);
    // The run's own files, then those of a few shards.
    while cluster.files() < before + 20 {
        let goes_on = run.is_running() && Instant::now() < until;
        assert!(goes_on, "the run did not get as far as a few shards: {:#?}", run.kill());
        std::thread::sleep(Duration::from_millis(20));
    }
    cluster.kill_datanode(0);
    killed.set(()).unwrap();
    let done = run.finish();
    done.assert_code(0);
    eprintln!("the run took {:?}, and said:\n{}", done.took, done.stderr);

    let records = lines(&cluster, "/open/out/success_output");
    let failures = lines(&cluster, "/open/out/failure_output");
    assert!(records.iter().all(|record| record["Format"] == "JPEG"));
    assert!(failures.iter().all(|failure| failure["Kind"] == "not_found"), "{:?}", failures.first());
    assert_eq!((records.len(), failures.len()), (18_000, 2_000));
    let rows = records.iter().chain(&failures).map(|line| line["Row"].as_u64().unwrap());
    assert_same_rows(rows, 0..ROWS);
    assert_only_parts(&cluster, &cluster.check(&["-ls", "-C", "/open/out/success_output", "/open/out/failure_output"]));
}

#[test]
fn an_output_that_may_not_be_written_is_one_clear_error_and_leaves_nothing() {
    let cluster = Cluster::start(1);
    let server = Server::start(|_, reply| reply.file("image/jpeg", &synthetic("gps_ne_le.jpg")));
    let dir = tempfile::tempdir().unwrap();
    let list = dir.path().join("list.txt");
    std::fs::write(&list, server.url("/a.jpg")).unwrap();
    let output = format!("{}/forbidden", cluster.url());
    let run = Run::new(["run".as_ref(), list.as_os_str(), "--output".as_ref(), output.as_ref()]);
    let done = run.arg("--allow-private=127.0.0.1/32").env("HADOOP_USER_NAME", USER).finish();
    done.assert_code(1);
    assert!(done.stderr.to_lowercase().contains("permission"), "{done:#?}");
    assert!(!done.stderr.contains("panicked"), "{done:#?}");
    assert!(!cluster.shell(&["-test", "-e", "/forbidden"]).status.success());
}

#[test]
fn images_that_are_missing_forbidden_or_lost_are_failures_of_their_kinds() {
    let cluster = Cluster::start(1);
    let dir = tempfile::tempdir().unwrap();
    let (image, list, output) = (dir.path().join("a.jpg"), dir.path().join("list.txt"), dir.path().join("out"));
    std::fs::write(&image, synthetic("gps_ne_le.jpg")).unwrap();
    let image = image.to_str().unwrap();
    for name in ["/open/good.jpg", "/open/forbidden.jpg"] {
        cluster.check(&["-put", image, name]);
    }
    cluster.check(&["-chmod", "600", "/open/forbidden.jpg"]);
    let names = ["/good.jpg", "/missing.jpg", "/forbidden.jpg", ""].map(|name| format!("{}/open{name}", cluster.url()));
    std::fs::write(&list, names.join("\n")).unwrap();
    let run = |output: &std::path::Path| {
        let run =
            Run::new(["run", "--retries", "1", "--allow-store", "hdfs://"]).arg(&list).arg("--output").arg(output);
        run.env("HADOOP_USER_NAME", USER).env("HADOOP_CONF_DIR", cluster.conf_dir()).finish().assert_code(0);
        assert_complete(output, 0..names.len() as u64)
    };
    let found = run(&output);
    assert!(found.of_row(0).0);
    for (row, kind, phase) in
        [(1, "not_found", "request"), (2, "permission", "request"), (3, "not_an_image", "request")]
    {
        let (record, line) = found.of_row(row);
        assert!(!record && line["Kind"] == kind && line["Phase"] == phase, "{line}");
    }
    cluster.lose_blocks();
    let gone = run(&dir.path().join("lost"));
    let (record, line) = gone.of_row(0);
    assert!(!record && line["Kind"] == "io", "{line}");
}

/// Every tenth image is missing.
fn gated_images(killed: Arc<OnceLock<()>>) -> Server {
    let jpeg = synthetic("gps_ne_le.jpg");
    Server::start(move |request, reply| {
        let number: u64 = request.path.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap();
        if number >= GATE {
            killed.wait();
        }
        match number % 10 {
            0 => reply.respond("404 Not Found", &[], b"no such image"),
            _ => reply.file("image/jpeg", &jpeg),
        }
    })
}

fn put_list(cluster: &Cluster, server: &Server) {
    let dir = tempfile::tempdir().unwrap();
    let local = dir.path().join("list.csv");
    let mut list = "url\n".to_owned();
    for row in 0..ROWS {
        writeln!(list, "{}", server.url(&format!("/{row}.jpg"))).unwrap();
    }
    std::fs::write(&local, list).unwrap();
    cluster.check(&["-put", local.to_str().unwrap(), "/list.csv"]);
}

fn lines(cluster: &Cluster, folder: &str) -> Vec<Value> {
    let text = cluster.check(&["-cat", &format!("{folder}/part-*.json")]);
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn is_number_json(name: &str) -> bool {
    name.strip_suffix(".json").is_some_and(|number| number.len() == 8 && number.parse::<u32>().is_ok())
}

/// A reader of the folders sees whole parts and `_SUCCESS`, and no draft.
fn assert_only_parts(cluster: &Cluster, listing: &str) {
    let names = listing.lines().filter_map(|path| path.rsplit('/').next());
    let parts = |name: &str| name == "_SUCCESS" || name.strip_prefix("part-").is_some_and(is_number_json);
    assert!(names.clone().all(parts), "{listing}");
    assert_eq!(names.filter(|name| *name == "_SUCCESS").count(), 2, "{listing}");
    assert!(!cluster.check(&["-ls", "-R", "/open/out"]).contains(".tmp"), "a draft was left");
}
