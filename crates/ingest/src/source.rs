//! The bytes of one list, as they are stored, piece by piece.

use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt};
use imgmeta_record::mask;
use imgmeta_storage::{Place, fault};
use object_store::{GetOptions, GetRange, ObjectMeta};

use crate::Error;

/// Attempts at one piece, and the wait before the second; each further one is twice as long.
const ATTEMPTS: u32 = 4;
const WAIT: Duration = Duration::from_millis(250);

/// Bytes of a list. An error is an [`Error`] of ours within an [`io::Error`], as it must pass through readers of others.
pub(crate) type Pieces = BoxStream<'static, io::Result<Bytes>>;

/// One file of a list: what tells whether it is still the same.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct File {
    /// Its absolute path or URL, without credentials; `-` for standard input.
    pub url: String,
    /// Its length; 0 where it is not known.
    pub bytes: u64,
    /// The store's tag of its content, where it has one.
    pub etag: Option<String>,
    /// When it was last modified: as RFC 3339, or as a web server says it.
    pub modified: String,
}

impl File {
    pub(crate) fn new(place: &Place, meta: &ObjectMeta) -> Self {
        Self {
            url: place.url().into(),
            bytes: meta.size,
            etag: meta.e_tag.clone(),
            modified: meta.last_modified.to_rfc3339(),
        }
    }

    /// A list of which no more is known than where it comes from.
    pub(crate) fn unknown(url: &str) -> Self {
        Self { url: mask(url), ..Self::default() }
    }
}

/// Puts an error of ours into one that passes through readers of others.
pub(crate) fn carried(error: Error) -> io::Error {
    io::Error::other(error)
}

/// Takes it out again; what those readers found themselves is damage.
pub(crate) fn landed(list: &str, error: io::Error) -> Error {
    match error.downcast::<Error>() {
        Ok(error) => error,
        Err(source) => Error::Damaged { list: list.into(), source },
    }
}

/// A file in a store: ranges of it that are all of one version.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) place: Place,
    pub(crate) file: File,
}

impl Stored {
    /// Its bytes from its start, in pieces of this size. Each is a request of its own: between two of them hours may pass,
    /// while images are read, and no server would keep a stream open for so long.
    pub(crate) fn pieces(self, size: usize, read: Option<Arc<AtomicU64>>) -> Pieces {
        stream::try_unfold((self, 0), move |(stored, at)| {
            let read = read.clone();
            async move {
                let end = stored.file.bytes.min(at + size as u64);
                if at == end {
                    return Ok(None);
                }
                let bytes = stored.range(at..end).await.map_err(carried)?;
                if let Some(read) = read {
                    read.fetch_add(end - at, Ordering::Relaxed);
                }
                Ok(Some((bytes, (stored, end))))
            }
        })
        .boxed()
    }

    /// These bytes, all of them.
    pub(crate) async fn range(&self, range: Range<u64>) -> Result<Bytes, Error> {
        let mut wait = WAIT;
        for _ in 1..ATTEMPTS {
            match self.get(range.clone()).await {
                Err(Error::Read { source, .. }) if fault(&source).passes() => {
                    tracing::warn!(list = self.file.url, error = %source, "reading the list again");
                }
                done => return done,
            }
            tokio::time::sleep(wait).await;
            wait *= 2;
        }
        self.get(range).await
    }

    async fn get(&self, range: Range<u64>) -> Result<Bytes, Error> {
        let failed = |source| Error::Read { list: self.file.url.clone(), source };
        let changed = || Error::Changed { list: self.file.url.clone() };
        let options = GetOptions { range: Some(GetRange::Bounded(range.clone())), ..GetOptions::default() };
        let result = self.place.store().get_opts(self.place.key(), options).await.map_err(failed)?;
        if File::new(&self.place, &result.meta) != self.file {
            return Err(changed());
        }
        let bytes = result.bytes().await.map_err(failed)?;
        if bytes.len() as u64 == range.end - range.start { Ok(bytes) } else { Err(changed()) }
    }
}
