//! A response, whichever way it came.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame};

use super::wire;

/// A status, headers, and a body that is still to be read.
pub(super) type Response = http::Response<Payload>;

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

impl Payload {
    /// The next bytes, as they came; `None` at the end.
    pub(super) async fn chunk(&mut self) -> Result<Option<Bytes>, Failed> {
        loop {
            match std::future::poll_fn(|context| self.poll_frame(context)).await {
                // Trailers are of no use here.
                Some(Ok(frame)) => {
                    if let Ok(bytes) = frame.into_data() {
                        return Ok(Some(bytes));
                    }
                }
                Some(Err(failed)) => return Err(failed),
                None => return Ok(None),
            }
        }
    }

    fn poll_frame(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Failed>>> {
        Poll::Ready(match self {
            Self::Wire(body) => ready!(body.poll_frame(context)).map(|frame| frame.map_err(Failed::from)),
            Self::Client(body) => ready!(Pin::new(body).poll_frame(context)).map(|frame| frame.map_err(Failed::from)),
        })
    }
}
