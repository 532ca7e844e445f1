//! HDFS: the store of hdfs-native, with puts that outlive dead and paused DataNodes.

mod put;

use std::fmt;
use std::ops::Range;
use std::panic::AssertUnwindSafe;

use async_trait::async_trait;
use bytes::Bytes;
use futures::FutureExt;
use futures::stream::BoxStream;
use hdfs_native::{Client, ClientBuilder, HdfsError};
use hdfs_native_object_store::HdfsObjectStore;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result,
};

/// Goes on with fewer DataNodes where one dies and no other can take its place, as on a cluster of three: the NameNode
/// makes the missing replicas later. Without it such a put fails each time that the NameNode proposes the dead one.
const BEST_EFFORT: (&str, &str) = ("dfs.client.block.write.replace-datanode-on-failure.best-effort", "true");

/// How long a DataNode may say nothing, in milliseconds, rather than a minute: one that is paused takes connections and never
/// answers, and what is read meanwhile, as a lock that is renewed, may be another file by then.
const SOCKET_TIMEOUT: (&str, &str) = ("dfs.client.socket-timeout", "15000");

/// One cluster.
#[derive(Debug)]
pub(crate) struct Hdfs {
    inner: HdfsObjectStore,
    puts: put::Puts,
}

impl Hdfs {
    /// A cluster by its authority, `hdfs://host:port` or `hdfs://nameservice`. Nothing is connected yet.
    ///
    /// # Errors
    /// Where Hadoop's configuration cannot be read, or does not know the name.
    pub(crate) fn open(authority: &str) -> Result<Self> {
        let built = ClientBuilder::new().with_url(authority).with_config([BEST_EFFORT, SOCKET_TIMEOUT]).build();
        let client: Client = built.map_err(|error| stored(error, authority))?;
        Ok(Self { inner: HdfsObjectStore::new(client.clone()), puts: put::Puts::new(client) })
    }
}

impl fmt::Display for Hdfs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

/// The error as every store gives it.
fn stored(error: HdfsError, path: &str) -> Error {
    let path = path.to_owned();
    match error {
        HdfsError::FileNotFound(_) => Error::NotFound { path, source: error.into() },
        HdfsError::AlreadyExists(_) => Error::AlreadyExists { path, source: error.into() },
        _ => Error::Generic { store: "HDFS", source: error.into() },
    }
}

/// Turns a panic inside the client into an error of that one call: some branches of its SASL code hold `todo!()`. Such a put
/// has failed, and the run goes on. Futures are boxed, as hdfs-native's are 16 KB each.
async fn guard<T>(call: impl Future<Output = Result<T>> + Send) -> Result<T> {
    AssertUnwindSafe(Box::pin(call))
        .catch_unwind()
        .await
        .unwrap_or_else(|_| Err(Error::Generic { store: "HDFS", source: "the client panicked".into() }))
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl ObjectStore for Hdfs {
    async fn put_opts(&self, at: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        guard(self.puts.put(at, payload, options.mode)).await
    }

    async fn put_multipart_opts(&self, at: &Path, options: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        guard(self.inner.put_multipart_opts(at, options)).await
    }

    async fn get_opts(&self, at: &Path, options: GetOptions) -> Result<GetResult> {
        guard(self.inner.get_opts(at, options)).await
    }

    async fn get_ranges(&self, at: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        guard(self.inner.get_ranges(at, ranges)).await
    }

    fn delete_stream(&self, places: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(places)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list_with_offset(prefix, offset)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        guard(self.inner.list_with_delimiter(prefix)).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        guard(self.inner.copy_opts(from, to, options)).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        guard(self.inner.rename_opts(from, to, options)).await
    }
}
