//! A put that asks for fewer replicas where DataNodes do not answer.
//!
//! Hadoop's own client names a DataNode that does not answer to the NameNode, which then proposes others. hdfs-native 0.14
//! cannot: it takes the pipeline that it is given, and a dead DataNode anywhere in it fails the put. The NameNode goes on
//! proposing the dead one for ten minutes and a half by default, and on a cluster of three proposes it each time. So further
//! attempts ask for one replica, which leaves the dead one out sooner or later, and the file's replication is then set to
//! what is usual: the NameNode makes the missing replicas by itself. A paused DataNode takes connections and never
//! answers: attempts are hedged (J. Dean, L. A. Barroso, "The Tail at Scale", 2013) while there may be one.

use std::io::{self, ErrorKind};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use futures::StreamExt;
use futures::future::join_all;
use futures::stream::FuturesUnordered;
use hdfs_native::file::FileWriter;
use hdfs_native::{Client, HdfsError, WriteOptions};
use object_store::path::Path;
use object_store::{Error, Extensions, PutMode, PutPayload, PutResult};
use tokio::time::{Instant, sleep, timeout};

use super::stored;

/// The replicas that attempts ask for, one after another; `None` is what is usual.
const STEPS: [Option<u32>; 7] = [None, None, Some(1), Some(1), Some(1), Some(1), Some(1)];
/// Where a put begins while DataNodes do not answer.
const FEWER: usize = 2;
/// For how long after trouble puts begin there.
const WARY: Duration = Duration::from_mins(1);
/// What an attempt may take at least: a paused DataNode takes connections and never answers.
const ATTEMPT: Duration = Duration::from_secs(20);
/// The slowest pipeline that is waited for, in bytes a second.
const SLOWEST: u64 = 1 << 20;
/// After how long the next attempt begins beside one that does not end, while DataNodes do not answer.
const HEDGE: Duration = Duration::from_millis(500);
/// A pipeline that is no reason to begin another, in bytes a second.
const USUAL_RATE: u64 = 16 << 20;
/// How long the NameNode is asked for what is not needed: to say what is usual, to set it, to delete a draft.
const CLEARING: Duration = Duration::from_secs(5);
/// Blocks are a multiple of this.
const BLOCK_UNIT: u64 = 1 << 20;

/// What the cluster gives a file where nothing else is asked for.
#[derive(Debug, Clone, Copy)]
struct Usual {
    replication: u32,
    block_size: u64,
}

#[derive(Debug, Default)]
struct State {
    usual: Option<Usual>,
    trouble: Option<Instant>,
}

/// Writes files whole, under a name that nobody reads until they are.
#[derive(Debug)]
pub(super) struct Puts {
    client: Client,
    state: Mutex<State>,
}

/// Why an attempt failed.
enum Failed {
    /// DataNodes, or the way to them: another attempt may meet others.
    Lost(HdfsError),
    /// The NameNode said no.
    Refused(HdfsError),
}

impl From<HdfsError> for Failed {
    fn from(error: HdfsError) -> Self {
        match error {
            HdfsError::IOError(_)
            | HdfsError::DataTransferError(_)
            | HdfsError::InternalError(_)
            | HdfsError::OperationFailed(_) => Self::Lost(error),
            _ => Self::Refused(error),
        }
    }
}

impl Puts {
    pub(super) fn new(client: Client) -> Self {
        Self { client, state: Mutex::default() }
    }

    /// Writes a file and gives it its name once it is whole.
    ///
    /// # Errors
    /// The NameNode's where it refuses; the last attempt's where no DataNode would take the bytes.
    pub(super) async fn put(&self, at: &Path, payload: PutPayload, mode: PutMode) -> object_store::Result<PutResult> {
        let overwrite = match mode {
            PutMode::Overwrite => true,
            PutMode::Create => false,
            PutMode::Update(_) => {
                return Err(Error::NotImplemented {
                    operation: "a put upon a version".into(),
                    implementer: "HDFS".into(),
                });
            }
        };
        let path = format!("/{at}");
        if !overwrite && self.client.get_file_info(&path).await.is_ok() {
            return Err(stored(HdfsError::AlreadyExists(path), at.as_ref()));
        }
        let draft = self.write(&path, &payload).await.map_err(|error| stored(error, at.as_ref()))?;
        self.client.rename(&draft, &path, overwrite).await.map_err(|error| stored(error, at.as_ref()))?;
        Ok(PutResult { e_tag: None, version: None, extensions: Extensions::new() })
    }

