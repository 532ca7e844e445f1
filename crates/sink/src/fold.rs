//! The log of manifests: many small files become one, so that an output of 10^9 rows opens soon.
//!
//! A part of the log is put before the manifests in it are deleted. Killed in between, a manifest is there twice: the one
//! in the log counts. Shards are committed one after the other, so a part that is named by its first and last number has
//! each manifest between them, or an earlier part has it.

use std::ops::RangeInclusive;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};

use crate::Error;
use crate::folder::{AT_ONCE, Folder};
use crate::lock::Held;
use crate::manifest::{self, Manifest};
use crate::open::is_draft;

/// What the folder of manifests has, by name.
#[derive(Debug, Default)]
struct Listed {
    parts: Vec<(RangeInclusive<u64>, String)>,
    /// In no part of the log.
    loose: Vec<(u64, String)>,
    /// In a part of the log, too.
    folded: Vec<String>,
}

async fn listed(folder: &Folder) -> Result<Listed, Error> {
    let names = folder.list(manifest::FOLDER).await?.into_iter().map(|meta| meta.location.to_string());
    let (mut listed, mut single) = (Listed::default(), Vec::new());
    for name in names.filter(|name| !is_draft(name)) {
        match numbers(&name) {
            Some((first, Some(last))) => listed.parts.push((first..=last, name)),
            Some((number, None)) => single.push((number, name)),
            None => return Err(folder.damaged(&name, "it is no manifest")),
        }
    }
    single.sort_unstable();
    for (number, name) in single {
        if listed.parts.iter().any(|(numbers, _)| numbers.contains(&number)) {
            listed.folded.push(name);
        } else {
            listed.loose.push((number, name));
        }
    }
    Ok(listed)
}

/// Of `00000007.json` the number; of `00000000-00000999.ndjson` the first and the last.
fn numbers(name: &str) -> Option<(u64, Option<u64>)> {
    let name = name.rsplit('/').next()?;
    match name.strip_suffix(".ndjson") {
        Some(range) => {
            let (first, last) = range.split_once('-')?;
            Some((first.parse().ok()?, Some(last.parse().ok()?)))
        }
        None => Some((name.strip_suffix(".json")?.parse().ok()?, None)),
    }
}

/// How often the folder is listed where manifests vanish meanwhile, because a run that goes on folds them.
const LISTINGS: u32 = 3;

/// All manifests, by number.
pub(crate) async fn manifests(folder: &Folder) -> Result<Vec<Manifest>, Error> {
    let mut vanished = String::new();
    for _ in 0..LISTINGS {
        let Listed { parts, loose, folded: _ } = listed(folder).await?;
        let names = parts.into_iter().map(|(_, name)| name).chain(loose.into_iter().map(|(_, name)| name));
        match read_all(folder, names).await? {
            Ok(manifests) => return Ok(manifests),
            Err(name) => vanished = name,
        }
    }
    Err(folder.damaged(&vanished, "it vanished"))
}

/// Those of these files, by number; the name of a file that is not there any more.
async fn read_all(
    folder: &Folder, names: impl Iterator<Item = String>,
) -> Result<Result<Vec<Manifest>, String>, Error> {
    let mut reading = stream::iter(names).map(|name| read(folder, name)).buffer_unordered(AT_ONCE);
    let mut manifests = Vec::new();
    while let Some(read) = reading.try_next().await? {
        match read {
            Ok(some) => manifests.extend(some),
            Err(name) => return Ok(Err(name)),
        }
    }
    manifests.sort_by_key(|manifest| manifest.number);
    Ok(Ok(manifests))
}

/// One manifest, or those of one part of the log; its name where it is not there.
async fn read(folder: &Folder, name: String) -> Result<Result<Vec<Manifest>, String>, Error> {
    let Some(bytes) = folder.get(&name).await? else { return Ok(Err(name)) };
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(Manifest::from_bytes).collect::<Result<_, _>>().map(Ok).map_err(|why| folder.damaged(&name, why))
}

/// Adds a part to the log, where at least so many manifests are in none.
pub(crate) async fn fold(folder: &Folder, held: &Held, after: usize) -> Result<(), Error> {
    let Listed { loose, folded, .. } = listed(folder).await?;
    folder.delete_all(folded).await?;
    let (Some((first, _)), Some((last, _))) = (loose.first(), loose.last()) else { return Ok(()) };
    if loose.len() < after {
        return Ok(());
    }
    let part = format!("{}/{first:08}-{last:08}.ndjson", manifest::FOLDER);
    let names: Vec<_> = loose.into_iter().map(|(_, name)| name).collect();
    let read = read_all(folder, names.iter().cloned()).await?;
    let manifests = read.map_err(|name| folder.damaged(&name, "it vanished"))?;
    let log: Vec<u8> = manifests.iter().flat_map(Manifest::to_bytes).collect();
    held.check(folder).await?;
    folder.put(&part, &Bytes::from(log)).await?;
    folder.delete_all(names).await
}

/// Deletes them all.
pub(crate) async fn delete(folder: &Folder) -> Result<(), Error> {
    let names = folder.list(manifest::FOLDER).await?.into_iter().map(|meta| meta.location.to_string());
    folder.delete_all(names).await
}
