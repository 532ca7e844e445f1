//! One image without a runtime: bytes at hand, or a local file.

use std::path::Path;
use std::time::Instant;

use bytes::Bytes;
use imgmeta_record::{Fetch, ImageRef, Outcome};

use crate::assemble::{self, Found};
use crate::disk;
use crate::known::Known;
use crate::probe::{self, Header};
use crate::reading::{Limits, Reading, Step};
use crate::trouble::Trouble;

/// Reads an image that is at hand whole. Nothing is fetched: the outcome's URL is empty, and all of its `fetch` is 0 or
/// `None`.
///
/// ```
/// use bytes::Bytes;
/// use imgmeta_extract::{probe, read};
/// use imgmeta_record::Outcome;
///
/// let image = Bytes::from_static(b"GIF89a\x02\0\x03\0\0\0\0,\0\0\0\0\x02\0\x03\0\0\x02");
/// let outcome = read(&image, probe::Options::default());
/// let Outcome::Record(dot) = outcome else { panic!("{outcome:?}") };
/// assert_eq!((dot.format, dot.width, dot.height), ("GIF", 2, 3));
/// ```
pub fn read(image: &Bytes, options: probe::Options) -> Outcome {
    let mut reading = Reading::new(options, Limits::default());
    reading.known = Known::shared(image.clone());
    let found = reading.step().map(|step| match step {
        Step::Done(header) => (header, image.len() as u64),
        Step::Read(range) => unreachable!("{range:?} is asked for, though all is known"),
    });
    outcome(ImageRef::default(), found, Fetch::default())
}

/// Reads an image file, and no more of it than is needed: the outcome of `imgmeta inspect`.
pub fn read_file(path: &Path, options: probe::Options) -> Outcome {
    let (start, mut fetch) = (Instant::now(), Fetch::default());
    let found = file(path, &mut Reading::new(options, Limits { first: disk::FIRST, ..Limits::default() }), &mut fetch);
    fetch.millis = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    outcome(ImageRef::new(path.to_string_lossy()), found, fetch)
}

fn file(path: &Path, reading: &mut Reading, fetch: &mut Fetch) -> Result<(Box<Header>, u64), Trouble> {
    fetch.attempts = 1;
    let metadata = disk::look(path)?;
    fetch.last_modified = disk::modified(&metadata);
    let header = disk::read(&disk::open(path)?, metadata.len(), reading, |_| {}, fetch)?;
    Ok((header, metadata.len()))
}

fn outcome(image: ImageRef, found: Result<(Box<Header>, u64), Trouble>, fetch: Fetch) -> Outcome {
    match found {
        Ok((header, bytes)) => {
            assemble::record(image, Found { header, bytes: Some(bytes), incomplete: false, sha256: None }, fetch)
        }
        Err(trouble) => assemble::failure(image, trouble, fetch),
    }
}
