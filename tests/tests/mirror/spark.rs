//! `imgmeta.spark` on real executors, and the job of the original program on a real HDFS.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;
use std::{env, fs, thread};

use imgmeta_tests::hdfs::Cluster;
use imgmeta_tests::images::{data_dir, synthetic};
use imgmeta_tests::program::{Run, binary};
use imgmeta_tests::python;
use imgmeta_tests::server::Server;
use serde_json::Value;

use crate::engines::samples;

const KINDS: [&str; 2] = ["success_output", "failure_output"];
const ROWS: usize = 120;
const KILLS: usize = 2;
const SEED: u64 = 8;
/// How long the server takes for an image: an extraction that is to be killed needs time.
const DELAY: Duration = Duration::from_millis(50);
/// How long an image waits, at most, for Spark to start a second copy of its task.
const PATIENCE: Duration = Duration::from_secs(45);

/// Runs a script with the Python package at hand, and gives what it printed.
fn script(name: &str, adapt: impl FnOnce(&mut Command) -> &mut Command) -> String {
    let mut command = python::script(name);
    // Where Spark keeps the files of executors, whatever is installed elsewhere.
    let home = python::python().parent().unwrap().join("../lib");
    let home = fs::read_dir(home).unwrap().next().unwrap().unwrap().path().join("site-packages/pyspark");
    let run = adapt(command.env("PYTHONPATH", root().join("python")).env("SPARK_HOME", home)).output().unwrap();
    let (said, errors) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{said}\n{errors}");
    said.into_owned()
}

fn root() -> PathBuf {
    data_dir().join("../..").canonicalize().unwrap()
}

