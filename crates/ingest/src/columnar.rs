//! Parquet lists: row group by row group, and only the wanted columns.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, RecordBatch, StringArray};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_cast::{can_cast_types, cast};
use arrow_schema::{ArrowError, DataType};
use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReader};
use parquet::arrow::async_reader::{AsyncFileReader, ParquetRecordBatchStream};
use parquet::arrow::{ParquetRecordBatchStreamBuilder, ProjectionMask};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};

use crate::Error;
use crate::columns::Plan;
use crate::source::Stored;

/// Rows that are taken apart at once.
const BATCH: usize = 8192;

/// The wanted columns of some rows, as text.
#[derive(Debug)]
pub(crate) struct Batch {
    /// Ascending, as the columns.
    positions: Vec<usize>,
    columns: Vec<StringArray>,
    pub(crate) height: usize,
}

impl Batch {
    /// The cell of a row in a wanted column; `None` where it is null.
    pub(crate) fn cell(&self, row: usize, position: usize) -> Option<&[u8]> {
        let column = &self.columns[self.positions.binary_search(&position).ok()?];
        (!column.is_null(row)).then(|| column.value(row).as_bytes())
    }
}

/// A Parquet file that is being read.
pub(crate) struct Batches {
    list: String,
    stream: ParquetRecordBatchStream<Ranges>,
    group: Option<ParquetRecordBatchReader>,
    positions: Vec<usize>,
}

impl std::fmt::Debug for Batches {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Batches").field("list", &self.list).finish_non_exhaustive()
    }
}

/// The names of a file's columns, and how many rows it has.
pub(crate) async fn columns(stored: &Stored) -> Result<(Vec<String>, u64), Error> {
    let builder = open(stored).await?;
    let names = builder.schema().fields().iter().map(|field| field.name().clone()).collect();
    Ok((names, u64::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or_default()))
}

async fn open(stored: &Stored) -> Result<ParquetRecordBatchStreamBuilder<Ranges>, Error> {
    let opened = ParquetRecordBatchStreamBuilder::new(Ranges(stored.clone())).await;
    opened.map_err(|error| error_of(&stored.file.url, error))
}

impl Batches {
    /// Opens a file; `first` is the first row that is wanted. Gives how many rows before it are passed over.
    pub(crate) async fn open(stored: &Stored, plan: &Plan, first: u64) -> Result<(Self, u64), Error> {
        let builder = open(stored).await?;
        let list = stored.file.url.clone();
        let positions = plan.wanted();
        let (mut passed, mut groups) = (0, Vec::new());
        for (at, group) in builder.metadata().row_groups().iter().enumerate() {
            let rows = u64::try_from(group.num_rows()).unwrap_or_default();
            if groups.is_empty() && passed + rows <= first {
                passed += rows;
            } else {
                groups.push(at);
            }
        }
        let mask = ProjectionMask::roots(builder.parquet_schema(), positions.iter().copied());
        let stream = builder.with_row_groups(groups).with_projection(mask).with_batch_size(BATCH).build();
        let stream = stream.map_err(|error| error_of(&list, error))?;
        Ok((Self { list, stream, group: None, positions }, passed))
    }

    /// The next rows; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Batch>, Error> {
        loop {
            if let Some(group) = self.group.take()
                && let Some(batch) = self.batch(group).await?
            {
                return Ok(Some(batch));
            }
            match self.stream.next_row_group().await {
                Ok(Some(group)) => self.group = Some(group),
                Ok(None) => return Ok(None),
                Err(error) => return Err(error_of(&self.list, error)),
            }
        }
    }

    /// Decoding takes some milliseconds: on a blocking thread.
    async fn batch(&mut self, mut group: ParquetRecordBatchReader) -> Result<Option<Batch>, Error> {
        let positions = self.positions.clone();
        let read = tokio::task::spawn_blocking(move || {
            let batch = group.next().map(|batch| batch.and_then(|batch| texts(&batch, positions))).transpose();
            (batch, group)
        });
        let damaged = |error: ParquetError| Error::Parquet { list: self.list.clone(), source: error };
        let (batch, group) = read.await.map_err(|panic| damaged(ParquetError::External(Box::new(panic))))?;
        let batch = batch.map_err(|error| damaged(error.into()))?;
        self.group = batch.is_some().then_some(group);
        Ok(batch)
    }
}

pub(crate) fn texts(batch: &RecordBatch, positions: Vec<usize>) -> Result<Batch, ArrowError> {
    let columns = batch.columns().iter().map(|column| text(column)).collect::<Result<_, _>>()?;
    Ok(Batch { positions, columns, height: batch.num_rows() })
}

/// Any column as text: scalars as arrow casts them, what has parts as arrow shows it.
fn text(column: &dyn Array) -> Result<StringArray, ArrowError> {
    if can_cast_types(column.data_type(), &DataType::Utf8) {
        return Ok(cast(column, &DataType::Utf8)?.as_string::<i32>().clone());
    }
    let options = FormatOptions::default();
    let shown = ArrayFormatter::try_new(column, &options)?;
    Ok((0..column.len()).map(|row| (!column.is_null(row)).then(|| shown.value(row).to_string())).collect())
}

/// Ranges of a file, all of one version.
#[derive(Debug)]
struct Ranges(Stored);

impl AsyncFileReader for Ranges {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, Result<Bytes, ParquetError>> {
        async move { self.0.range(range).await.map_err(|error| ParquetError::External(Box::new(error))) }.boxed()
    }

    fn get_metadata<'a>(
        &'a mut self, options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, Result<Arc<ParquetMetaData>, ParquetError>> {
        async move {
            let bytes = self.0.file.bytes;
            let reader = ParquetMetaDataReader::new().with_arrow_reader_options(options);
            Ok(Arc::new(reader.load_and_finish(self, bytes).await?))
        }
        .boxed()
    }
}

/// An error of ours that passed through the reader, or its own.
fn error_of(list: &str, error: ParquetError) -> Error {
    match error {
        ParquetError::External(source) => match source.downcast::<Error>() {
            Ok(error) => *error,
            Err(source) => Error::Parquet { list: list.into(), source: ParquetError::External(source) },
        },
        source => Error::Parquet { list: list.into(), source },
    }
}
