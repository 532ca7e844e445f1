//! Making the mirror of a run that was made without, from its JSON.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use imgmeta_record::schema::Rows;
use imgmeta_storage::Place;
use object_store::ObjectStore;
use serde_json::Value;

use crate::commit::{STAGING, staged};
use crate::finished::{self, Finished, must_be_complete, part_number};
use crate::folder::Folder;
use crate::generation::{Generation, Pending};
use crate::lock::{Held, Lock};
use crate::manifest::File;
use crate::mirror::Mirror;
use crate::output::{Compression, Output, Outputs};
use crate::writer::blocking;
use crate::{Error, Waits, part, process};

/// What a change says of itself.
const COMMAND: &str = "mirror";
/// Parts that are read, turned and staged at once.
const AT_ONCE: usize = 2;

/// What became of a mirror.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mirrored {
    /// It was made, of so many parts.
    Made(usize),
    /// It is there already.
    WasThere,
}

/// Makes the mirror of a finished run from its JSON: what a run with [`Outputs::mirror`] would have written.
///
/// Killed at any instant, the same call goes on with it. `progress` is told how many parts of how many are staged.
///
/// # Errors
/// [`Error::NoRun`], [`Error::Incomplete`], [`Error::Pending`] of another change, [`Error::Locked`],
/// [`Error::Damaged`] where the JSON is not what was written, and [`Error::Store`].
pub async fn mirror(place: &Place, waits: Waits, progress: impl Fn(usize, usize)) -> Result<Mirrored, Error> {
    make(&finished::folder(place, waits)?, progress).await
}

/// The same over a store that is rooted at the output; `local` is its path, where it has one.
///
/// # Errors
/// As [`mirror`].
pub async fn mirror_with_store(
    store: Arc<dyn ObjectStore>, url: &str, local: Option<PathBuf>, waits: Waits, progress: impl Fn(usize, usize),
) -> Result<Mirrored, Error> {
    make(&finished::at(store, url, local, waits), progress).await
}

async fn make(folder: &Folder, progress: impl Fn(usize, usize)) -> Result<Mirrored, Error> {
    // A folder without a run gets no lock.
    Finished::read(folder).await?;
    let lock = Lock::take(folder, &process::run_id()).await?;
    let made = change(folder, &lock.held(), progress).await;
    let released = lock.release(folder).await;
    let made = made?;
    released.map(|()| made)
}

async fn change(folder: &Folder, held: &Held, progress: impl Fn(usize, usize)) -> Result<Mirrored, Error> {
    let finished = Finished::read(folder).await?;
    let pending = match Pending::read(folder).await? {
        Some(pending) if pending.command != COMMAND => return Err(pending.error(folder)),
        Some(pending) => pending,
        None => {
            must_be_complete(folder).await?;
            if finished.outputs.mirror {
                return Ok(Mirrored::WasThere);
            }
            let number = finished.generations.len() as u64 + 1;
            Pending { number, command: COMMAND.into(), arguments: Value::Null }.begin(folder).await?
        }
    };
    let committed = finished.generations.iter().find(|generation| generation.number == pending.number);
    let generation = if let Some(generation) = committed {
        generation.clone()
    } else {
        let adds = stage(folder, &finished, &pending.staging(), progress).await?;
        let generation = Generation { number: pending.number, command: COMMAND.into(), adds, ..Generation::default() };
        generation.commit(folder, held).await?;
        generation
    };
    generation.publish(folder, &pending, Outputs { mirror: true, ..finished.outputs }, None).await?;
    Ok(Mirrored::Made(generation.adds.len()))
}

/// Stages the mirror of each part of the JSON, where an earlier process has not done it.
async fn stage(
    folder: &Folder, finished: &Finished, staging: &str, progress: impl Fn(usize, usize),
) -> Result<Vec<File>, Error> {
    let listed = folder.list(&format!("{STAGING}/{staging}")).await?;
    let done: HashSet<_> = listed.into_iter().map(|meta| meta.location.to_string()).collect();
    let parts: Vec<_> = finished.files().filter_map(|file| Some((file, mirror_of(&file.path)?))).collect();
    let all = parts.len();
    let turned = parts.into_iter().map(|(json, (output, path))| {
        let at = staged(staging, &path);
        let is_done = done.contains(&at);
        async move {
            let bytes = if is_done { folder.get(&at).await? } else { None };
            let bytes = if let Some(bytes) = bytes {
                bytes
            } else {
                let bytes = turn(folder, json, output, finished.outputs.compression).await?;
                folder.put(&at, &bytes).await?;
                bytes
            };
            Ok::<_, Error>(blocking(move || File::new(path, &bytes.into())).await)
        }
    });
    let mut adds = Vec::new();
    let mut turned = stream::iter(turned).buffered(AT_ONCE);
    while let Some(file) = turned.try_next().await? {
        adds.push(file);
        progress(adds.len(), all);
    }
    Ok(adds)
}

/// The mirror's part beside a part of the JSON: it has the same number, which is free in a folder that is new.
pub(crate) fn mirror_of(path: &str) -> Option<(Output, String)> {
    let json = Output::ALL.into_iter().find(|output| !output.is_mirror() && output.has(path))?;
    let mirror = Output::ALL.into_iter().find(|output| output.is_mirror() && output.rows() == json.rows())?;
    Some((mirror, mirror.part(part_number(path), Compression::None)))
}

/// A part of the JSON as a part of the mirror.
async fn turn(folder: &Folder, json: &File, output: Output, compression: Compression) -> Result<Bytes, Error> {
    let bytes = part::read(folder, json).await?;
    turned(bytes, output.rows(), compression).await.map_err(|why| folder.damaged(&json.path, why))
}

/// The bytes of a part of the JSON as those of a part of the mirror.
///
/// # Errors
/// What is wrong with the part.
pub(crate) async fn turned(json: Bytes, rows: Rows, compression: Compression) -> Result<Bytes, String> {
    let turned = blocking(move || {
        let mut mirror = Mirror::new(rows);
        part::lines(&json, compression, |line| mirror.add_line(line))?;
        mirror.finish().map_err(|error| error.to_string())
    });
    turned.await.map(Bytes::from)
}
