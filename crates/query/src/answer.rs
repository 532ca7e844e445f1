//! An answer, as it is written.

mod cells;
mod table;

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::csv;
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::arrow::json::LineDelimitedWriter;
use datafusion::arrow::json::writer::{JsonFormat, LineDelimited, WriterBuilder};
use datafusion::execution::SendableRecordBatchStream;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::file::properties::WriterProperties;
use futures::TryStreamExt;
use futures::future::BoxFuture;
use tempfile::TempDir;

use crate::error::{self, Error};
use crate::plan::Begun;
use crate::tables::Tables;
pub use table::Table;

/// How an answer is written.
#[derive(Debug, Clone, Copy)]
pub enum Format {
    /// A table for people.
    Table(Table),
    /// CSV (RFC 4180) with a header. Null is an empty cell; a struct, a list and a map are JSON.
    Csv,
    /// One JSON object a line (NDJSON), with every key, null where there is no value.
    Json,
    /// Parquet, compressed with zstd.
    Parquet,
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Rows that the answer has.
    pub rows: u64,
    /// Rows of them that were written: a table has no end otherwise.
    pub shown: u64,
    /// Bytes that were read of the mirror, as they are stored.
    pub read: u64,
}

/// An answer that has begun: its rows are computed while it is written.
pub struct Answer {
    stream: SendableRecordBatchStream,
    schema: SchemaRef,
    tables: Tables,
    read: Arc<AtomicU64>,
    /// It goes after the stream, which fills it.
    _spill: TempDir,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer").field("schema", &self.schema).finish_non_exhaustive()
    }
}

impl Answer {
    pub(crate) fn new(begun: Begun, tables: Tables, read: Arc<AtomicU64>, spill: TempDir) -> Self {
        let Begun { stream, names } = begun;
        let (schema, mut names) = (stream.schema(), names.into_iter());
        let fields = schema.fields().iter().map(|field| match names.next().flatten() {
            Some(name) => Arc::new(field.as_ref().clone().with_name(name)),
            None => field.clone(),
        });
        Self { schema: Arc::new(Schema::new(fields.collect::<Vec<_>>())), stream, tables, read, _spill: spill }
    }

    /// Computes it and writes it, a batch of rows at a time.
    ///
    /// # Errors
    /// [`Error::Write`], [`Error::Memory`] and [`Error::Failed`]; what was written till then is not complete.
    pub fn write(self, format: Format, out: &mut (dyn Write + Send)) -> BoxFuture<'_, Result<Written, Error>> {
        Box::pin(self.write_all(format, out))
    }

    async fn write_all(mut self, format: Format, out: &mut (dyn Write + Send)) -> Result<Written, Error> {
        let mut out = Told { out, failed: None };
        let written = self.write_to(format, &mut out).await;
        match out.failed {
            Some(source) => Err(Error::Write { source }),
            None => written,
        }
    }

    async fn write_to(&mut self, format: Format, out: &mut Told<'_>) -> Result<Written, Error> {
        let (mut rows, mut writer) = (0, Writer::new(format, &self.schema, out)?);
        while let Some(batch) = self.stream.try_next().await.map_err(|error| error::of(error, &self.tables))? {
            rows += batch.num_rows() as u64;
            let batch = RecordBatch::try_new(self.schema.clone(), batch.columns().to_vec()).map_err(failed)?;
            writer.write(&batch)?;
        }
        let shown = writer.finish(rows)?;
        Ok(Written { rows, shown, read: self.read.load(Ordering::Relaxed) })
    }
}

/// Remembers why it could not be written to: writers of formats tell of it in words of their own.
struct Told<'a> {
    out: &'a mut (dyn Write + Send),
    failed: Option<io::Error>,
}

impl Told<'_> {
    fn told<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &result
            && error.kind() != io::ErrorKind::Interrupted
        {
            self.failed = Some(io::Error::new(error.kind(), error.to_string()));
        }
        result
    }
}

impl Write for Told<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes);
        self.told(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.out.flush();
        self.told(flushed)
    }
}

enum Writer<'a, 'b> {
    Table(table::Rows, &'a mut Told<'b>),
    Csv(Box<csv::Writer<&'a mut Told<'b>>>),
    Json(LineDelimitedWriter<&'a mut Told<'b>>),
    Parquet(Box<ArrowWriter<&'a mut Told<'b>>>),
}

impl<'a, 'b> Writer<'a, 'b> {
    fn new(format: Format, schema: &SchemaRef, out: &'a mut Told<'b>) -> Result<Self, Error> {
        Ok(match format {
            Format::Table(table) => Self::Table(table::Rows::new(table, schema), out),
            Format::Csv => {
                let mut writer = csv::WriterBuilder::new().with_header(true).build(out);
                // The header is there, even of an answer without rows.
                let empty = cells::flat(&RecordBatch::new_empty(schema.clone())).map_err(failed)?;
                writer.write(&empty).map_err(failed)?;
                Self::Csv(Box::new(writer))
            }
            Format::Json => Self::Json(json(out)),
            Format::Parquet => {
                let zstd = Compression::ZSTD(ZstdLevel::default());
                let properties = WriterProperties::builder().set_compression(zstd).build();
                let writer = ArrowWriter::try_new(out, schema.clone(), Some(properties)).map_err(failed)?;
                Self::Parquet(Box::new(writer))
            }
        })
    }

    fn write(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        match self {
            Self::Table(rows, _) => rows.add(batch).map_err(failed),
            Self::Csv(writer) => cells::flat(batch).and_then(|batch| writer.write(&batch)).map_err(failed),
            Self::Json(writer) => writer.write(batch).map_err(failed),
            Self::Parquet(writer) => writer.write(batch).map_err(failed),
        }
    }

    /// How many of the rows are written.
    fn finish(self, rows: u64) -> Result<u64, Error> {
        match self {
            Self::Table(table, out) => {
                let shown = table.shown();
                out.write_all(table.text().as_bytes()).and_then(|()| out.flush()).map_err(failed)?;
                return Ok(shown);
            }
            Self::Csv(writer) => writer.into_inner().flush().map_err(failed)?,
            Self::Json(mut writer) => {
                writer.finish().map_err(failed)?;
                writer.into_inner().flush().map_err(failed)?;
            }
            Self::Parquet(writer) => {
                writer.into_inner().map_err(failed)?.flush().map_err(failed)?;
            }
        }
        Ok(rows)
    }
}

fn json<W: Write>(out: W) -> datafusion::arrow::json::Writer<W, LineDelimited>
where
    LineDelimited: JsonFormat,
{
    WriterBuilder::new().with_explicit_nulls(true).build(out)
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::Failed { why: error.to_string() }
}
