//! Over MinIO.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use imgmeta_tests::images::synthetic;
use imgmeta_tests::outcomes::{Outcomes, assert_complete, assert_same_outcomes};
use imgmeta_tests::program::{Kills, Run};
use imgmeta_tests::python;
use imgmeta_tests::s3::S3;

const IMAGES: usize = 600;
const KILLS: u64 = 20;
const LISTED: usize = 10_000;

/// Names that are easily misread.
const ODD: [&str; 10] = [
    "a b.jpg",
    "#.jpg",
    "what?.jpg",
    "%20.jpg",
    "%2F.jpg",
    "日本/ñ.jpg",
    "a+b&c=d.jpg",
    "'quoted'.jpg",
    "~$!,;@[].jpg",
    "b.jpg ",
];

fn downloaded(s3: &S3, folder: &str, to: &Path) -> std::path::PathBuf {
    let local = to.join(folder);
    s3.copy_to(folder, &local);
    local
}

#[test]
fn list_images_and_output_in_s3_survive_twenty_kills() {
    let s3 = S3::start();
    let dir = tempfile::tempdir().unwrap();
    let jpeg = synthetic("gps_ne_le.jpg");
    let names = (0..IMAGES).map(|at| format!("{at:04}.jpg")).chain(ODD.map(str::to_owned));
    s3.put(names.clone().map(|name| (format!("images/{name}"), jpeg.clone())));
    let mut list = String::from("id,url\n");
    // Every tenth is missing.
    (0..IMAGES).for_each(|at| {
        let missing = if at % 10 == 0 { "missing-" } else { "" };
        writeln!(list, "{at},s3://bucket/images/{missing}{at:04}.jpg").unwrap();
    });
    ODD.iter().enumerate().for_each(|(at, name)| writeln!(list, "{at},\"../images/{name}\"").unwrap());
    ODD.iter().enumerate().for_each(|(at, name)| writeln!(list, "{at},\"s3a://bucket/images/{name}\"").unwrap());
    s3.put([("lists/today.csv".to_owned(), list.into_bytes())]);

    let run = |output: &str| {
        let run = Run::new(["run", "s3://bucket/lists/today.csv", "--keep-columns", "id", "--resume"]);
        let run =
            run.arg("--parquet").arg("--shard-rows").arg("40").arg("--output").arg(format!("s3://bucket/{output}"));
        s3.with(run).within(Duration::from_mins(3))
    };
    let done = run("undisturbed").finish();
    done.assert_code(0);
    let rows = 0..(IMAGES + 2 * ODD.len()) as u64;
    let expected = assert_complete(downloaded(&s3, "undisturbed", dir.path()), rows.clone());
    check(&expected);

    let (mut kills, mut runs) = (Kills::new(KILLS, 9, done.took), vec![dir.path().join("undisturbed")]);
    for round in 0..kills.rounds() {
        let output = format!("killed-{round}");
        kills.kill(run(&output));
        run(&output).finish().assert_code(0);
        runs.push(downloaded(&s3, &output, dir.path()));
        assert_same_outcomes(&assert_complete(&runs[runs.len() - 1], rows.clone()), &expected);
        assert!(s3.keys(&format!("{output}/_imgmeta/staging")).is_empty(), "drafts were left in round {round}");
    }
    kills.assert_enough();
    let same = python::script("same_rows.py").args(&runs).output().unwrap();
    assert!(same.status.success(), "{}", String::from_utf8_lossy(&same.stderr));
}

fn check(outcomes: &Outcomes) {
    for at in 0..IMAGES {
        let (record, line) = outcomes.of_row(at as u64);
        assert_eq!(record, at % 10 != 0, "{line}");
        assert!(record || line["Kind"] == "not_found", "{line}");
    }
    for at in IMAGES..IMAGES + 2 * ODD.len() {
        let (record, line) = outcomes.of_row(at as u64);
        assert!(record && line["Format"] == "JPEG", "{line}");
    }
}

