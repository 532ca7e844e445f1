//! The parts of a finished run.

use std::sync::Arc;

use object_store::{ObjectMeta, ObjectStore};

use super::Error;

/// Where the outcomes of a finished run are. Its maker has made sure that the parts are a consistent cut.
#[derive(Debug, Clone)]
pub struct Source {
    /// The store, in which the parts are found by their `location`.
    pub store: Arc<dyn ObjectStore>,
    /// The run's path or URL, for people.
    pub url: String,
    /// Parts of records: Parquet (`.parquet`), which is much faster, or JSON lines (`.json`, `.json.gz`, `.json.zst`).
    pub records: Vec<ObjectMeta>,
    /// Parts of failures, likewise.
    pub failures: Vec<ObjectMeta>,
}

/// What a part is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Parquet,
    Json,
    Gzip,
    Zstd,
}

/// The ends of names, and what they say.
const ENDS: [(&str, Kind); 4] =
    [(".parquet", Kind::Parquet), (".json", Kind::Json), (".json.gz", Kind::Gzip), (".json.zst", Kind::Zstd)];

impl Source {
    /// What a part is written as, by its name.
    pub(super) fn kind(&self, part: &ObjectMeta) -> Result<Kind, Error> {
        let name = part.location.as_ref();
        let found = ENDS.iter().find(|(end, _)| name.ends_with(end));
        found.map(|(_, kind)| *kind).ok_or_else(|| self.damaged(part, "its name does not say what it is".into()))
    }

    pub(super) fn damaged(&self, part: &ObjectMeta, why: String) -> Error {
        Error::Damaged { url: self.url.clone(), name: part.location.to_string(), why }
    }
}
