//! Images on local disks: the same reading, over `std::fs`. It is work for a runtime's thread on which nobody waits.

use std::fs::{File, Metadata};
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::UNIX_EPOCH;

use imgmeta_record::{Fetch, Kind, Phase, UtcTime, Version};
use tokio::runtime::Handle;

use crate::Options;
use crate::budget::Budget;
use crate::reading::{Reading, Step};
use crate::source::{Answer, Got};
use crate::trouble::Trouble;

/// First range of a local file, in bytes.
const FIRST: u64 = 64 << 10;

/// Reads one file, unless it is as it was.
pub(crate) fn read(
    path: &Path, since: Option<&Version>, options: &Options, budget: &Budget, fetch: &mut Fetch,
) -> Result<Got, Trouble> {
    fetch.attempts += 1;
    let metadata = std::fs::metadata(path).map_err(|error| opening(&error, path))?;
    regular(&metadata)?;
    fetch.last_modified = modified(&metadata);
    let now = Version { etag: None, last_modified: fetch.last_modified, bytes: Some(metadata.len()) };
    if since == Some(&now) {
        return Ok(Got::Unchanged);
    }
    let file = File::open(path).map_err(|error| opening(&error, path))?;
    let reading = Reading::new(options, budget, FIRST);
    read_file(&file, &metadata, reading, fetch).map(Got::Answer)
}

fn read_file(file: &File, metadata: &Metadata, mut reading: Reading, fetch: &mut Fetch) -> Result<Answer, Trouble> {
    reading.known.set_total(metadata.len());
    loop {
        let range = match reading.step()? {
            Step::Done(header) => return Ok(Answer { header, bytes: Some(metadata.len()), incomplete: false }),
            Step::Read(range) => range,
        };
        let wanted = (range.end - range.start).min(reading.allowance());
        Handle::current().block_on(reading.make_room(wanted));
        let mut buffer = vec![0; usize::try_from(wanted).unwrap_or(0)];
        let len = read_at(file, &mut buffer, range.start)
            .map_err(|error| Trouble::new(Kind::Io, Phase::Body, format!("cannot read: {error}")))?;
        fetch.requests += 1;
        fetch.bytes_read += len as u64;
        if len == 0 {
            return Err(Trouble::new(Kind::Io, Phase::Body, "the file became shorter while it was read"));
        }
        reading.known.insert(range.start, &buffer[..len]);
    }
}

/// Reads until the buffer is full or the file ends.
fn read_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    let mut done = 0;
    while done < buffer.len() {
        match file.read_at(&mut buffer[done..], at + done as u64) {
            Ok(0) => break,
            Ok(len) => done += len,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

/// Opening a FIFO would wait for its writer: what is no regular file is never opened.
fn regular(metadata: &Metadata) -> Result<(), Trouble> {
    if metadata.is_file() {
        return Ok(());
    }
    let what = if metadata.is_dir() { "a folder" } else { "a FIFO, socket or device" };
    Err(Trouble::new(Kind::NotAnImage, Phase::Request, what))
}

fn modified(metadata: &Metadata) -> Option<UtcTime> {
    let since = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(UtcTime(i64::try_from(since.as_micros()).ok()?))
}

fn opening(error: &io::Error, path: &Path) -> Trouble {
    let kind = match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::InvalidFilename | ErrorKind::InvalidInput => {
            Kind::NotFound
        }
        ErrorKind::PermissionDenied => Kind::Permission,
        _ => Kind::Io,
    };
    let hint = if kind == Kind::NotFound { host_hint(path) } else { String::new() };
    Trouble::new(kind, Phase::Request, format!("cannot open `{}`: {error}{hint}", path.display()))
}

/// `www.example.org/x.jpg` is a path, though its writer meant a host.
fn host_hint(path: &Path) -> String {
    let hosts = path.components().rev().skip(1).any(|part| {
        let part = part.as_os_str().to_string_lossy();
        part.starts_with("www.") || [".com", ".org", ".net"].iter().any(|end| part.ends_with(end))
    });
    if hosts { "; if it is on the web, put https:// before it".into() } else { String::new() }
}