#[test]
fn ten_thousand_keys_are_listed_and_read() {
    let s3 = S3::start();
    let dir = tempfile::tempdir().unwrap();
    let jpeg = synthetic("gps_ne_le.jpg");
    let key = |at: usize| format!("photos/{}/{at:05} é#?%20.jpg", ["cat", "dog", "a bird"][at % 3]);
    s3.put((0..LISTED).map(|at| (key(at), jpeg.clone())));
    s3.put([("photos/labels.csv".to_owned(), b"x".to_vec()), ("other/x.jpg".to_owned(), jpeg.clone())]);
    let output = dir.path().join("out");
    let run = Run::new(["run", "--images-under", "s3://bucket/photos", "--include", "*.jpg", "--output"]);
    s3.with(run.arg(&output)).within(Duration::from_mins(5)).finish().assert_code(0);
    let outcomes = assert_complete(&output, 0..LISTED as u64);
    let mut keys: Vec<_> = (0..LISTED).map(key).collect();
    keys.sort();
    for (row, key) in keys.iter().enumerate() {
        let (record, line) = outcomes.of_row(row as u64);
        assert_eq!((record, line["URL"].as_str()), (true, Some(format!("s3://bucket/{key}").as_str())));
        assert_eq!(line["Extra"]["folder_1"].as_str(), key.split('/').nth(1));
    }
}

#[test]
fn a_finished_run_in_s3_is_asked_mirrored_reported_and_merged() {
    let s3 = S3::start();
    let dir = tempfile::tempdir().unwrap();
    s3.put((0..4).map(|at| (format!("images/{at}.jpg"), synthetic("gps_ne_le.jpg"))));
    s3.put([("list.txt".to_owned(), b"images/0.jpg\nimages/1.jpg\nimages/2.jpg\nimages/3.jpg\n".to_vec())]);
    let run = |words: &str| s3.with(Run::new(words.split(' '))).finish();
    run("run s3://bucket/list.txt --rows ..2 --output s3://bucket/a").assert_code(0);
    run("run s3://bucket/list.txt --rows 2.. --output s3://bucket/b").assert_code(0);
    run("merge s3://bucket/a s3://bucket/b --output s3://bucket/out").assert_code(0);
    let asked = || {
        let sql = "SELECT count(*) AS n, round(max(GPS.Latitude)) AS north FROM success";
        let asked = s3.with(Run::new(["query", sql, "--from", "s3://bucket/out", "--format", "csv"])).finish();
        asked.assert_code(0);
        assert_eq!(asked.stdout.lines().next(), Some("n,north"));
        assert!(asked.stdout.lines().nth(1).unwrap().starts_with("4,"), "{asked:#?}");
        asked
    };
    let of_json = asked();
    run("mirror s3://bucket/out").assert_code(0);
    let of_mirror = asked();
    assert_eq!(of_json.stdout, of_mirror.stdout);
    assert!(of_mirror.stderr.contains("read of the mirror") && !of_json.stderr.contains("read of the mirror"));
    assert_complete(downloaded(&s3, "out", dir.path()), 0..4);
    let page = dir.path().join("report.html").display().to_string();
    run(&format!("report s3://bucket/out --out {page}")).assert_code(0);
    assert!(std::fs::read_to_string(page).unwrap().contains("GPSLatitude"));
}

#[test]
fn wrong_credentials_and_missing_buckets_are_one_clear_error() {
    let s3 = S3::start();
    let dir = tempfile::tempdir().unwrap();
    let run = |list: &str| s3.with(Run::new(["run", list, "--output"]).arg(dir.path().join("out")));
    let refused = run("s3://bucket/list.csv").env("AWS_SECRET_ACCESS_KEY", "wrong").finish();
    refused.assert_code(1);
    assert!(refused.stderr.contains("cannot read the list `s3://bucket/list.csv`"), "{refused:#?}");
    for list in ["s3://bucket/gone.csv", "s3://nothing/list.csv"] {
        let missing = run(list).finish();
        missing.assert_code(1);
        assert!(missing.stderr.contains(&format!("there is no list `{list}`")), "{missing:#?}");
    }
}
