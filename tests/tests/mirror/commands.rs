//! `--parquet`, `--json-compression`, `schema`, `mirror` and `merge`, as a user types them.

use std::fs;
use std::path::Path;

use imgmeta_tests::images::data_dir;
use imgmeta_tests::outcomes::{assert_complete, assert_same_outcomes};
use imgmeta_tests::program::Run;

/// A list of local images of every sample.
fn list(dir: &Path) -> (std::path::PathBuf, u64) {
    let found = fs::read_dir(data_dir().join("images/synthetic")).unwrap();
    let mut paths: Vec<_> = found.map(|entry| entry.unwrap().path().canonicalize().unwrap()).collect();
    paths.sort();
    let lines: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
    let list = dir.join("list.txt");
    fs::write(&list, lines.join("\n")).unwrap();
    (list, lines.len() as u64)
}

fn run(list: &Path, output: &Path) -> Run {
    Run::new(["run", "--shard-rows", "50"]).arg(list).arg("--output").arg(output)
}

fn names(dir: &Path) -> Vec<String> {
    let found = fs::read_dir(dir).unwrap_or_else(|error| panic!("`{}`: {error}", dir.display()));
    let mut names: Vec<_> = found.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn the_mirror_is_beside_the_json_part_by_part() {
    let dir = tempfile::tempdir().unwrap();
    let ((list, rows), output) = (list(dir.path()), dir.path().join("out"));
    run(&list, &output).arg("--parquet").finish().assert_code(0);
    assert_complete(&output, 0..rows);
    for kind in ["success", "failure"] {
        let json = names(&output.join(format!("{kind}_output")));
        let mirror = names(&output.join(format!("{kind}_parquet")));
        assert_eq!(json, mirror.iter().map(|name| name.replace(".parquet", ".json")).collect::<Vec<_>>());
        assert!(mirror.contains(&"_SUCCESS".to_owned()) && mirror.len() > 2, "{mirror:?}");
    }
    // Other outputs are other settings.
    let refused = run(&list, &output).arg("--resume").finish();
    refused.assert_code(1);
    assert!(refused.stderr.contains(r#"outputs was ["json","parquet"] and is ["json"]"#), "{refused:#?}");
}

#[test]
fn a_mirror_made_later_has_the_same_rows_and_is_made_once() {
    let dir = tempfile::tempdir().unwrap();
    let ((list, _), output) = (list(dir.path()), dir.path().join("out"));
    run(&list, &output).finish().assert_code(0);
    let made = Run::new(["mirror"]).arg(&output).finish();
    made.assert_code(0);
    assert!(made.stderr.contains("parts were written"), "{made:#?}");
    let mirror = names(&output.join("success_parquet"));
    assert_eq!(mirror.len(), names(&output.join("success_output")).len());
    let again = Run::new(["mirror"]).arg(&output).finish();
    again.assert_code(0);
    assert!(again.stderr.contains("already"), "{again:#?}");
    let refused = Run::new(["mirror", "nowhere"]).current_dir(dir.path()).finish();
    refused.assert_code(1);
    assert!(refused.stderr.contains("there is no run in"), "{refused:#?}");
    assert!(!dir.path().join("nowhere").exists(), "nothing was made");
}

#[test]
fn parts_of_a_list_that_are_merged_are_the_list() {
    let dir = tempfile::tempdir().unwrap();
    let (list, rows) = list(dir.path());
    let at = |name: &str| dir.path().join(name);
    run(&list, &at("whole")).finish().assert_code(0);
    for (name, part) in [("a", "..100"), ("b", "100..101"), ("c", "101..")] {
        run(&list, &at(name)).arg("--rows").arg(part).finish().assert_code(0);
    }
    let merge = |names: &[&str]| {
        let runs = names.iter().map(|name| at(name).into_os_string());
        Run::new(["merge".into()].into_iter().chain(runs)).arg("--output").arg(at("out")).finish()
    };
    let gap = merge(&["a", "c"]);
    gap.assert_code(1);
    assert!(gap.stderr.contains("none has the rows 100..101"), "{gap:#?}");
    let merged = merge(&["c", "b", "a"]);
    merged.assert_code(0);
    assert!(merged.stderr.contains("complete"), "{merged:#?}");
    assert_same_outcomes(&assert_complete(at("out"), 0..rows), &assert_complete(at("whole"), 0..rows));
    // It is as a run over all rows.
    run(&list, &at("out")).arg("--resume").finish().assert_code(0);
}

#[test]
fn compressed_json_has_its_ending_and_an_old_run_is_resumed_as_before() {
    let dir = tempfile::tempdir().unwrap();
    let (list, _) = list(dir.path());
    for (how, end) in [("gzip", ".json.gz"), ("zstd", ".json.zst")] {
        let output = dir.path().join(how);
        run(&list, &output).arg("--json-compression").arg(how).finish().assert_code(0);
        let parts = names(&output.join("success_output"));
        assert!(parts.len() > 2 && parts.iter().skip(1).all(|name| name.ends_with(end)), "{parts:?}");
        Run::new(["mirror"]).arg(&output).finish().assert_code(0);
    }
}

#[test]
fn schemas_are_printed_to_stdout() {
    for (format, said) in [
        ("spark-ddl", "`EXIF` STRUCT<`0th`: MAP<STRING, STRING>"),
        ("duckdb", "columns={\"URL\": 'VARCHAR'"),
        ("polars", "schema={\"URL\": pl.String"),
        ("pyarrow", "schema=pa.schema(["),
        ("json-schema", "https://json-schema.org/draft/2020-12/schema"),
        ("sql", "CREATE TABLE success"),
        ("arrow", "TakenAtOffsetMinutes"),
    ] {
        let printed = Run::new(["schema", "--format", format]).finish();
        printed.assert_code(0);
        assert!(printed.stdout.contains(said) && printed.stderr.is_empty(), "{format}: {printed:#?}");
    }
    let failure = Run::new(["schema", "--format", "spark-ddl", "--failures"]).finish();
    assert!(failure.stdout.starts_with("`URL` STRING, `Error` STRING, `Kind` STRING"), "{failure:#?}");
    Run::new(["schema"]).finish().assert_code(2);
}
