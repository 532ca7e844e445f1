//! Sorted lines on this machine's disk, and many such runs as one.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Seek, Write};

use super::key::{Key, read_bytes, write_bytes};

/// Bytes that are handed to and taken from the compression at a time.
const BUFFER: usize = 64 << 10;
/// Quick, and with a window that many can have open at once.
const LEVEL: i32 = 1;

/// Lines in the order of their keys. Its file has no name: it goes with the process, however that ends.
#[derive(Debug)]
pub(super) struct Run {
    file: File,
    lines: u64,
}

/// A run that is being written.
pub(super) struct RunWriter {
    to: BufWriter<zstd::Encoder<'static, File>>,
    lines: u64,
}

impl RunWriter {
    pub(super) fn new() -> io::Result<Self> {
        let to = zstd::Encoder::new(tempfile::tempfile()?, LEVEL)?;
        Ok(Self { to: BufWriter::with_capacity(BUFFER, to), lines: 0 })
    }

    pub(super) fn write(&mut self, key: &Key, line: &[u8]) -> io::Result<()> {
        self.lines += 1;
        key.write(&mut self.to)?;
        write_bytes(&mut self.to, line)
    }

    pub(super) fn finish(mut self) -> io::Result<Run> {
        self.to.flush()?;
        let encoder = self.to.into_inner().map_err(io::IntoInnerError::into_error)?;
        let mut file = encoder.finish()?;
        file.rewind()?;
        Ok(Run { file, lines: self.lines })
    }
}

/// A run that is read, of which one line is at hand.
struct Reading {
    from: BufReader<zstd::Decoder<'static, BufReader<File>>>,
    left: u64,
    line: Vec<u8>,
}

impl Reading {
    fn new(run: Run) -> io::Result<Self> {
        let from = BufReader::with_capacity(BUFFER, zstd::Decoder::new(run.file)?);
        Ok(Self { from, left: run.lines, line: Vec::new() })
    }

    /// Takes the next line, and gives its key.
    fn next(&mut self) -> io::Result<Option<Key>> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let key = Key::read(&mut self.from)?;
        read_bytes(&mut self.from, &mut self.line)?;
        Ok(Some(key))
    }
}

/// The lines of many runs in the order of their keys; of equal ones, those of the first run come first.
pub(super) struct Merged {
    runs: Vec<Reading>,
    next: BinaryHeap<Reverse<(Key, usize)>>,
}

impl Merged {
    pub(super) fn new(runs: impl IntoIterator<Item = Run>) -> io::Result<Self> {
        let mut runs = runs.into_iter().map(Reading::new).collect::<io::Result<Vec<_>>>()?;
        let mut next = BinaryHeap::new();
        for (at, run) in runs.iter_mut().enumerate() {
            next.extend(run.next()?.map(|key| Reverse((key, at))));
        }
        Ok(Self { runs, next })
    }

    /// Hands on each line.
    ///
    /// # Errors
    /// Of the disk, and what `each` says.
    pub(super) fn each<E: From<io::Error>>(
        mut self, mut each: impl FnMut(&Key, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        while let Some(Reverse((key, at))) = self.next.pop() {
            each(&key, &self.runs[at].line)?;
            self.next.extend(self.runs[at].next()?.map(|key| Reverse((key, at))));
        }
        Ok(())
    }
}
