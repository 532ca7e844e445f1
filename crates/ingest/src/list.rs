//! The rows of lists, in order.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::vec::IntoIter;

use futures::{StreamExt, TryStreamExt, stream};
use imgmeta_record::Listed;
use imgmeta_storage::Stores;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::block::Parsed;
use crate::columnar::Batches;
use crate::cut::Syntax;
use crate::found::Source;
use crate::head::{Access, Opened};
use crate::options::Skip;
use crate::reading::{Counter, Lines, Reading};
use crate::row::Rows;
use crate::source::Stored;
use crate::{Error, File, Options, copy, expand, head};

/// Files whose heads are read at the same time: a folder may hold thousands.
const HEADS: usize = 8;

/// What became of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rows that were handed on, bad ones too.
    pub rows: u64,
    /// Of them, those that could not be read as a row.
    pub bad_rows: u64,
    /// Rows that [`Options::skip`] left out.
    pub skipped: u64,
    /// Whether the list was read to its end: nobody stopped it, and somebody took every row.
    pub complete: bool,
    /// The files that were begun, and the row with which each begins.
    pub starts: Vec<Start>,
}

/// How far a list is, seen from elsewhere.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    /// Bytes that were read so far: it runs ahead of the rows by a block.
    pub read: Arc<AtomicU64>,
    /// Rows that were handed on so far.
    pub rows: Arc<AtomicU64>,
    /// Bytes of all files together.
    pub bytes: u64,
}

/// Where a file of a list begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// What its relative paths are relative to.
    pub base: Arc<str>,
    /// Its first row.
    pub row: u64,
}

/// Lists of a run, opened: their columns are known, their rows are to come.
#[derive(Debug)]
pub struct List {
    files: Vec<File>,
    unread: IntoIter<Opened>,
    reading: Option<Reading>,
    parsed: Option<Parsed>,
    counter: Counter,
    options: Options,
    /// Whether rows were asked for: copies are begun then.
    begun: bool,
    read: Arc<AtomicU64>,
    sent: Arc<AtomicU64>,
    starts: Vec<Start>,
}

