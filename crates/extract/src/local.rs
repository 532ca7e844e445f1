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
            Step::Done(header) => return Ok(reading.answer(header, Some(metadata.len()), false)),
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

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn read_one(path: &Path) -> Trouble {
        let (options, budget) = (Options::default(), Budget::new(1 << 20, 1 << 20));
        super::read(path, None, &options, &budget, &mut Fetch::default()).expect_err("it is no image")
    }

    #[test]
    fn what_is_no_file_is_not_opened() {
        let dir = tempfile::tempdir().unwrap();
        let fifo = dir.path().join("fifo");
        assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        for path in [dir.path(), &fifo, Path::new("/dev/null")] {
            let trouble = read_one(path);
            assert_eq!((trouble.kind, trouble.phase), (Kind::NotAnImage, Phase::Request), "{}", path.display());
        }
        let trouble = read_one(&dir.path().join("none.jpg"));
        assert_eq!((trouble.kind, trouble.phase), (Kind::NotFound, Phase::Request));
        let refused = opening(&ErrorKind::PermissionDenied.into(), dir.path());
        assert_eq!((refused.kind, refused.phase), (Kind::Permission, Phase::Request));
    }

    #[test]
    fn a_file_that_becomes_shorter_while_it_is_read_is_a_failure_of_reading() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.jpg");
        std::fs::write(&path, [0xff, 0xd8, 0xff, 0xe0]).unwrap();
        let (file, metadata) = (File::open(&path).unwrap(), std::fs::metadata(&path).unwrap());
        std::fs::write(&path, "").unwrap();
        let (options, budget) = (Options::default(), Budget::new(1 << 20, 1 << 20));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let reading = Reading::new(&options, &budget, FIRST);
        let _inside = runtime.enter();
        let trouble = read_file(&file, &metadata, reading, &mut Fetch::default()).expect_err("it is gone");
        assert_eq!((trouble.kind, trouble.phase), (Kind::Io, Phase::Body));
    }
}
