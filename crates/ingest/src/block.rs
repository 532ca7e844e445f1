//! Records that are parsed at once, and the rows they give.

use std::io::Cursor;
use std::vec::IntoIter;

use bytes::Bytes;
use csv::{ByteRecord, ReaderBuilder, Terminator};
use imgmeta_record::Listed;

use crate::columnar::Batch;
use crate::cut::{Record, Syntax, Unreadable};
use crate::frame::Frame;
use crate::images;
use crate::row::Rows;

/// Bounds the per-row memory of a block of very short rows.
const MAX_ROWS: usize = 1 << 16;

/// Records to parse. Each ends with `\n`, none is blank.
#[derive(Debug)]
pub(crate) struct Block {
    text: Vec<u8>,
    rows: Vec<u64>,
    bad: Vec<(u64, Unreadable)>,
    /// Whether every record is plain and has all cells.
    plain: bool,
}

impl Block {
    pub(crate) fn new() -> Self {
        Self { text: Vec::new(), rows: Vec::new(), bad: Vec::new(), plain: true }
    }

    pub(crate) fn push(&mut self, row: u64, record: &Record<'_>, columns: usize) {
        self.text.extend_from_slice(record.text);
        self.text.push(b'\n');
        self.rows.push(row);
        self.plain &= record.plain && record.cells == columns;
    }

    pub(crate) fn push_bad(&mut self, row: u64, why: Unreadable) {
        self.bad.push((row, why));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.bad.is_empty()
    }

    pub(crate) fn full(&self, bytes: usize) -> bool {
        self.text.len() >= bytes || self.rows.len() + self.bad.len() >= MAX_ROWS
    }

    /// Parses it: through Polars where that is safe, which takes some milliseconds on a blocking thread.
    pub(crate) async fn parse(self, rows: Rows) -> Parsed {
        let text = Bytes::from(self.text);
        let cells = match rows.plan.syntax {
            Syntax::Lines | Syntax::Objects | Syntax::Paths | Syntax::Batches => Cells::Lines { text, at: 0 },
            Syntax::Cells(delimiter) => {
                let frame = if self.plain { frame(&text, delimiter, &rows, self.rows.len()).await } else { None };
                frame.map_or_else(|| Cells::records(text, delimiter), |frame| Cells::Frame { frame, at: 0 })
            }
        };
        Parsed { rows, cells, good: self.rows.into_iter(), bad: self.bad.into_iter() }
    }
}

/// `None` where Polars refuses the block, as it does where a byte is not UTF-8.
async fn frame(text: &Bytes, delimiter: u8, rows: &Rows, height: usize) -> Option<Frame> {
    if height == 0 {
        return None;
    }
    let (text, plan) = (text.clone(), rows.plan.clone());
    let read = tokio::task::spawn_blocking(move || Frame::read(&text, delimiter, &plan)).await;
    let why = match read {
        Ok(Ok(frame)) if frame.height == height => return Some(frame),
        Ok(Ok(frame)) => format!("{} rows of {height}", frame.height),
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string(),
    };
    tracing::debug!(list = %rows.list, why, "block is read record by record");
    None
}

impl Parsed {
    /// The rows of columns that come as they are: which rows, and where in the columns each is.
    pub(crate) fn batch(rows: Rows, batch: Batch, good: Vec<u64>, at: Vec<usize>) -> Self {
        let cells = Cells::Batch { batch, at: at.into_iter() };
        Self { rows, cells, good: good.into_iter(), bad: Vec::new().into_iter() }
    }
}

/// The rows of a block, made one by one, so that they are in memory once.
#[derive(Debug)]
pub(crate) struct Parsed {
    rows: Rows,
    cells: Cells,
    good: IntoIter<u64>,
    bad: IntoIter<(u64, Unreadable)>,
}

impl Iterator for Parsed {
    type Item = Listed;

    fn next(&mut self) -> Option<Listed> {
        let good = self.good.as_slice().first();
        let bad = self.bad.as_slice().first();
        if bad.is_some_and(|(bad, _)| good.is_none_or(|good| bad < good)) {
            let (row, why) = self.bad.next()?;
            return Some(self.rows.unreadable(row, why));
        }
        let row = self.good.next()?;
        Some(self.cells.row(row, &self.rows))
    }
}

/// Where the cells of the next record come from.
enum Cells {
    Frame { frame: Frame, at: usize },
    Records { reader: Box<csv::Reader<Cursor<Bytes>>>, record: ByteRecord },
    Lines { text: Bytes, at: usize },
    Batch { batch: Batch, at: IntoIter<usize> },
}

impl std::fmt::Debug for Cells {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Frame { .. } => "Frame",
            Self::Records { .. } => "Records",
            Self::Lines { .. } => "Lines",
            Self::Batch { .. } => "Batch",
        })
    }
}

impl Cells {
    fn records(text: Bytes, delimiter: u8) -> Self {
        Self::Records { reader: Box::new(reader(delimiter, Cursor::new(text))), record: ByteRecord::new() }
    }

    fn row(&mut self, row: u64, rows: &Rows) -> Listed {
        match self {
            Self::Frame { frame, at } => {
                *at += 1;
                rows.row(row, rows.plan.columns, |position| frame.cell(*at - 1, position))
            }
            Self::Records { reader, record } => {
                // The cutter found this record by the same rules, and reading from memory does not fail; were it
                // otherwise, the row has no cell and is bad.
                if !reader.read_byte_record(record).unwrap_or(false) {
                    record.clear();
                }
                rows.row(row, record.len(), |position| record.get(position))
            }
            Self::Lines { text, at } => {
                let rest = &text[*at..];
                let line = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
                *at += line.len() + 1;
                match rows.plan.syntax {
                    Syntax::Objects => rows.object(row, line),
                    Syntax::Paths => images::row(row, line, &rows.list),
                    _ => rows.row(row, 1, |_| Some(line.trim_ascii())),
                }
            }
            Self::Batch { batch, at } => {
                let at = at.next().unwrap_or_default();
                rows.row(row, rows.plan.columns, |position| batch.cell(at, position))
            }
        }
    }
}

fn reader<R: std::io::Read>(delimiter: u8, from: R) -> csv::Reader<R> {
    // Line ends are `\n` here, so that a lone carriage return is a character, as it is for the cutter.
    ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .terminator(Terminator::Any(b'\n'))
        .from_reader(from)
}

/// The cells of one record as text; what is not UTF-8 is U+FFFD.
pub(crate) fn cells(text: &[u8], syntax: Syntax) -> Vec<String> {
    let Syntax::Cells(delimiter) = syntax else { return vec![String::from_utf8_lossy(text).into_owned()] };
    let mut record = ByteRecord::new();
    if !reader(delimiter, text).read_byte_record(&mut record).unwrap_or(false) {
        record.clear();
    }
    record.iter().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect()
}
