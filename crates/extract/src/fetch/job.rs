//! An image on its way through the extractor.

use imgmeta_record::{ImageRef, Outcome, Version};

use crate::fetch::locate::Target;

/// An image that is to be read.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) image: ImageRef,
    pub(crate) target: Target,
    /// Whom requests go to, where they are to be polite.
    pub(crate) host: Option<String>,
    /// The version that is known already.
    pub(crate) since: Option<Version>,
}

/// What became of an image that had been read before.
#[derive(Debug, Clone, PartialEq)]
pub enum Refreshed {
    /// It is the version that was known.
    Unchanged(ImageRef),
    /// It was read again, or could not be.
    Outcome(Outcome),
}

impl From<Outcome> for Refreshed {
    fn from(outcome: Outcome) -> Self {
        Self::Outcome(outcome)
    }
}
