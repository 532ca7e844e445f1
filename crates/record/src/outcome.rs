//! What became of a row.

use crate::{Failure, Fetch, Record};

/// A record or a failure: every row of a list ends as exactly one.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The image was read.
    Record(Box<Record>),
    /// It was not.
    Failure(Box<Failure>),
}

impl Outcome {
    /// Position in the list.
    pub fn row(&self) -> Option<u64> {
        match self {
            Self::Record(record) => record.row,
            Self::Failure(failure) => failure.row,
        }
    }

    /// How it was fetched.
    pub fn fetch_mut(&mut self) -> &mut Fetch {
        match self {
            Self::Record(record) => &mut record.fetch,
            Self::Failure(failure) => &mut failure.fetch,
        }
    }
}
