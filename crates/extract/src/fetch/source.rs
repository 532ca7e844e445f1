//! What drivers give back, whatever they read from.

use crate::assemble::Found;
use crate::fetch::full::Whole;

/// What an attempt found.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) found: Found,
    /// The image itself, where it was wanted whole.
    pub(crate) whole: Option<Whole>,
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
