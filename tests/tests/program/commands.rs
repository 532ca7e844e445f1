//! Commands and exit codes.

use std::fs;

use imgmeta_tests::{images::data_dir, outcomes::assert_complete, program::Run};
use serde_json::Value;

#[test]
fn the_example_of_the_readme_gives_records_and_failures_and_says_so() {
    let examples = data_dir().join("../../examples/images.csv");
    let dir = tempfile::tempdir().unwrap();
    let output = dir.path().join("out");
    let done = Run::new(["run"]).arg(examples).arg("--output").arg(&output).arg("--keep-columns").arg("title").finish();
    done.assert_code(0);
    let outcomes = assert_complete(&output, 0..11);
    assert_eq!((outcomes.records.len(), outcomes.failures.len()), (8, 3), "{done:#?}");
    assert_eq!(outcomes.of_row(1).1["Extra"]["title"], "A position south, and east");
    assert!(outcomes.of_row(1).1["GPS"]["Latitude"].as_f64().unwrap() < 0.0);
    let kinds: Vec<_> = (8..11).map(|row| outcomes.of_row(row).1["Kind"].as_str().unwrap().to_owned()).collect();
    assert_eq!(kinds, ["not_an_image", "damaged", "not_found"]);
    for said in ["records            8", "failures           3", "not_found", "damaged", "complete"] {
        assert!(done.stderr.contains(said), "{said} is not in:\n{}", done.stderr);
    }
    assert!(done.stdout.is_empty(), "stdout is for data");
}

#[test]
fn more_failures_than_allowed_exit_with_3_and_the_run_is_complete() {
    let examples = data_dir().join("../../examples/images.csv");
    let dir = tempfile::tempdir().unwrap();
    let output = dir.path().join("out");
    let run = Run::new(["run"]).arg(examples).arg("--output").arg(&output);
    run.arg("--fail-above").arg("0.1").finish().assert_code(3);
    let again = Run::new(["run"]).arg(data_dir().join("../../examples/images.csv")).arg("--output").arg(&output);
    again.arg("--resume").finish().assert_code(0);
}

#[test]
fn rows_choose_a_part_of_the_list_and_keep_their_numbers() {
    let dir = tempfile::tempdir().unwrap();
    let output = dir.path().join("out");
    let run = Run::new(["run"]).arg(data_dir().join("../../examples/images.csv")).arg("--output").arg(&output);
    run.arg("--rows").arg("2..5").finish().assert_code(0);
    assert_complete(&output, 2..5);
}

#[test]
fn overwriting_leaves_only_the_new_run_and_what_was_not_ours() {
    let dir = tempfile::tempdir().unwrap();
    let (list, output) = (dir.path().join("list.txt"), dir.path().join("out"));
    let image = data_dir().join("images/synthetic/gps_ne_le.jpg").canonicalize().unwrap();
    fs::write(&list, format!("{0}\n{0}\n{0}\n", image.display())).unwrap();
    let run = || Run::new(["run"]).arg(&list).arg("--output").arg(&output);
    run().arg("--shard-rows").arg("1").finish().assert_code(0);
    fs::write(output.join("notes.md"), "mine").unwrap();
    fs::write(&list, image.display().to_string()).unwrap();
    run().finish().assert_code(1);
    run().arg("--overwrite").finish().assert_code(0);
    assert_complete(&output, 0..1);
    assert_eq!(fs::read_to_string(output.join("notes.md")).unwrap(), "mine");
}

#[test]
fn inspect_shows_a_person_what_a_photographer_wants_first() {
    let image = data_dir().join("images/synthetic/exif_all_ifds.jpg");
    let done = Run::new(["inspect"]).arg(&image).finish();
    done.assert_code(0);
    for said in ["JPEG, RGB", "Camera", "0th", "Make"] {
        assert!(done.stdout.contains(said), "{said} is not in:\n{}", done.stdout);
    }
    let json = Run::new(["inspect", "--json"]).arg(&image).finish();
    let record: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(record["Format"], "JPEG");
    let gone = Run::new(["inspect", "gone.jpg"]).finish();
    gone.assert_code(1);
    assert!(gone.stderr.contains("not_found"), "{gone:#?}");
}

#[test]
fn help_version_completions_and_the_manual_are_there() {
    for (args, said) in [
        (&["--help"][..], "inspect"),
        (&["run", "--help"], "--per-host"),
        (&["inspect", "--help"], "--json"),
        (&["--version"], "imgmeta 0."),
        (&["completions", "bash"], "complete"),
        (&["man"], "\\-\\-keep"),
    ] {
        let done = Run::new(args).finish();
        done.assert_code(0);
        assert!(done.stdout.contains(said), "{said} is not in the output of {args:?}:\n{}", done.stdout);
    }
    Run::new(["run"]).finish().assert_code(2);
    Run::new(["run", "x.csv", "--output", "o", "--timeout", "soon"]).finish().assert_code(2);
}
