//! A response's body, in pieces, with its own deadlines.

use std::io::Write;
use std::time::Duration;

use bytes::Bytes;
use flate2::write::{GzDecoder, ZlibDecoder};
use futures::FutureExt;
use http::header::CONTENT_ENCODING;
use imgmeta_record::{Fetch, Kind, Phase};
use tokio::time::{Instant, timeout};

use super::error::trouble;
use super::response::{Payload, Response};
use crate::trouble::Trouble;

/// Slower than this many bytes in a window is a failure: 1 KiB a second over 10 s.
const MIN_BYTES: u64 = 10 << 10;
const WINDOW: Duration = Duration::from_secs(10);

/// A body that is being read.
pub(super) struct Body {
    payload: Payload,
    idle: Duration,
    encoding: Encoding,
    window: (Instant, u64),
    /// Bytes that came and are not decoded yet.
    pending: Bytes,
}

/// How the bytes are encoded, though none of it was asked for.
enum Encoding {
    Identity,
    Gzip(GzDecoder<Vec<u8>>),
    Deflate(ZlibDecoder<Vec<u8>>),
}

/// The `Content-Encoding`, where it is not `identity`.
pub(super) fn encoding(response: &Response) -> Option<String> {
    let value = response.fields.get(&CONTENT_ENCODING)?.to_str().ok()?.trim().to_ascii_lowercase();
    (!value.is_empty() && value != "identity").then_some(value)
}

impl Body {
    pub(super) fn new(response: Response, idle: Duration) -> Result<Self, Trouble> {
        let encoding = match encoding(&response).as_deref() {
            None => Encoding::Identity,
            Some("gzip" | "x-gzip") => Encoding::Gzip(GzDecoder::new(Vec::new())),
            Some("deflate") => Encoding::Deflate(ZlibDecoder::new(Vec::new())),
            Some(other) => {
                let message = format!("the body is encoded as `{other}`, though identity was asked for");
                return Err(Trouble::new(Kind::Unsupported, Phase::Body, message));
            }
        };
        Ok(Self { payload: response.payload, idle, encoding, window: (Instant::now(), 0), pending: Bytes::new() })
    }

    /// The next piece, decoded; `None` at the body's end.
    pub(super) async fn next(&mut self, fetch: &mut Fetch) -> Result<Option<Bytes>, Trouble> {
        loop {
            if !self.pending.is_empty() {
                let piece = self.decode()?;
                if !piece.is_empty() {
                    return Ok(Some(piece));
                }
                continue;
            }
            // Mostly it is there, so that nobody need watch the time.
            let came = match self.payload.chunk().now_or_never() {
                Some(came) => Ok(came),
                None => timeout(self.longest(), self.payload.chunk()).await,
            };
            match came {
                Ok(Ok(None)) => return Ok(None),
                Ok(Ok(Some(bytes))) => {
                    fetch.bytes_read += bytes.len() as u64;
                    self.window.1 += bytes.len() as u64;
                    self.pending = bytes;
                }
                Ok(Err(error)) => return Err(trouble(error, Phase::Body, "")),
                Err(_) => self.check_speed()?,
            }
        }
    }

    /// How long the next piece may take.
    fn longest(&self) -> Duration {
        (self.window.0 + WINDOW).saturating_duration_since(Instant::now()).min(self.idle)
    }

    /// The wait ended: the body is idle, or its window is over.
    fn check_speed(&mut self) -> Result<(), Trouble> {
        let (start, bytes) = self.window;
        if start.elapsed() < WINDOW || bytes < MIN_BYTES {
            let message = format!("the body came too slowly: {bytes} bytes in {} s", start.elapsed().as_secs());
            return Err(Trouble::new(Kind::Timeout, Phase::Body, message));
        }
        self.window = (Instant::now(), 0);
        Ok(())
    }

    /// Decodes some of what is pending: little at a time, since a few bytes may stand for a thousand times as many.
    fn decode(&mut self) -> Result<Bytes, Trouble> {
        const SLICE: usize = 4 << 10;
        fn decoded(out: &mut Vec<u8>) -> Bytes {
            std::mem::take(out).into()
        }
        if matches!(self.encoding, Encoding::Identity) {
            return Ok(std::mem::take(&mut self.pending));
        }
        let bytes = self.pending.split_to(self.pending.len().min(SLICE));
        let done = match &mut self.encoding {
            Encoding::Identity => unreachable!("handed on above"),
            Encoding::Gzip(decoder) => {
                decoder.write_all(&bytes).and_then(|()| decoder.flush()).map(|()| decoded(decoder.get_mut()))
            }
            Encoding::Deflate(decoder) => {
                decoder.write_all(&bytes).and_then(|()| decoder.flush()).map(|()| decoded(decoder.get_mut()))
            }
        };
        done.map_err(|error| Trouble::new(Kind::Http, Phase::Body, format!("the body is not decodable: {error}")))
    }
}
