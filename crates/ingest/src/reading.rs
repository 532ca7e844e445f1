//! One file of a list while it is read: lines or batches to rows.

use std::ops::Range;

use crate::Error;
use crate::block::{Block, Parsed};
use crate::columnar::Batches;
use crate::cut::{Cut, Cutter};
use crate::found::Source;
use crate::options::Skip;
use crate::row::Rows;

/// Numbers rows, and says which are wanted.
#[derive(Debug)]
pub(crate) struct Counter {
    pub(crate) next: u64,
    pub(crate) rows: Option<Range<u64>>,
    pub(crate) skip: Option<Skip>,
    pub(crate) skipped: u64,
}

impl Counter {
    /// The number of the next row, if that is wanted.
    fn count(&mut self) -> Option<u64> {
        let row = self.next;
        self.next += 1;
        if self.rows.as_ref().is_some_and(|rows| !rows.contains(&row)) {
            return None;
        }
        let skip = self.skip.as_ref().is_some_and(|skip| skip.skips(row));
        self.skipped += u64::from(skip);
        (!skip).then_some(row)
    }

    /// Whether no wanted row can follow.
    pub(crate) fn past(&self) -> bool {
        self.rows.as_ref().is_some_and(|rows| self.next >= rows.end)
    }
}

/// A file that is being read.
#[derive(Debug)]
pub(crate) enum Reading {
    Text(Box<Lines>),
    Batches(Box<Batches>, Rows),
}

impl Reading {
    /// The next rows, of which there is one at least; `None` at the end, or where no wanted row can follow.
    pub(crate) async fn parsed(&mut self, counter: &mut Counter, bytes: usize) -> Result<Option<Parsed>, Error> {
        match self {
            Self::Text(lines) => lines.parsed(counter, bytes).await,
            Self::Batches(batches, rows) => {
                while let Some(batch) = batches.next().await? {
                    let wanted = (0..batch.height).filter_map(|at| Some((counter.count()?, at)));
                    let (good, at): (Vec<_>, Vec<_>) = wanted.unzip();
                    if !good.is_empty() {
                        return Ok(Some(Parsed::batch(rows.clone(), batch, good, at)));
                    }
                    if counter.past() {
                        break;
                    }
                }
                Ok(None)
            }
        }
    }
}

/// A list of lines that is being read.
#[derive(Debug)]
pub(crate) struct Lines {
    source: Source,
    cutter: Cutter,
    rows: Rows,
    /// Whether the header is still to come.
    header: bool,
}

impl Lines {
    pub(crate) fn new(source: Source, rows: Rows) -> Self {
        let plan = &rows.plan;
        let mut cutter = Cutter::new(plan.syntax);
        cutter.one_column = plan.header || plan.columns == 1;
        Self { source, cutter, header: plan.header, rows }
    }

    async fn parsed(&mut self, counter: &mut Counter, bytes: usize) -> Result<Option<Parsed>, Error> {
        loop {
            let (block, ended) = self.block(counter, bytes).await?;
            if !block.is_empty() {
                return Ok(Some(block.parse(self.rows.clone()).await));
            }
            if ended || counter.past() {
                return Ok(None);
            }
        }
    }

    /// The next wanted rows, and whether the file ends with them.
    async fn block(&mut self, counter: &mut Counter, bytes: usize) -> Result<(Block, bool), Error> {
        let mut block = Block::new();
        while !block.full(bytes) && !counter.past() {
            match self.cutter.next() {
                Cut::Record(_) if self.header => {
                    self.header = false;
                    self.cutter.one_column = self.rows.plan.columns == 1;
                }
                Cut::Record(record) => {
                    if let Some(row) = counter.count() {
                        block.push(row, &record, self.rows.plan.columns);
                    }
                }
                Cut::Bad(why) => {
                    if let Some(row) = counter.count() {
                        block.push_bad(row, why);
                    }
                }
                Cut::End => return Ok((block, true)),
                // Rows that are there do not wait for bytes that may be long in coming.
                Cut::More if !block.is_empty() => break,
                Cut::More => match self.source.piece(bytes).await? {
                    Some(piece) => self.cutter.push(&piece),
                    None => self.cutter.end(),
                },
            }
        }
        Ok((block, false))
    }
}
