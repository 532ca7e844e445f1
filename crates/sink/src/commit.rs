//! Committing one shard: stage, manifest, publish.

use futures::future::try_join_all;
use object_store::PutPayload;

use crate::Error;
use crate::folder::{Folder, Put};
use crate::lock::Held;
use crate::manifest::{self, File, Manifest};

/// Where the files of a run wait for their manifest.
pub(crate) const STAGING: &str = "_imgmeta/staging";

pub(crate) fn staged(run: &str, path: &str) -> String {
    format!("{STAGING}/{run}/{path}")
}

/// Where the manifests of a change wait.
pub(crate) fn staged_manifests(run: &str) -> String {
    format!("{STAGING}/{run}/manifests")
}

fn staged_manifest(run: &str, number: u64) -> String {
    format!("{}/{number:08}.json", staged_manifests(run))
}

/// Commits: after the manifest's put the shard is there, whatever happens then.
pub(crate) async fn commit(
    folder: &Folder, held: &Held, manifest: &Manifest, files: &[(String, PutPayload)],
) -> Result<(), Error> {
    put(folder, held, manifest, files, &manifest::path(manifest.number)).await?;
    publish(folder, manifest, &manifest.files).await
}

/// Commits for a change that is published as a whole: the manifest waits beside its files.
pub(crate) async fn stage(
    folder: &Folder, held: &Held, manifest: &Manifest, files: &[(String, PutPayload)],
) -> Result<(), Error> {
    put(folder, held, manifest, files, &staged_manifest(&manifest.run, manifest.number)).await
}

async fn put(
    folder: &Folder, held: &Held, manifest: &Manifest, files: &[(String, PutPayload)], name: &str,
) -> Result<(), Error> {
    let names: Vec<_> = files.iter().map(|(path, payload)| (staged(&manifest.run, path), payload)).collect();
    try_join_all(names.iter().map(|(name, payload)| folder.put_payload(name, payload))).await?;
    held.check(folder).await?;
    match folder.put_new(name, &manifest.to_bytes().into()).await? {
        Put::Ours => Ok(()),
        Put::Others => Err(Error::LostLock { url: folder.url.clone() }),
    }
}

/// Moves files of a manifest to where readers see them.
pub(crate) async fn publish(folder: &Folder, manifest: &Manifest, files: &[File]) -> Result<(), Error> {
    for File { path, size, sha256: _ } in files {
        folder.publish(&staged(&manifest.run, path), path, *size).await?;
    }
    Ok(())
}
