//! An image on its way through the extractor.

use std::sync::Arc;

use imgmeta_record::{ImageRef, Outcome, Version};

use crate::fetch::locate::Target;

/// An image that is to be read.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) image: ImageRef,
    pub(crate) target: Target,
    /// Whom requests go to, where they are to be polite.
    pub(crate) host: Option<Arc<str>>,
    /// What is read, where other rows that name the same may wait for it.
    pub(crate) key: Option<Arc<str>>,
    /// The version that is known already.
    pub(crate) since: Option<Version>,
}

impl Job {
    pub(crate) fn new(image: ImageRef, target: Target, since: Option<Version>) -> Self {
        // What is known of one row's image need not be what is known of the other's.
        let key = target.key().filter(|_| since.is_none()).map(Arc::from);
        Self { host: target.host().map(Arc::from), key, image, target, since }
    }
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
