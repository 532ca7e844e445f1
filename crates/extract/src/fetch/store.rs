//! Images in object stores and HDFS: the same reading, range by range.

use std::ops::Range;

use imgmeta_record::{Fetch, Kind, Phase, UtcTime, Version};
use imgmeta_storage::{Fault, Place, fault, said};
use object_store::{GetOptions, GetRange, GetResult, ObjectMeta, ObjectStoreExt};

use crate::fetch::Options;
use crate::fetch::budget::Budget;
use crate::fetch::held::Held;
use crate::fetch::source::{Answer, Got};
use crate::fetch::trouble::chain;
use crate::reading::Step;
use crate::trouble::Trouble;

/// First range of a key in a store, in bytes.
const FIRST: u64 = 64 << 10;

/// Reads one key, once, unless it is as it was.
pub(crate) async fn read(
    place: &Place, since: Option<&Version>, options: &Options, budget: &Budget, fetch: &mut Fetch,
) -> Result<Got, Trouble> {
    if let Some(since) = since {
        fetch.requests += 1;
        let meta = place.store().head(place.key()).await.map_err(|error| trouble(&error, Phase::Request))?;
        if version(&meta) == *since {
            return Ok(Got::Unchanged);
        }
    }
    read_ranges(place, options, budget, fetch).await.map(Got::Answer)
}

fn version(meta: &ObjectMeta) -> Version {
    let last_modified = Some(UtcTime(meta.last_modified.timestamp_micros()));
    Version { etag: meta.e_tag.clone(), last_modified, bytes: Some(meta.size) }
}

async fn read_ranges(place: &Place, options: &Options, budget: &Budget, fetch: &mut Fetch) -> Result<Answer, Trouble> {
    let mut reading = Held::new(options, budget, FIRST);
    let mut first = None;
    loop {
        let range = match reading.step()? {
            Step::Done(header) => {
                let bytes = reading.known.total();
                return Ok(reading.answer(header, bytes, false));
            }
            Step::Read(range) => range,
        };
        reading.make_room(range.end - range.start).await;
        fetch.requests += 1;
        let Some(result) = get(place, range.clone()).await? else {
            reading.known.set_total(0);
            continue;
        };
        let found = version(&result.meta);
        if *first.get_or_insert_with(|| found.clone()) != found {
            return Err(Trouble::new(Kind::Io, Phase::Body, "the file changed while it was read"));
        }
        reading.known.set_total(result.meta.size);
        fetch.last_modified = found.last_modified;
        fetch.etag = found.etag;
        let bytes = result.bytes().await.map_err(|error| trouble(&error, Phase::Body))?;
        fetch.bytes_read += bytes.len() as u64;
        if bytes.is_empty() {
            return Err(Trouble::new(Kind::Io, Phase::Body, "the store gave no bytes"));
        }
        reading.known.insert_shared(range.start, bytes);
    }
}

/// A range of a key; `None` where the key is empty, of which no range can be had.
async fn get(place: &Place, range: Range<u64>) -> Result<Option<GetResult>, Trouble> {
    let options = GetOptions { range: Some(GetRange::Bounded(range.clone())), ..GetOptions::default() };
    match place.store().get_opts(place.key(), options).await {
        Ok(result) => Ok(Some(result)),
        Err(error) if range.start == 0 && fault(&error) == Fault::Other => {
            match place.store().head(place.key()).await {
                Ok(meta) if meta.size == 0 => Ok(None),
                _ => Err(trouble(&error, Phase::Request)),
            }
        }
        Err(error) => Err(trouble(&error, Phase::Request)),
    }
}

fn trouble(error: &object_store::Error, phase: Phase) -> Trouble {
    let message = said(error).unwrap_or_else(|| chain(error));
    match fault(error) {
        Fault::NotFound if message.contains("directory") => Trouble::new(Kind::NotAnImage, Phase::Request, "a folder"),
        Fault::NotFound => Trouble::new(Kind::NotFound, Phase::Request, message),
        Fault::Permission => Trouble::new(Kind::Permission, Phase::Request, message),
        Fault::RateLimited => Trouble::new(Kind::RateLimited, Phase::Request, message),
        Fault::Unreachable => Trouble::new(Kind::Connect, Phase::Connect, message),
        // Not `permission`: with a ticket it is another answer, so `imgmeta retry` should ask again.
        Fault::AlreadyExists | Fault::Full | Fault::Login | Fault::Other => Trouble::new(Kind::Io, phase, message),
    }
}
