//! `query`: SQL over a finished run.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use imgmeta_tests::program::{Finished, Run};
use imgmeta_tests::python;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::engines::samples;
use crate::kills::images;

/// A run with everything: its folder holds `mirrored`, and `plain` without a mirror, of the same outcomes.
fn run() -> &'static Path {
    static RUN: OnceLock<TempDir> = OnceLock::new();
    RUN.get_or_init(make).path()
}

fn make() -> TempDir {
    let (dir, server) = (tempfile::tempdir().unwrap(), images());
    let (list, plain) = (dir.path().join("list.csv"), dir.path().join("plain"));
    let mut rows = "url,album\n".to_owned();
    for (row, sample) in samples().into_iter().enumerate() {
        writeln!(rows, "\"{}\",{}", sample.canonicalize().unwrap().display(), ["sea", "hills", ""][row % 3]).unwrap();
    }
    for row in 0..100 {
        writeln!(rows, "{},\"od'd\u{1b}[31m\"", server.url(&format!("/{row}"))).unwrap();
    }
    fs::write(&list, rows).unwrap();
    let args = ["run", "--full", "--keep-columns", "album", "--shard-rows", "100", "--allow-private", "--retries", "0"];
    let read = Run::new(args).arg(&list).arg("--output").arg(&plain).finish();
    read.assert_code(0);
    let mirrored = dir.path().join("mirrored");
    copy(&plain, &mirrored);
    Run::new(["mirror"]).arg(&mirrored).finish().assert_code(0);
    dir
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (entry, to) = (entry.as_ref().unwrap().path(), to.join(entry.as_ref().unwrap().file_name()));
        if entry.is_dir() {
            copy(&entry, &to);
        } else {
            fs::copy(&entry, &to).unwrap();
        }
    }
}

fn asked(run: &Path, sql: &str, more: &[&str]) -> Finished {
    Run::new(["query", sql, "--from"]).arg(run).args(more).finish()
}

/// The answer of one question.
fn rows(run: &Path, sql: &str) -> Vec<Value> {
    let answer = asked(run, sql, &["--format", "json"]);
    answer.assert_code(0);
    answer.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The questions of the documentation.
fn questions() -> Vec<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/analysis.md");
    let page = fs::read_to_string(page).unwrap();
    let (_, section) = page.split_once("## Twenty questions").expect("there is such a section");
    let section = section.split("\n## ").next().unwrap();
    section.split("```sql\n").skip(1).map(|rest| rest.split("```").next().unwrap().trim().to_owned()).collect()
}

#[test]
fn twenty_questions_have_the_same_answers_here_and_in_duckdb_and_without_a_mirror() {
    let questions = questions();
    assert_eq!(questions.len(), 20);
    let mirrored = run().join("mirrored");
    let answered: Vec<_> = questions.iter().map(|sql| json!({"sql": sql, "rows": rows(&mirrored, sql)})).collect();
    let file = run().join("questions.json");
    fs::write(&file, Value::from(answered.clone()).to_string()).unwrap();
    let read = python::script("questions.py").arg(&mirrored).arg(&file).output().unwrap();
    let (said, errors) = (String::from_utf8_lossy(&read.stdout), String::from_utf8_lossy(&read.stderr));
    assert!(read.status.success() && said.trim() == "asked: 20", "{said}\n{errors}");
    for question in &answered {
        let sql = question["sql"].as_str().unwrap();
        assert_eq!(Value::from(rows(&run().join("plain"), sql)), question["rows"], "{sql}");
    }
}

#[test]
fn names_are_found_whatever_their_case_and_name_the_answer() {
    let mirrored = run().join("mirrored");
    let exact = rows(
        &mirrored,
        "SELECT URL, Camera.Model, EXIF.\"0th\"['Make'] FROM success WHERE Camera.Model IS NOT NULL ORDER BY URL",
    );
    let typed = rows(
        &mirrored,
        "select url, CAMERA.model, exif.\"0TH\"['make'] from Success where camera.MODEL is not null order by Url",
    );
    assert!(exact.len() > 20);
    assert_eq!(exact, typed);
    let names: Vec<_> = exact[0].as_object().unwrap().keys().collect();
    assert_eq!(names, ["URL", "Model", "Make"]);
}

