//! A response, whichever way it came.

use std::future::poll_fn;
use std::pin::Pin;

use bytes::Bytes;
use http::StatusCode;
use hyper::body::{Body, Incoming};

use super::fields::Fields;
use super::wire;

/// What TLS adds to what one round trip brings: 22 bytes to each of two or three records (RFC 8446, 5.2). Servers that begin with
/// one record a segment send more than ten segments, too.
pub(super) const RECORDS: usize = 66;
/// A status line, where only the fields of a head are known.
const STATUS_LINE: usize = 30;

/// A status, header fields, and a body that is still to be read.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) status: StatusCode,
    /// Those that are looked at: over the short way no others are kept.
    pub(super) fields: Fields,
    /// How long the head is on the wire, in bytes, with what TLS adds to the response; where another client asked, an estimate.
    pub(super) head: usize,
    pub(super) payload: Payload,
}

/// The body.
#[derive(Debug)]
pub(super) enum Payload {
    /// From the server itself, over HTTP/1.1.
    Wire(wire::Payload),
    /// From the server itself, over HTTP/2.
    Http2(Incoming),
    /// From a client for all else.
    Client(reqwest::Body),
}

/// Why there is no response, or no more of it.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failed {
    #[error(transparent)]
    Wire(#[from] wire::Failed),
    #[error(transparent)]
    Client(#[from] reqwest::Error),
}

impl Response {
    /// One from another client than ours.
    pub(super) fn of<B>(response: http::Response<B>, payload: impl FnOnce(B) -> Payload) -> Self {
        let (status, fields) = (response.status(), Fields::from(response.headers()));
        let text: usize = fields.iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len()).sum();
        Self { status, fields, head: RECORDS + STATUS_LINE + text, payload: payload(response.into_body()) }
    }
}

impl Payload {
    /// The next bytes, as they came; `None` at the end. Cancelled, it loses nothing.
    pub(super) async fn chunk(&mut self) -> Result<Option<Bytes>, Failed> {
        match self {
            Self::Wire(body) => Ok(poll_fn(|context| body.poll_chunk(context)).await?),
            Self::Http2(body) => Ok(data(body).await.map_err(wire::Failed::from)?),
            Self::Client(body) => Ok(data(body).await?),
        }
    }
}

/// The next bytes of a body. Trailers are of no use here.
async fn data<B: Body<Data = Bytes> + Unpin>(body: &mut B) -> Result<Option<Bytes>, B::Error> {
    while let Some(frame) = poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await.transpose()? {
        if let Ok(bytes) = frame.into_data() {
            return Ok(Some(bytes));
        }
    }
    Ok(None)
}
