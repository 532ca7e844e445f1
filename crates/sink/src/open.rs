//! Opening an output: refusing it, wiping it, or rolling it forward to where a run was when it ended.

use std::collections::HashMap;
use std::time::Duration;

use roaring::RoaringTreemap;
use serde_json::{Map, Value};

use crate::commit::{STAGING, publish, staged};
use crate::finish::{clear_staging, delete_drafts};
use crate::fold::{fold, manifests};
use crate::folder::Folder;
use crate::generation::{Generation, Pending};
use crate::lock::Lock;
use crate::manifest::{self, Manifest};
use crate::output::Output;
use crate::{Error, Mode, Options, Tally, Waits, overwrite, settings};

pub(crate) const SUMMARY: &str = "_imgmeta/summary.json";
pub(crate) const SUCCESS: &str = "success_output/_SUCCESS";

/// What an output holds already.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) rows: RoaringTreemap,
    pub(crate) tally: Tally,
    /// The number of the next shard.
    pub(crate) next: u64,
    /// By [`Output::ALL`]: whether it has a part.
    parts: [bool; Output::ALL.len()],
    /// Whether a closing manifest is there.
    pub(crate) closed: bool,
}

impl Found {
    /// Counts what a manifest names.
    pub(crate) fn add(&mut self, manifest: &Manifest) {
        self.tally.merge(&manifest.tally);
        self.next = manifest.number + 1;
        self.closed |= manifest.closing;
        for (output, has) in Output::ALL.into_iter().zip(&mut self.parts) {
            *has |= manifest.files.iter().any(|file| output.has(&file.path));
        }
    }

    pub(crate) fn has_part(&self, output: Output) -> bool {
        Output::ALL.into_iter().zip(self.parts).any(|(other, has)| other == output && has)
    }
}

/// How an output was opened.
pub(crate) enum Opened {
    /// It is complete.
    Complete(Found),
    /// It can be written to.
    Ready(Lock, Found, /* resumed */ bool),
}

/// A store that cannot be reached when a run begins is an error soon: a typing error is likelier than an outage.
const FIRST_PATIENCE: Duration = Duration::from_secs(3);

pub(crate) async fn open(folder: &Folder, options: &Options, run: &str) -> Result<Opened, Error> {
    let settings = &settings::of(options);
    let first = Waits { patience: folder.waits.patience.min(FIRST_PATIENCE), ..folder.waits };
    let soon = Folder { waits: first, ..folder.clone() };
    let (empty, url) = (soon.is_empty().await?, folder.url.clone());
    if empty {
        settings::write(&soon, settings).await?;
        return Ok(Opened::Ready(Lock::take(folder, run).await?, Found::default(), false));
    }
    let ours = folder.has("_imgmeta").await? || local_folder_is_there(folder);
    if options.mode != Mode::New && ours {
        Pending::refuse(folder).await?;
    }
    match options.mode {
        Mode::New => Err(Error::Exists { url }),
        Mode::Resume | Mode::Overwrite if !ours => Err(Error::NotOurs { url }),
        Mode::Overwrite => overwrite(folder, settings, run).await,
        Mode::Resume => resume(folder, settings, run, options.fold.get()).await,
    }
}

fn local_folder_is_there(folder: &Folder) -> bool {
    folder.local.as_ref().is_some_and(|path| path.join("_imgmeta").is_dir())
}

async fn overwrite(folder: &Folder, settings: &Map<String, Value>, run: &str) -> Result<Opened, Error> {
    let lock = overwrite::overwrite(folder, settings, run).await?;
    Ok(Opened::Ready(lock, Found::default(), false))
}

