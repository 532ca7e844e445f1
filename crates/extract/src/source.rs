//! What drivers give back, whatever they read from.

use crate::full::Whole;
use crate::probe::Header;

/// What an attempt found.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) header: Box<Header>,
    /// The image's whole size, where known.
    pub(crate) bytes: Option<u64>,
    /// Whether the source ended before its time, and something wanted was behind: another attempt may find it.
    pub(crate) incomplete: bool,
    /// The image itself, where it was wanted whole.
    pub(crate) whole: Option<Whole>,
    /// Of the whole image, in hexadecimal digits.
    pub(crate) sha256: Option<String>,
}

/// What came of an attempt.
#[derive(Debug)]
pub(crate) enum Got {
    Answer(Answer),
    /// It is the version that is known already.
    Unchanged,
}

impl From<Answer> for Got {
    fn from(answer: Answer) -> Self {
        Self::Answer(answer)
    }
}
