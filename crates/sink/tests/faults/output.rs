//! A small run, what it writes to, and what can be seen of it.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use bytes::Bytes;
use futures::TryStreamExt;
use imgmeta_record::{Failure, ImageRef, Kind, Outcome, Phase, Record};
use imgmeta_sink::{Database, Dataset, Error, Mode, Options, Sql, State, Waits};
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Map, Value, json};
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use tempfile::TempDir;

/// Where a run writes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// A local folder.
    Local,
    /// A store that renames, as HDFS does.
    Renames,
    /// A store that copies and deletes, as S3 does.
    Copies,
}

/// An output that is empty.
pub(crate) struct Output {
    pub(crate) store: Arc<dyn ObjectStore>,
    pub(crate) local: Option<PathBuf>,
    pub(crate) copies: bool,
    _dir: Option<TempDir>,
    /// Holds the database, where one is filled.
    tables: TempDir,
}

impl Output {
    pub(crate) fn new(place: Place) -> Self {
        let dir = (place == Place::Local).then(|| tempfile::tempdir().unwrap());
        // In memory where that may be: each of its transactions would wait for the disk.
        let tables = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let local = dir.as_ref().map(|dir| dir.path().to_owned());
        let store: Arc<dyn ObjectStore> = match &local {
            Some(path) => Arc::new(LocalFileSystem::new_with_prefix(path).unwrap()),
            None => Arc::new(InMemory::new()),
        };
        Self { store, local, copies: place == Place::Copies, _dir: dir, tables }
    }

    /// A database of SQLite beside it.
    pub(crate) fn sql(&self) -> Sql {
        let database = Database::parse(&format!("sqlite:{}", self.tables.path().join("i.db").display())).unwrap();
        Sql { database, tags: true }
    }

    /// What its tables hold, where there are some: the rows and the folder of the JSON in which they should be, of one run
    /// that is complete.
    pub(crate) async fn in_tables(&self) -> Option<BTreeMap<u64, String>> {
        if !self.tables.path().join("i.db").exists() {
            return None;
        }
        let mut tables = SqliteConnectOptions::new().filename(self.tables.path().join("i.db")).connect().await.unwrap();
        let runs: Vec<bool> = sqlx::query_scalar("SELECT complete FROM runs").fetch_all(&mut tables).await.unwrap();
        let rows: Vec<(i64, Option<String>)> =
            sqlx::query_as("SELECT row, kind FROM outcomes").fetch_all(&mut tables).await.unwrap();
        assert_eq!(runs, [true]);
        let folder = |kind: Option<_>| if kind.is_some() { "failure_output" } else { "success_output" }.to_owned();
        let mut found = BTreeMap::new();
        for (row, kind) in rows {
            assert!(found.insert(row.unsigned_abs(), folder(kind)).is_none(), "row {row} is there twice");
        }
        Some(found)
    }

    /// Opens it through a store that may be faulty.
    pub(crate) async fn open(&self, store: Arc<dyn ObjectStore>, options: Options) -> Result<Dataset, Error> {
        Dataset::with_store(store, "test://out", self.local.clone(), options).await
    }

    /// Another one with the same files; not of one with a database, which would then have two.
    pub(crate) async fn copied(&self, place: Place) -> Self {
        assert!(!self.tables.path().join("i.db").exists(), "a database has one output");
        let copy = Self::new(place);
        for (name, bytes) in self.files().await {
            copy.store.put(&Path::parse(name).unwrap(), bytes.into()).await.unwrap();
        }
        copy
    }

    /// All files, by name.
    pub(crate) async fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        let listed: Vec<_> = self.store.list(None).try_collect().await.unwrap();
        for meta in listed {
            let bytes = self.store.get(&meta.location).await.unwrap().bytes().await.unwrap();
            files.insert(meta.location.to_string(), bytes.to_vec());
        }
        files
    }

    pub(crate) async fn put(&self, name: &str, text: &str) {
        self.store.put(&Path::from(name), text.to_owned().into()).await.unwrap();
    }
}

/// What the settings of a run are told apart by, where a test has two runs.
pub(crate) fn options(mode: Mode, list: &str) -> Options {
    let Value::Object(settings) = json!({"list": list}) else { unreachable!() };
    Options { mode, shard_rows: NonZeroUsize::new(3).unwrap(), settings, waits: WAITS, ..Options::default() }
}

