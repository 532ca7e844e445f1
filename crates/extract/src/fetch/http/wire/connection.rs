//! One connection, driven by whoever waits for its bytes.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Empty;
use hyper::body::{Body, Frame, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::Failed;
use super::pool::Pool;

type Nothing = Empty<Bytes>;

/// A connection to a server.
#[derive(Debug)]
pub(super) struct Connection(Box<Ends>);

#[derive(Debug)]
struct Ends {
    sender: http1::SendRequest<Nothing>,
    /// `None` once it is over: it must not be driven any further.
    driven: Option<http1::Connection<TokioIo<TcpStream>, Nothing>>,
}

/// A request without an answer.
#[derive(Debug)]
pub(super) struct Unsent {
    pub(super) error: hyper::Error,
    /// The request, where nothing of it was sent.
    pub(super) request: Option<Box<Request<Nothing>>>,
}

impl Connection {
    pub(super) async fn new(stream: TokioIo<TcpStream>) -> Result<Self, hyper::Error> {
        let (sender, connection) = http1::handshake(stream).await?;
        Ok(Self(Box::new(Ends { sender, driven: Some(connection) })))
    }

    /// Sends a request, and waits for the head of its response.
    pub(super) async fn send(mut self, request: Request<Nothing>) -> Result<Response<Payload>, Unsent> {
        let mut answer = pin!(self.0.sender.try_send_request(request));
        let answer = poll_fn(|context| {
            self.drive(context);
            // Nobody but the connection answers, so that there is nobody else to be woken by.
            answer.as_mut().poll(&mut Context::from_waker(Waker::noop()))
        });
        match answer.await {
            Ok(response) => Ok(response.map(|incoming| Payload { incoming, from: Some(self), back: None })),
            Err(mut unsent) => {
                let request = unsent.take_message().map(Box::new);
                Err(Unsent { error: unsent.into_error(), request })
            }
        }
    }

    /// Moves bytes, as far as that goes without waiting.
    fn drive(&mut self, context: &mut Context<'_>) {
        if let Some(driven) = &mut self.0.driven
            && Pin::new(driven).poll(context).is_ready()
        {
            // What it had to say, it has said to those who wait for an answer.
            self.0.driven = None;
        }
    }

    /// Whether another request may be sent, as far as is known.
    pub(super) fn is_free(&mut self) -> bool {
        self.drive(&mut Context::from_waker(Waker::noop()));
        self.0.driven.is_some() && self.0.sender.is_ready()
    }
}

/// The body of a response, which comes over a connection that is kept when all of it has come.
#[derive(Debug)]
pub(in crate::fetch::http) struct Payload {
    incoming: Incoming,
    from: Option<Connection>,
    back: Option<(Arc<Pool>, Box<str>)>,
}

impl Payload {
    /// Says where the connection is kept.
    pub(super) fn kept_in(mut self, pool: Arc<Pool>, site: &str) -> Self {
        self.back = Some((pool, site.into()));
        self
    }

    pub(in crate::fetch::http) fn poll_frame(
        &mut self, context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Failed>>> {
        // What has come already, else what comes of moving bytes.
        if let Poll::Ready(frame) = Pin::new(&mut self.incoming).poll_frame(context) {
            return Poll::Ready(frame.map(|frame| frame.map_err(Failed::from)));
        }
        if let Some(connection) = &mut self.from {
            connection.drive(context);
        }
        Pin::new(&mut self.incoming).poll_frame(context).map(|frame| frame.map(|frame| frame.map_err(Failed::from)))
    }
}

impl Drop for Payload {
    fn drop(&mut self) {
        // A body that nobody reads to its end closes the connection, and one that has come to its end leaves it free.
        if let (Some(mut connection), Some((pool, site))) = (self.from.take(), self.back.take())
            && connection.is_free()
        {
            pool.keep(&site, connection);
        }
    }
}
