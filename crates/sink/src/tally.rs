//! What outcomes add up to.

use std::collections::BTreeMap;

use imgmeta_record::{Kind, Outcome, mask};
use serde_json::{Map, Value, json};

use crate::output::Compression;
use crate::part::{self, Head};

/// Counts over outcomes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Outcomes.
    pub rows: u64,
    /// Images that were read.
    pub records: u64,
    /// Rows that gave no record.
    pub failures: u64,
    /// Failures by kind.
    pub kinds: BTreeMap<Kind, KindTally>,
    /// Bytes read of images.
    pub bytes_read: u64,
    /// Whole size of the images that were read, as far as it is known.
    pub bytes_whole: u64,
}

/// Failures of one kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KindTally {
    /// How many.
    pub count: u64,
    /// The first of them: URL (without credentials) and error.
    pub example: String,
}

impl Tally {
    /// Counts one outcome.
    pub(crate) fn add(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Record(record) => self.add_record(record.bytes, record.fetch.bytes_read),
            Outcome::Failure(failure) => {
                self.add_failure(failure.kind, failure.fetch.bytes_read, &failure.url, &failure.error);
            }
        }
    }

    /// Counts an outcome by its line.
    pub(crate) fn add_line(&mut self, head: &Head) {
        match head.kind() {
            None => self.add_record(head.bytes, head.fetch.bytes_read),
            Some(kind) => self.add_failure(kind, head.fetch.bytes_read, &head.url, &head.error),
        }
    }

    /// Counts the outcomes of a part.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn of_lines(part: &[u8], compression: Compression) -> Result<Self, String> {
        let mut tally = Self::default();
        part::lines(part, compression, |line| {
            tally.add_line(&Head::of(line)?);
            Ok(())
        })?;
        Ok(tally)
    }

    fn add_record(&mut self, bytes: Option<u64>, read: u64) {
        self.rows += 1;
        self.records += 1;
        self.bytes_whole += bytes.unwrap_or_default();
        self.bytes_read += read;
    }

    fn add_failure(&mut self, kind: Kind, read: u64, url: &str, error: &str) {
        self.rows += 1;
        self.failures += 1;
        self.bytes_read += read;
        let found = self.kinds.entry(kind).or_default();
        if found.count == 0 {
            found.example = format!("{}: {error}", mask(url));
        }
        found.count += 1;
    }

    /// Takes away what was counted before.
    pub(crate) fn subtract(&mut self, other: &Self) {
        let Self { rows, records, failures, kinds, bytes_read, bytes_whole } = other;
        for (mine, theirs) in [
            (&mut self.rows, rows),
            (&mut self.records, records),
            (&mut self.failures, failures),
            (&mut self.bytes_read, bytes_read),
            (&mut self.bytes_whole, bytes_whole),
        ] {
            *mine = mine.saturating_sub(*theirs);
        }
        for (kind, found) in kinds {
            let Some(known) = self.kinds.get_mut(kind) else { continue };
            known.count = known.count.saturating_sub(found.count);
        }
        self.kinds.retain(|_, found| found.count > 0);
    }

    /// Adds what others counted.
    pub(crate) fn merge(&mut self, other: &Self) {
        let Self { rows, records, failures, kinds, bytes_read, bytes_whole } = other;
        self.rows += rows;
        self.records += records;
        self.failures += failures;
        self.bytes_read += bytes_read;
        self.bytes_whole += bytes_whole;
        for (kind, found) in kinds {
            let known = self.kinds.entry(*kind).or_insert_with(|| KindTally { count: 0, ..found.clone() });
            known.count += found.count;
        }
    }

    pub(crate) fn to_json(&self) -> Value {
        let Self { rows, records, failures, kinds, bytes_read, bytes_whole } = self;
        let kinds: Map<_, _> = kinds
            .iter()
            .map(|(kind, found)| (kind.name().to_owned(), json!({"count": found.count, "example": found.example})))
            .collect();
        json!({
            "rows": rows, "records": records, "failures": failures, "kinds": kinds,
            "bytes_read": bytes_read, "bytes_whole": bytes_whole,
        })
    }

    pub(crate) fn from_json(json: &Value) -> Option<Self> {
        let number = |name: &str| json[name].as_u64();
        let mut kinds = BTreeMap::new();
        for (name, found) in json["kinds"].as_object()? {
            let found = KindTally { count: found["count"].as_u64()?, example: found["example"].as_str()?.to_owned() };
            kinds.insert(Kind::from_name(name)?, found);
        }
        Some(Self {
            rows: number("rows")?,
            records: number("records")?,
            failures: number("failures")?,
            kinds,
            bytes_read: number("bytes_read")?,
            bytes_whole: number("bytes_whole")?,
        })
    }
}
