//! Batches from standard input.

use std::fs::File;
use std::io::{self, BufReader, IsTerminal, Read};
use std::os::fd::AsFd;

use anyhow::{Context, anyhow};
use arrow_array::RecordBatch;
use arrow_ipc::reader::StreamReader;
use arrow_schema::{ArrowError, SchemaRef};
use tokio::sync::{mpsc, oneshot};

use crate::exit::Usage;

/// Batches that are read ahead: a stream may have large ones.
const AHEAD: usize = 1;

/// How much is read at once.
const BUFFER: usize = 64 << 10;

/// A stream whose schema is known, and whose batches are to come.
pub(super) struct Input {
    pub(super) schema: SchemaRef,
    batches: mpsc::Receiver<Result<RecordBatch, ArrowError>>,
}

/// Standard input.
///
/// # Errors
/// [`Usage`] where it is a terminal.
pub(super) fn stdin() -> anyhow::Result<File> {
    if io::stdin().is_terminal() {
        let why = "standard input is a terminal: a worker reads an Arrow IPC stream (`imgmeta run -` reads lines)";
        return Err(Usage(why.into()).into());
    }
    // Without the lock and the buffer of the standard library's.
    Ok(File::from(io::stdin().as_fd().try_clone_to_owned().context("cannot use standard input")?))
}

impl Input {
    /// Waits for the schema.
    ///
    /// # Errors
    /// Where it is no Arrow IPC stream.
    pub(super) async fn open(from: impl Read + Send + 'static) -> anyhow::Result<Self> {
        let (schema_tx, schema) = oneshot::channel();
        let (out, batches) = mpsc::channel(AHEAD);
        // It blocks for as long as the writer of the input likes; nobody waits for it when the process ends.
        tokio::task::spawn_blocking(move || read(from, schema_tx, &out));
        let schema = schema.await.map_err(|_| anyhow!("a defect: the reader of the input has panicked"))?;
        let schema = schema
            .context("cannot read standard input as an Arrow IPC stream (`pyarrow.ipc.new_stream` writes one)")?;
        Ok(Self { schema, batches })
    }

    /// The next batch; `None` at the end.
    ///
    /// # Errors
    /// Where the stream is damaged or cut.
    pub(super) async fn next(&mut self) -> anyhow::Result<Option<RecordBatch>> {
        let next = self.batches.recv().await.transpose();
        next.context("the Arrow IPC stream on standard input is damaged or cut: its writer may have died")
    }
}

fn read(
    from: impl Read, schema: oneshot::Sender<Result<SchemaRef, ArrowError>>,
    out: &mpsc::Sender<Result<RecordBatch, ArrowError>>,
) {
    let mut reader = match StreamReader::try_new(Watched::new(from), None) {
        Ok(reader) => reader,
        Err(error) => return drop(schema.send(Err(error))),
    };
    if schema.send(Ok(reader.schema())).is_err() {
        return;
    }
    for batch in reader.by_ref() {
        let ends = batch.is_err();
        if out.blocking_send(batch).is_err() || ends {
            return;
        }
    }
    // Arrow lets a stream end so; but so does one whose writer was killed between two batches.
    if reader.get_ref().ended {
        let why = io::Error::from(io::ErrorKind::UnexpectedEof);
        let error = ArrowError::IoError("it has no end-of-stream marker".into(), why);
        out.blocking_send(Err(error)).ok();
    }
}

/// Knows whether its end was met.
struct Watched<R> {
    from: BufReader<R>,
    ended: bool,
}

impl<R: Read> Watched<R> {
    fn new(from: R) -> Self {
        Self { from: BufReader::with_capacity(BUFFER, from), ended: false }
    }
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(buffer)?;
        self.ended |= read == 0 && !buffer.is_empty();
        Ok(read)
    }
}
