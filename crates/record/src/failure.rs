//! What is known of one row that gave no record.

use crate::{Extra, Fetch, ImageRef, Kind, Phase};

/// One row that gave no record: a line of `failure_output`. It is data, not an error of the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// As in the list; empty where the row has none.
    pub url: String,
    /// A sentence for a person.
    pub error: String,
    /// What went wrong.
    pub kind: Kind,
    /// How far it had come.
    pub phase: Phase,
    /// HTTP status, where one came.
    pub status: Option<u16>,
    /// Position in the list.
    pub row: Option<u64>,
    /// How it was fetched.
    pub fetch: Fetch,
    /// The kept columns of the list.
    pub extra: Option<Extra>,
}

impl Failure {
    /// A failure of an image.
    pub fn new(image: ImageRef, kind: Kind, phase: Phase, error: impl Into<String>) -> Self {
        Self {
            url: image.url,
            error: error.into(),
            kind,
            phase,
            status: None,
            row: image.row,
            fetch: Fetch::default(),
            extra: image.extra,
        }
    }

    /// Whether `imgmeta retry` takes it by default.
    pub fn retryable(&self) -> bool {
        self.kind.retryable(self.status)
    }
}
