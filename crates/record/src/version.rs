//! Which version of an image was read.

use crate::UtcTime;

/// What tells one version of an image from another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Version {
    /// As the server or store said.
    pub etag: Option<String>,
    /// As the server, store or file system said.
    pub last_modified: Option<UtcTime>,
    /// The whole size in bytes.
    pub bytes: Option<u64>,
}

impl Version {
    /// Whether anything is known by which another version could be told.
    pub fn is_known(&self) -> bool {
        self.etag.is_some() || self.last_modified.is_some()
    }
}
