//! Spark, DuckDB, Polars, pandas and pyarrow read 30,000 rows, of which the first 25,000 have no EXIF and the rest have
//! all shapes: the JSON with the printed schema, and the Parquet as it is.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::{fs, time::Duration};

use imgmeta_tests::images::{corpus_dir, data_dir};
use imgmeta_tests::outcomes::assert_complete;
use imgmeta_tests::program::Run;
use imgmeta_tests::python;
use tempfile::TempDir;

const ROWS: usize = 30_000;
const PLAIN: usize = 25_000;

/// The run's folder, and beside it the printed schemas; made once for all engines.
fn run() -> &'static Path {
    static RUN: OnceLock<TempDir> = OnceLock::new();
    RUN.get_or_init(make).path()
}

fn make() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let (list, output) = (dir.path().join("list.csv"), dir.path().join("out"));
    fs::write(&list, rows()).unwrap();
    let run = Run::new(["run", "--parquet", "--xmp", "--iptc", "--keep-columns", "id,Title"])
        .arg(&list)
        .arg("--output")
        .arg(&output);
    run.within(Duration::from_mins(5)).finish().assert_code(0);
    assert_complete(&output, 0..ROWS as u64);
    for format in ["json-schema", "spark-ddl", "duckdb", "polars", "pyarrow", "sql", "arrow"] {
        for (name, more) in [("success", &[][..]), ("failure", &["--failures"])] {
            let printed = Run::new(["schema", "--keep-columns", "id,Title", "--format", format].iter().chain(more));
            let printed = printed.finish();
            printed.assert_code(0);
            fs::write(dir.path().join(format!("{name}.{format}")), printed.stdout).unwrap();
        }
    }
    dir
}

/// Plain images first, then every sample by turns; some rows have an empty title, some a null one.
fn rows() -> String {
    let plain = data_dir().join("images/synthetic/jpeg_grey.jpg");
    let samples = samples();
    let mut list = "url,id,Title\n".to_owned();
    for row in 0..ROWS {
        let image = if row < PLAIN { &plain } else { &samples[row % samples.len()] };
        let title = ["", "\"\"", "\"a \"\"b\"\"\n☃\""][row % 3];
        writeln!(list, "{},{row},{title}", image.canonicalize().unwrap().display()).unwrap();
    }
    list
}

/// The whole corpus, where it is there; and the project's own files.
pub(crate) fn samples() -> Vec<PathBuf> {
    let mut samples = Vec::new();
    let mut folders = vec![data_dir().join("images")];
    folders.extend(corpus_dir().map(|corpus| corpus.join("images")));
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { samples.push(path) }
        }
    }
    samples.sort();
    samples
}

/// Has an engine read everything and compare it with what Python's own JSON reader says.
fn read_by(engine: &str) {
    let read = python::script("engines.py").arg(engine).arg(run()).output().unwrap();
    let (said, errors) = (String::from_utf8_lossy(&read.stdout), String::from_utf8_lossy(&read.stderr));
    assert!(read.status.success(), "{said}\n{errors}");
    let done: Vec<_> = said.lines().filter(|line| line.starts_with("read ")).collect();
    assert_eq!(done, ["read success json", "read failure json", "read success parquet", "read failure parquet"]);
}

#[test]
fn spark_reads_the_json_with_the_printed_schema_and_the_parquet_as_it_is() {
    read_by("spark");
}

#[test]
fn duckdb_reads_the_json_with_the_printed_schema_and_the_parquet_as_it_is() {
    read_by("duckdb");
}

#[test]
fn polars_reads_the_json_with_the_printed_schema_and_the_parquet_as_it_is() {
    read_by("polars");
}

#[test]
fn pyarrow_reads_the_json_with_the_printed_schema_and_the_parquet_as_it_is() {
    read_by("pyarrow");
}

#[test]
fn pandas_reads_the_json_with_the_printed_schema_and_the_parquet_as_it_is() {
    read_by("pandas");
}
