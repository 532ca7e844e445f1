//! Parts of the mirror: only the columns that are counted, and of the tags only the keys.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::RecordBatch;
use bytes::Bytes;
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::arrow::async_reader::{AsyncFileReader, ParquetRecordBatchStreamBuilder};
use parquet::basic::{ConvertedType, LogicalType};
use parquet::errors::ParquetError;
use parquet::file::metadata::{FileMetaData, ParquetMetaData, ParquetMetaDataBuilder, ParquetMetaDataReader};
use parquet::schema::types::{SchemaDescriptor, Type, TypePtr};

use super::columns::{Failures, Records};
use super::{Holds, Part};
use crate::report::Error;

/// Rows that are decoded at once, and counted under one lock.
const BATCH: usize = 8192;
/// Bytes that are read of a part's end first: most footers are within.
const FOOTER: usize = 64 * 1024;

/// The columns of records that are read.
const RECORD: [&str; 18] = [
    "Format",
    "Mode",
    "DisplayWidth",
    "DisplayHeight",
    "Orientation",
    "TakenAt",
    "Camera.Make",
    "Camera.Model",
    "Camera.Lens",
    "GPS.Latitude",
    "GPS.Longitude",
    "Bytes",
    "Fetch.BytesRead",
    "EXIF.0th.key_value.key",
    "EXIF.Exif.key_value.key",
    "EXIF.GPS.key_value.key",
    "EXIF.Interop.key_value.key",
    "EXIF.1st.key_value.key",
];
/// Those of failures.
const FAILURE: [&str; 5] = ["URL", "Error", "Kind", "Phase", "Status"];

pub(super) fn read(part: &Part) -> Result<(), Error> {
    part.runtime.block_on(stream(part))
}

async fn stream(part: &Part) -> Result<(), Error> {
    let failed = |error: ParquetError| match error {
        ParquetError::External(source) => match source.downcast::<object_store::Error>() {
            Ok(source) => part.unreadable(*source),
            Err(other) => part.damaged(other),
        },
        other => part.damaged(other),
    };
    let mut reader = Stored { store: Arc::clone(&part.source.store), meta: part.meta.clone() };
    let metadata = reader.get_metadata(None).await.map_err(failed)?;
    let metadata = Arc::new(with_lists(&metadata).map_err(failed)?);
    // Arrow's own schema, which the file holds too, still says that there are maps.
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let metadata = ArrowReaderMetadata::try_new(metadata, options).map_err(failed)?;
    let wanted = match part.holds {
        Holds::Records => RECORD.as_slice(),
        Holds::Failures => FAILURE.as_slice(),
    };
    let mask = ProjectionMask::columns(metadata.parquet_schema(), wanted.iter().copied());
    let builder = ParquetRecordBatchStreamBuilder::new_with_metadata(reader, metadata);
    let mut batches = builder.with_projection(mask).with_batch_size(BATCH).build().map_err(failed)?;
    while let Some(batch) = batches.next().await {
        count(part, &batch.map_err(failed)?)?;
    }
    Ok(())
}

/// A part in its store.
struct Stored {
    store: Arc<dyn ObjectStore>,
    meta: ObjectMeta,
}

impl AsyncFileReader for Stored {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, Result<Bytes, ParquetError>> {
        async move { self.store.get_range(&self.meta.location, range).await.map_err(external) }.boxed()
    }

    fn get_byte_ranges(&mut self, ranges: Vec<Range<u64>>) -> BoxFuture<'_, Result<Vec<Bytes>, ParquetError>> {
        async move { self.store.get_ranges(&self.meta.location, &ranges).await.map_err(external) }.boxed()
    }

    fn get_metadata<'a>(
        &'a mut self, options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, Result<Arc<ParquetMetaData>, ParquetError>> {
        async move {
            let bytes = self.meta.size;
            let reader =
                ParquetMetaDataReader::new().with_arrow_reader_options(options).with_prefetch_hint(Some(FOOTER));
            Ok(Arc::new(reader.load_and_finish(self, bytes).await?))
        }
        .boxed()
    }
}

fn external(error: object_store::Error) -> ParquetError {
    ParquetError::External(Box::new(error))
}

fn count(part: &Part, batch: &RecordBatch) -> Result<(), Error> {
    let missing = |column: &str| Error::Column {
        url: part.source.url.clone(),
        name: part.meta.location.to_string(),
        column: column.to_owned(),
    };
    match part.holds {
        Holds::Records => {
            let records = Records::of(batch).map_err(missing)?;
            let mut aggregate = part.aggregate();
            for row in 0..batch.num_rows() {
                aggregate.record(&records.row(row), records.tags(row));
            }
        }
        Holds::Failures => {
            let failures = Failures::of(batch).map_err(missing)?;
            let mut aggregate = part.aggregate();
            for row in 0..batch.num_rows() {
                aggregate.failures.count(&failures.row(row));
            }
        }
    }
    Ok(())
}

/// The metadata of a file with each map as a list of its entries. They are stored alike; but of a map the reader gives keys
/// and values or nothing, and the values of the tags are most of a file.
fn with_lists(metadata: &ParquetMetaData) -> Result<ParquetMetaData, ParquetError> {
    let file = metadata.file_metadata();
    let schema = lists(file.schema_descr().root_schema_ptr())?;
    let file = FileMetaData::new(
        file.version(),
        file.num_rows(),
        file.created_by().map(ToOwned::to_owned),
        file.key_value_metadata().cloned(),
        Arc::new(SchemaDescriptor::new(schema)),
        file.column_orders().cloned(),
    );
    Ok(ParquetMetaDataBuilder::new(file).set_row_groups(metadata.row_groups().to_vec()).build())
}

fn lists(of: TypePtr) -> Result<TypePtr, ParquetError> {
    if of.is_primitive() {
        return Ok(of);
    }
    let info = of.get_basic_info();
    let fields = of.get_fields().iter().map(|field| lists(Arc::clone(field))).collect::<Result<_, _>>()?;
    let mut group = Type::group_type_builder(of.name()).with_fields(fields);
    if info.has_repetition() {
        group = group.with_repetition(info.repetition());
    }
    let is_map = info.logical_type_ref() == Some(&LogicalType::Map)
        || matches!(info.converted_type(), ConvertedType::MAP | ConvertedType::MAP_KEY_VALUE);
    group = if is_map {
        group.with_converted_type(ConvertedType::LIST).with_logical_type(Some(LogicalType::List))
    } else {
        group.with_converted_type(info.converted_type()).with_logical_type(info.logical_type_ref().cloned())
    };
    Ok(Arc::new(group.build()?))
}
