//! Changes of a finished output, each in one step: new parts are staged, what is to be added and removed is put as a
//! generation, which is the commit point, and then it is published.

use bytes::Bytes;
use roaring::{MultiOps, RoaringTreemap};
use serde_json::{Value, json};

use crate::commit::{STAGING, staged};
use crate::finish::{clear_staging, delete_drafts, notes, summary};
use crate::folder::{Folder, Put};
use crate::lock::Held;
use crate::manifest::{FORMAT, File, Manifest};
use crate::open::{SUCCESS, SUMMARY};
use crate::output::{Output, Outputs};
use crate::sql::Tables;
use crate::{Error, Tally, compaction, rows};

/// There from the beginning of a change to its end: no other command may touch the output meanwhile.
const PENDING: &str = "_imgmeta/pending.json";

/// One change.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Generation {
    /// From 1.
    pub(crate) number: u64,
    /// The command that made it.
    pub(crate) command: String,
    /// What that was told.
    pub(crate) arguments: Value,
    /// Files that stand beside those of a shard, under its number.
    pub(crate) adds: Vec<File>,
    /// New shards; of their rows, what older shards say no longer counts.
    pub(crate) shards: Vec<Manifest>,
    /// Those of all shards, where some of them have rows from everywhere and do not name them.
    pub(crate) rows: Option<RoaringTreemap>,
    /// Paths.
    pub(crate) removes: Vec<String>,
    /// What all outcomes add up to then, where it differs.
    pub(crate) tally: Option<Tally>,
}

/// A change that was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pending {
    pub(crate) number: u64,
    pub(crate) command: String,
    /// What the command was told that shapes its outcomes.
    pub(crate) arguments: Value,
}

/// Where a generation is.
pub(crate) fn path(number: u64) -> String {
    format!("_imgmeta/generation-{number}.json")
}

impl Pending {
    pub(crate) async fn read(folder: &Folder) -> Result<Option<Self>, Error> {
        let Some(bytes) = folder.get(PENDING).await? else { return Ok(None) };
        let json = parse(folder, PENDING, &bytes)?;
        let pending = || {
            let (number, command) = (json["number"].as_u64()?, json["command"].as_str()?.to_owned());
            Some(Self { number, command, arguments: json["arguments"].clone() })
        };
        pending().map(Some).ok_or_else(|| missing(folder, PENDING))
    }

    /// # Errors
    /// [`Error::Pending`] where a change was begun and has not ended.
    pub(crate) async fn refuse(folder: &Folder) -> Result<(), Error> {
        match Self::read(folder).await? {
            Some(pending) => Err(pending.error(folder)),
            None => Ok(()),
        }
    }

    pub(crate) fn error(self, folder: &Folder) -> Error {
        Error::Pending { url: folder.url.clone(), command: self.command }
    }

    /// Says that a change is begun.
    pub(crate) async fn begin(self, folder: &Folder) -> Result<Self, Error> {
        let Self { number, command, arguments } = &self;
        let json = json!({"format": FORMAT, "number": number, "command": command, "arguments": arguments});
        match folder.put_new(PENDING, &Bytes::from(format!("{json}\n"))).await? {
            Put::Ours => Ok(self),
            Put::Others => Err(Error::LostLock { url: folder.url.clone() }),
        }
    }

    /// Ends it: what was staged and is not published is deleted.
    pub(crate) async fn end(&self, folder: &Folder) -> Result<(), Error> {
        let staging = self.staging();
        let left = folder.list(&format!("{STAGING}/{staging}")).await?;
        folder.delete_all(left.into_iter().map(|meta| meta.location.to_string())).await?;
        clear_staging(folder, &staging);
        folder.delete(PENDING).await
    }

    /// The name under which its parts are staged.
    pub(crate) fn staging(&self) -> String {
        format!("generation-{}", self.number)
    }
}

impl Generation {
    /// All of an output, in their order.
    pub(crate) async fn read_all(folder: &Folder) -> Result<Vec<Self>, Error> {
        let mut generations = Vec::new();
        for number in 1.. {
            let name = path(number);
            let Some(bytes) = folder.get(&name).await? else { break };
            let json = parse(folder, &name, &bytes)?;
            generations.push(Self::from_json(&json).ok_or_else(|| missing(folder, &name))?);
        }
        Ok(generations)
    }