    /// Writes a draft of the file; gives its name. An attempt that hangs is not waited for: the next begins beside it,
    /// and the first that ends well counts.
    async fn write(&self, path: &str, payload: &PutPayload) -> Result<String, HdfsError> {
        let bytes = payload.content_length() as u64;
        let (drafts, mut last) = (Mutex::default(), None);
        let (mut steps, mut running) = (self.steps().iter(), FuturesUnordered::new());
        let written = loop {
            if let Some(replicas) = steps.next() {
                running.push(self.attempt(path, payload, *replicas, &drafts));
            }
            tokio::select! {
                ended = running.next() => match ended {
                    Some(Ok(draft)) => break Ok(draft),
                    Some(Err(Failed::Refused(error))) => break Err(error),
                    Some(Err(Failed::Lost(error))) => last = Some(error),
                    None => break Err(last.expect("an attempt was made")),
                },
                () = sleep(self.hedge(bytes)), if steps.len() > 0 => {}
            }
            self.state().trouble = Some(Instant::now());
        };
        drop(running);
        let drafts: Vec<String> = drafts.into_inner().expect("no panic under this lock");
        let spare = drafts.into_iter().filter(|draft| written.as_ref().ok() != Some(draft));
        // What cannot be deleted is deleted as a draft when the output is opened again, or finished.
        let _ = timeout(CLEARING, join_all(spare.map(|draft| self.clear(draft)))).await;
        written
    }

    /// After how long a put of so many bytes begins another attempt.
    fn hedge(&self, bytes: u64) -> Duration {
        if self.wary() { HEDGE + Duration::from_secs(bytes / USUAL_RATE) } else { longest(bytes) }
    }

    async fn attempt(
        &self, path: &str, payload: &PutPayload, replicas: Option<u32>, drafts: &Mutex<Vec<String>>,
    ) -> Result<String, Failed> {
        let bytes = payload.content_length() as u64;
        let usual = self.state().usual;
        let fewer = usual.zip(replicas).filter(|(usual, replicas)| *replicas < usual.replication);
        let options = fewer.map_or_else(WriteOptions::default, |(usual, replicas)| {
            // One block: one set of DataNodes that all must answer.
            let whole = bytes.next_multiple_of(BLOCK_UNIT).max(usual.block_size);
            WriteOptions::default().replication(replicas).block_size(whole)
        });
        let (writer, draft) = within(longest(bytes), self.create(path, &options)).await?;
        drafts.lock().expect("no panic under this lock").push(draft.clone());
        if usual.is_none() {
            // Without it every attempt asks for what is usual.
            let _ = timeout(CLEARING, self.learn(&draft)).await;
        }
        within(longest(bytes), Box::pin(fill(writer, payload))).await?;
        if let Some((usual, replicas)) = fewer {
            tracing::debug!(path, replicas, "a file is whole on fewer DataNodes than is usual; the NameNode adds some");
            let set = within(CLEARING, self.client.set_replication(&draft, usual.replication)).await;
            if let Err(Failed::Lost(error) | Failed::Refused(error)) = set {
                tracing::warn!(path, replicas, %error, "a file keeps fewer replicas than is usual");
            }
        }
        Ok(draft)
    }

    /// Opens a draft beside the file: `.NAME.tmp.1`, or the first such name that is free.
    async fn create(&self, path: &str, options: &WriteOptions) -> Result<(FileWriter, String), HdfsError> {
        let (folder, name) = path.rsplit_once('/').expect("a path is absolute");
        for number in 1_u64.. {
            let draft = format!("{folder}/.{name}.tmp.{number}");
            match self.client.create(&draft, options).await {
                Err(HdfsError::AlreadyExists(_)) => {}
                created => return created.map(|writer| (writer, draft)),
            }
        }
        unreachable!("some name is free")
    }

    /// Learns from a draft what is usual here.
    async fn learn(&self, draft: &str) {
        if let Ok(status) = self.client.get_file_info(draft).await
            && let (Some(replication), Some(block_size)) = (status.replication, status.blocksize)
        {
            self.state().usual = Some(Usual { replication, block_size });
        }
    }

    /// Deletes the draft of an attempt that failed, or came too late.
    async fn clear(&self, draft: String) {
        if let Err(error) = self.client.delete(&draft, false).await {
            tracing::debug!(draft, %error, "a draft stays for now");
        }
    }

    fn wary(&self) -> bool {
        self.state().trouble.is_some_and(|trouble| trouble.elapsed() < WARY)
    }

    fn steps(&self) -> &'static [Option<u32>] {
        if self.wary() { &STEPS[FEWER..] } else { &STEPS }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic under this lock")
    }
}

/// How long an attempt at so many bytes may take.
fn longest(bytes: u64) -> Duration {
    ATTEMPT + Duration::from_secs(bytes / SLOWEST)
}

async fn fill(mut writer: FileWriter, payload: &PutPayload) -> Result<(), HdfsError> {
    for bytes in payload {
        Box::pin(writer.write_bytes(bytes.clone())).await?;
    }
    Box::pin(writer.close()).await
}

async fn within<T>(long: Duration, step: impl Future<Output = Result<T, HdfsError>>) -> Result<T, Failed> {
    let late = |_| HdfsError::IOError(io::Error::new(ErrorKind::TimedOut, format!("no answer within {long:?}")));
    Ok(timeout(long, step).await.map_err(late)??)
}
