//! A finished output, as those find it that change or join finished ones.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use imgmeta_storage::Place;
use object_store::ObjectStore;
use roaring::RoaringTreemap;
use serde_json::{Map, Value};

use crate::finish::notes;
use crate::fold::manifests;
use crate::folder::Folder;
use crate::generation::Generation;
use crate::manifest::{File, Manifest};
use crate::open::SUCCESS;
use crate::output::{Compression, Outputs};
use crate::writer::blocking;
use crate::{Error, Tally, Waits, compaction, overwrite, part, settings};

/// What a finished output consists of.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) settings: Map<String, Value>,
    /// What it has by now, what later changes added included.
    pub(crate) outputs: Outputs,
    pub(crate) manifests: Vec<Manifest>,
    pub(crate) generations: Vec<Generation>,
    /// What the caller of the run had kept.
    pub(crate) notes: Map<String, Value>,
}

/// Outcomes that stand in the parts of one number.
#[derive(Debug)]
pub(crate) struct Shard<'a> {
    pub(crate) number: u64,
    pub(crate) rows: Arc<RoaringTreemap>,
    /// Whether it has just these rows. A shard of sorted outcomes has some of them, and shares them with others.
    pub(crate) exact: bool,
    /// `None` where a later change has taken some of its rows.
    pub(crate) tally: Option<Tally>,
    pub(crate) files: Vec<&'a File>,
}

impl Shard<'_> {
    /// Its rows, which its files tell where it names none of its own.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub(crate) async fn rows_in(
        &self, folder: &Folder, files: &[(String, Bytes)], compression: Compression,
    ) -> Result<Arc<RoaringTreemap>, Error> {
        if self.exact {
            return Ok(Arc::clone(&self.rows));
        }
        let mut rows = RoaringTreemap::new();
        for (path, bytes) in files.iter().filter(|(path, _)| !Outputs::is_of_mirror(path)) {
            let bytes = bytes.clone();
            let found = blocking(move || part::rows(&bytes, compression)).await;
            rows |= found.map_err(|why| folder.damaged(path, why))?;
        }
        Ok(Arc::new(rows))
    }
}

/// The folder of an output that must be there: nothing is made.
pub(crate) fn folder(place: &Place, waits: Waits) -> Result<Folder, Error> {
    if place.local().is_some_and(|path| !path.is_dir()) {
        return Err(Error::NoRun { url: place.url().into() });
    }
    let store = place.folder().map_err(|source| Error::Place { url: place.url().into(), source })?;
    Ok(at(store, place.url(), place.local(), waits))
}

pub(crate) fn at(store: Arc<dyn ObjectStore>, url: &str, local: Option<PathBuf>, waits: Waits) -> Folder {
    Folder { store, url: url.into(), local, waits }
}

impl Finished {
    /// # Errors
    /// [`Error::NoRun`], and [`Error::Damaged`].
    pub(crate) async fn read(folder: &Folder) -> Result<Self, Error> {
        let no_run = || Error::NoRun { url: folder.url.clone() };
        let settings = settings::read(folder).await?.ok_or_else(no_run)?;
        let (manifests, generations) = (manifests(folder).await?, Generation::read_all(folder).await?);
        let mut outputs = settings::outputs(folder, &settings)?;
        let added = generations.iter().flat_map(Generation::files);
        outputs.mirror |= added.into_iter().any(|file| Outputs::is_of_mirror(&file.path));
        outputs.geometry |= generations.iter().any(compaction::adds_geometry);
        let notes = notes(folder).await?;
        Ok(Self { settings, outputs, manifests, generations, notes })
    }

    /// The run's id in a database: that of the process which committed its first shard.
    pub(crate) fn id(&self) -> &str {
        self.manifests.first().map_or("", |manifest| &manifest.run)
    }

    /// What all outcomes add up to.
    pub(crate) fn tally(&self) -> Tally {
        if let Some(tally) = self.generations.iter().rev().find_map(|generation| generation.tally.as_ref()) {
            return tally.clone();
        }
        let mut tally = Tally::default();
        self.manifests.iter().for_each(|manifest| tally.merge(&manifest.tally));
        tally
    }

    /// The number of a new shard.
    pub(crate) fn next(&self) -> u64 {
        self.all_shards().map(|(_, shard)| shard.number + 1).max().unwrap_or(0)
    }

    /// What stands where by now, with the rows that no later change has taken.
    pub(crate) fn shards(&self) -> Vec<Shard<'_>> {
        let mut files: HashMap<u64, Vec<&File>> = HashMap::new();
        self.files().for_each(|file| files.entry(part_number(&file.path)).or_default().push(file));
        let taken: Vec<_> = self.generations.iter().map(|made| (made.number, made.all_rows())).collect();
        let stays = |made: u64, rows: &RoaringTreemap| {
            let mut rows = rows.clone();
            taken.iter().filter(|(later, _)| *later > made).for_each(|(_, theirs)| rows -= theirs);
            rows
        };
        let scattered = |made: &Generation| {
            let rows = made.scattered()?;
            let stays = stays(made.number, &rows);
            Some((made.number, (stays.len() == rows.len(), Arc::new(stays))))
        };
        let scattered: HashMap<u64, _> = self.generations.iter().filter_map(scattered).collect();
        let shards = self.all_shards().map(|(made, shard)| {
            let number = shard.number;
            let files = files.remove(&number).unwrap_or_default();
            let shared = scattered.get(&made).filter(|_| shard.rows.is_empty() && shard.tally.rows > 0);
            let (whole, rows) = if let Some((whole, rows)) = shared {
                (*whole, Arc::clone(rows))
            } else {
                let rows = stays(made, &shard.rows);
                (rows.len() == shard.rows.len(), Arc::new(rows))
            };
            Shard { number, rows, exact: shared.is_none(), tally: whole.then(|| shard.tally.clone()), files }
        });
        shards.collect()
    }

    /// A change that was committed.
    pub(crate) fn generation(&self, number: u64) -> Option<&Generation> {
        self.generations.iter().find(|generation| generation.number == number)
    }

    /// Those of the run and of each change, with the number of the change.
    pub(crate) fn all_shards(&self) -> impl Iterator<Item = (u64, &Manifest)> {
        let changed = self.generations.iter().flat_map(|made| made.shards.iter().map(|shard| (made.number, shard)));
        self.manifests.iter().map(|shard| (0, shard)).chain(changed)
    }

    /// All files that readers see, but for the markers.
    pub(crate) fn files(&self) -> impl Iterator<Item = &File> {
        let removed: HashSet<&str> =
            self.generations.iter().flat_map(|generation| &generation.removes).map(String::as_str).collect();
        let added = self.generations.iter().flat_map(Generation::files);
        let files = self.manifests.iter().flat_map(|manifest| &manifest.files).chain(added);
        files.filter(move |file| !removed.contains(file.path.as_str()))
    }
}

/// The number in a part's name, which is that of its shard.
pub(crate) fn part_number(path: &str) -> u64 {
    let number = path.rsplit_once("/part-").and_then(|(_, name)| name.split('.').next()?.parse().ok());
    number.unwrap_or(u64::MAX)
}

/// # Errors
/// [`Error::Incomplete`] where a run is not complete.
pub(crate) async fn must_be_complete(folder: &Folder) -> Result<(), Error> {
    if overwrite::is_begun(folder).await? || folder.get(SUCCESS).await?.is_none() {
        return Err(Error::Incomplete { url: folder.url.clone() });
    }
    Ok(())
}
