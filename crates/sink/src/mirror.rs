//! The mirror: the same outcomes as Parquet, from the same table of fields as the JSON.

mod column;
mod encoding;
mod geometry;
mod line;
mod outcomes;
mod schema;

pub use outcomes::ArrowOutcomes;

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use imgmeta_record::json::Keys;
use imgmeta_record::schema::Rows;
use imgmeta_record::{Outcome, fields};
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};

use column::Columns;
use encoding::Encoding;
use geometry::Geometry;

/// The version of the mirror's schema, in the metadata of every file.
const SCHEMA_VERSION: (&str, &str) = ("imgmeta.schema_version", "1");
/// Rows after which there is a batch, which is encoded while the next one grows.
const BATCH_ROWS: usize = 1024;
/// Bytes of JSON after which there is one: long rows take as much memory, and the offsets of Arrow's strings have 31 bits.
const BATCH_BYTES: usize = 8 << 20;
/// Rows of a row group, at most: a part of more has several, of which a reader passes over those that have nothing for it.
const GROUP_ROWS: usize = 65_536;

/// Rows on their way into one part of the mirror.
#[derive(Debug)]
pub(crate) struct Mirror {
    schema: SchemaRef,
    columns: Columns,
    /// The column behind those of the table, where it is wanted.
    geometry: Option<Geometry>,
    /// Rows in `columns`, and their bytes as JSON.
    rows: usize,
    bytes: usize,
    /// The batches before them.
    encoding: Option<Encoding>,
}

impl Mirror {
    pub(crate) fn new(rows: Rows) -> Self {
        let outline = match rows {
            Rows::Success => fields::outline::record(),
            Rows::Failure => fields::outline::failure(),
        };
        let schema = Arc::new(schema::schema(&outline));
        Self { schema, columns: Columns::new(outline), geometry: None, rows: 0, bytes: 0, encoding: None }
    }

    /// The same for records, with their positions as a geometry behind the other columns.
    pub(crate) fn with_geometry(mut self) -> Self {
        self.schema = Arc::new(geometry::beside(&self.schema));
        self.geometry = Some(Geometry::default());
        self
    }

    /// Whether nothing was added.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows == 0 && self.encoding.is_none()
    }

    /// Appends an outcome, of which `bytes` is the length as JSON.
    pub(crate) fn add(&mut self, outcome: &Outcome, keys: Keys, bytes: usize) -> Result<(), ParquetError> {
        match outcome {
            Outcome::Record(record) => self.columns.append(fields::RECORD, record, keys),
            Outcome::Failure(failure) => self.columns.append(fields::FAILURE, failure, keys),
        }
        self.added(bytes)
    }

    /// Appends an outcome that was written as JSON.
    ///
    /// # Errors
    /// What is wrong with the line.
    pub(crate) fn add_line(&mut self, line: &[u8]) -> Result<(), String> {
        self.columns.append_line(line).map_err(|error| error.to_string())?;
        self.added(line.len()).map_err(|error| error.to_string())
    }

    fn added(&mut self, bytes: usize) -> Result<(), ParquetError> {
        self.rows += 1;
        self.bytes += bytes;
        if self.rows >= BATCH_ROWS || self.bytes >= BATCH_BYTES { self.batch() } else { Ok(()) }
    }

    fn batch(&mut self) -> Result<(), ParquetError> {
        (self.rows, self.bytes) = (0, 0);
        let mut arrays = self.columns.finish()?;
        if let Some(geometry) = &mut self.geometry {
            arrays.push(geometry.of(&self.schema, &arrays));
        }
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), arrays)?;
        let encoding = match &mut self.encoding {
            Some(encoding) => encoding,
            none => none.insert(Encoding::new(Arc::clone(&self.schema), properties())?),
        };
        encoding.add(batch);
        Ok(())
    }

    /// The part. Compressing it is work of its own: not for a thread that others wait for.
    pub(crate) fn finish(mut self) -> Result<Vec<u8>, ParquetError> {
        self.batch()?;
        let geo = self.geometry.as_ref().map(Geometry::metadata);
        let schema = geometry::told(self.schema, geo.as_deref());
        let encoding = self.encoding.expect("a batch was made");
        encoding.finish(&schema, geo)
    }
}

fn properties() -> WriterProperties {
    let (key, version) = SCHEMA_VERSION;
    WriterProperties::builder()
        .set_created_by(concat!("imgmeta version ", env!("CARGO_PKG_VERSION")).into())
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_dictionary_enabled(true)
        // Of pages too: with the offset index, which is on by default, that is the page index.
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        // URLs look like chance: only this tells a row group without the one that is asked for.
        .set_column_bloom_filter_fpp("URL".into(), 0.01)
        .set_column_bloom_filter_max_ndv("URL".into(), GROUP_ROWS as u64)
        // No two points are alike, and the order of their bytes says nothing.
        .set_column_dictionary_enabled(geometry::NAME.into(), false)
        .set_column_statistics_enabled(geometry::NAME.into(), EnabledStatistics::None)
        .set_key_value_metadata(Some(vec![KeyValue::new(key.into(), version.to_owned())]))
        .build()
}
