//! What an earlier run has copied of a list that cannot be read twice the same.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures::stream::{self, StreamExt, TryStreamExt};
use imgmeta_storage::{Fault, Place, fault};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use serde_json::Value;

use crate::copy::{ATTEMPTS, Copy, WAIT, about_path, block_path, end_path, folder};
use crate::source::{File, Pieces, carried};
use crate::{Error, images};

/// What an earlier run has copied.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) file: File,
    pub(crate) blocks: u64,
    pub(crate) complete: bool,
    store: Arc<dyn ObjectStore>,
    number: usize,
}

impl Kept {
    /// What an earlier run has copied of a list; `None` where that is nothing.
    pub(crate) async fn find(output: &Place, number: usize) -> Result<Option<Self>, Error> {
        if output.local().is_some_and(|path| !path.exists()) {
            return Ok(None);
        }
        let failed =
            |source: Box<dyn std::error::Error + Send + Sync>| Error::Copy { list: output.url().into(), source };
        let store = output.folder().map_err(|error| failed(error.into()))?;
        let Some(about) = get(&store, &about_path(number)).await.map_err(|error| failed(error.into()))? else {
            return Ok(None);
        };
        let about: Value = serde_json::from_slice(&about).map_err(|error| failed(error.into()))?;
        let text = |name: &str| about[name].as_str().map(str::to_owned);
        let file = File {
            url: text("url").unwrap_or_default(),
            bytes: about["bytes"].as_u64().unwrap_or_default(),
            etag: text("etag"),
            modified: text("modified").unwrap_or_default(),
        };
        let end = get(&store, &end_path(number)).await.map_err(|error| failed(error.into()))?;
        let mut kept = Self { file, blocks: 0, complete: end.is_some(), store, number };
        kept.blocks = kept.count().await.map_err(|error| failed(error.into()))?;
        Ok(Some(kept))
    }

    async fn count(&self) -> Result<u64, object_store::Error> {
        let listed: Vec<_> = self.store.list(Some(&folder(self.number))).try_collect().await?;
        let numbers: std::collections::BTreeSet<u64> =
            listed.iter().filter_map(|meta| meta.location.filename()?.parse().ok()).collect();
        // Blocks behind a gap were never handed on.
        Ok(numbers.iter().zip(0..).take_while(|(number, expected)| *number == expected).count() as u64)
    }

    async fn block(&self, number: u64) -> Result<Bytes, Error> {
        let failed = |source| Error::Copy { list: self.file.url.clone(), source };
        match get(&self.store, &block_path(self.number, number)).await {
            Ok(Some(bytes)) => Ok(bytes),
            Ok(None) => Err(failed(format!("block {number} of its copy is missing").into())),
            Err(error) => Err(failed(error.into())),
        }
    }

    /// The copied bytes.
    pub(crate) fn pieces(self) -> Pieces {
        stream::try_unfold((self, 0), |(kept, at)| async move {
            if at == kept.blocks {
                return Ok(None);
            }
            let block = kept.block(at).await.map_err(carried)?;
            Ok(Some((block, (kept, at + 1))))
        })
        .boxed()
    }

    /// The path in the last copied line of a listing: it goes on behind that.
    pub(crate) async fn last_path(&self) -> Result<Option<String>, Error> {
        if self.blocks == 0 {
            return Ok(None);
        }
        let block = self.block(self.blocks - 1).await?;
        let line = block.trim_ascii_end().rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
        Ok(images::path_of(line))
    }

    /// A list that is fed again: what was copied must come first, and is handed on; what follows it is new, and is what
    /// `rest` makes of it.
    pub(crate) fn then(self, fed: Pieces, copy: Copy) -> Pieces {
        let fed = Fed { kept: self, pieces: fed.fuse().boxed(), ahead: BytesMut::new(), at: 0, copy: Some(copy) };
        stream::try_unfold(fed, |mut fed| async move { Ok(fed.next().await?.map(|bytes| (bytes, fed))) }).boxed()
    }
}

struct Fed {
    kept: Kept,
    pieces: Pieces,
    ahead: BytesMut,
    at: u64,
    /// Taken, once what was copied has come.
    copy: Option<Copy>,
}

impl Fed {
    async fn next(&mut self) -> std::io::Result<Option<Bytes>> {
        if self.at < self.kept.blocks {
            let block = self.kept.block(self.at).await.map_err(carried)?;
            self.at += 1;
            self.compare(&block).await?;
            return Ok(Some(block));
        }
        if let Some(copy) = self.copy.take() {
            let ahead = std::mem::take(&mut self.ahead).freeze();
            let rest = std::mem::replace(&mut self.pieces, stream::empty().boxed());
            let ahead = stream::iter((!ahead.is_empty()).then_some(Ok(ahead)));
            self.pieces = copy.of(ahead.chain(rest).boxed());
        }
        self.pieces.try_next().await
    }

    async fn compare(&mut self, block: &Bytes) -> std::io::Result<()> {
        while self.ahead.len() < block.len() {
            match self.pieces.try_next().await? {
                Some(bytes) => self.ahead.extend_from_slice(&bytes),
                None => break,
            }
        }
        if !self.ahead.starts_with(block) {
            return Err(carried(Error::Differs { list: self.kept.file.url.clone() }));
        }
        bytes::Buf::advance(&mut self.ahead, block.len());
        Ok(())
    }
}

async fn get(store: &Arc<dyn ObjectStore>, path: &Path) -> Result<Option<Bytes>, object_store::Error> {
    let mut wait = WAIT;
    for _ in 1..ATTEMPTS {
        let got = async { store.get(path).await?.bytes().await }.await;
        match got {
            Ok(bytes) => return Ok(Some(bytes)),
            Err(error) if fault(&error) == Fault::NotFound => return Ok(None),
            Err(error) if fault(&error).passes() => tracing::warn!(%path, %error, "reading the list's copy again"),
            Err(error) => return Err(error),
        }
        tokio::time::sleep(wait).await;
        wait *= 2;
    }
    store.get(path).await?.bytes().await.map(Some)
}
