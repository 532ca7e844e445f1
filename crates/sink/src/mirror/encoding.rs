//! Batches to the bytes of a part, while further rows come.
//!
//! Rows as Arrow has them take ten times the memory of what they become, so they are not kept until a part is whole. Encoding them is
//! most of the mirror's work: it is done a batch at a time on a thread on which nobody waits, where there is a runtime to ask for one.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use parquet::arrow::arrow_writer::{ArrowWriter, ArrowWriterOptions};
use parquet::arrow::{ARROW_SCHEMA_META_KEY, encode_arrow_schema};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use tokio::runtime::Handle;

/// A part that is being encoded.
#[derive(Debug)]
pub(super) struct Encoding(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    waiting: Mutex<Waiting>,
    /// What has come of the batches before. Taken before `waiting` where both are.
    part: Mutex<Part>,
}

/// Batches that are not encoded yet.
#[derive(Debug, Default)]
struct Waiting {
    batches: VecDeque<RecordBatch>,
    /// Whether a thread is at them, or will be.
    taken_on: bool,
}

#[derive(Debug)]
enum Part {
    Open(Box<ArrowWriter<Vec<u8>>>),
    Failed(ParquetError),
    Finished,
}

impl Encoding {
    pub(super) fn new(schema: SchemaRef, properties: WriterProperties) -> Result<Self, ParquetError> {
        // Arrow's schema has metadata that is known only at the end.
        let options = ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
        let part = Part::Open(Box::new(ArrowWriter::try_new_with_options(Vec::new(), schema, options)?));
        Ok(Self(Arc::new(Shared { waiting: Mutex::default(), part: Mutex::new(part) })))
    }

    /// Takes a batch; what is wrong with it, [`finish`](Self::finish) says.
    pub(super) fn add(&self, batch: RecordBatch) {
        let taken_on = {
            let mut waiting = self.0.waiting();
            waiting.batches.push_back(batch);
            std::mem::replace(&mut waiting.taken_on, true)
        };
        // Without a runtime all are encoded at the end.
        if let Ok(runtime) = Handle::try_current()
            && !taken_on
        {
            let shared = Arc::clone(&self.0);
            runtime.spawn_blocking(move || shared.part().encode(&shared));
        }
    }

    /// The part's bytes. It is work for a thread on which nobody waits.
    pub(super) fn finish(self, schema: &SchemaRef, geo: Option<String>) -> Result<Vec<u8>, ParquetError> {
        let mut part = self.0.part();
        part.encode(&self.0);
        match std::mem::replace(&mut *part, Part::Finished) {
            Part::Open(mut writer) => {
                writer.append_key_value_metadata(KeyValue::new(
                    ARROW_SCHEMA_META_KEY.into(),
                    encode_arrow_schema(schema),
                ));
                if let Some(geo) = geo {
                    writer.append_key_value_metadata(KeyValue::new(super::geometry::KEY.into(), geo));
                }
                writer.into_inner()
            }
            Part::Failed(error) => Err(error),
            Part::Finished => unreachable!("it is finished once"),
        }
    }
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().expect("no panic under this lock")
    }

    /// A panic of the encoder's goes on in who finishes the part.
    fn part(&self) -> MutexGuard<'_, Part> {
        self.part.lock().expect("the encoder has not panicked")
    }

    /// The next batch; where there is none, nobody is at them any more.
    fn next(&self) -> Option<RecordBatch> {
        let mut waiting = self.waiting();
        let next = waiting.batches.pop_front();
        waiting.taken_on &= next.is_some();
        next
    }
}

impl Part {
    /// Encodes all that wait.
    fn encode(&mut self, shared: &Shared) {
        while let Some(batch) = shared.next() {
            if let Self::Open(writer) = self
                && let Err(error) = writer.write(&batch)
            {
                *self = Self::Failed(error);
            }
        }
    }
}
