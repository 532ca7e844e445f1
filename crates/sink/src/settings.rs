//! What shapes the outcomes of a run: kept with them, and compared when something is to go with them.

use std::collections::BTreeSet;

use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::folder::{Folder, Put};
use crate::manifest::FORMAT;
use crate::output::Outputs;
use crate::sql::{Database, Sql};
use crate::{Error, Options};

pub(crate) const NAME: &str = "_imgmeta/settings.json";
/// The setting that tells what a run writes.
pub(crate) const OUTPUTS: &str = "outputs";

/// The settings that tell which database it fills.
pub(crate) const SQL: &str = "sql";
pub(crate) const SQL_TAGS: &str = "sql_tags";

/// The settings of a run, what it writes among them.
pub(crate) fn of(options: &Options) -> Map<String, Value> {
    let mut settings = options.settings.clone();
    settings.insert(OUTPUTS.into(), options.outputs.names());
    if let Some(Sql { database, tags }) = &options.sql {
        settings.insert(SQL.into(), database.to_string().into());
        settings.insert(SQL_TAGS.into(), (*tags).into());
    }
    settings
}

/// The database that a run with these settings fills, without its user.
pub(crate) fn sql(folder: &Folder, settings: &Map<String, Value>) -> Result<Option<Sql>, Error> {
    let Some(url) = settings.get(SQL).and_then(Value::as_str) else { return Ok(None) };
    let database = Database::parse(url).map_err(|error| folder.damaged(NAME, error.to_string()))?;
    Ok(Some(Sql { database, tags: settings.get(SQL_TAGS).and_then(Value::as_bool).unwrap_or(false) }))
}

/// What a run with these settings writes.
pub(crate) fn outputs(folder: &Folder, settings: &Map<String, Value>) -> Result<Outputs, Error> {
    let names = settings.get(OUTPUTS).unwrap_or(&Value::Null);
    Outputs::from_names(names).ok_or_else(|| folder.damaged(NAME, format!("it has unknown outputs: {names}")))
}

/// Puts them, where there are none.
pub(crate) async fn write(folder: &Folder, settings: &Map<String, Value>) -> Result<(), Error> {
    let bytes = serde_json::to_vec_pretty(&json!({"format": FORMAT, "settings": settings}));
    let bytes = Bytes::from(bytes.expect("a value becomes JSON"));
    match folder.put_new(NAME, &bytes).await? {
        Put::Ours => Ok(()),
        Put::Others => Err(Error::Exists { url: folder.url.clone() }),
    }
}

/// Those of the run that is there; `None` where none are.
pub(crate) async fn read(folder: &Folder) -> Result<Option<Map<String, Value>>, Error> {
    let Some(bytes) = folder.get(NAME).await? else { return Ok(None) };
    let kept: Value = serde_json::from_slice(&bytes).map_err(|error| folder.damaged(NAME, error.to_string()))?;
    if kept["format"] != FORMAT {
        let why = format!("its format is {}, and this program knows {FORMAT}", kept["format"]);
        return Err(folder.damaged(NAME, why));
    }
    let settings = kept["settings"].as_object().cloned();
    settings.map(Some).ok_or_else(|| folder.damaged(NAME, "it has no settings"))
}

/// Each setting that differs, with both values; empty where none does.
pub(crate) fn differences(kept: &Map<String, Value>, settings: &Map<String, Value>) -> String {
    let names: BTreeSet<_> = kept.keys().chain(settings.keys()).collect();
    let value = |map: &Map<String, Value>, name: &str| map.get(name).cloned().unwrap_or_default();
    let differences: Vec<_> = names
        .into_iter()
        .filter(|name| value(kept, name) != value(settings, name))
        .map(|name| format!("{name} was {} and is {}", value(kept, name), value(settings, name)))
        .collect();
    differences.join("; ")
}
