//! `worker`: an Arrow IPC stream in, one out, with pyarrow at both ends.

use std::fs;
use std::path::Path;

use imgmeta_tests::images::synthetic;
use imgmeta_tests::program::{Run, binary};
use imgmeta_tests::python;
use imgmeta_tests::server::{Reply, Request, Server};

use crate::engines::samples;

/// Runs a case of `worker.py`, and gives what it printed.
fn case(name: &str, arguments: &[&str]) -> String {
    let run = python::script("worker.py").arg(name).arg(binary()).args(arguments).output().unwrap();
    let (said, errors) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{said}\n{errors}");
    said.into_owned()
}

/// Serves an image under any path but `/slow`, which never answers.
fn server() -> Server {
    let jpeg = synthetic("exif_all_ifds.jpg");
    Server::start(
        move |request: &Request, reply: &mut Reply| {
            if request.path == "/slow" { reply.hang() } else { reply.file("image/jpeg", &jpeg) }
        },
    )
}

#[test]
fn its_outcomes_are_those_of_a_run_and_other_columns_go_through() {
    let dir = tempfile::tempdir().unwrap();
    let mut urls: Vec<_> = samples().iter().map(|path| path.canonicalize().unwrap().display().to_string()).collect();
    urls.extend(["/nowhere/a.jpg", "http://127.0.0.1:1/a.jpg", "ftp://h/a.jpg", "s3://bucket/a.jpg"].map(String::from));
    let (list, output) = (dir.path().join("list.json"), dir.path().join("out"));
    let lines: Vec<_> = urls.iter().map(|url| serde_json::json!({"url": url}).to_string()).collect();
    fs::write(dir.path().join("list.ndjson"), lines.join("\n")).unwrap();
    fs::write(&list, serde_json::to_string(&urls).unwrap()).unwrap();
    let run = Run::new(["run", "--parquet", "--xmp", "--iptc"]).arg(dir.path().join("list.ndjson"));
    run.arg("--output").arg(&output).finish().assert_code(0);
    let said = case("same_as_a_run", &[text(&output), text(&list)]);
    let counts: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert!(counts["success"].as_u64() > Some(200) && counts["failure"].as_u64() > Some(3), "{said}");
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn columns_are_kept_as_text_where_that_is_wanted_and_an_empty_stream_gives_the_schema() {
    case("kept", &[]);
}

#[test]
fn what_is_no_stream_or_is_cut_or_has_no_urls_is_refused_with_what_to_do() {
    case("refused", &[]);
}

#[test]
fn rows_are_written_as_they_finish() {
    let server = server();
    case("finished_rows_do_not_wait", &[&server.url("/slow"), &server.url("/fast")]);
}

#[test]
fn a_parent_that_dies_ends_it_and_so_does_an_interrupt() {
    let server = server();
    case("a_dead_parent_ends_it", &[&server.url("/slow")]);
    case("an_interrupt_ends_it", &[&server.url("/slow")]);
}

#[test]
fn a_reader_that_stalls_stops_the_reading_and_memory_stays_bounded() {
    let image = samples().into_iter().find(|path| path.ends_with("exif_all_ifds.jpg")).unwrap();
    eprintln!("{}", case("a_reader_that_stalls_stops_the_reading", &[text(&image.canonicalize().unwrap())]));
}
