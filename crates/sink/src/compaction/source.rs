//! Lines of old parts on their way to new ones.

use std::io;

use bytes::Bytes;
use tokio::sync::mpsc;

use crate::folder::Folder;
use crate::output::Compression;
use crate::writer::blocking;
use crate::{Error, part};

use super::Order;
use super::plan::Part;
use super::sort::{Sorter, Trouble};

/// Bytes of lines that are handed on at a time.
const BLOCK: usize = 1 << 20;

/// The lines of parts.
pub(super) struct Source<'a> {
    pub(super) folder: &'a Folder,
    pub(super) parts: &'a [Part<'a>],
    pub(super) compression: Compression,
    /// Lines that an earlier process has taken.
    pub(super) done: u64,
}

impl Source<'_> {
    /// Hands lines on in their order, as blocks of whole lines; parts of which all are done are not read.
    pub(super) async fn in_order(&self, to: mpsc::Sender<Vec<u8>>) -> Result<(), Error> {
        let mut done = self.done;
        for part in self.parts {
            if done >= part.lines {
                done -= part.lines;
                continue;
            }
            let (bytes, compression, to_blocks) = (self.read(part).await?, self.compression, to.clone());
            let skipped = std::mem::take(&mut done);
            let handed = blocking(move || {
                let mut blocks = Blocks::new(to_blocks, skipped);
                part::lines(&bytes, compression, |line| blocks.add(line).map_err(|_: Left| String::new()))?;
                blocks.end();
                Ok(blocks.lines)
            });
            match handed.await {
                Err(_) if to.is_closed() => return Ok(()),
                handed => self.check(part, handed)?,
            }
        }
        Ok(())
    }

    /// Takes all lines; `read` is told of each part how many it has.
    pub(super) async fn sort(&self, order: Order, most: usize, read: impl Fn(u64)) -> Result<Sorter, Error> {
        let mut sorter = Sorter::new(order, most);
        for part in self.parts {
            let (bytes, compression) = (self.read(part).await?, self.compression);
            let (back, lines) = blocking(move || {
                let lines = add_all(&mut sorter, &bytes, compression);
                (sorter, lines)
            })
            .await;
            sorter = back;
            match lines {
                Err(Trouble::Disk(source)) => return Err(Error::Scratch { source }),
                Err(Trouble::Line(why)) => self.check(part, Err(why))?,
                Ok(lines) => self.check(part, Ok(lines))?,
            }
            read(part.lines);
        }
        Ok(sorter)
    }

    /// Hands sorted lines on.
    pub(super) async fn sorted(&self, sorter: Sorter, to: mpsc::Sender<Vec<u8>>) -> Result<(), Error> {
        let done = self.done;
        let handed = blocking(move || {
            let mut blocks = Blocks::new(to, done);
            sorter.finish()?.each(|_, line| blocks.add(line))?;
            blocks.end();
            Ok(())
        });
        match handed.await {
            Ok(()) | Err(Left::Unheard) => Ok(()),
            Err(Left::Disk(source)) => Err(Error::Scratch { source }),
        }
    }

    async fn read(&self, part: &Part<'_>) -> Result<Bytes, Error> {
        part::read(self.folder, part.file).await
    }

    /// A part must have as many lines as its manifest says.
    fn check(&self, part: &Part<'_>, lines: Result<u64, String>) -> Result<(), Error> {
        let why = match lines {
            Ok(lines) if lines == part.lines => return Ok(()),
            Ok(lines) => format!("it has {lines} lines, and should have {}", part.lines),
            Err(why) => why,
        };
        Err(self.folder.damaged(&part.file.path, why))
    }
}

fn add_all(sorter: &mut Sorter, bytes: &[u8], compression: Compression) -> Result<u64, Trouble> {
    let (mut lines, mut disk) = (0, None);
    let read = part::lines(bytes, compression, |line| {
        lines += 1;
        sorter.add(line).map_err(|trouble| match trouble {
            Trouble::Line(why) => why,
            Trouble::Disk(error) => {
                disk = Some(error);
                String::new()
            }
        })
    });
    match (disk, read) {
        (Some(error), _) => Err(Trouble::Disk(error)),
        (None, read) => read.map(|()| lines).map_err(Trouble::Line),
    }
}

/// Why lines are handed on no further.
enum Left {
    Unheard,
    Disk(io::Error),
}

impl From<io::Error> for Left {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

/// Lines that become blocks. It is for a thread on which nobody waits.
struct Blocks {
    to: mpsc::Sender<Vec<u8>>,
    open: Vec<u8>,
    /// Lines that are still left out.
    skip: u64,
    /// Lines so far.
    lines: u64,
}

impl Blocks {
    fn new(to: mpsc::Sender<Vec<u8>>, skip: u64) -> Self {
        Self { to, open: Vec::new(), skip, lines: 0 }
    }

    fn add(&mut self, line: &[u8]) -> Result<(), Left> {
        self.lines += 1;
        if self.skip > 0 {
            self.skip -= 1;
            return Ok(());
        }
        self.open.extend_from_slice(line);
        if self.open.len() < BLOCK {
            return Ok(());
        }
        self.to.blocking_send(std::mem::take(&mut self.open)).map_err(|_| Left::Unheard)
    }

    /// Hands the rest on, if anybody listens.
    fn end(&mut self) {
        if !self.open.is_empty() {
            self.to.blocking_send(std::mem::take(&mut self.open)).ok();
        }
    }
}
