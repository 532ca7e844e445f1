//! One row of a list: where an image is, and what else the list says of it.

use std::sync::Arc;

use crate::Failure;

/// The kept columns of a list: name and text, in the list's order; `None` where the cell is null.
pub type Extra = Vec<(Arc<str>, Option<String>)>;

/// What a list stage hands on for a row: the image to read, or why the row is none.
pub type Listed = Result<ImageRef, Box<Failure>>;

/// One image to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImageRef {
    /// The URL or path, as the list has it.
    pub url: String,
    /// The place of the list that named it, to which a relative path is relative (`None`: the working directory).
    pub base: Option<Arc<str>>,
    /// 0-based position over all lists of the run, where there is one.
    pub row: Option<u64>,
    /// The kept columns, where any are kept.
    pub extra: Option<Extra>,
    /// What was odd about the row but did not prevent it; each begins with `list: `.
    pub warnings: Vec<String>,
}

impl ImageRef {
    /// An image without a list: a path or URL given by hand.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), ..Self::default() }
    }
}
