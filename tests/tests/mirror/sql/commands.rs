//! What `retry`, `refresh`, `merge`, `mirror`, `--resume` and `--overwrite` do with a database, and the views.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use imgmeta_tests::images::synthetic;
use imgmeta_tests::outcomes::Outcomes;
use imgmeta_tests::postgres::Postgres;
use imgmeta_tests::program::Run;
use imgmeta_tests::server::Server;

use super::expected::{assert_failures, assert_images};
use super::{load, sqlite_rows};

const ROWS: usize = 60;

/// Images of which every third is not there until `well`.
fn images(well: &Arc<AtomicBool>) -> Server {
    let (body, well) = (Arc::new(synthetic("gps_ne_le.jpg")), Arc::clone(well));
    Server::start(move |request, reply| {
        let row: usize = request.path.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap();
        match (row % 3, well.load(Ordering::SeqCst)) {
            (0, false) => reply.respond("500 Internal Server Error", &[], b""),
            (1, true) if row < 30 => reply.respond("404 Not Found", &[], b""),
            _ => reply.file("image/jpeg", &body),
        }
    })
}

fn list(dir: &Path, server: &Server) -> std::path::PathBuf {
    let lines: String = (0..ROWS).map(|row| server.url(&format!("/{row}.jpg")) + "\n").collect();
    let list = dir.join("list.txt");
    fs::write(&list, lines).unwrap();
    list
}

fn run(list: &Path, output: &Path) -> Run {
    let run = Run::new(["run", "--shard-rows", "7", "--retries", "0", "--per-host", "64", "--allow-private"]);
    run.arg(list).arg("--output").arg(output)
}

#[test]
fn a_database_follows_retry_and_refresh_and_a_load_brings_another_one_up_to_date() {
    let (postgres, dir, well) = (Postgres::start(), tempfile::tempdir().unwrap(), Arc::default());
    let server = images(&well);
    let (list, output, file) = (list(dir.path(), &server), dir.path().join("out"), dir.path().join("i.db"));
    let (url, sqlite) = (postgres.create("images"), format!("sqlite:{}", file.display()));
    postgres.with(run(&list, &output).args(["--sql", &url, "--json-compression", "zstd"])).finish().assert_code(0);
    load(&output, &sqlite).finish().assert_code(0);

    let same = |when: &str| {
        let lines = outcomes(&output, dir.path());
        assert_eq!(lines.records.len() + lines.failures.len(), ROWS, "{when}");
        assert_images(&postgres.rows("images", "SELECT * FROM images"), &lines);
        assert_failures(&postgres.rows("images", "SELECT * FROM failures"), &lines);
        load(&output, &sqlite).finish().assert_code(0);
        assert_images(&sqlite_rows(&file, "images"), &lines);
        assert_failures(&sqlite_rows(&file, "failures"), &lines);
    };
    same("after the run");
    let failed = || postgres.run("images", "SELECT coalesce(sum(failures), 0) FROM failures_by_kind");
    assert_eq!(failed(), (ROWS / 3).to_string());
    let hosts = postgres.run("images", "SELECT host, kind, failures, retryable FROM failures_by_host");
    assert!(hosts.starts_with("127.0.0.1|") && hosts.ends_with("|20|20"), "{hosts}");

    well.store(true, Ordering::SeqCst);
    let change = |command: &str| {
        let run = Run::new([command, "--allow-private", "--retries", "0", "--sql", &url]).arg(&output);
        postgres.with(run)
    };
    change("retry").finish().assert_code(0);
    assert_eq!(failed(), "0");
    same("after retry");
    // The user is that of the variable.
    let refreshed = Run::new(["refresh", "--allow-private"]).arg(&output).env("PGUSER", imgmeta_tests::postgres::USER);
    postgres.with(refreshed).finish().assert_code(0);
    assert_eq!(failed(), "10");
    same("after refresh");

    let elsewhere = postgres.with(Run::new(["retry", "--sql", &postgres.url("other")]).arg(&output)).finish();
    elsewhere.assert_code(1);
    assert!(elsewhere.stderr.contains("fills the database `postgres://127.0.0.1:"), "{elsewhere:#?}");
    let views = ["cameras", "positions", "formats", "outcomes"]
        .map(|view| postgres.run("images", &format!("SELECT count(*) FROM {view}")));
    assert_eq!(views, ["1", "50", "1", "60"]);
}

/// The outcomes of a run whose JSON is compressed.
fn outcomes(output: &Path, dir: &Path) -> Outcomes {
    let plain = dir.join("plain");
    let _ = fs::remove_dir_all(&plain);
    for kind in ["success_output", "failure_output"] {
        fs::create_dir_all(plain.join(kind)).unwrap();
        for part in fs::read_dir(output.join(kind)).unwrap() {
            let path = part.unwrap().path();
            let Some(name) = path.file_stem().filter(|_| path.extension().is_some_and(|end| end == "zst")) else {
                continue;
            };
            let text = zstd::decode_all(fs::File::open(&path).unwrap()).unwrap();
            fs::write(plain.join(kind).join(name), text).unwrap();
        }
    }
    Outcomes::read(&plain)
}

#[test]
fn overwriting_a_run_takes_its_rows_and_those_of_others_stay() {
    let (postgres, dir) = (Postgres::start(), tempfile::tempdir().unwrap());
    let server = images(&Arc::default());
    let (list, output) = (list(dir.path(), &server), dir.path().join("out"));
    let url = postgres.create("images");
    let filled = |output: &Path| postgres.with(run(&list, output).args(["--sql", &url]));
    // Both find no tables, and one of them makes them.
    let both = [&output, &dir.path().join("other")].map(|output| filled(output).spawn());
    for run in both {
        run.finish().assert_code(0);
    }
    let ids = || postgres.run("images", "SELECT output LIKE '%/out', id FROM runs ORDER BY 1");
    let before = ids();
    filled(&output).arg("--overwrite").finish().assert_code(0);
    let after = ids();
    let (before, after): (Vec<_>, Vec<_>) = (before.lines().collect(), after.lines().collect());
    assert!(before.len() == 2 && after.len() == 2, "{before:?} {after:?}");
    assert!(before[0] == after[0] && before[1] != after[1], "{before:?} {after:?}");
    assert_eq!(postgres.run("images", "SELECT count(*), count(DISTINCT run) FROM outcomes"), "120|2");

    // What is resumed must fill the same database, and a merged run fills none.
    let elsewhere = postgres.with(run(&list, &output).args(["--resume"])).finish();
    elsewhere.assert_code(1);
    assert!(elsewhere.stderr.contains("sql was \"postgres://127.0.0.1:"), "{elsewhere:#?}");
    filled(&output).arg("--resume").finish().assert_code(0);
    let parts = ["..20", "20.."].map(|rows| {
        let part = dir.path().join(rows.replace('.', "_"));
        filled(&part).args(["--rows", rows]).finish().assert_code(0);
        part
    });
    let merged = dir.path().join("merged");
    Run::new(["merge"]).args(&parts).arg("--output").arg(&merged).finish().assert_code(0);
    Run::new(["mirror"]).arg(&merged).finish().assert_code(0);
    postgres.with(load(&merged, &url)).finish().assert_code(0);
    assert_eq!(postgres.run("images", "SELECT count(*) FROM outcomes WHERE run = (SELECT max(run) FROM runs)"), "60");
}
