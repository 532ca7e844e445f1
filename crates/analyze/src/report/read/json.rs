//! Parts as JSON lines, of runs without a mirror.

use std::io::{BufRead, BufReader, Read};

use bytes::{Buf, Bytes};
use flate2::read::MultiGzDecoder;
use futures::TryStreamExt;
use futures::stream::BoxStream;
use object_store::ObjectStoreExt;
use tokio::runtime::Handle;

use super::line::{FailureLine, RecordLine};
use super::{Holds, Part};
use crate::report::Error;
use crate::report::source::Kind;

/// Bytes of lines that are parsed at once, and counted under one lock.
const BLOCK: usize = 4 << 20;
const BUFFER: usize = 256 << 10;

pub(super) fn read(part: &Part, kind: Kind) -> Result<(), Error> {
    let got = part.runtime.block_on(part.source.store.get(&part.meta.location));
    let stream = got.map_err(|error| part.unreadable(error))?.into_stream();
    let bytes = Stored { stream, piece: Bytes::new(), runtime: part.runtime.clone() };
    let text: Box<dyn Read> = match kind {
        Kind::Gzip => Box::new(MultiGzDecoder::new(BufReader::with_capacity(BUFFER, bytes))),
        Kind::Zstd => Box::new(zstd::Decoder::new(bytes).map_err(|error| part.damaged(error))?),
        Kind::Json | Kind::Parquet => Box::new(bytes),
    };
    let mut text = BufReader::with_capacity(BUFFER, text);
    let mut block = Vec::new();
    loop {
        let read = text.read_until(b'\n', &mut block).map_err(|error| part.damaged(error))?;
        if block.len() >= BLOCK || (read == 0 && !block.is_empty()) {
            count(part, &block)?;
            block.clear();
        }
        if read == 0 {
            return Ok(());
        }
    }
}

/// The bytes of a part as they come. Its thread waits for them: nobody waits for that thread.
struct Stored {
    stream: BoxStream<'static, object_store::Result<Bytes>>,
    piece: Bytes,
    runtime: Handle,
}

impl Read for Stored {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        while self.piece.is_empty() {
            match self.runtime.block_on(self.stream.try_next()).map_err(std::io::Error::other)? {
                Some(piece) => self.piece = piece,
                None => return Ok(0),
            }
        }
        let length = into.len().min(self.piece.len());
        self.piece.copy_to_slice(&mut into[..length]);
        Ok(length)
    }
}

fn count(part: &Part, block: &[u8]) -> Result<(), Error> {
    let lines = block.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    match part.holds {
        Holds::Records => {
            let parsed = lines.map(serde_json::from_slice::<RecordLine<'_>>);
            let parsed = parsed.collect::<Result<Vec<_>, _>>().map_err(|error| part.damaged(error))?;
            let mut aggregate = part.aggregate();
            for line in &parsed {
                aggregate.record(&line.row(), line.tags());
            }
        }
        Holds::Failures => {
            let parsed = lines.map(serde_json::from_slice::<FailureLine<'_>>);
            let parsed = parsed.collect::<Result<Vec<_>, _>>().map_err(|error| part.damaged(error))?;
            let mut aggregate = part.aggregate();
            for line in &parsed {
                aggregate.failures.count(&line.row());
            }
        }
    }
    Ok(())
}
