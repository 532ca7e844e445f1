//! The output's folder in its store: every step of the protocol that touches it, repeated where that may be.

use std::fmt::Display;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use imgmeta_storage::{Fault, fault};
use object_store::path::Path;
use object_store::{ListResult, ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutPayload};
use tokio::time::{Instant, sleep};

use crate::{Error, Waits};

const LONGEST_WAIT: Duration = Duration::from_secs(1);
/// After how many attempts at one step an operator should know.
const TELL: u32 = 5;
/// Attempts that are made at one step, however long the first of them takes.
const LEAST: u32 = 3;
/// Files of ours that are read or deleted at once.
pub(crate) const AT_ONCE: usize = 16;

/// The output's folder.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    pub(crate) store: Arc<dyn ObjectStore>,
    pub(crate) url: String,
    /// Its path, where it is local.
    pub(crate) local: Option<PathBuf>,
    pub(crate) waits: Waits,
}

fn is_hopeless(error: &object_store::Error) -> bool {
    matches!(fault(error), Fault::Permission | Fault::Full)
}

/// Who has put a file that only one may put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Put {
    /// We, now or in an attempt whose answer was lost.
    Ours,
    /// Somebody else, with other bytes.
    Others,
}

/// The attempts at one step, until patience is over.
pub(crate) struct Attempts {
    until: Instant,
    next: Duration,
    made: u32,
}

impl Attempts {
    pub(crate) fn new(waits: Waits) -> Self {
        Self { until: Instant::now() + waits.patience, next: waits.first, made: 0 }
    }

    /// Waits; false where no attempt is left, or another one would not help.
    pub(crate) async fn again(&mut self, error: &impl Display, hopeless: bool) -> bool {
        self.made += 1;
        if self.made.is_multiple_of(TELL) {
            tracing::warn!(attempts = self.made, %error, "a step of the commit fails and is repeated");
        }
        if hopeless || (self.made >= LEAST && Instant::now() + self.next >= self.until) {
            return false;
        }
        sleep(self.next.mul_f64(0.5 + fastrand::f64() / 2.0)).await;
        self.next = (self.next * 2).min(LONGEST_WAIT);
        true
    }
}

impl Folder {
    fn attempts(&self) -> Attempts {
        Attempts::new(self.waits)
    }

    fn error(&self, what: &'static str, name: &str, source: object_store::Error) -> Error {
        Error::Store { what, name: name.into(), url: self.url.clone(), source }
    }

    pub(crate) fn damaged(&self, name: &str, why: impl Into<String>) -> Error {
        Error::Damaged { url: self.url.clone(), name: name.into(), why: why.into() }
    }

    /// A file's bytes; `None` where it is not there.
    pub(crate) async fn get(&self, name: &str) -> Result<Option<Bytes>, Error> {
        let mut attempts = self.attempts();
        loop {
            let got = async { self.store.get(&Path::from(name)).await?.bytes().await };
            match got.await {
                Ok(bytes) => return Ok(Some(bytes)),
                Err(error) if fault(&error) == Fault::NotFound => return Ok(None),
                Err(error) if attempts.again(&error, is_hopeless(&error)).await => {}
                Err(error) => return Err(self.error("read", name, error)),
            }
        }
    }

    /// Puts a file, whatever is there.
    pub(crate) async fn put(&self, name: &str, bytes: &Bytes) -> Result<(), Error> {
        self.put_payload(name, &bytes.clone().into()).await
    }

    /// The same of bytes in pieces. They are kept until the store has them.
    pub(crate) async fn put_payload(&self, name: &str, payload: &PutPayload) -> Result<(), Error> {
        let mut attempts = self.attempts();
        loop {
            match self.store.put(&Path::from(name), payload.clone()).await {
                Ok(_) => return Ok(()),
                Err(error) if attempts.again(&error, is_hopeless(&error)).await => {}
                Err(error) => return Err(self.error("write", name, error)),
            }
        }
    }

