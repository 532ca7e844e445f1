//! The parts of a finished output, for those who read it.

use std::sync::Arc;

use bytes::Bytes;
use imgmeta_record::schema::Rows;
use imgmeta_storage::Place;
use object_store::{ObjectMeta, ObjectStore};

use crate::finished::{Finished, folder, must_be_complete};
use crate::folder::Folder;
use crate::generation::Pending;
use crate::output::{Compression, Output};
use crate::{Error, Waits, mirroring};

/// The parts that readers of a finished output see, each list in the order of their numbers.
#[derive(Debug)]
pub struct Parts {
    /// The store, rooted at the output.
    pub store: Arc<dyn ObjectStore>,
    /// Records as JSON lines, perhaps compressed.
    pub records: Vec<ObjectMeta>,
    /// Failures, likewise.
    pub failures: Vec<ObjectMeta>,
    /// Records and failures as Parquet, where the output has a mirror.
    pub mirror: Option<(Vec<ObjectMeta>, Vec<ObjectMeta>)>,
    folder: Folder,
    compression: Compression,
}

impl Parts {
    /// Finds those of a finished output. Nothing is changed, and no lock is taken.
    ///
    /// # Errors
    /// [`Error::NoRun`], [`Error::Incomplete`], [`Error::Pending`] where a change was begun, [`Error::Damaged`], and
    /// [`Error::Store`].
    pub async fn find(place: &Place, waits: Waits) -> Result<Self, Error> {
        let folder = folder(place, waits)?;
        let finished = Finished::read(&folder).await?;
        Pending::refuse(&folder).await?;
        must_be_complete(&folder).await?;
        let mirror = if finished.outputs.mirror {
            Some((listed(&folder, Output::SuccessMirror).await?, listed(&folder, Output::FailureMirror).await?))
        } else {
            None
        };
        let records = listed(&folder, Output::SuccessJson).await?;
        let failures = listed(&folder, Output::FailureJson).await?;
        let compression = finished.outputs.compression;
        Ok(Self { store: folder.store.clone(), records, failures, mirror, folder, compression })
    }

    /// A part of the JSON as the part of the mirror that would stand beside it.
    ///
    /// # Errors
    /// [`Error::Store`], and [`Error::Damaged`] where it is not what was written.
    pub async fn mirrored(&self, part: &ObjectMeta, rows: Rows) -> Result<Bytes, Error> {
        let name = part.location.as_ref();
        let json = self.folder.get(name).await?.ok_or_else(|| self.folder.damaged(name, "it vanished"))?;
        mirroring::turned(json, rows, self.compression).await.map_err(|why| self.folder.damaged(name, why))
    }
}

/// The parts in a folder: what readers skip, such as `_SUCCESS`, is left out.
async fn listed(folder: &Folder, output: Output) -> Result<Vec<ObjectMeta>, Error> {
    let mut found = folder.list(output.folder()).await?;
    found.retain(|meta| meta.location.filename().is_some_and(|name| name.starts_with("part-")));
    found.sort_by(|a, b| a.location.cmp(&b.location));
    Ok(found)
}
