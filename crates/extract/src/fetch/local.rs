//! Images on local disks. It is work for a runtime's thread on which nobody waits.

use std::path::Path;

use imgmeta_record::{Fetch, Version};
use tokio::runtime::Handle;

use crate::disk;
use crate::fetch::Options;
use crate::fetch::budget::Budget;
use crate::fetch::held::Held;
use crate::fetch::source::Got;
use crate::trouble::Trouble;

/// Reads one file, unless it is as it was.
pub(crate) fn read(
    path: &Path, since: Option<&Version>, options: &Options, budget: &Budget, fetch: &mut Fetch,
) -> Result<Got, Trouble> {
    fetch.attempts += 1;
    let metadata = disk::look(path)?;
    fetch.last_modified = disk::modified(&metadata);
    let now = Version { etag: None, last_modified: fetch.last_modified, bytes: Some(metadata.len()) };
    if since == Some(&now) {
        return Ok(Got::Unchanged);
    }
    let file = disk::open(path)?;
    let mut held = Held::new(options, budget, disk::FIRST);
    let (reading, share) = held.parts();
    let reserve = |bytes| Handle::current().block_on(share.grow_to(bytes));
    let header = disk::read(&file, metadata.len(), reading, reserve, fetch)?;
    Ok(Got::Answer(held.answer(header, Some(metadata.len()), false)))
}
