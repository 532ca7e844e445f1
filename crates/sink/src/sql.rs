//! Outcomes as rows of a relational database: of PostgreSQL by COPY, of SQLite by inserts of many rows.
//!
//! The JSON stays what counts. A shard gets into the tables after its manifest is put and its files are published, from
//! those files, in one transaction that inserts its number into `shards` and does nothing where that is there already. So
//! loading a finished run, a run that fills a database as it goes, and one that is resumed are the same.

mod cell;
mod connect;
mod database;
mod fault;
mod load;
mod nul;
mod postgres;
mod schema;
mod sqlite;
mod steps;
mod table;

use std::sync::Arc;

use bytes::Bytes;
use roaring::RoaringTreemap;
use serde_json::{Map, Value};

use crate::folder::Folder;
use crate::manifest::{File, Manifest};
use crate::output::{Compression, Output};
use crate::writer::blocking;
use crate::{Error, Waits, part};

use connect::Link;
use load::Load;
use steps::{Complete, Create, Forget, Know, Loaded};
use table::Table;

pub use database::{Database, UrlError};

/// A database that outcomes are put into, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sql {
    /// Which.
    pub database: Database,
    /// Whether each tag gets a row of its own, in `exif_tags`.
    pub tags: bool,
}

/// The run that tables hold rows of.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    /// That of the first process that committed a shard of it: it stays when others go on.
    pub(crate) id: String,
    pub(crate) output: String,
    /// As JSON.
    pub(crate) settings: String,
    pub(crate) tags: bool,
}

/// The tables, and the run that they are filled with.
#[derive(Debug)]
pub(crate) struct Tables {
    link: Link,
    url: String,
    run: Run,
    filled: Vec<Arc<Table>>,
    compression: Compression,
}

impl Tables {
    /// Reaches a database and makes its tables, where they are missing; `soon` is how long it is waited for then. The rows
    /// will be those of the run `id` at `folder`.
    pub(crate) async fn open(
        sql: &Sql, soon: Waits, folder: &Folder, id: &str, settings: &Map<String, Value>, compression: Compression,
    ) -> Result<Self, Error> {
        let url = sql.database.to_string();
        let link = Link::new(sql.database.clone(), soon);
        link.step(&Create { url: &url }).await?;
        let settings = Value::Object(settings.clone()).to_string();
        let run = Run { id: id.into(), output: folder.url.clone(), settings, tags: sql.tags };
        let mut filled = vec![Arc::new(Table::failures()), Arc::new(Table::images())];
        filled.extend(sql.tags.then(|| Arc::new(Table::tags())));
        Ok(Self { link: link.with(folder.waits), url, run, filled, compression })
    }

    /// The same for another run.
    pub(crate) fn of(mut self, id: &str) -> Self {
        id.clone_into(&mut self.run.id);
        self
    }

    /// The shards of the run that are there.
    pub(crate) async fn loaded(&self) -> Result<RoaringTreemap, Error> {
        self.link.step(&Loaded(&self.run)).await
    }

    /// Puts a shard's outcomes in, in the place of what was said of the same rows; whether it was not there yet. `files`
    /// are the shard's, of which the JSON is taken.
    pub(crate) async fn load(
        &self, number: u64, rows: &RoaringTreemap, files: &[(String, Bytes)],
    ) -> Result<bool, Error> {
        let mut parts = Vec::new();
        for (path, bytes) in files {
            let Some(output) = Output::ALL.into_iter().find(|output| !output.is_mirror() && output.has(path)) else {
                continue;
            };
            let (bytes, compression) = (bytes.clone(), self.compression);
            let text = blocking(move || part::text(bytes, compression)).await;
            let text = text.map_err(|error| self.damaged(path, error.to_string()))?;
            let lines = memchr::memchr_iter(b'\n', &text).count();
            parts.push((output.rows(), text, i64::try_from(lines).unwrap_or(i64::MAX)));
        }
        let (run, url, tables) = (&self.run, self.url.as_str(), self.filled.as_slice());
        self.link.step(&Load { run, url, number, rows, tables, parts }).await
    }

    /// Puts the shards in that are not there, from their published files.
    pub(crate) async fn catch_up<'a>(
        &self, folder: &Folder, shards: impl IntoIterator<Item = &'a Manifest>,
    ) -> Result<(), Error> {
        let loaded = self.loaded().await?;
        for shard in shards {
            if !shard.rows.is_empty() && !loaded.contains(shard.number) {
                let files = read(folder, &shard.files).await?;
                self.load(shard.number, &shard.rows, &files).await?;
            }
        }
        Ok(())
    }

    /// Notes shards of which all rows are there already, by other shards.
    pub(crate) async fn know(&self, shards: &[Manifest]) -> Result<(), Error> {
        let shards = shards.iter().filter(|shard| shard.tally.rows > 0).map(|shard| shard.number).collect();
        self.link.step(&Know { run: &self.run, url: &self.url, shards }).await
    }

    /// Says that all outcomes of the run are there.
    pub(crate) async fn complete(&self) -> Result<(), Error> {
        self.link.step(&Complete { run: &self.run, url: &self.url }).await
    }

    /// Deletes another run, that of the `id`.
    pub(crate) async fn forget(&self, id: &str) -> Result<(), Error> {
        self.link.step(&Forget(id)).await
    }

    fn damaged(&self, name: &str, why: String) -> Error {
        Error::Damaged { url: self.run.output.clone(), name: name.into(), why }
    }
}

/// The JSON of a shard, as it was published.
pub(crate) async fn read(
    folder: &Folder, files: impl IntoIterator<Item = &File>,
) -> Result<Vec<(String, Bytes)>, Error> {
    let mut read = Vec::new();
    for file in files.into_iter().filter(|file| !crate::Outputs::is_of_mirror(&file.path)) {
        read.push((file.path.clone(), part::read(folder, file).await?));
    }
    Ok(read)
}
