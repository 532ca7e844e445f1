//! Files on local disks: which may be opened, and what is read of them, by ranges.

use std::fs::{File, Metadata};
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::UNIX_EPOCH;

use imgmeta_record::{Fetch, Kind, Phase, UtcTime};

use crate::probe::Header;
use crate::reading::{Reading, Step};
use crate::trouble::Trouble;

/// First range of a local file, in bytes. Another one costs a system call, and bytes that nobody looks at cost more.
pub(crate) const FIRST: u64 = 16 << 10;

/// What is known of a file before it is opened. Opening a FIFO would wait for its writer: what is no regular file is none.
pub(crate) fn look(path: &Path) -> Result<Metadata, Trouble> {
    let metadata = std::fs::metadata(path).map_err(|error| opening(&error, path))?;
    if metadata.is_file() {
        return Ok(metadata);
    }
    let what = if metadata.is_dir() { "a folder" } else { "a FIFO, socket or device" };
    Err(Trouble::new(Kind::NotAnImage, Phase::Request, what))
}

/// A file that was looked at.
pub(crate) fn open(path: &Path) -> Result<File, Trouble> {
    File::open(path).map_err(|error| opening(&error, path))
}

/// When it was written.
pub(crate) fn modified(metadata: &Metadata) -> Option<UtcTime> {
    let since = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(UtcTime(i64::try_from(since.as_micros()).ok()?))
}

/// Reads what is wanted of a file of `len` bytes. `reserve` is told how many bytes are about to be held.
pub(crate) fn read(
    file: &File, len: u64, reading: &mut Reading, mut reserve: impl FnMut(u64), fetch: &mut Fetch,
) -> Result<Box<Header>, Trouble> {
    reading.known.set_total(len);
    loop {
        let range = match reading.step()? {
            Step::Done(header) => return Ok(header),
            Step::Read(range) => range,
        };
        let wanted = (range.end - range.start).min(reading.allowance());
        reserve(reading.known.held().saturating_add(wanted));
        let mut buffer = vec![0; usize::try_from(wanted).unwrap_or(0)];
        let len = read_at(file, &mut buffer, range.start)
            .map_err(|error| Trouble::new(Kind::Io, Phase::Body, format!("cannot read: {error}")))?;
        fetch.requests += 1;
        fetch.bytes_read += len as u64;
        if len == 0 {
            return Err(Trouble::new(Kind::Io, Phase::Body, "the file became shorter while it was read"));
        }
        buffer.truncate(len);
        reading.known.insert_shared(range.start, buffer.into());
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
    use crate::probe;
    use crate::reading::Limits;

    #[test]
    fn what_is_no_file_is_not_opened() {
        let dir = tempfile::tempdir().unwrap();
        let fifo = dir.path().join("fifo");
        assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        for path in [dir.path(), &fifo, Path::new("/dev/null")] {
            let trouble = look(path).expect_err("it is no file");
            assert_eq!((trouble.kind, trouble.phase), (Kind::NotAnImage, Phase::Request), "{}", path.display());
        }
        let trouble = look(&dir.path().join("none.jpg")).expect_err("it is not there");
        assert_eq!((trouble.kind, trouble.phase), (Kind::NotFound, Phase::Request));
        let refused = opening(&ErrorKind::PermissionDenied.into(), dir.path());
        assert_eq!((refused.kind, refused.phase), (Kind::Permission, Phase::Request));
    }

    #[test]
    fn a_file_that_becomes_shorter_while_it_is_read_is_a_failure_of_reading() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.jpg");
        std::fs::write(&path, "").unwrap();
        let file = open(&path).unwrap();
        let mut reading = Reading::new(probe::Options::default(), Limits::default());
        let trouble = read(&file, 4, &mut reading, |_| {}, &mut Fetch::default()).expect_err("it is gone");
        assert_eq!((trouble.kind, trouble.phase), (Kind::Io, Phase::Body));
    }
}
