//! Batches to standard output.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::FileTypeExt;

use anyhow::{Context, anyhow};
use arrow_array::RecordBatch;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{ArrowError, SchemaRef};
use tokio::io::Interest;
use tokio::net::unix::pipe;
use tokio::sync::mpsc;

use crate::exit::Usage;

/// How much is written at once.
const BUFFER: usize = 256 << 10;

/// What is written next.
pub(super) enum Next {
    Batch(RecordBatch),
    /// Every row of the input is an outcome.
    End,
}

/// Standard output.
///
/// # Errors
/// [`Usage`] where it is a terminal.
pub(super) fn stdout() -> anyhow::Result<File> {
    if io::stdout().is_terminal() {
        let why = "standard output is a terminal: a worker writes an Arrow IPC stream; send it to a file or a program";
        return Err(Usage(why.into()).into());
    }
    duplicate().context("cannot use standard output")
}

/// Without the lock and the line buffer of the standard library's.
fn duplicate() -> io::Result<File> {
    Ok(File::from(io::stdout().as_fd().try_clone_to_owned()?))
}

/// Writes the schema at once, every batch as it comes, and the end.
///
/// # Errors
/// Where nobody takes them, or the disk is full.
pub(super) async fn write(to: File, schema: SchemaRef, batches: mpsc::Receiver<Next>) -> anyhow::Result<()> {
    let writing = tokio::task::spawn_blocking(move || write_all(to, &schema, batches));
    writing.await?.context("cannot write to standard output: not every outcome is written")
}

fn write_all(to: impl Write, schema: &SchemaRef, mut batches: mpsc::Receiver<Next>) -> Result<(), ArrowError> {
    let mut writer = StreamWriter::try_new(BufWriter::with_capacity(BUFFER, to), schema)?;
    writer.flush()?;
    while let Some(next) = batches.blocking_recv() {
        match next {
            Next::Batch(batch) => writer.write(&batch)?,
            Next::End => {
                writer.finish()?;
                return writer.flush();
            }
        }
        writer.flush()?;
    }
    Ok(())
}

/// Waits until nobody reads standard output any more, where it is a pipe: the program that wanted the outcomes has died, and
/// an image that is waited for would keep this one alive.
pub(super) async fn gone() -> anyhow::Error {
    // Never, as far as can be told, unless it is a pipe; writing tells it then.
    if let Some(pipe) = pipe() {
        while let Ok(ready) = pipe.ready(Interest::ERROR).await {
            if ready.is_error() || ready.is_write_closed() {
                return anyhow!("nobody reads standard output any more: its reader has ended");
            }
        }
    }
    std::future::pending().await
}

/// It is only watched: the mode of the pipe, which the thread that writes shares, stays as it is.
fn pipe() -> Option<pipe::Sender> {
    let file = duplicate().ok()?;
    let is_pipe = file.metadata().is_ok_and(|metadata| metadata.file_type().is_fifo());
    is_pipe.then(|| pipe::Sender::from_owned_fd_unchecked(file.into()).ok()).flatten()
}
