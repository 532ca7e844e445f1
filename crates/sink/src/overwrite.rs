//! Deleting an earlier run: what its manifests name, and its own files.

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::commit::STAGING;
use crate::fold::{self, manifests};
use crate::folder::Folder;
use crate::generation::{self, Generation};
use crate::lock::Lock;
use crate::open::{SUCCESS, SUMMARY, remove_local_drafts};
use crate::output::Output;
use crate::sql::Tables;
use crate::{Error, settings};

/// There while an earlier run's files are being deleted: what is left of them means nothing any more.
const OVERWRITING: &str = "_imgmeta/overwriting";
/// Copies of lists that cannot be read twice.
const LIST: &str = "_imgmeta/list";

/// Whether an earlier run is being deleted, or was when the process died that did it.
pub(crate) async fn is_begun(folder: &Folder) -> Result<bool, Error> {
    Ok(folder.get(OVERWRITING).await?.is_some())
}

/// Deletes what an earlier run wrote, and starts anew. Killed on the way, it is gone on with by either mode.
///
/// Of a database that the new run fills, the rows of the earlier one go first: its manifests tell its id.
pub(crate) async fn overwrite(
    folder: &Folder, settings: &Map<String, Value>, run: &str, tables: Option<&Tables>,
) -> Result<Lock, Error> {
    let lock = Lock::take(folder, run).await?;
    folder.put(OVERWRITING, &Bytes::new()).await?;
    wipe(folder, tables).await?;
    settings::write(folder, settings).await?;
    folder.delete(OVERWRITING).await?;
    Ok(lock)
}

/// `_SUCCESS` goes first, and what names files goes after them.
async fn wipe(folder: &Folder, tables: Option<&Tables>) -> Result<(), Error> {
    let manifests = manifests(folder).await?;
    if let Some((tables, first)) = tables.zip(manifests.first()) {
        tables.forget(&first.run).await?;
    }
    let generations = Generation::read_all(folder).await?;
    folder.delete(SUCCESS).await?;
    folder.delete_all(Output::ALL.map(Output::marker)).await?;
    let added = generations.iter().flat_map(Generation::files);
    let files = manifests.iter().flat_map(|manifest| &manifest.files).chain(added);
    folder.delete_all(files.map(|file| file.path.clone())).await?;
    remove_local_drafts(folder);
    for ours in [STAGING, LIST] {
        let listed = folder.list(ours).await?;
        folder.delete_all(listed.into_iter().map(|meta| meta.location.to_string())).await?;
    }
    folder.delete_all(generations.iter().map(|generation| generation::path(generation.number))).await?;
    fold::delete(folder).await?;
    folder.delete(SUMMARY).await?;
    folder.delete(settings::NAME).await
}
