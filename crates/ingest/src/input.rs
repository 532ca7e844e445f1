//! Standard input, or whatever is given for it.

use std::fmt;
use std::io::{self, Read};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::stream::{self, StreamExt};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use crate::Error;
use crate::source::{Pieces, carried};

/// What is read at once.
const CHUNK: usize = 64 << 10;

/// What is handed on at once, and how long it may be waited for: a copy of the list is cut here, too.
const PIECE: usize = 1 << 20;
const PATIENCE: Duration = Duration::from_secs(1);

/// Where the list `-` is read from. Cheap to clone; clones share, and only the first that reads gets it.
#[derive(Clone)]
pub struct Input(Arc<Mutex<Option<Box<dyn Read + Send>>>>);

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Input")
    }
}

impl Default for Input {
    /// Standard input.
    fn default() -> Self {
        Self::new(io::stdin())
    }
}

impl Input {
    /// Another reader. It is read on a thread of its own, and may block.
    pub fn new(reader: impl Read + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(Some(Box::new(reader)))))
    }

    /// Its bytes.
    ///
    /// # Errors
    /// [`Error::Twice`] where it was taken before.
    pub(crate) fn pieces(&self) -> Result<Pieces, Error> {
        let reader = self.0.lock().expect("no panic under this lock").take().ok_or(Error::Twice)?;
        let (out, chunks) = mpsc::channel(4);
        // Not a task: at the end of the process nobody waits for a read that may never return.
        std::thread::spawn(move || read(reader, &out));
        Ok(stream::unfold(chunks, |mut chunks| async move { Some((piece(&mut chunks).await?, chunks)) }).boxed())
    }
}

fn read(mut reader: impl Read, out: &mpsc::Sender<io::Result<Bytes>>) {
    loop {
        let mut chunk = vec![0; CHUNK];
        let read = match reader.read(&mut chunk) {
            Ok(0) => return,
            Ok(length) => {
                chunk.truncate(length);
                Ok(chunk.into())
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(source) => Err(carried(Error::Input { source })),
        };
        let failed = read.is_err();
        if out.blocking_send(read).is_err() || failed {
            return;
        }
    }
}

/// The next chunks, as many as come soon.
async fn piece(chunks: &mut mpsc::Receiver<io::Result<Bytes>>) -> Option<io::Result<Bytes>> {
    let first = match chunks.recv().await? {
        Ok(first) => first,
        error => return Some(error),
    };
    let mut piece = BytesMut::from(first);
    let until = Instant::now() + PATIENCE;
    while piece.len() < PIECE {
        match timeout_at(until, chunks.recv()).await {
            Ok(Some(Ok(chunk))) => piece.extend_from_slice(&chunk),
            Ok(Some(error)) => return Some(error),
            Ok(None) | Err(_) => break,
        }
    }
    Some(Ok(piece.freeze()))
}
