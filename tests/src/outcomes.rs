//! Reads what a run wrote to a local folder, as its users do.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use serde_json::Value;

/// All outcomes of one run.
#[derive(Debug, Clone, Default)]
pub struct Outcomes {
    /// The lines of `success_output`, part by part.
    pub records: Vec<Value>,
    /// The lines of `failure_output`, part by part.
    pub failures: Vec<Value>,
}

impl Outcomes {
    /// Reads the visible parts. Panics at a line that is no JSON object, or at a row that is there twice.
    #[track_caller]
    pub fn read(dir: impl AsRef<Path>) -> Self {
        let dir = dir.as_ref();
        let read = Self { records: lines(&dir.join("success_output")), failures: lines(&dir.join("failure_output")) };
        let rows = read.rows();
        let distinct: BTreeSet<_> = rows.iter().collect();
        assert_eq!(distinct.len(), rows.len(), "a row is there twice, of {rows:?}");
        read
    }

    /// The rows of all outcomes, in the order of the lines.
    pub fn rows(&self) -> Vec<u64> {
        self.all().map(|line| line["Row"].as_u64().unwrap_or_else(|| panic!("no row in {line}"))).collect()
    }

    /// The outcome of a row: true and a record, or false and a failure.
    #[track_caller]
    pub fn of_row(&self, row: u64) -> (bool, &Value) {
        let of = |lines: &'_ [Value]| lines.iter().position(|line| line["Row"] == row);
        match (of(&self.records), of(&self.failures)) {
            (Some(at), None) => (true, &self.records[at]),
            (None, Some(at)) => (false, &self.failures[at]),
            (record, failure) => panic!("row {row} has record {record:?} and failure {failure:?}"),
        }
    }

    /// What must be equal between two runs over the same images, by row: everything but `Fetch`, and of a failure its
    /// kind and phase rather than its wording, which may hold a port or a time.
    pub fn essence(&self) -> BTreeMap<u64, Value> {
        let stripped = self.all().cloned().map(|mut line| {
            let fields = line.as_object_mut().expect("every line is an object");
            fields.shift_remove("Fetch");
            fields.shift_remove("Error");
            (fields["Row"].as_u64().expect("every row has a number"), line)
        });
        stripped.collect()
    }

    fn all(&self) -> impl Iterator<Item = &Value> {
        self.records.iter().chain(&self.failures)
    }
}

/// Checks that a finished run has exactly these rows, once each, and says that it is complete.
#[track_caller]
pub fn assert_complete(dir: impl AsRef<Path>, rows: impl IntoIterator<Item = u64>) -> Outcomes {
    let dir = dir.as_ref();
    let outcomes = Outcomes::read(dir);
    assert_same_rows(outcomes.rows(), rows);
    for kind in ["success_output", "failure_output"] {
        assert!(dir.join(kind).join("_SUCCESS").is_file(), "no `_SUCCESS` in {kind}");
    }
    outcomes
}

/// Checks that two sets of rows are one, and names what differs.
#[track_caller]
pub fn assert_same_rows(found: impl IntoIterator<Item = u64>, expected: impl IntoIterator<Item = u64>) {
    let (found, expected): (BTreeSet<_>, BTreeSet<_>) = (found.into_iter().collect(), expected.into_iter().collect());
    let missing: Vec<_> = expected.difference(&found).take(20).collect();
    let surplus: Vec<_> = found.difference(&expected).take(20).collect();
    assert!(missing.is_empty() && surplus.is_empty(), "rows missing: {missing:?}, rows too many: {surplus:?}");
}

/// Checks that two runs ended with the same outcomes, and shows the first that differ.
#[track_caller]
pub fn assert_same_outcomes(found: &Outcomes, expected: &Outcomes) {
    let (found, expected) = (found.essence(), expected.essence());
    assert_same_rows(found.keys().copied(), expected.keys().copied());
    for (row, expected) in &expected {
        assert_eq!(&found[row], expected, "row {row} differs");
    }
}

#[track_caller]
fn lines(dir: &Path) -> Vec<Value> {
    // A run that was stopped early may have none of a kind yet.
    if !dir.exists() {
        return Vec::new();
    }
    let found = fs::read_dir(dir).unwrap_or_else(|error| panic!("cannot list `{}`: {error}", dir.display()));
    let mut parts: Vec<_> = found.map(|entry| entry.expect("a folder can be listed to its end").path()).collect();
    parts.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    parts.sort();
    parts.iter().flat_map(|part| lines_of(part)).collect()
}

#[track_caller]
fn lines_of(part: &Path) -> Vec<Value> {
    let text = fs::read_to_string(part).unwrap_or_else(|error| panic!("cannot read `{}`: {error}", part.display()));
    assert!(text.is_empty() || text.ends_with('\n'), "`{}` ends in the middle of a line", part.display());
    let parsed = text.lines().map(|line| match serde_json::from_str(line) {
        Ok(value @ Value::Object(_)) => value,
        other => panic!("`{}` holds {other:?}: {line}", part.display()),
    });
    parsed.collect()
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn run(records: &[&str], failures: &[&str]) -> TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (kind, lines) in [("success_output", records), ("failure_output", failures)] {
            fs::create_dir(dir.path().join(kind)).unwrap();
            fs::write(dir.path().join(kind).join("_SUCCESS"), "").unwrap();
            for (number, line) in lines.iter().enumerate() {
                fs::write(dir.path().join(kind).join(format!("part-{number:08}.json")), line).unwrap();
            }
        }
        dir
    }

    #[test]
    fn outcomes_that_differ_only_in_fetch_and_wording_are_the_same() {
        let one = run(&["{\"Row\":0,\"Fetch\":{\"Millis\":3}}\n"], &["{\"Row\":1,\"Error\":\"a\",\"Kind\":\"dns\"}\n"]);
        let two = run(&[], &["{\"Row\":1,\"Error\":\"b\",\"Kind\":\"dns\"}\n{\"Row\":0}\n"]);
        assert_same_outcomes(&assert_complete(&one, 0..2), &assert_complete(&two, 0..2));
    }

    #[test]
    #[should_panic(expected = "row 0 differs")]
    fn outcomes_of_another_kind_are_not_the_same() {
        let one = run(&[], &["{\"Row\":0,\"Kind\":\"dns\"}\n"]);
        let two = run(&[], &["{\"Row\":0,\"Kind\":\"tls\"}\n"]);
        assert_same_outcomes(&Outcomes::read(&one), &Outcomes::read(&two));
    }

    #[test]
    #[should_panic(expected = "a row is there twice")]
    fn a_row_that_is_both_record_and_failure_is_refused() {
        Outcomes::read(run(&["{\"Row\":7}\n"], &["{\"Row\":7}\n"]));
    }

    #[test]
    #[should_panic(expected = "rows missing: [2]")]
    fn a_row_that_is_missing_is_named() {
        assert_complete(run(&["{\"Row\":0}\n{\"Row\":1}\n"], &[]), 0..3);
    }

    #[test]
    #[should_panic(expected = "ends in the middle of a line")]
    fn a_part_that_was_cut_is_refused() {
        Outcomes::read(run(&["{\"Row\":0}"], &[]));
    }
}