impl List {
    /// Finds the files and reads the head of each, so that what is wrong with them is known before anything starts. Nothing
    /// is written.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn open(stores: &Stores, options: Options) -> Result<Self, Error> {
        check(&options)?;
        let found = expand::all(stores, &options).await?;
        let files: Vec<_> = found.iter().map(|found| found.file.clone()).collect();
        let opened = stream::iter(found).map(|found| head::open(found, &options)).buffered(HEADS);
        let unread: Vec<_> = opened.try_filter_map(|opened| async { Ok(opened) }).try_collect().await?;
        if unread.is_empty() {
            return Err(Error::Empty { lists: files.into_iter().map(|file| file.url).collect() });
        }
        Ok(Self {
            files,
            unread: unread.into_iter(),
            reading: None,
            parsed: None,
            counter: Counter { next: 0, rows: options.rows.clone(), skip: options.skip.clone(), skipped: 0 },
            options: Options { block_bytes: options.block_bytes.max(1), ..options },
            begun: false,
            read: Arc::default(),
            sent: Arc::default(),
            starts: Vec::new(),
        })
    }

    /// Leaves out these rows, too late for [`Options::skip`]: what an output holds is known when it is opened, and that
    /// wants to know which lists it is for.
    pub fn leave_out(&mut self, skip: Skip) {
        self.counter.skip = Some(skip);
    }

    /// The files, in the order in which they are read.
    pub fn files(&self) -> &[File] {
        &self.files
    }

    /// The length of all files together.
    pub fn total_bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        Progress { read: Arc::clone(&self.read), rows: Arc::clone(&self.sent), bytes: self.total_bytes() }
    }

    /// The next row; `None` after the last one, and after an error.
    ///
    /// # Errors
    /// [`Error::Read`] and [`Error::Changed`]. They end the list.
    pub async fn next(&mut self) -> Option<Result<Listed, Error>> {
        loop {
            if let Some(row) = self.parsed.as_mut().and_then(Iterator::next) {
                return Some(Ok(row));
            }
            self.parsed = None;
            match self.parse().await {
                Ok(Some(parsed)) => self.parsed = Some(parsed),
                Ok(None) => return None,
                Err(error) => {
                    self.close();
                    return Some(Err(error));
                }
            }
        }
    }

    /// Sends every row to `out`, until the end, until `stop`, or until nobody takes them. Memory stays bounded: a full
    /// channel stops the reading.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub async fn run(mut self, out: mpsc::Sender<Listed>, stop: CancellationToken) -> Result<Tally, Error> {
        let mut tally = Tally::default();
        tally.complete = stop.run_until_cancelled(self.send(&out, &mut tally)).await.transpose()?.unwrap_or(false);
        tally.skipped = self.counter.skipped;
        tally.starts = self.starts;
        Ok(tally)
    }

    /// Whether all rows were sent.
    async fn send(&mut self, out: &mpsc::Sender<Listed>, tally: &mut Tally) -> Result<bool, Error> {
        while let Some(row) = self.next().await {
            // A place first, so that a row is counted if and only if it was handed on.
            let Ok(place) = out.reserve().await else { return Ok(false) };
            let row = row?;
            tally.rows += 1;
            tally.bad_rows += u64::from(row.is_err());
            self.sent.fetch_add(1, Ordering::Relaxed);
            place.send(row);
        }
        Ok(true)
    }

    /// The next block that holds a row.
    async fn parse(&mut self) -> Result<Option<Parsed>, Error> {
        if !self.begun {
            self.begun = true;
            self.clear().await?;
        }
        while !self.counter.past() {
            let Some(reading) = &mut self.reading else {
                let Some(opened) = self.unread.next() else { return Ok(None) };
                self.reading = Some(self.start(opened).await?);
                continue;
            };
            match reading.parsed(&mut self.counter, self.options.block_bytes).await? {
                Some(parsed) => return Ok(Some(parsed)),
                None => self.reading = None,
            }
        }
        self.close();
        Ok(None)
    }

    /// Copies of a run that is overwritten are none of this one.
    async fn clear(&mut self) -> Result<(), Error> {
        let copied = |opened: &Opened| matches!(opened.from, Access::Source(_, Some(_)));
        match &self.options.output {
            Some(output) if !self.options.resume && self.unread.as_slice().iter().any(copied) => {
                copy::clear(output).await
            }
            _ => Ok(()),
        }
    }

    async fn start(&mut self, opened: Opened) -> Result<Reading, Error> {
        let Opened { list, base, plan, from } = opened;
        self.starts.push(Start { base: Arc::clone(&base), row: self.counter.next });
        let rows = Rows { list: base, plan };
        let source = match from {
            Access::Stored(stored) if rows.plan.syntax == Syntax::Batches => return self.batches(&stored, rows).await,
            Access::Stored(stored) => {
                let pieces = stored.pieces(self.options.block_bytes, Some(Arc::clone(&self.read)));
                Source::open(&list, pieces, &self.options).await?
            }
            Access::Source(source, copy) => {
                if let Some(copy) = copy {
                    copy.begin().await?;
                }
                source
            }
        };
        Ok(Reading::Text(Box::new(Lines::new(source, rows))))
    }

    async fn batches(&mut self, stored: &Stored, rows: Rows) -> Result<Reading, Error> {
        let wanted = self.counter.rows.as_ref().map_or(0, |wanted| wanted.start);
        let (batches, passed) = Batches::open(stored, &rows.plan, wanted.saturating_sub(self.counter.next)).await?;
        self.counter.next += passed;
        // How much of a file its wanted columns are is not known: it counts as read when it is begun.
        self.read.fetch_add(stored.file.bytes, Ordering::Relaxed);
        Ok(Reading::Batches(Box::new(batches), rows))
    }

    fn close(&mut self) {
        self.unread = Vec::new().into_iter();
        self.reading = None;
    }
}

fn check(options: &Options) -> Result<(), Error> {
    if options.lists.is_empty() && options.images_under.is_none() {
        return Err(Error::NoList);
    }
    if options.delimiter.is_some_and(|delimiter| b"\"\r\n".contains(&delimiter)) {
        return Err(Error::BadDelimiter);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
