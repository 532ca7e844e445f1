//! A real PostgreSQL and SQLite, filled by runs, by `load`, and by runs that were killed.

mod commands;
mod disk;
mod errors;
mod expected;
mod kills;
mod outages;
mod rows;

use std::fs;
use std::path::{Path, PathBuf};

use imgmeta_tests::program::Run;
use imgmeta_tests::python;
use serde_json::Value;

/// A list of every sample that there is, with kept columns that a database could take amiss; and its columns to keep.
fn samples(dir: &Path) -> PathBuf {
    let odd = HOSTILE.iter().cycle();
    let lines = crate::engines::samples().into_iter().zip(odd).map(|(path, odd)| {
        let path = path.canonicalize().unwrap();
        let line = serde_json::json!({"url": path.to_str().unwrap(), "odd 'name' \\ \"x\"": odd, "none": null});
        format!("{line}\n")
    });
    let list = dir.join("list.ndjson");
    fs::write(&list, lines.collect::<String>()).unwrap();
    list
}

/// What COPY, SQL, JSON or an escape could make something else of.
const HOSTILE: [&str; 14] = [
    "\\N",
    "\\.",
    "",
    "a\tb\nc\rd\u{8}\u{b}\u{c}",
    "back\\slash \\\\ \\t \\u0000 \\x00 \\",
    "'; DROP TABLE images; --",
    "\"quoted\" 'single' $1 $$ %s ?1",
    "nul \0 and \0\0",
    "\u{fffd}\u{feff}\u{202e}\u{2028}",
    "𝄞 \u{10ffff} é e\u{301}",
    "{\"a\":1}",
    "null",
    "\u{1}\u{1f}\u{7f}\u{80}\u{9f}",
    "\\ud800 \\udc00",
];

/// The rows of a table of SQLite, its columns of JSON parsed.
fn sqlite_rows(file: &Path, table: &str) -> Vec<Value> {
    let read = python::plain_script("sqlite_rows.py").arg(file).arg(table).output().unwrap();
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    let said = String::from_utf8(read.stdout).unwrap();
    said.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// `imgmeta load`.
fn load(output: &Path, url: &str) -> Run {
    Run::new(["load"]).arg(output).arg("--sql").arg(url)
}
