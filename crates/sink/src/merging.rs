//! Joining runs over parts of one list.

use std::ops::Range;

use bytes::Bytes;
use futures::future::try_join_all;
use imgmeta_storage::Place;
use roaring::RoaringTreemap;
use serde_json::{Map, Value};

use crate::dataset::{Dataset, State};
use crate::finished::{self, Finished, Shard, must_be_complete};
use crate::folder::Folder;
use crate::generation::Pending;
use crate::manifest::File;
use crate::output::Outputs;
use crate::writer::blocking;
use crate::{Error, Options, Summary, Tally, part, settings};

/// The setting that tells which rows of the list a run read.
const ROWS: &str = "rows";

/// A run over a part of the list.
struct Part {
    folder: Folder,
    finished: Finished,
    rows: Range<u64>,
}

/// Joins complete runs over parts of one list into a new output, which then is as one run over all their rows.
///
/// The runs stay as they are. Killed at any instant, the same call with [`Mode::Resume`](crate::Mode::Resume) goes on.
/// `options` tells the mode and the waits; its settings and outputs are those of the runs, but no database is filled. `progress` is told how many
/// shards of how many are joined.
///
/// # Errors
/// [`Error::NoRun`], [`Error::Incomplete`] and [`Error::Pending`] of a run, [`Error::Parts`] where they have rows twice,
/// leave rows out or were made with other settings, and those of [`Dataset::open`] and [`Dataset::write`].
pub async fn merge(
    runs: &[Place], output: &Place, options: Options, progress: impl Fn(usize, usize),
) -> Result<Summary, Error> {
    let folders = runs.iter().map(|run| finished::folder(run, options.waits)).collect::<Result<Vec<_>, _>>()?;
    let mut parts = try_join_all(folders.into_iter().map(open)).await?;
    parts.sort_by_key(|part| part.rows.start);
    check(&parts)?;
    let Some((first, last)) = parts.first().zip(parts.last()) else {
        return Err(Error::Parts { why: "there is none".into() });
    };
    let mut settings = without_own(&first.finished.settings);
    settings.insert(ROWS.into(), text(&(first.rows.start..last.rows.end)));
    let options = Options { outputs: first.finished.outputs, settings, ..options };
    let mut dataset = Dataset::open(output, options).await?;
    if dataset.state() != State::Complete {
        copy(&parts, &mut dataset, progress).await?;
    }
    dataset.finish(true).await
}

async fn open(folder: Folder) -> Result<Part, Error> {
    let finished = Finished::read(&folder).await?;
    Pending::refuse(&folder).await?;
    must_be_complete(&folder).await?;
    let rows = finished.settings.get(ROWS).unwrap_or(&Value::Null);
    let rows = range(rows).ok_or_else(|| folder.damaged(settings::NAME, "its rows are no range"))?;
    Ok(Part { folder, finished, rows })
}

/// Refuses runs that are not the parts of one list; they come by their first row.
fn check(parts: &[Part]) -> Result<(), Error> {
    for pair in parts.windows(2) {
        let [one, other] = pair else { continue };
        let (a, b) = (&one.folder.url, &other.folder.url);
        let differences = settings::differences(&comparable(&one.finished), &comparable(&other.finished));
        let why = if !differences.is_empty() {
            format!("settings of `{b}` differ from those of `{a}`: {differences}")
        } else if other.rows.start < one.rows.end {
            let end = one.rows.end.min(other.rows.end);
            format!("`{a}` and `{b}` both have the rows {}", shown(&(other.rows.start..end)))
        } else if other.rows.start > one.rows.end {
            format!("none has the rows {}", shown(&(one.rows.end..other.rows.start)))
        } else {
            continue;
        };
        return Err(Error::Parts { why });
    }
    Ok(())
}

/// The settings in which parts of one list agree.
fn comparable(finished: &Finished) -> Map<String, Value> {
    let mut settings = without_own(&finished.settings);
    settings.insert(settings::OUTPUTS.into(), finished.outputs.names());
    settings
}

