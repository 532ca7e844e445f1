//! A response, whichever way it came.

use std::future::poll_fn;
use std::pin::Pin;

use bytes::Bytes;
use http::StatusCode;
use hyper::body::Body as _;

use super::fields::Fields;
use super::wire;

/// What stands around the fields of a head: the status line, and what frames records of TLS.
const FRAMES: usize = 96;

/// A status, header fields, and a body that is still to be read.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) status: StatusCode,
    /// Those that are looked at: over the short way no others are kept.
    pub(super) fields: Fields,
    /// How long the head is on the wire, in bytes; where another client asked, an estimate.
    pub(super) head: usize,
    pub(super) payload: Payload,
}

/// The body.
#[derive(Debug)]
pub(super) enum Payload {
    /// From the server itself, over HTTP/1.1.
    Wire(wire::Payload),
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

impl From<reqwest::Response> for Response {
    fn from(response: reqwest::Response) -> Self {
        let (status, fields) = (response.status(), Fields::from(response.headers()));
        let text: usize = fields.iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len()).sum();
        Self {
            status,
            fields,
            head: FRAMES + text,
            payload: Payload::Client(http::Response::from(response).into_body()),
        }
    }
}

impl Payload {
    /// The next bytes, as they came; `None` at the end. Cancelled, it loses nothing.
    pub(super) async fn chunk(&mut self) -> Result<Option<Bytes>, Failed> {
        match self {
            Self::Wire(body) => Ok(poll_fn(|context| body.poll_chunk(context)).await?),
            Self::Client(body) => loop {
                match poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await.transpose()? {
                    None => return Ok(None),
                    // Trailers are of no use here.
                    Some(frame) => {
                        if let Ok(bytes) = frame.into_data() {
                            return Ok(Some(bytes));
                        }
                    }
                }
            },
        }
    }
}
