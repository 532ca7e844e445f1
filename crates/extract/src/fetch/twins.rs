//! Rows that name the same image while it is being read: it is fetched once, and each row is an outcome.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;
use imgmeta_record::{Fetch, ImageRef, Outcome};

use crate::fetch::job::{Job, Refreshed};

/// Rows that may wait for others, all together: beyond, a row is read by itself, and takes its place in the look-ahead.
const MOST: usize = 4096;

/// Rows that wait for another row's image, by what is read.
#[derive(Debug, Default)]
pub(crate) struct Twins {
    rows: HashMap<Arc<str>, Vec<ImageRef>, RandomState>,
    waiting: usize,
}

impl Twins {
    /// Adds a job; where the same is on its way already, it waits for that, and `None` is left to do.
    pub(crate) fn add(&mut self, job: Job) -> Option<Job> {
        let Some(key) = &job.key else { return Some(job) };
        match self.rows.get_mut(key) {
            Some(_) if self.waiting >= MOST => {}
            Some(rows) => {
                rows.push(job.image);
                self.waiting += 1;
                return None;
            }
            None => drop(self.rows.insert(Arc::clone(key), Vec::new())),
        }
        Some(job)
    }

    /// The rows that waited for one that is over.
    pub(crate) fn take(&mut self, key: Option<&str>) -> Vec<ImageRef> {
        let rows = key.and_then(|key| self.rows.remove(key)).unwrap_or_default();
        self.waiting -= rows.len();
        rows
    }
}

/// The outcome of a row whose image was read for another one: nothing was fetched for it.
pub(crate) fn outcome(image: ImageRef, of: &Refreshed) -> Refreshed {
    let ImageRef { url, row, extra, warnings, .. } = image;
    let fetch = |fetch: &Fetch| Fetch { bytes_read: 0, requests: 0, ..fetch.clone() };
    match of {
        Refreshed::Unchanged(_) => Refreshed::Unchanged(ImageRef { url, row, extra, warnings, ..ImageRef::default() }),
        Refreshed::Outcome(Outcome::Record(record)) => {
            let mut record = record.clone();
            record.warnings.retain(|warning| !warning.starts_with("list: "));
            record.warnings.splice(0..0, warnings);
            (record.fetch, record.url, record.row, record.extra) = (fetch(&record.fetch), url, row, extra);
            Outcome::Record(record).into()
        }
        Refreshed::Outcome(Outcome::Failure(failure)) => {
            let mut failure = failure.clone();
            (failure.fetch, failure.url, failure.row, failure.extra) = (fetch(&failure.fetch), url, row, extra);
            Outcome::Failure(failure).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::locate::Target;

    #[test]
    fn however_many_rows_name_one_image_only_so_many_wait_for_it() {
        let url = url::Url::parse("https://example.org/a.jpg").expect("a URL");
        let job = || Job::new(ImageRef::new("a"), Target::Web(Box::new(url.clone())), None);
        let mut twins = Twins::default();
        let read = (0..MOST + 10).filter(|_| twins.add(job()).is_some()).count();
        assert_eq!(read, 10, "the first one, and those that find no room");
        assert_eq!(twins.take(job().key.as_deref()).len(), MOST);
        assert!(twins.waiting == 0 && twins.take(job().key.as_deref()).is_empty());
    }
}