/// Without what each part has of its own: its rows, and a database that its outcomes were put into.
fn without_own(settings: &Map<String, Value>) -> Map<String, Value> {
    let own = [ROWS, settings::SQL, settings::SQL_TAGS];
    settings
        .iter()
        .filter(|(name, _)| !own.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// `5..10`, of which each end may be left out; null is all rows.
fn range(rows: &Value) -> Option<Range<u64>> {
    let Some((start, end)) = rows.as_str().and_then(|text| text.split_once("..")) else {
        return rows.is_null().then_some(0..u64::MAX);
    };
    let number = |text: &str, other| if text.is_empty() { Some(other) } else { text.parse().ok() };
    Some(number(start, 0)?..number(end, u64::MAX)?)
}

/// As the settings of one run over these rows would have it.
fn text(rows: &Range<u64>) -> Value {
    if *rows == (0..u64::MAX) { Value::Null } else { format!("{}..{}", rows.start, rows.end).into() }
}

fn shown(rows: &Range<u64>) -> String {
    let end = if rows.end == u64::MAX { String::new() } else { rows.end.to_string() };
    format!("{}..{end}", rows.start)
}

/// Copies shard after shard, but for those that an earlier process has copied.
async fn copy(parts: &[Part], dataset: &mut Dataset, progress: impl Fn(usize, usize)) -> Result<(), Error> {
    let shards = parts.iter().flat_map(|part| part.finished.shards().into_iter().map(move |shard| (part, shard)));
    let has_rows = |shard: &Shard<'_>| !shard.rows.is_empty() || shard.tally.as_ref().is_some_and(|all| all.rows > 0);
    let shards: Vec<_> = shards.filter(|(_, shard)| has_rows(shard)).collect();
    for (at, (part, shard)) in shards.iter().enumerate() {
        if shard.exact {
            all_have_numbers(part, shard, &shard.rows)?;
        }
        if !shard.rows.is_subset(&dataset.committed()) {
            adopt(part, shard, dataset).await?;
        }
        progress(at + 1, shards.len());
    }
    Ok(())
}

async fn adopt(part: &Part, shard: &Shard<'_>, dataset: &mut Dataset) -> Result<(), Error> {
    let files = try_join_all(shard.files.iter().map(|file| named(&part.folder, file))).await?;
    let rows = shard.rows_in(&part.folder, &files, part.finished.outputs.compression).await?;
    all_have_numbers(part, shard, &rows)?;
    if rows.is_subset(&dataset.committed()) {
        return Ok(());
    }
    let tally = match &shard.tally {
        Some(tally) => tally.clone(),
        None => count(part, &files).await?,
    };
    let files = files.into_iter().map(|(path, bytes)| (path, bytes.into())).collect();
    dataset.adopt(rows.as_ref().clone(), tally, files).await
}

/// Refuses a shard with rows that have no number: nobody could tell whether they are there twice.
fn all_have_numbers(part: &Part, shard: &Shard<'_>, rows: &RoaringTreemap) -> Result<(), Error> {
    if shard.tally.as_ref().is_some_and(|tally| tally.rows != rows.len()) {
        let why = format!("`{}` has rows without a number", part.folder.url);
        return Err(Error::Parts { why });
    }
    Ok(())
}

async fn named(folder: &Folder, file: &File) -> Result<(String, Bytes), Error> {
    Ok((file.path.clone(), part::read(folder, file).await?))
}

/// Counts the outcomes of a shard of which a later change has taken some.
async fn count(part: &Part, files: &[(String, Bytes)]) -> Result<Tally, Error> {
    let mut tally = Tally::default();
    let compression = part.finished.outputs.compression;
    for (path, bytes) in files.iter().filter(|(path, _)| !Outputs::is_of_mirror(path)) {
        let bytes = bytes.clone();
        let counted = blocking(move || Tally::of_lines(&bytes, compression)).await;
        tally.merge(&counted.map_err(|why| part.folder.damaged(path, why))?);
    }
    Ok(tally)
}