#[test]
fn an_answer_is_written_in_every_format_and_a_file_is_whole() {
    let (mirrored, dir) = (run().join("mirrored"), tempfile::tempdir().unwrap());
    let sql = "SELECT URL, Size, Extra, Bytes FROM failure UNION ALL SELECT URL, Size, Extra, Bytes FROM success";
    let wrong = asked(&mirrored, sql, &[]);
    assert!(wrong.code == Some(1) && wrong.stderr.contains("no column `Size`"), "{wrong:#?}");

    let sql = "SELECT Row, URL, Size, Extra, TakenAt FROM success ORDER BY Row";
    let files = ["csv", "json", "parquet"].map(|end| dir.path().join(format!("answer.{end}")));
    for file in &files {
        let answer = asked(&mirrored, sql, &["--out", file.to_str().unwrap()]);
        answer.assert_code(0);
        assert!(answer.stdout.is_empty() && answer.stderr.contains("read of the mirror"), "{answer:#?}");
    }
    let script = "import sys, csv, json, duckdb\n\
        lines = [json.loads(line) for line in open(sys.argv[2], encoding='utf-8', newline='\\n')]\n\
        table = list(csv.DictReader(open(sys.argv[1], encoding='utf-8', newline='')))\n\
        parquet = duckdb.sql(f\"SELECT * FROM '{sys.argv[3]}'\").fetchall()\n\
        assert len(lines) == len(table) == len(parquet) > 200\n\
        for line, row, record in zip(lines, table, parquet):\n    \
            assert list(line) == list(row)\n    \
            assert (line['Row'], line['URL'], line['Size'], line['Extra']) == record[:4]\n    \
            assert (str(line['Row']), line['URL']) == (row['Row'], row['URL'])\n    \
            assert (line['Size'], line['Extra']) == (json.loads(row['Size']), json.loads(row['Extra']))\n    \
            assert row['TakenAt'] == (line['TakenAt'] or '')";
    let read = std::process::Command::new(python::python()).args(["-c", script]).args(&files).output().unwrap();
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));

    let table = asked(
        &mirrored,
        "SELECT Extra['album'] AS album, count(*) AS n FROM success GROUP BY 1 ORDER BY n LIMIT 1",
        &[],
    );
    assert!(table.stdout.contains('│') && !table.stdout.contains('\u{1b}'), "{table:#?}");

    // What cannot be written leaves what is there.
    let kept = &files[1];
    let before = fs::read(kept).unwrap();
    let failing = "SELECT CAST(URL AS BIGINT) AS n FROM success";
    let failed = asked(&mirrored, failing, &["--out", kept.to_str().unwrap()]);
    assert!(failed.code == Some(1) && failed.stderr.starts_with("error: "), "{failed:#?}");
    assert_eq!(fs::read(kept).unwrap(), before);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 3);
}

#[test]
fn what_is_no_question_or_names_what_is_not_there_is_refused_with_what_there_is() {
    let mirrored = run().join("mirrored");
    for (sql, said) in [
        ("SELECT Colour FROM success", "no column `Colour`; there are: success: URL, Format"),
        ("SELECT Camera.Colour FROM success", "there are: success: URL, Format"),
        ("SELECT URL FROM images", "no table `images`: there are `success`"),
        ("SELECT URL FRM success", "cannot understand the SQL"),
        ("SELECT 'x FROM success", "cannot understand the SQL"),
        ("", "cannot understand the SQL"),
        ("SELECT 1; SELECT 2", "one at a time"),
        ("DROP TABLE success", "only read"),
        ("INSERT INTO success SELECT * FROM success", "only read"),
        ("COPY success TO '/tmp/imgmeta-copied.csv'", "only read"),
        ("CREATE EXTERNAL TABLE x STORED AS CSV LOCATION '/etc/passwd'", "only read"),
        ("CREATE TABLE x AS SELECT * FROM success", "only read"),
        ("SET datafusion.execution.batch_size = 1", "only read"),
        ("SELECT * FROM '/etc/passwd'", "no table"),
    ] {
        let answer = asked(&mirrored, sql, &[]);
        assert!(answer.code == Some(1) && answer.stdout.is_empty(), "{sql}: {answer:#?}");
        assert!(answer.stderr.contains(said) && answer.stderr.lines().count() == 1, "{sql}: {}", answer.stderr);
    }
    let nowhere = asked(Path::new("/nowhere/at/all"), "SELECT 1", &[]);
    assert!(nowhere.code == Some(1) && nowhere.stderr.contains("/nowhere/at/all"), "{nowhere:#?}");
}

#[test]
fn what_does_not_fit_into_memory_is_spilled_and_leaves_nothing_behind() {
    let (mirrored, spill) = (run().join("mirrored"), tempfile::tempdir().unwrap());
    // A million rows of two hundred bytes.
    let sql = "SELECT (n * 7919) % 1000003 AS n, concat(repeat('some text ', 20), n) AS text \
        FROM (SELECT * FROM generate_series(1, 1000000)) AS numbers(n) ORDER BY 1";
    let sorted = |memory: &str| {
        let out = spill.path().join(format!("{memory}.parquet"));
        let answer = Run::new(["query", sql, "--memory", memory, "--from"]).arg(&mirrored).arg("--out").arg(&out);
        answer.env("TMPDIR", spill.path()).finish().assert_code(0);
        out
    };
    let files: Vec<PathBuf> = ["64MiB", "2GiB"].map(sorted).into();
    let script = "import sys, duckdb\n\
        same = duckdb.sql(f\"SELECT count(*), count(*) FILTER (a.n = b.n AND a.text = b.text) \
        FROM '{sys.argv[1]}' a POSITIONAL JOIN '{sys.argv[2]}' b\").fetchall()[0]\n\
        assert same == (1000000, 1000000), same";
    let read = std::process::Command::new(python::python()).args(["-c", script]).args(&files).output().unwrap();
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    let all = format!("SELECT array_agg(text) AS texts FROM ({sql})");
    let few = Run::new(["query", &all, "--memory", "8MiB", "--from"]).arg(&mirrored).env("TMPDIR", spill.path());
    let few = few.finish();
    assert!(few.code == Some(1) && few.stderr.contains("more with --memory"), "{few:#?}");

    let sql = "SELECT count(*) FROM (SELECT * FROM generate_series(1, 1000000000)) AS numbers(n) WHERE reverse(repeat('x', n % 1000)) = ''";
    let mut long = Run::new(["query", sql, "--from"]).arg(&mirrored).env("TMPDIR", spill.path()).spawn();
    while fs::read_dir(spill.path()).unwrap().count() == 2 && long.is_running() {
        std::thread::sleep(Duration::from_millis(10));
    }
    long.signal("INT");
    let stopped = long.finish();
    assert!(stopped.code == Some(130) && stopped.stdout.is_empty(), "{stopped:#?}");
    assert_eq!(fs::read_dir(spill.path()).unwrap().count(), 2, "temporary files are left");
}