/// The lines of a kind, in any order: a `DataFrame` has no rows with numbers, unless it has a column of them.
fn lines(output: &Path, kind: &str) -> Vec<Value> {
    let parts = fs::read_dir(output.join(kind)).unwrap().map(|part| part.unwrap().path());
    let parts = parts.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    let text: String = parts.map(|part| fs::read_to_string(part).unwrap()).collect();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Images, of which every fifth is missing; and how many were asked for at a time, at most.
fn server(delay: Duration) -> (Server, Arc<AtomicUsize>) {
    let bodies = Arc::new(["gps_ne_le.jpg", "exif_all_ifds.jpg", "jpeg_grey.jpg"].map(synthetic));
    let (now, most) = (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
    let seen = Arc::clone(&most);
    let server = Server::start(move |request, reply| {
        seen.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        thread::sleep(delay);
        now.fetch_sub(1, Ordering::SeqCst);
        let row: usize = request.path.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap();
        match row % 5 {
            4 => reply.respond("404 Not Found", &[], b""),
            _ => reply.file("image/jpeg", &bodies[row % bodies.len()]),
        }
    });
    (server, most)
}

/// Images that two copies of a task ask for. The path says who is answered, once both have asked: `/first/` or `/second/` of
/// them, else both. Every other image is gone when it is asked for a second time.
fn server_of_copies() -> Server {
    let body = synthetic("gps_ne_le.jpg");
    let (asked_again, both) = (Mutex::new(Vec::new()), Condvar::new());
    Server::start(move |request, reply| {
        let first = request.count == 0;
        let mut again = asked_again.lock().unwrap();
        if first {
            let waits = |again: &mut Vec<String>| !again.contains(&request.path);
            drop(both.wait_timeout_while(again, PATIENCE, waits).unwrap());
        } else {
            again.push(request.path.clone());
            both.notify_all();
            drop(again);
        }
        let unheard = if first { "/second/" } else { "/first/" };
        let row: usize = request.path.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap();
        if request.path.starts_with(unheard) {
            reply.hang();
        } else if first || row.is_multiple_of(2) {
            reply.file("image/jpeg", &body);
        } else {
            reply.respond("404 Not Found", &[], b"");
        }
    })
}

#[test]
fn outcomes_are_those_of_a_run_other_columns_go_through_and_errors_are_said_on_the_driver() {
    let ((server, most), dir) = (server(DELAY / 10), tempfile::tempdir().unwrap());
    let (list, output) = (dir.path().join("list.ndjson"), dir.path().join("run"));
    let mut urls: Vec<_> = samples().iter().map(|path| path.canonicalize().unwrap().display().to_string()).collect();
    urls.extend(["/nowhere/a.jpg", "http://127.0.0.1:1/a.jpg", "ftp://h/a.jpg", "s3://bucket/a.jpg"].map(String::from));
    let line = |(row, url)| format!("{}\n", serde_json::json!({"url": url, "tag": format!("t{row} ☃\"")}));
    fs::write(&list, urls.iter().enumerate().map(line).collect::<String>()).unwrap();
    let run = Run::new(["run", "--parquet", "--xmp", "--iptc", "--keep-columns", "tag"]).arg(&list);
    run.arg("--output").arg(&output).finish().assert_code(0);
    for name in ["gps_ne_le.jpg", "exif_all_ifds.jpg"] {
        fs::create_dir_all(dir.path().join("samples")).unwrap();
        fs::write(dir.path().join("samples").join(name), synthetic(name)).unwrap();
    }
    fs::create_dir(dir.path().join("spark")).unwrap();
    script("spark.py", |command| {
        command.arg(binary()).arg(&list).arg(&output).arg(server.url("")).arg(dir.path().join("spark"))
    });
    let written = KINDS.map(|kind| lines(&dir.path().join("spark/once"), kind));
    assert_eq!(written.each_ref().map(Vec::len), [80, 20]);
    // A request that failed on its way is made again, and told. A task that Spark runs again asks for its rows again, which
    // nobody tells; but who computes twice asks for all of them twice.
    let untold = written.iter().flatten().filter(|outcome| {
        let url = outcome["URL"].as_str().unwrap().strip_prefix(&server.url("")).unwrap();
        server.seen_at(url).len() as u64 > outcome["Fetch"]["Requests"].as_u64().unwrap()
    });
    let untold: Vec<_> = untold.map(|outcome| &outcome["URL"]).collect();
    assert!(untold.len() < 100, "all of them were asked for twice");
    eprintln!("asked for once more than told: {untold:?}");
    // Over all tasks together: `--per-host`.
    let most = most.load(Ordering::SeqCst);
    assert!((2..=8).contains(&most), "{most} images of one host at a time");
}

#[test]
fn kills_of_workers_and_executors_cost_time_and_no_row() {
    let (server, _) = server(DELAY);
    let number = |name, usual: String| env::var_os(name).map_or(usual, |given| given.into_string().expect("a number"));
    let (kills, seed) = (number("IMGMETA_KILLS", KILLS.to_string()), number("IMGMETA_SEED", SEED.to_string()));
    let said = script("spark_kills.py", |command| {
        command.arg(binary()).arg(server.url("")).args([ROWS.to_string(), kills, seed])
    });
    eprintln!("{said}");
}

#[test]
fn a_second_copy_of_a_task_asks_again_and_the_rows_are_of_one_of_both() {
    let (server, dir) = (server_of_copies(), tempfile::tempdir().unwrap());
    let said = script("spark_speculation.py", |command| command.arg(binary()).arg(server.url("")).arg(dir.path()));
    eprintln!("{said}");
}

#[test]
fn the_job_of_the_original_program_writes_json_and_positions_to_hdfs() {
    let (cluster, dir) = (Cluster::start(1), tempfile::tempdir().unwrap());
    let (server, _) = server(Duration::ZERO);
    let list = dir.path().join("photos.csv");
    let line = |row| format!("{row},{}\n", server.url(&format!("/{row}.jpg")));
    fs::write(&list, format!("id,image_url\n{}", (0..100).map(line).collect::<String>())).unwrap();
    cluster.check(&["-put", list.to_str().unwrap(), "/open/photos.csv"]);
    let said = script("spark_job.py", |command| {
        let arguments = ["photos.csv", "images"].map(|name| format!("{}/open/{name}", cluster.url()));
        let options = ["allow_private=true", "hosts_across=2", "keep_columns=id"];
        command.arg(binary()).args(arguments).args(options).env("HADOOP_CONF_DIR", cluster.conf_dir())
    });
    let told: Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    // Two of three images have a position.
    let with_position = (0..100).filter(|row| row % 5 != 4 && row % 3 != 2).count();
    assert_eq!(told, serde_json::json!({"records": 80, "positions": with_position, "failures": {"not_found": 20}}));
    cluster.check(&["-get", "/open/images", dir.path().to_str().unwrap()]);
    let counts = KINDS.map(|kind| lines(&dir.path().join("images"), kind).len());
    assert_eq!(counts, [80, 20]);
}

#[test]
fn the_job_of_glue_runs_on_its_spark_with_glues_own_modules_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let (list, place) = (dir.path().join("list.csv"), dir.path().join("out"));
    let image = data_dir().join("images/synthetic/gps_ne_le.jpg").canonicalize().unwrap();
    fs::write(&list, format!("id,url\n1,{}\n2,/nowhere/a.jpg\n", image.display())).unwrap();
    let mut job = Command::new(python::glue());
    job.arg(root().join("examples/glue_job.py")).arg("--list").arg(&list).arg("--place").arg(&place);
    job.args(["--JOB_NAME", "nightly", "--options", r#"{"keep_columns": "id"}"#]);
    let path = env::join_paths(["python", "tests/python/glue"].map(|folder| root().join(folder))).unwrap();
    job.env("PYTHONPATH", path).env("PYTHONDONTWRITEBYTECODE", "1").env("IMGMETA_BINARY", binary());
    let run = job.env("PYSPARK_PYTHON", python::glue()).env("SPARK_LOCAL_IP", "127.0.0.1").output().unwrap();
    let (said, errors) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success() && said.ends_with("{\"committed\": \"nightly\"}\n"), "{said}\n{errors}");
    let found = KINDS.map(|kind| lines(&place, kind));
    assert!(found[0].len() == 1 && found[0][0]["Extra"]["id"] == "1", "{found:?}");
    assert!(found[1].len() == 1 && found[1][0]["Kind"] == "not_found", "{found:?}");
}