async fn resume(folder: &Folder, settings: &Map<String, Value>, run: &str, least: usize) -> Result<Opened, Error> {
    if overwrite::is_begun(folder).await? {
        return overwrite(folder, settings, run).await;
    }
    let manifests = manifests(folder).await?;
    match settings::read(folder).await? {
        // Killed before its first file was whole.
        None if manifests.is_empty() => settings::write(folder, settings).await?,
        None => return Err(folder.damaged(settings::NAME, "it is missing, and manifests are there")),
        Some(kept) => {
            let differences = settings::differences(&kept, settings);
            if !differences.is_empty() {
                return Err(Error::Settings { url: folder.url.clone(), differences });
            }
        }
    }
    if folder.get(SUCCESS).await?.is_some() {
        let generations = Generation::read_all(folder).await?;
        tidy(folder, &manifests, !generations.is_empty(), run).await?;
        let mut found = summarise(folder, &manifests)?;
        if let Some(tally) = generations.into_iter().rev().find_map(|generation| generation.tally) {
            found.tally = tally;
        }
        return Ok(Opened::Complete(found));
    }
    drop(manifests);
    let lock = Lock::take(folder, run).await?;
    // Read again, now that nobody else writes.
    let manifests = self::manifests(folder).await?;
    roll_forward(folder, &manifests).await?;
    fold(folder, &lock.held(), least).await?;
    Ok(Opened::Ready(lock, summarise(folder, &manifests)?, true))
}

/// Deletes what a run left staged that was killed at its very end, as between the copy and the deletion that a rename is
/// on S3. Where another run is about to do so, it is left to that. What was `changed` since names files that are gone.
async fn tidy(folder: &Folder, manifests: &[Manifest], changed: bool, run: &str) -> Result<(), Error> {
    if !folder.has(STAGING).await? {
        return Ok(());
    }
    match Lock::take(folder, run).await {
        Ok(lock) => {
            if changed {
                let left = folder.list(STAGING).await?;
                folder.delete_all(left.into_iter().map(|meta| meta.location.to_string())).await?;
            } else {
                roll_forward(folder, manifests).await?;
            }
            clear_staging(folder, run);
            lock.release(folder).await
        }
        Err(Error::Locked { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// `.NAME.tmp.1` of a put into HDFS that failed.
pub(crate) fn is_draft(name: &str) -> bool {
    name.rsplit('/').next().is_some_and(|name| name.starts_with('.'))
}

fn summarise(folder: &Folder, manifests: &[Manifest]) -> Result<Found, Error> {
    let mut found = Found::default();
    for manifest in manifests {
        if !found.rows.is_disjoint(&manifest.rows) {
            return Err(folder.damaged(&manifest::path(manifest.number), "it has rows that another manifest has"));
        }
        found.rows |= &manifest.rows;
        found.add(manifest);
    }
    // Of 10^9 rows some hundred bytes rather than 125 MB.
    found.rows.optimize();
    Ok(found)
}

/// Publishes what manifests name and is still staged; deletes every other draft of ours.
async fn roll_forward(folder: &Folder, manifests: &[Manifest]) -> Result<(), Error> {
    remove_local_drafts(folder);
    let mut staging: HashMap<String, u64> =
        folder.list(STAGING).await?.into_iter().map(|meta| (meta.location.to_string(), meta.size)).collect();
    let mut published = HashMap::new();
    for output in Output::ALL {
        published.extend(folder.list(output.folder()).await?.into_iter().map(|m| (m.location.to_string(), m.size)));
    }
    for manifest in manifests {
        for file in &manifest.files {
            if staging.remove(&staged(&manifest.run, &file.path)).is_some() {
                publish(folder, manifest, std::slice::from_ref(file)).await?;
            } else if published.get(&file.path) != Some(&file.size) {
                return Err(folder.damaged(&file.path, format!("it should have {} bytes, and has not", file.size)));
            }
        }
    }
    folder.delete_all(staging.into_keys()).await?;
    delete_drafts(folder).await
}

/// `NAME#1` of a put to a local disk that was killed: the store itself does not list them.
pub(crate) fn remove_local_drafts(folder: &Folder) {
    let Some(root) = &folder.local else { return };
    let mut folders = vec![root.join("_imgmeta")];
    while let Some(at) = folders.pop() {
        for entry in std::fs::read_dir(at).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let draft =
                name.rsplit_once('#').is_some_and(|(_, digits)| digits.bytes().all(|byte| byte.is_ascii_digit()));
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                // Left over, it does no harm: no reader looks into `_imgmeta`.
                Ok(kind) if kind.is_file() && draft => std::fs::remove_file(entry.path()).unwrap_or_default(),
                _ => {}
            }
        }
    }
}