    fn from_json(json: &Value) -> Option<Self> {
        let list = |name: &str| json[name].as_array();
        let path = |path: &Value| path.as_str().map(ToOwned::to_owned);
        Some(Self {
            number: json["number"].as_u64()?,
            command: json["command"].as_str()?.to_owned(),
            arguments: json["arguments"].clone(),
            adds: list("adds")?.iter().map(File::from_json).collect::<Option<_>>()?,
            shards: list("shards").map_or(Some(Vec::new()), |all| all.iter().map(Manifest::from_json).collect())?,
            rows: json["rows"].as_str().map_or(Some(None), |text| rows::from_text(text).map(Some))?,
            removes: list("removes")?.iter().map(path).collect::<Option<_>>()?,
            tally: if json["tally"].is_object() { Some(Tally::from_json(&json["tally"])?) } else { None },
        })
    }

    /// The rows of which it says what counts.
    pub(crate) fn all_rows(&self) -> RoaringTreemap {
        self.rows.clone().unwrap_or_else(|| self.shards.iter().map(|shard| &shard.rows).union())
    }

    /// Among these are the rows of shards that do not name theirs; `None` where each does.
    pub(crate) fn scattered(&self) -> Option<RoaringTreemap> {
        let mut rows = self.rows.clone()?;
        self.shards.iter().for_each(|shard| rows -= &shard.rows);
        Some(rows)
    }

    /// All files that it adds.
    pub(crate) fn files(&self) -> impl Iterator<Item = &File> {
        self.adds.iter().chain(self.shards.iter().flat_map(|shard| &shard.files))
    }

    /// Commits: after this put the change is made, whatever happens then.
    pub(crate) async fn commit(&self, folder: &Folder, held: &Held) -> Result<(), Error> {
        let Self { number, command, arguments, adds, shards, rows, removes, tally } = self;
        let adds: Vec<_> = adds.iter().map(File::to_json).collect();
        let shards: Vec<_> = shards.iter().map(Manifest::to_json).collect();
        let json = json!({
            "format": FORMAT, "number": number, "command": command, "arguments": arguments, "adds": adds,
            "shards": shards, "rows": rows.as_ref().map(rows::to_text), "removes": removes,
            "tally": tally.as_ref().map(Tally::to_json),
        });
        held.check(folder).await?;
        match folder.put_new(&path(*number), &Bytes::from(format!("{json}\n"))).await? {
            Put::Ours => Ok(()),
            Put::Others => Err(Error::LostLock { url: folder.url.clone() }),
        }
    }

    /// Shows readers what was committed, and ends the change. `outputs` is what the output has then.
    ///
    /// What is added comes before what is removed goes: a row may be seen twice meanwhile, and never not at all.
    pub(crate) async fn publish(
        &self, folder: &Folder, pending: &Pending, outputs: Outputs, tables: Option<&Tables>,
    ) -> Result<(), Error> {
        let staging = pending.staging();
        let markers: Vec<_> = outputs.iter().map(Output::marker).collect();
        for marker in &markers {
            folder.put(&staged(&staging, marker), &Bytes::new()).await?;
        }
        delete_drafts(folder).await?;
        folder.delete(SUCCESS).await?;
        for File { path, size, sha256: _ } in self.files() {
            folder.publish(&staged(&staging, path), path, *size).await?;
        }
        match tables {
            // The rows are as they were.
            Some(tables) if self.command == compaction::COMMAND => tables.know(&self.shards).await?,
            Some(tables) => tables.catch_up(folder, &self.shards).await?,
            None => {}
        }
        folder.delete_all(self.removes.iter().cloned()).await?;
        if let Some(tally) = &self.tally {
            let notes = notes(folder).await?;
            folder.put(SUMMARY, &summary(true, tally, &notes)).await?;
        }
        for marker in &markers {
            folder.publish(&staged(&staging, marker), marker, 0).await?;
        }
        pending.end(folder).await
    }
}

fn parse(folder: &Folder, name: &str, bytes: &[u8]) -> Result<Value, Error> {
    let json: Value = serde_json::from_slice(bytes).map_err(|error| folder.damaged(name, error.to_string()))?;
    if json["format"] != FORMAT {
        let why = format!("its format is {}, and this program knows {FORMAT}", json["format"]);
        return Err(folder.damaged(name, why));
    }
    Ok(json)
}

fn missing(folder: &Folder, name: &str) -> Error {
    folder.damaged(name, "a key is missing or of another type")
}
