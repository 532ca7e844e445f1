//! The copy of a list that cannot be read twice the same: its bytes in blocks, each put before its rows are handed on.
//!
//! Below the output, for the list with number N of a run:
//!
//! ```text
//! _imgmeta/list/0000000N.json            what the list is, put first
//! _imgmeta/list/0000000N/00000000        its blocks, as they came
//! _imgmeta/list/0000000N/end             that these are all
//! ```
//!
//! A run that is resumed reads the blocks; where `end` is missing, the list itself goes on behind them.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::{self, StreamExt, TryStreamExt};
use imgmeta_storage::{Fault, Place, fault};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use serde_json::json;
use tokio::sync::Mutex;

use crate::Error;
use crate::kept::Kept;
use crate::source::{File, Pieces, carried};

const FOLDER: &str = "_imgmeta/list";

/// Attempts at one step, and the wait before the second; each further one is twice as long.
pub(crate) const ATTEMPTS: u32 = 8;
pub(crate) const WAIT: Duration = Duration::from_millis(100);

/// The copy of one list. Cheap to clone; clones share.
#[derive(Debug, Clone)]
pub(crate) struct Copy(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    output: Place,
    number: usize,
    file: File,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The output, once it may be written to.
    store: Option<Arc<dyn ObjectStore>>,
    /// The number of the next block.
    next: u64,
    /// Blocks that came before the output might be written to.
    waiting: Vec<Bytes>,
    ended: bool,
}

impl Copy {
    /// A copy to be made; `kept` is what an earlier run has of it. Nothing is put before [`begin`](Self::begin).
    pub(crate) fn new(output: &Place, number: usize, file: &File, kept: Option<&Kept>) -> Self {
        let state = State { next: kept.map_or(0, |kept| kept.blocks), ..State::default() };
        Self(Arc::new(Shared { output: output.clone(), number, file: file.clone(), state: Mutex::new(state) }))
    }

    /// From here on the output is ours: what came so far is put, and what comes is put at once.
    pub(crate) async fn begin(&self) -> Result<(), Error> {
        let mut state = self.0.state.lock().await;
        if state.store.is_some() {
            return Ok(());
        }
        let store = self.0.output.folder().map_err(|source| self.error(source.into()))?;
        if state.next == 0 {
            let File { url, bytes, etag, modified } = &self.0.file;
            let about = json!({"url": url, "bytes": bytes, "etag": etag, "modified": modified});
            self.put(&store, &about_path(self.0.number), about.to_string().into()).await?;
        }
        state.store = Some(store);
        self.flush(&mut state).await
    }

    /// Takes the next bytes of the list.
    async fn keep(&self, bytes: Bytes) -> Result<(), Error> {
        let mut state = self.0.state.lock().await;
        state.waiting.push(bytes);
        self.flush(&mut state).await
    }

    async fn end(&self) -> Result<(), Error> {
        let mut state = self.0.state.lock().await;
        state.ended = true;
        self.flush(&mut state).await
    }

    async fn flush(&self, state: &mut State) -> Result<(), Error> {
        let Some(store) = state.store.clone() else { return Ok(()) };
        for block in std::mem::take(&mut state.waiting) {
            self.put(&store, &block_path(self.0.number, state.next), block).await?;
            state.next += 1;
        }
        if state.ended {
            let blocks = json!({"blocks": state.next}).to_string();
            self.put(&store, &end_path(self.0.number), blocks.into()).await?;
        }
        Ok(())
    }

    async fn put(&self, store: &Arc<dyn ObjectStore>, path: &Path, bytes: Bytes) -> Result<(), Error> {
        let mut wait = WAIT;
        for _ in 1..ATTEMPTS {
            match store.put(path, PutPayload::from_bytes(bytes.clone())).await {
                Err(error) if fault(&error).passes() => {
                    tracing::warn!(%path, %error, "putting a block of the list's copy again");
                }
                done => return done.map(|_| ()).map_err(|source| self.error(source.into())),
            }
            tokio::time::sleep(wait).await;
            wait *= 2;
        }
        let put = store.put(path, PutPayload::from_bytes(bytes)).await;
        put.map(|_| ()).map_err(|source| self.error(source.into()))
    }

    fn error(&self, source: Box<dyn std::error::Error + Send + Sync>) -> Error {
        Error::Copy { list: self.0.file.url.clone(), source }
    }

    /// A list whose pieces are kept before they are handed on.
    pub(crate) fn of(self, pieces: Pieces) -> Pieces {
        stream::try_unfold((self, pieces), |(copy, mut pieces)| async move {
            if let Some(bytes) = pieces.try_next().await? {
                copy.keep(bytes.clone()).await.map_err(carried)?;
                return Ok(Some((bytes, (copy, pieces))));
            }
            copy.end().await.map_err(carried)?;
            Ok(None)
        })
        .boxed()
    }
}

/// Deletes the copies that a run before this one has left.
pub(crate) async fn clear(output: &Place) -> Result<(), Error> {
    let failed = |source: Box<dyn std::error::Error + Send + Sync>| Error::Copy { list: output.url().into(), source };
    let store = output.folder().map_err(|error| failed(error.into()))?;
    let mut listed = store.list(Some(&Path::from(FOLDER)));
    while let Some(meta) = listed.try_next().await.map_err(|error| failed(error.into()))? {
        match store.delete(&meta.location).await {
            Err(error) if fault(&error) != Fault::NotFound => return Err(failed(error.into())),
            _ => {}
        }
    }
    Ok(())
}

pub(crate) fn about_path(number: usize) -> Path {
    Path::from(format!("{FOLDER}/{number:08}.json"))
}

pub(crate) fn folder(number: usize) -> Path {
    Path::from(format!("{FOLDER}/{number:08}"))
}

pub(crate) fn block_path(number: usize, block: u64) -> Path {
    Path::from(format!("{FOLDER}/{number:08}/{block:08}"))
}

pub(crate) fn end_path(number: usize) -> Path {
    Path::from(format!("{FOLDER}/{number:08}/end"))
}
