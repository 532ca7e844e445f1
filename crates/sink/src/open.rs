//! Opening an output: refusing it, wiping it, or rolling it forward to where a run was when it ended.

use std::collections::HashMap;
use std::sync::Arc;
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
use crate::sql::Tables;
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
    /// The process that committed the first shard: the run's id in a database.
    pub(crate) first: Option<String>,
}

impl Found {
    /// Counts what a manifest names.
    pub(crate) fn add(&mut self, manifest: &Manifest) {
        self.tally.merge(&manifest.tally);
        self.next = manifest.number + 1;
        self.closed |= manifest.closing;
        self.first.get_or_insert_with(|| manifest.run.clone());
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
    /// It can be written to, and the tables of a database beside it.
    Ready(Ready),
}

/// An output that can be written to.
pub(crate) struct Ready {
    pub(crate) lock: Lock,
    pub(crate) found: Found,
    pub(crate) resumed: bool,
    pub(crate) tables: Option<Arc<Tables>>,
}

/// What a run begins with.
struct Start<'a> {
    folder: &'a Folder,
    options: &'a Options,
    settings: Map<String, Value>,
    run: &'a str,
    /// How long is waited for what should be there at once.
    first: Waits,
}

/// A store that cannot be reached when a run begins is an error soon: a typing error is likelier than an outage.
pub(crate) const FIRST_PATIENCE: Duration = Duration::from_secs(3);

pub(crate) async fn open(folder: &Folder, options: &Options, run: &str) -> Result<Opened, Error> {
    let first = Waits { patience: folder.waits.patience.min(FIRST_PATIENCE), ..folder.waits };
    let start = Start { folder, options, settings: settings::of(options), run, first };
    let soon = Folder { waits: first, ..folder.clone() };
    let (empty, url) = (soon.is_empty().await?, folder.url.clone());
    if empty {
        let tables = start.tables().await?;
        settings::write(&soon, &start.settings).await?;
        return Ok(start.fresh(Lock::take(folder, run).await?, tables));
    }
    let ours = folder.has("_imgmeta").await? || local_folder_is_there(folder);
    if options.mode != Mode::New && ours {
        Pending::refuse(folder).await?;
    }
    match options.mode {
        Mode::New => Err(Error::Exists { url }),
        Mode::Resume | Mode::Overwrite if !ours => Err(Error::NotOurs { url }),
        Mode::Overwrite => start.overwrite().await,
        Mode::Resume => start.resume().await,
    }
}

fn local_folder_is_there(folder: &Folder) -> bool {
    folder.local.as_ref().is_some_and(|path| path.join("_imgmeta").is_dir())
}

impl Start<'_> {
    /// Those of the database, where one is to be filled: it is reached before anything is written.
    async fn tables(&self) -> Result<Option<Tables>, Error> {
        let Some(sql) = &self.options.sql else { return Ok(None) };
        let compression = self.options.outputs.compression;
        Tables::open(sql, self.first, self.folder, self.run, &self.settings, compression).await.map(Some)
    }

    fn fresh(&self, lock: Lock, tables: Option<Tables>) -> Opened {
        let tables = tables.map(|tables| Arc::new(tables.of(self.run)));
        Opened::Ready(Ready { lock, found: Found::default(), resumed: false, tables })
    }

    async fn overwrite(&self) -> Result<Opened, Error> {
        let tables = self.tables().await?;
        let lock = overwrite::overwrite(self.folder, &self.settings, self.run, tables.as_ref()).await?;
        Ok(self.fresh(lock, tables))
    }

    async fn resume(&self) -> Result<Opened, Error> {
        let Self { folder, settings, run, .. } = self;
        if overwrite::is_begun(folder).await? {
            return self.overwrite().await;
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
            return complete(folder, &manifests, run).await;
        }
        drop(manifests);
        let tables = self.tables().await?;
        let lock = Lock::take(folder, run).await?;
        // Read again, now that nobody else writes.
        let manifests = self::manifests(folder).await?;
        roll_forward(folder, &manifests).await?;
        let found = summarise(folder, &manifests)?;
        let tables = tables.map(|tables| tables.of(found.first.as_deref().unwrap_or(run)));
        if let Some(tables) = &tables {
            tables.catch_up(folder, &manifests).await?;
        }
        fold(folder, &lock.held(), self.options.fold.get()).await?;
        Ok(Opened::Ready(Ready { lock, found, resumed: true, tables: tables.map(Arc::new) }))
    }
}

async fn complete(folder: &Folder, manifests: &[Manifest], run: &str) -> Result<Opened, Error> {
    let generations = Generation::read_all(folder).await?;
    tidy(folder, manifests, !generations.is_empty(), run).await?;
    let mut found = summarise(folder, manifests)?;
    if let Some(tally) = generations.into_iter().rev().find_map(|generation| generation.tally) {
        found.tally = tally;
    }
    Ok(Opened::Complete(found))
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
