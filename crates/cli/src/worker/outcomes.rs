//! Outcomes to batches, with what is carried beside them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context;
use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, SchemaRef};
use imgmeta_record::Outcome;
use imgmeta_record::json::Keys;
use imgmeta_sink::ArrowOutcomes;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use super::carried::Carried;
use super::output::Next;

/// A batch is written at the first of these: rows, bytes of their texts, and time since its first row.
const ROWS: usize = 1024;
const BYTES: usize = 8 << 20;
const WAIT: Duration = Duration::from_millis(100);

/// The batch that is being filled.
pub(super) struct Outcomes {
    columns: ArrowOutcomes,
    /// Numbers of the rows in `columns`.
    numbers: Vec<u64>,
    schema: SchemaRef,
    keys: Keys,
    carried: Arc<Mutex<Carried>>,
}

impl Outcomes {
    pub(super) fn new(columns: ArrowOutcomes, schema: SchemaRef, keys: Keys, carried: Arc<Mutex<Carried>>) -> Self {
        Self { columns, numbers: Vec::with_capacity(ROWS), schema, keys, carried }
    }

    /// Sends outcomes on as batches, until they end or nobody takes them.
    ///
    /// # Errors
    /// Where a batch cannot be made.
    pub(super) async fn run(
        mut self, mut outcomes: mpsc::Receiver<Outcome>, out: mpsc::Sender<Next>,
    ) -> anyhow::Result<()> {
        while let Some(first) = outcomes.recv().await {
            let until = Instant::now() + WAIT;
            self.add(&first);
            while !self.is_full() {
                let Ok(Some(next)) = timeout_at(until, outcomes.recv()).await else { break };
                self.add(&next);
            }
            let batch = self.batch().context("cannot make a batch of the outcomes")?;
            if out.send(Next::Batch(batch)).await.is_err() {
                break;
            }
        }
        Ok(())
    }

    fn is_full(&mut self) -> bool {
        self.columns.rows() >= ROWS || self.columns.text_bytes() >= BYTES
    }

    fn add(&mut self, outcome: &Outcome) {
        self.numbers.push(outcome.row().expect("every row was numbered when it was read"));
        self.columns.add(outcome, self.keys);
    }

    fn batch(&mut self) -> Result<RecordBatch, ArrowError> {
        let (at, _) = self.schema.column_with_name("Row").expect("it is a column of every outcome");
        let mut columns = self.columns.finish()?.columns().to_vec();
        let (rows, carried) = self.carried.lock().expect("nobody panics while it is held").release(&self.numbers)?;
        columns[at] = rows;
        columns.extend(carried);
        self.numbers.clear();
        RecordBatch::try_new(Arc::clone(&self.schema), columns)
    }
}
