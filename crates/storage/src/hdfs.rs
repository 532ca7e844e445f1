//! HDFS: the store of hdfs-native, with puts that outlive dead and paused DataNodes.

pub(crate) mod login;
mod put;

use std::fmt;
use std::io::ErrorKind;
use std::ops::Range;
use std::panic::AssertUnwindSafe;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt};
use hdfs_native::{Client, ClientBuilder, HdfsError};
use hdfs_native_object_store::HdfsObjectStore;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result,
};

use login::LoginError;

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

/// Whether a cluster takes connections and ends them unanswered. So does a NameNode to a client that speaks of no Kerberos
/// where it wants some; hdfs-native does not hear its reason, and goes on trying for minutes.
pub(crate) async fn hangs_up(authority: &str) -> bool {
    let once = ("dfs.client.failover.max.attempts", "0");
    let Ok(client) = ClientBuilder::new().with_url(authority).with_config([once]).build() else { return false };
    let ended = [ErrorKind::ConnectionAborted, ErrorKind::ConnectionReset, ErrorKind::UnexpectedEof];
    let answer = Box::pin(client.get_file_info("/")).await;
    matches!(answer, Err(HdfsError::IOError(error)) if ended.contains(&error.kind()))
}

impl fmt::Display for Hdfs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

/// What DataNodes do when they are ill, or when they were not spoken to as they want.
#[derive(Debug, thiserror::Error)]
#[error("{source}; so it is, too, where `dfs.data.transfer.protection` in hdfs-site.xml is not what the cluster has")]
struct Unheard {
    source: HdfsError,
}

/// The error as every store gives it.
fn stored(error: HdfsError, path: &str) -> Error {
    let path = path.to_owned();
    if let Some(login) = LoginError::of(&error) {
        return Error::Unauthenticated { path, source: login.into() };
    }
    let source = match error {
        HdfsError::FileNotFound(_) => return Error::NotFound { path, source: error.into() },
        HdfsError::AlreadyExists(_) => return Error::AlreadyExists { path, source: error.into() },
        HdfsError::RPCError(class, text) => HdfsError::RPCError(class, without_stack(text)).into(),
        HdfsError::FatalRPCError(class, text) => HdfsError::FatalRPCError(class, without_stack(text)).into(),
        HdfsError::IOError(ref io) if [ErrorKind::ConnectionReset, ErrorKind::UnexpectedEof].contains(&io.kind()) => {
            Unheard { source: error }.into()
        }
        HdfsError::DataTransferError(text) if text.starts_with("All DataNodes failed") => {
            tracing::debug!(path, "{text}");
            let text = "no DataNode that has a block of the file gave it".to_owned();
            Unheard { source: HdfsError::DataTransferError(text) }.into()
        }
        _ => error.into(),
    };
    Error::Generic { store: "HDFS", source }
}

/// The same of an error that the store of hdfs-native has made of one of the client's.
fn told(error: Error, path: &str) -> Error {
    match error {
        Error::Generic { store, source } => match source.downcast::<HdfsError>() {
            Ok(error) => stored(*error, path),
            Err(source) => Error::Generic { store, source },
        },
        _ => error,
    }
}

/// What the NameNode says, without where in its code it was when it said so.
fn without_stack(mut text: String) -> String {
    text.truncate(text.find("\n\tat ").unwrap_or(text.len()));
    text
}

/// Turns a panic inside the client into an error of that one call: some branches of its SASL code hold `todo!()`. Such a put
/// has failed, and the run goes on. Futures are boxed, as hdfs-native's are 16 KB each.
async fn guard<T>(at: &Path, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
    let ended = AssertUnwindSafe(Box::pin(call)).catch_unwind().await;
    let ended = ended.unwrap_or_else(|_| Err(Error::Generic { store: "HDFS", source: "the client panicked".into() }));
    ended.map_err(|error| told(error, at.as_ref()))
}

/// The items of a stream, with their errors as [`told`].
fn telling<T: 'static>(at: &Path, items: BoxStream<'static, Result<T>>) -> BoxStream<'static, Result<T>> {
    let at = at.to_string();
    items.map(move |item| item.map_err(|error| told(error, &at))).boxed()
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl ObjectStore for Hdfs {
    async fn put_opts(&self, at: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        guard(at, self.puts.put(at, payload, options.mode)).await
    }

    async fn put_multipart_opts(&self, at: &Path, options: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        guard(at, self.inner.put_multipart_opts(at, options)).await
    }

    async fn get_opts(&self, at: &Path, options: GetOptions) -> Result<GetResult> {
        let mut got = guard(at, self.inner.get_opts(at, options)).await?;
        got.payload = match got.payload {
            GetResultPayload::Stream(bytes) => GetResultPayload::Stream(telling(at, bytes)),
            file @ GetResultPayload::File(..) => file,
        };
        Ok(got)
    }

    async fn get_ranges(&self, at: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        guard(at, self.inner.get_ranges(at, ranges)).await
    }

    fn delete_stream(&self, places: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        telling(&Path::ROOT, self.inner.delete_stream(places))
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        telling(prefix.unwrap_or(&Path::ROOT), self.inner.list(prefix))
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        telling(prefix.unwrap_or(&Path::ROOT), self.inner.list_with_offset(prefix, offset))
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        guard(prefix.unwrap_or(&Path::ROOT), self.inner.list_with_delimiter(prefix)).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        guard(from, self.inner.copy_opts(from, to, options)).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        guard(from, self.inner.rename_opts(from, to, options)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Fault, fault};

    fn generic(error: HdfsError) -> Error {
        Error::Generic { store: "HdfsObjectStore", source: error.into() }
    }

    #[test]
    fn a_login_that_failed_is_no_refusal_and_stacks_are_left_out() {
        let login = told(generic(HdfsError::NoSASLMechanism), "a/b");
        assert!(fault(&login) == Fault::Login && login.to_string().contains("Kerberos"), "{login}");
        let class = "org.apache.hadoop.security.AccessControlException".to_owned();
        let denied = HdfsError::RPCError(class, "Permission denied: user=x\n\tat org.apache.X\n\tat y".into());
        let denied = told(generic(denied), "a/b");
        assert!(fault(&denied) == Fault::Permission && denied.to_string().ends_with("user=x"), "{denied}");
    }

    #[test]
    fn datanodes_that_are_not_heard_are_said_without_all_that_is_known_of_them() {
        let text = "All DataNodes failed: [DatanodeInfoProto { id: x }]".to_owned();
        let unheard = told(generic(HdfsError::DataTransferError(text)), "a/b");
        assert_eq!(fault(&unheard), Fault::Other);
        assert!(unheard.to_string().contains("no DataNode that has a block of the file gave it"), "{unheard}");
        let other = told(Error::NotImplemented { operation: "x".into(), implementer: "y".into() }, "a/b");
        assert!(matches!(other, Error::NotImplemented { .. }), "{other}");
    }
}
