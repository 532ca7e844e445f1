//! Killed with -9 at seeded moments on a real HDFS and resumed, JSON and mirror tell the same rows, those of a run that
//! was never disturbed.

use std::fmt::Write as _;
use std::fs;
use std::sync::Arc;
use std::time::Duration;

use imgmeta_tests::hdfs::Cluster;
use imgmeta_tests::images::synthetic;
use imgmeta_tests::outcomes::{assert_complete, assert_same_outcomes};
use imgmeta_tests::program::{Kills, Run};
use imgmeta_tests::python;
use imgmeta_tests::server::Server;

const ROWS: u64 = 300;
const KILLS: u64 = 20;

#[test]
fn twenty_kills_on_hdfs_lose_no_row_of_the_json_or_the_mirror() {
    let (cluster, server, dir) = (Cluster::start(1), images(), tempfile::tempdir().unwrap());
    let list = dir.path().join("list.csv");
    let mut lines = "url\n".to_owned();
    (0..ROWS).for_each(|row| writeln!(lines, "{}", server.url(&format!("/{row}.jpg"))).unwrap());
    fs::write(&list, lines).unwrap();
    let run = |name: &str| {
        let run = Run::new(["run", "--parquet", "--resume", "--shard-rows", "75", "--per-host", "16"]).arg(&list);
        let run = run.arg("--output").arg(format!("{}/open/out/{name}", cluster.url()));
        run.arg("--allow-private=127.0.0.1/32").env("HADOOP_CONF_DIR", cluster.conf_dir())
    };
    let undisturbed = run("undisturbed").within(Duration::from_mins(3)).finish();
    undisturbed.assert_code(0);

    let mut kills = Kills::new(KILLS, 11, undisturbed.took);
    for round in 0..kills.rounds() {
        kills.kill(run(&format!("killed-{round}")));
        run(&format!("killed-{round}")).within(Duration::from_mins(3)).finish().assert_code(0);
    }
    kills.assert_enough();

    let sql = "SELECT count(*) AS n, sum(Row) AS rows FROM (SELECT Row FROM success UNION ALL SELECT Row FROM failure) AS all_rows";
    let asked = Run::new(["query", sql, "--format", "csv", "--from"]);
    let asked = asked.arg(format!("{}/open/out/undisturbed", cluster.url())).env("HADOOP_CONF_DIR", cluster.conf_dir());
    assert_eq!(asked.finish().stdout, format!("n,rows\n{ROWS},{}\n", ROWS * (ROWS - 1) / 2));

    cluster.check(&["-get", "/open/out", dir.path().to_str().unwrap()]);
    let at = |name: &str| dir.path().join("out").join(name);
    let expected = assert_complete(at("undisturbed"), 0..ROWS);
    let mut runs = vec![at("undisturbed")];
    for round in 0..kills.rounds() {
        let run = at(&format!("killed-{round}"));
        assert_same_outcomes(&assert_complete(&run, 0..ROWS), &expected);
        runs.push(run);
    }
    let same = python::script("same_rows.py").args(&runs).output().unwrap();
    assert!(same.status.success(), "{}", String::from_utf8_lossy(&same.stderr));
}

/// Records of several formats, and failures.
pub(crate) fn images() -> Server {
    let bodies =
        Arc::new(["gps_ne_le.jpg", "exif_all_ifds.jpg", "png_exif_before_idat.png", "bad_html.jpg"].map(synthetic));
    Server::start(move |request, reply| {
        let row: usize = request.path.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap();
        match row % 5 {
            4 => reply.respond("404 Not Found", &[], b""),
            number => reply.file("image/jpeg", &bodies[number]),
        }
    })
}
