//! A table of parts that become Parquet when they are wanted.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DataFusionError, Result};
use datafusion::datasource::TableType;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::Expr;
use datafusion::parquet::arrow::ProjectionMask;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchReceiverStreamBuilder;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use tokio::sync::mpsc::Sender;

use crate::Turn;

/// Batches that are read ahead.
const AHEAD: usize = 2;
/// Parts that are read at once, at most: each holds a thread for what blocks, of which spilling needs some too.
const AT_ONCE: usize = 8;

#[derive(Debug)]
pub(crate) struct TurnedTable {
    parts: Arc<dyn Turn>,
    schema: SchemaRef,
}

impl TurnedTable {
    /// # Errors
    /// Where the first part cannot be read, which tells the schema.
    pub(crate) async fn new(parts: Arc<dyn Turn>) -> Result<Self> {
        let first = parts.part(0).await.map_err(DataFusionError::External)?;
        let schema = ParquetRecordBatchReaderBuilder::try_new(first)?.schema().clone();
        Ok(Self { parts, schema: Arc::new(schema.as_ref().clone().with_metadata(HashMap::default())) })
    }
}

#[async_trait::async_trait]
impl TableProvider for TurnedTable {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self, state: &dyn Session, projection: Option<&Vec<usize>>, _: &[Expr], limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let all: Vec<_> = (0..self.schema.fields().len()).collect();
        let columns: Arc<[usize]> = projection.unwrap_or(&all).as_slice().into();
        let schema = Arc::new(self.schema.project(&columns)?);
        let of = state.config().target_partitions().clamp(1, self.parts.parts().clamp(1, AT_ONCE));
        let shares = (0..of).map(|first| {
            let (parts, columns, schema) = (self.parts.clone(), columns.clone(), schema.clone());
            Arc::new(Share { parts, first, of, columns, schema }) as Arc<dyn PartitionStream>
        });
        Ok(Arc::new(StreamingTableExec::try_new(schema.clone(), shares.collect(), None, None, false, limit)?))
    }
}

/// Every so manieth part, one after the other.
#[derive(Debug, Clone)]
struct Share {
    parts: Arc<dyn Turn>,
    first: usize,
    of: usize,
    columns: Arc<[usize]>,
    schema: SchemaRef,
}

impl PartitionStream for Share {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let mut stream = RecordBatchReceiverStreamBuilder::new(self.schema.clone(), AHEAD);
        let (share, sender, rows) = (self.clone(), stream.tx(), context.session_config().batch_size());
        stream.spawn(async move {
            for number in (share.first..share.parts.parts()).step_by(share.of) {
                let part = share.parts.part(number).await.map_err(DataFusionError::External)?;
                let (share, sender) = (share.clone(), sender.clone());
                let read = tokio::task::spawn_blocking(move || share.read(part, rows, &sender));
                if !read.await.map_err(|error| DataFusionError::ExecutionJoin(Box::new(error)))?? {
                    break;
                }
            }
            Ok(())
        });
        stream.build()
    }
}

impl Share {
    /// Hands on the wanted columns of a part. `false` where nobody wants more.
    fn read(&self, part: Bytes, rows: usize, to: &Sender<Result<RecordBatch>>) -> Result<bool> {
        let reader = ParquetRecordBatchReaderBuilder::try_new(part)?;
        let wanted = ProjectionMask::roots(reader.parquet_schema(), self.columns.iter().copied());
        for batch in reader.with_projection(wanted).with_batch_size(rows).build()? {
            let batch = self.ordered(&batch?)?;
            if to.blocking_send(Ok(batch)).is_err() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The columns in the order of the projection: the reader has them in the order of the file.
    fn ordered(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let mut sorted = self.columns.to_vec();
        sorted.sort_unstable();
        let at: Vec<_> =
            self.columns.iter().map(|column| sorted.binary_search(column).expect("it is one of them")).collect();
        Ok(batch.project(&at)?.with_schema(self.schema.clone())?)
    }
}
