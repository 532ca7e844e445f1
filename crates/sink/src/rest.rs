//! What stays of a part when some of its rows were read again.

use roaring::RoaringTreemap;

use crate::finished::{Finished, part_number};
use crate::folder::Folder;
use crate::manifest::{File, Manifest};
use crate::output::{Output, Outputs};
use crate::part::{self, Head};
use crate::shard::Shard;
use crate::writer::{Writer, blocking};
use crate::{Error, Tally};

/// A part of the JSON without the rows that were read again.
struct Rest {
    kept: Vec<Vec<u8>>,
    dropped: u64,
    /// Of all its rows.
    tally: Tally,
}

/// Stages the rest of each part that holds `replaced` rows, takes the part off `tally`, and returns the paths that go.
pub(crate) async fn stage(
    folder: &Folder, finished: &Finished, replaced: &RoaringTreemap, writer: &mut Writer, tally: &mut Tally,
) -> Result<Vec<String>, Error> {
    let mut removes = Vec::new();
    for shard in finished.shards().iter().filter(|shard| !shard.rows.is_disjoint(replaced)) {
        for file in shard.files.iter().filter(|file| !Outputs::is_of_mirror(&file.path)) {
            let rest = rest(folder, finished, file, replaced).await?;
            if rest.dropped == 0 {
                continue;
            }
            tally.subtract(&rest.tally);
            removes.extend(beside(file, &shard.files));
            stage_rest(folder, finished, file, rest, writer).await?;
        }
    }
    writer.flush().await?;
    Ok(removes)
}

async fn stage_rest(
    folder: &Folder, finished: &Finished, file: &File, rest: Rest, writer: &mut Writer,
) -> Result<(), Error> {
    if rest.kept.is_empty() {
        return Ok(());
    }
    let outputs = finished.outputs;
    let damaged = folder.clone();
    let path = file.path.clone();
    let make = move |number, run| {
        blocking(move || {
            let mut shard = Shard::new(outputs, imgmeta_record::json::Keys::Names);
            for line in &rest.kept {
                shard.add_line(line).map_err(|why| damaged.damaged(&path, why))?;
            }
            shard.finish(number, run)
        })
    };
    writer.add(make).await
}

async fn rest(folder: &Folder, finished: &Finished, file: &File, replaced: &RoaringTreemap) -> Result<Rest, Error> {
    let bytes = part::read(folder, file).await?;
    let (compression, replaced) = (finished.outputs.compression, replaced.clone());
    let read = blocking(move || {
        let mut rest = Rest { kept: Vec::new(), dropped: 0, tally: Tally::default() };
        part::lines(&bytes, compression, |line| {
            let head = Head::of(line)?;
            rest.tally.add_line(&head);
            if head.row.is_some_and(|row| replaced.contains(row)) {
                rest.dropped += 1;
            } else {
                rest.kept.push(line.to_vec());
            }
            Ok(())
        })?;
        Ok(rest)
    });
    read.await.map_err(|why: String| folder.damaged(&file.path, why))
}

/// The paths of a part: its own, and that of the mirror of the same kind and number.
fn beside(json: &File, files: &[&File]) -> Vec<String> {
    let kind = |path: &str| Output::ALL.into_iter().find(|output| output.has(path)).map(Output::rows);
    let same =
        |file: &&&File| kind(&file.path) == kind(&json.path) && part_number(&file.path) == part_number(&json.path);
    files.iter().filter(same).map(|file| file.path.clone()).collect()
}

/// Stages an empty part of each output that none of the `files` is of.
pub(crate) async fn stage_empty(files: &[&File], outputs: Outputs, writer: &mut Writer) -> Result<(), Error> {
    let missing = outputs.iter().filter(|output| !files.iter().any(|file| output.has(&file.path)));
    let missing: Vec<_> = missing.collect();
    if missing.is_empty() {
        return Ok(());
    }
    let make = move |number, run| async move {
        let mut files = Vec::new();
        for output in missing {
            files.push((output.part(number, outputs.compression), output.empty(outputs)?));
        }
        Ok((Manifest::new(number, run, &files, RoaringTreemap::new(), Tally::default()), files))
    };
    writer.add(make).await?;
    writer.flush().await
}
