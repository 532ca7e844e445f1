//! Runs over parts of one list, joined, are as one run over it; what is no such part is refused.

use std::collections::BTreeMap;
use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;

use imgmeta_record::{Failure, ImageRef, Kind, Outcome, Phase, Record};
use imgmeta_sink::{Dataset, Error, Mode, Options, Outputs, Summary, Waits, merge, mirror};
use imgmeta_storage::{Place, Stores};
use serde_json::{Value, json};

fn outcome(row: u64) -> Outcome {
    if row % 4 == 1 {
        let image = ImageRef { row: Some(row), ..ImageRef::new("gone.jpg") };
        return Outcome::Failure(Box::new(Failure::new(image, Kind::NotFound, Phase::Request, "no such file")));
    }
    Outcome::Record(Box::new(Record { row: Some(row), format: "PNG", mode: "L", ..Record::default() }))
}

fn place(path: &Path) -> Place {
    Stores::default().place(path.to_str().unwrap()).unwrap()
}

fn options(rows: &Value, list: &str) -> Options {
    let Value::Object(settings) = json!({"lists": list, "rows": rows}) else { unreachable!() };
    Options { shard_rows: NonZeroUsize::new(3).unwrap(), settings, ..Options::default() }
}

/// A run over these rows of a list of 20; `setting` is what its settings say of them.
async fn run(path: &Path, rows: std::ops::Range<u64>, setting: Value, list: &str, mirror: bool) {
    let options = Options { outputs: Outputs { mirror, ..Outputs::default() }, ..options(&setting, list) };
    let mut dataset = Dataset::open(&place(path), options).await.unwrap();
    for row in rows {
        dataset.write(&outcome(row)).await.unwrap();
    }
    dataset.finish(true).await.unwrap();
}

async fn join(dir: &Path, names: &[&str], mode: Mode) -> Result<Summary, Error> {
    let runs: Vec<_> = names.iter().map(|name| place(&dir.join(name))).collect();
    merge(&runs, &place(&dir.join("out")), Options { mode, ..Options::default() }, |_, _| ()).await
}

/// The lines of all parts, by row, and the number of parts in each folder.
fn seen(dir: &Path) -> (BTreeMap<u64, Value>, BTreeMap<String, usize>) {
    let (mut lines, mut parts) = (BTreeMap::new(), BTreeMap::new());
    for folder in ["success_output", "failure_output", "success_parquet", "failure_parquet"] {
        for entry in fs::read_dir(dir.join(folder)).into_iter().flatten() {
            *parts.entry(folder.to_owned()).or_default() += 1;
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|end| end == "json") {
                for line in fs::read_to_string(path).unwrap().lines() {
                    let line: Value = serde_json::from_str(line).unwrap();
                    assert!(lines.insert(line["Row"].as_u64().unwrap(), line).is_none());
                }
            }
        }
    }
    (lines, parts)
}

/// Three runs over 20 rows, and one over all.
async fn parts(dir: &Path) {
    run(&dir.join("a"), 0..7, json!("0..7"), "l", true).await;
    run(&dir.join("b"), 7..8, json!("7..8"), "l", false).await;
    mirror(&place(&dir.join("b")), Waits::default(), |_, _| ()).await.unwrap();
    run(&dir.join("c"), 8..20, json!(format!("8..{}", u64::MAX)), "l", true).await;
    run(&dir.join("whole"), 0..20, Value::Null, "l", true).await;
}

#[tokio::test]
async fn parts_of_a_list_joined_are_as_one_run_over_it() {
    let dir = tempfile::tempdir().unwrap();
    parts(dir.path()).await;
    let summary = join(dir.path(), &["c", "a", "b"], Mode::New).await.unwrap();
    assert_eq!((summary.tally.rows, summary.tally.records, summary.tally.failures), (20, 15, 5));
    let ((found, files), (expected, _)) = (seen(&dir.path().join("out")), seen(&dir.path().join("whole")));
    assert_eq!(found, expected);
    assert_eq!(files["success_parquet"], files["success_output"], "each part has its mirror");
    // It goes on as the one run would.
    let options = Options {
        mode: Mode::Resume,
        outputs: Outputs { mirror: true, ..Outputs::default() },
        ..options(&Value::Null, "l")
    };
    let again = Dataset::open(&place(&dir.path().join("out")), options).await.unwrap();
    assert_eq!(again.state(), imgmeta_sink::State::Complete);
}

#[tokio::test]
async fn a_merge_that_was_interrupted_is_gone_on_with() {
    let dir = tempfile::tempdir().unwrap();
    parts(dir.path()).await;
    join(dir.path(), &["a", "b", "c"], Mode::New).await.unwrap();
    let (expected, out) = (seen(&dir.path().join("out")), dir.path().join("out"));
    // As it was before its last two shards: nothing of them is there.
    for folder in ["success_output", "failure_output", "success_parquet", "failure_parquet"] {
        fs::remove_file(out.join(folder).join("_SUCCESS")).unwrap();
        for number in 6..8 {
            fs::remove_file(out.join(folder).join(format!("part-{number:08}.json"))).ok();
            fs::remove_file(out.join(folder).join(format!("part-{number:08}.parquet"))).ok();
        }
    }
    for number in 6..10 {
        fs::remove_file(out.join(format!("_imgmeta/manifests/{number:08}.json"))).ok();
    }
    join(dir.path(), &["a", "b", "c"], Mode::Resume).await.unwrap();
    assert_eq!(seen(&out), expected);
    assert!(matches!(join(dir.path(), &["a", "b", "c"], Mode::New).await, Err(Error::Exists { .. })));
}

#[tokio::test]
async fn overlaps_gaps_and_other_settings_are_refused_and_named() {
    let dir = tempfile::tempdir().unwrap();
    parts(dir.path()).await;
    run(&dir.path().join("overlap"), 5..8, json!("5..8"), "l", true).await;
    run(&dir.path().join("other"), 7..8, json!("7..8"), "another", true).await;
    run(&dir.path().join("plain"), 7..8, json!("7..8"), "l", false).await;
    for (names, said) in [
        (&["a", "overlap", "c"][..], "both have the rows 5..7"),
        (&["a", "c"], "none has the rows 7..8"),
        (&["a", "other", "c"], "lists was \"l\" and is \"another\""),
        (&["a", "plain", "c"], "outputs was"),
        (&["a", "a"], "both have the rows 0..7"),
    ] {
        let refused = join(dir.path(), names, Mode::New).await.unwrap_err();
        assert!(matches!(refused, Error::Parts { .. }) && refused.to_string().contains(said), "{names:?}: {refused}");
        assert!(!dir.path().join("out").exists(), "nothing was made");
    }
    assert!(matches!(join(dir.path(), &["a", "nowhere"], Mode::New).await, Err(Error::NoRun { .. })));
}