    /// Puts a file that must not be there. After any error it is read back, since the answer alone may be lost.
    pub(crate) async fn put_new(&self, name: &str, bytes: &Bytes) -> Result<Put, Error> {
        let mut attempts = self.attempts();
        loop {
            let payload = PutPayload::from_bytes(bytes.clone());
            let Err(error) = self.store.put_opts(&Path::from(name), payload, PutMode::Create.into()).await else {
                return Ok(Put::Ours);
            };
            match self.get(name).await? {
                Some(found) if found == *bytes => return Ok(Put::Ours),
                Some(_) => return Ok(Put::Others),
                None if attempts.again(&error, is_hopeless(&error)).await => {}
                None => return Err(self.error("write", name, error)),
            }
        }
    }

    /// Deletes a file that may be gone already.
    pub(crate) async fn delete(&self, name: &str) -> Result<(), Error> {
        let mut attempts = self.attempts();
        loop {
            match self.store.delete(&Path::from(name)).await {
                Ok(()) => return Ok(()),
                Err(error) if fault(&error) == Fault::NotFound => return Ok(()),
                Err(error) if attempts.again(&error, is_hopeless(&error)).await => {}
                Err(error) => return Err(self.error("delete", name, error)),
            }
        }
    }

    /// Deletes files that may be gone already.
    pub(crate) async fn delete_all(&self, names: impl IntoIterator<Item = String>) -> Result<(), Error> {
        let deletions = stream::iter(names).map(|name| async move { self.delete(&name).await });
        deletions.buffer_unordered(AT_ONCE).try_collect().await
    }

    /// Whether there is nothing at all, hidden files included; a folder that is not there has nothing.
    pub(crate) async fn is_empty(&self) -> Result<bool, Error> {
        if let Some(path) = &self.local {
            return match std::fs::read_dir(path) {
                Ok(mut entries) => Ok(entries.next().is_none()),
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
                Err(source) => {
                    let source = object_store::Error::Generic { store: "local", source: source.into() };
                    Err(self.error("list", "", source))
                }
            };
        }
        let Some(found) = self.level(None).await? else { return Ok(true) };
        // The console of S3 makes an empty object for a folder: listed, it has the folder's own name.
        Ok(found.common_prefixes.is_empty() && found.objects.iter().all(|object| object.location.as_ref().is_empty()))
    }

    /// Whether a folder has anything in it.
    pub(crate) async fn has(&self, folder: &str) -> Result<bool, Error> {
        let found = self.level(Some(&Path::from(folder))).await?;
        Ok(found.is_some_and(|found| !found.common_prefixes.is_empty() || !found.objects.is_empty()))
    }

    /// What stands in a folder itself; `None` where it is not there.
    async fn level(&self, folder: Option<&Path>) -> Result<Option<ListResult>, Error> {
        let mut attempts = self.attempts();
        loop {
            match self.store.list_with_delimiter(folder).await {
                Ok(found) => return Ok(Some(found)),
                Err(error) if fault(&error) == Fault::NotFound => return Ok(None),
                Err(error) if attempts.again(&error, is_hopeless(&error)).await => {}
                Err(error) => return Err(self.error("list", folder.map_or("", Path::as_ref), error)),
            }
        }
    }

    /// All files below a folder.
    pub(crate) async fn list(&self, folder: &str) -> Result<Vec<ObjectMeta>, Error> {
        let mut attempts = self.attempts();
        loop {
            match self.store.list(Some(&Path::from(folder))).try_collect().await {
                Ok(found) => return Ok(found),
                Err(error) if attempts.again(&error, is_hopeless(&error)).await => {}
                Err(error) => return Err(self.error("list", folder, error)),
            }
        }
    }

    /// Moves a staged file to where readers see it. Done already, by an attempt whose answer was lost, is done.
    pub(crate) async fn publish(&self, from: &str, to: &str, size: u64) -> Result<(), Error> {
        let mut attempts = self.attempts();
        loop {
            let Err(error) = self.store.rename(&Path::from(from), &Path::from(to)).await else { return Ok(()) };
            let there = self.store.head(&Path::from(to)).await.is_ok_and(|meta| meta.size == size);
            let staged = self.store.head(&Path::from(from)).await;
            if there && staged.is_err_and(|error| fault(&error) == Fault::NotFound) {
                return Ok(());
            }
            if !attempts.again(&error, is_hopeless(&error)).await {
                return Err(self.error("publish", to, error));
            }
        }
    }
}
