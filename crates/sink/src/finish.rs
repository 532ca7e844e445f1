//! The end of a run: what completes an output, and what is cleared away.

use bytes::Bytes;
use roaring::RoaringTreemap;
use serde_json::{Map, Value, json};

use crate::commit::{STAGING, commit, staged};
use crate::folder::Folder;
use crate::lock::Held;
use crate::manifest::{FORMAT, Manifest};
use crate::open::{Found, SUMMARY, is_draft};
use crate::output::{Output, Outputs};
use crate::sql::Tables;
use crate::{Error, Tally};

/// A run at its end.
pub(crate) struct End<'a> {
    pub(crate) held: &'a Held,
    pub(crate) run: &'a str,
    pub(crate) found: &'a Found,
    pub(crate) outputs: Outputs,
    pub(crate) notes: &'a Map<String, Value>,
    pub(crate) tables: Option<&'a Tables>,
}

pub(crate) async fn finish(folder: &Folder, end: End<'_>, complete: bool) -> Result<(), Error> {
    let End { held, run, found, outputs, notes, tables } = end;
    if complete && !found.closed {
        close(folder, held, run, found, outputs).await?;
    }
    if let Some(tables) = tables.filter(|_| complete) {
        tables.complete().await?;
    }
    folder.put(SUMMARY, &summary(complete, &found.tally, notes)).await?;
    let markers: Vec<_> = if complete { outputs.iter().map(Output::marker).collect() } else { Vec::new() };
    // Staged like every file that readers see: a put that failed leaves its draft there, and not among the parts.
    for marker in &markers {
        folder.put(&staged(run, marker), &Bytes::new()).await?;
    }
    delete_drafts(folder).await?;
    held.check(folder).await?;
    for marker in &markers {
        folder.publish(&staged(run, marker), marker, 0).await?;
    }
    clear_staging(folder, run);
    Ok(())
}

/// What `summary.json` says.
pub(crate) fn summary(complete: bool, tally: &Tally, notes: &Map<String, Value>) -> Bytes {
    let summary = json!({"format": FORMAT, "complete": complete, "tally": tally.to_json(), "notes": notes});
    Bytes::from(format!("{summary:#}\n"))
}

/// What the caller of a run had kept in `summary.json`.
pub(crate) async fn notes(folder: &Folder) -> Result<Map<String, Value>, Error> {
    let summary = folder.get(SUMMARY).await?.unwrap_or_default();
    let summary: Value = serde_json::from_slice(&summary).unwrap_or_default();
    Ok(summary["notes"].as_object().cloned().unwrap_or_default())
}

/// The closing manifest: a part for each output that has none, and the `_SUCCESS` files, which are written after it.
async fn close(folder: &Folder, held: &Held, run: &str, found: &Found, outputs: Outputs) -> Result<(), Error> {
    let mut files = Vec::new();
    for output in outputs.iter().filter(|output| !found.has_part(*output)) {
        files.push((output.part(found.next, outputs.compression), output.empty(outputs)?));
    }
    let shard = Manifest::new(found.next, run.to_owned(), &files, RoaringTreemap::new(), Tally::default());
    let manifest = Manifest { closing: true, ..shard };
    commit(folder, held, &manifest, &files).await
}

/// Deletes what puts left that failed and were repeated.
pub(crate) async fn delete_drafts(folder: &Folder) -> Result<(), Error> {
    let listed = folder.list("_imgmeta").await?;
    let drafts = listed.into_iter().map(|meta| meta.location.to_string()).filter(|name| is_draft(name));
    folder.delete_all(drafts).await
}

/// Removes the empty folders that staging leaves on a local disk; a folder that is not empty stays.
pub(crate) fn clear_staging(folder: &Folder, run: &str) {
    let Some(root) = &folder.local else { return };
    let staging = root.join(STAGING);
    for output in Output::ALL {
        std::fs::remove_dir(staging.join(run).join(output.folder())).ok();
    }
    for entry in std::fs::read_dir(&staging).into_iter().flatten().flatten() {
        // Of runs that were killed.
        for inner in std::fs::read_dir(entry.path()).into_iter().flatten().flatten() {
            std::fs::remove_dir(inner.path()).ok();
        }
        std::fs::remove_dir(entry.path()).ok();
    }
    std::fs::remove_dir(staging).ok();
}