/// Waits that suit a store in memory; more patience than any machine needs.
pub(crate) const WAITS: Waits = Waits {
    patience: Duration::from_mins(1),
    first: Duration::from_millis(1),
    renew: Duration::from_secs(20),
    dead: Duration::from_millis(120),
};

/// The same where nothing works any more.
pub(crate) const OUTAGE: Waits = Waits { patience: Duration::from_millis(5), ..WAITS };

/// Outcomes of so many rows, of which every third is a failure.
pub(crate) fn outcomes(rows: u64) -> Vec<Outcome> {
    (0..rows).map(|row| if row % 3 == 1 { failure(row) } else { record(row) }).collect()
}

pub(crate) fn record(row: u64) -> Outcome {
    let url = format!("https://example.org/{row}.jpg");
    Outcome::Record(Box::new(Record { url, format: "JPEG", mode: "RGB", row: Some(row), ..Record::default() }))
}

pub(crate) fn failure(row: u64) -> Outcome {
    let image = ImageRef { row: Some(row), ..ImageRef::new("gone.jpg") };
    Outcome::Failure(Box::new(Failure::new(image, Kind::NotFound, Phase::Request, "no such file")))
}

/// One process: opens the output, writes what is not committed, and finishes.
pub(crate) async fn session(
    output: &Output, store: Arc<dyn ObjectStore>, options: Options, outcomes: &[Outcome],
) -> Result<(), Error> {
    let mut dataset = output.open(store, options).await?;
    if dataset.state() == State::Complete {
        return Ok(());
    }
    let committed = dataset.committed();
    for outcome in outcomes.iter().filter(|outcome| !committed.contains(outcome.row().unwrap())) {
        dataset.write(outcome).await?;
    }
    dataset.finish(true).await.map(|summary| assert_eq!(summary.tally.rows, outcomes.len() as u64))
}

/// The outcomes that readers see, by row.
pub(crate) fn visible(files: &BTreeMap<String, Vec<u8>>) -> BTreeMap<u64, (String, Map<String, Value>)> {
    let mut rows = BTreeMap::new();
    for (name, bytes) in files.iter().filter(|(name, _)| name.contains("_output/part-") && !name.starts_with('_')) {
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert!(text.is_empty() || text.ends_with('\n'), "{name} is cut");
        for line in text.lines() {
            let fields: Map<String, Value> = serde_json::from_str(line).unwrap();
            let folder = name.split('/').next().unwrap().to_owned();
            let row = fields["Row"].as_u64().unwrap();
            assert!(rows.insert(row, (folder, fields)).is_none(), "row {row} is there twice");
        }
    }
    rows
}

/// The rows of the mirror, and the folder of the JSON in which they should be.
pub(crate) fn mirrored(files: &BTreeMap<String, Vec<u8>>) -> BTreeMap<u64, String> {
    let mut rows = BTreeMap::new();
    for (name, bytes) in files.iter().filter(|(name, _)| name.contains("_parquet/part-") && !name.starts_with('_')) {
        let part = ParquetRecordBatchReaderBuilder::try_new(Bytes::copy_from_slice(bytes)).unwrap();
        let row = ProjectionMask::columns(part.parquet_schema(), ["Row"]);
        for batch in part.with_projection(row).build().unwrap() {
            let batch = batch.unwrap();
            for row in batch["Row"].as_primitive::<Int64Type>().values() {
                let folder = name.split('/').next().unwrap().replace("_parquet", "_output");
                assert!(rows.insert(row.unsigned_abs(), folder).is_none(), "row {row} is there twice");
            }
        }
    }
    rows
}

/// The rows that manifests name: `0-2,5`.
pub(crate) fn committed(files: &BTreeMap<String, Vec<u8>>) -> Vec<u64> {
    let manifests = files.iter().filter(|(name, _)| name.starts_with("_imgmeta/manifests/") && !name.contains("/."));
    // A part of their log has one a line.
    let lines = manifests.flat_map(|(_, bytes)| bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()));
    let texts = lines.map(|line| serde_json::from_slice::<Value>(line).unwrap()["rows"].clone());
    let mut rows = Vec::new();
    for text in texts {
        for range in text.as_str().unwrap().split(',').filter(|range| !range.is_empty()) {
            let (start, end) = range.split_once('-').unwrap_or((range, range));
            rows.extend(start.parse::<u64>().unwrap()..=end.parse().unwrap());
        }
    }
    rows
}

/// The names without what differs from run to run.
pub(crate) fn names(files: &BTreeMap<String, Vec<u8>>) -> Vec<&str> {
    files.keys().map(String::as_str).collect()
}
