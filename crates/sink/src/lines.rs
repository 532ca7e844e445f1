//! What a finished run says of its rows, line by line.

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::folder::Folder;
use crate::manifest::File;
use crate::output::Compression;
use crate::writer::blocking;
use crate::{Error, Line, part};

/// The lines of one kind that a finished run has.
#[derive(Debug, Clone)]
pub struct Lines {
    pub(crate) folder: Arc<Folder>,
    pub(crate) files: Vec<File>,
    pub(crate) compression: Compression,
}

impl Lines {
    /// Bytes of all parts, as they are stored.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.size).sum()
    }

    /// Hands on line after line, until nobody listens; one part is in memory at a time.
    ///
    /// # Errors
    /// [`Error::Damaged`] where a part is not what was written, and [`Error::Store`].
    pub async fn run(self, lines: mpsc::Sender<Line>) -> Result<(), Error> {
        for file in &self.files {
            let bytes = part::read(&self.folder, file).await?;
            let (compression, to) = (self.compression, lines.clone());
            let sent = blocking(move || {
                part::lines(&bytes, compression, |line| {
                    // Nobody listens any more: the part is left.
                    to.blocking_send(Line::parse(line)?).map_err(|_| String::new())
                })
            });
            match sent.await {
                Err(_) if lines.is_closed() => return Ok(()),
                sent => sent.map_err(|why| self.folder.damaged(&file.path, why))?,
            }
        }
        Ok(())
    }
}
