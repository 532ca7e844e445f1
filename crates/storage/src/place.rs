//! One place: a store and a key in it.

use std::path::PathBuf;
use std::sync::Arc;

use object_store::ObjectStore;
use object_store::list::PaginatedListStore;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::prefix::PrefixStore;

use crate::Error;

/// What kind of store a place is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// The local file system.
    Local,
    /// HDFS.
    Hdfs,
    /// S3, or what speaks like it.
    S3,
    /// Google Cloud Storage.
    Google,
    /// Azure's storage.
    Azure,
}

/// A file or folder in a store.
#[derive(Debug, Clone)]
pub struct Place {
    pub(crate) scheme: Scheme,
    pub(crate) store: Store,
    pub(crate) key: Path,
    pub(crate) url: String,
}

/// A store, and its listing by pages where it has one.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    pub(crate) files: Arc<dyn ObjectStore>,
    pub(crate) pages: Option<Pages>,
}

/// A listing by pages, from which odd keys were taken out.
#[derive(Clone)]
pub(crate) struct Pages(pub(crate) Arc<dyn PaginatedListStore>);

impl std::fmt::Debug for Pages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pages")
    }
}

impl Store {
    pub(crate) fn new(files: impl ObjectStore) -> Self {
        Self { files: Arc::new(files), pages: None }
    }

    pub(crate) fn paged<S: ObjectStore + PaginatedListStore + Clone>(store: S) -> Self {
        Self { files: Arc::new(store.clone()), pages: Some(Pages(Arc::new(store))) }
    }
}

impl Place {
    /// What kind of store it is in.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The store, rooted at the `/` of the cluster, bucket or machine.
    pub fn store(&self) -> &Arc<dyn ObjectStore> {
        &self.store.files
    }

    /// The key in [`store`](Self::store).
    pub fn key(&self) -> &Path {
        &self.key
    }

    /// The absolute path or URL, for people.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// `hdfs://host:port`, `s3://bucket`: what names the store. Empty where the place is local.
    pub(crate) fn authority(&self) -> &str {
        let end = self.url.find("://").and_then(|at| Some(at + 3 + self.url.get(at + 3..)?.find('/')?));
        if self.scheme == Scheme::Local { "" } else { &self.url[..end.unwrap_or(self.url.len())] }
    }

    /// The path, where the place is local.
    pub fn local(&self) -> Option<PathBuf> {
        (self.scheme == Scheme::Local).then(|| PathBuf::from(&self.url))
    }

    /// Another key in the same store, as found by listing it.
    #[must_use]
    pub fn with_key(&self, key: Path) -> Self {
        let url = format!("{}/{key}", self.authority());
        Self { key, url, ..self.clone() }
    }

    /// The store rooted at this place, to write under. A local folder is made where it is missing, and every file put
    /// into it is synced to the disk.
    ///
    /// # Errors
    /// [`Error::Folder`] or [`Error::Store`] where a local folder cannot be made.
    pub fn folder(&self) -> Result<Arc<dyn ObjectStore>, Error> {
        let Some(path) = self.local() else {
            return Ok(Arc::new(PrefixStore::new(Arc::clone(&self.store.files), self.key.clone())));
        };
        std::fs::create_dir_all(&path).map_err(|source| Error::Folder { url: self.url.clone(), source })?;
        let store =
            LocalFileSystem::new_with_prefix(&path).map_err(|source| Error::Store { url: self.url.clone(), source })?;
        Ok(Arc::new(store.with_fsync(true)))
    }
}
