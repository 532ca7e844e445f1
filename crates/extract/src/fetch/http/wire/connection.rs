//! One connection, driven by whoever waits for its bytes.

use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};

use super::Failed;
use super::framing::{Framing, Next};
use super::head::{Head, Search};
use super::pool::Pool;
use super::stream::Stream;
use crate::fetch::http::response::RECORDS;

/// Room for a head, which is mostly shorter than half of this.
const HEAD: usize = 1 << 10;
/// Room that is made for more of a body, at most.
const ROOM: usize = 64 << 10;
/// Bytes of a body that are read to keep its connection, though nobody wants them.
const UNREAD: usize = 8 << 10;
/// With less room than this, more is made.
const LEAST: usize = 4 << 10;

/// A connection to a server.
#[derive(Debug)]
pub(super) struct Connection(Box<Ends>);

#[derive(Debug)]
struct Ends {
    stream: Stream,
    /// What came and was not taken yet.
    came: BytesMut,
    /// Host and port.
    site: Box<str>,
}

/// A request without an answer.
#[derive(Debug)]
pub(super) struct Unanswered {
    pub(super) error: Failed,
    pub(super) resend: Resend,
}

/// Whether such a request may be sent again at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Resend {
    /// It may: it was not sent.
    Unsent,
    /// Where it went over a connection that was in use before, it may, and counts.
    Over,
    /// It may not: the server has said what it thinks of it.
    No,
}

impl Connection {
    pub(super) fn new(stream: Stream, site: &str) -> Self {
        Self(Box::new(Ends { stream, came: BytesMut::new(), site: site.into() }))
    }

    /// Host and port that it is to.
    pub(super) fn site(&self) -> &str {
        &self.0.site
    }

    /// Sends a request, and waits for the head of its response, of whose body some `expected` bytes are wanted.
    pub(super) async fn send(mut self, request: &[u8], expected: usize) -> Result<(Head, Payload), Unanswered> {
        self.write(request).await?;
        let mut search = Search::default();
        let room = expected.saturating_add(HEAD).min(ROOM);
        let head = poll_fn(|context| self.poll_head(context, &mut search, room)).await;
        let mut head = head.map_err(|error| Unanswered { error, resend: Resend::Over })?;
        if matches!(self.0.stream, Stream::Tls(_)) {
            head.len += RECORDS;
        }
        let payload = Payload { framing: head.framing.clone(), keeps: head.keeps, from: Some(self), pool: None };
        Ok((head, payload))
    }

    async fn write(&mut self, mut request: &[u8]) -> Result<(), Unanswered> {
        let all = request.len();
        while !request.is_empty() {
            match self.0.stream.write(request).await {
                Ok(written) => request = &request[written..],
                Err(error) => {
                    let resend = if request.len() == all { Resend::Unsent } else { Resend::Over };
                    return Err(Unanswered { error: Failed::Io(error), resend });
                }
            }
        }
        Ok(())
    }

    fn poll_head(&mut self, context: &mut Context<'_>, search: &mut Search, room: usize) -> Poll<Result<Head, Failed>> {
        // A request that waits for its server holds no buffer.
        ready!(self.0.stream.poll_readable(context)).map_err(Failed::Io)?;
        if self.0.came.is_empty() {
            self.0.came.reserve(room);
        }
        loop {
            if ready!(self.poll_fill(context, HEAD))? == 0 {
                let nothing = self.0.came.is_empty();
                let what = if nothing { "before its response" } else { "within the head of its response" };
                return Poll::Ready(Err(ended(what)));
            }
            if let Some(head) = search.take(&mut self.0.came)? {
                return Poll::Ready(Ok(head));
            }
        }
    }

    /// Takes in what came, with room for so many bytes more; none at its end.
    fn poll_fill(&mut self, context: &mut Context<'_>, more: usize) -> Poll<Result<usize, Failed>> {
        let Ends { stream, came, .. } = &mut *self.0;
        if came.capacity() - came.len() < more.min(LEAST) {
            came.reserve(more.min(ROOM));
        }
        stream.poll_take(context, came).map_err(Failed::Io)
    }

    /// Whether another request may be sent, as far as is known: nothing came that nobody asked for, and no end.
    pub(super) fn is_free(&mut self) -> bool {
        self.0.came.is_empty() && self.0.stream.is_silent()
    }

    /// Gives back the memory that it needs for a response.
    fn rest(&mut self) {
        self.0.came = BytesMut::new();
    }
}

fn ended(what: &str) -> Failed {
    Failed::Io(io::Error::new(io::ErrorKind::UnexpectedEof, format!("the server closed the connection {what}")))
}

/// The body of a response, which comes over a connection that is kept when all of it has come.
#[derive(Debug)]
pub(in crate::fetch::http) struct Payload {
    framing: Framing,
    keeps: bool,
    from: Option<Connection>,
    pool: Option<Arc<Pool>>,
}

impl Payload {
    /// Says where the connection is kept.
    pub(super) fn kept_in(mut self, pool: Arc<Pool>) -> Self {
        self.pool = Some(pool);
        self
    }

    /// The next bytes, as they come; `None` at the end.
    pub(in crate::fetch::http) fn poll_chunk(
        &mut self, context: &mut Context<'_>,
    ) -> Poll<Result<Option<Bytes>, Failed>> {
        let Some(connection) = &mut self.from else { return Poll::Ready(Ok(None)) };
        loop {
            let more = match self.framing.take(&mut connection.0.came) {
                Ok(Next::Piece(piece)) => return Poll::Ready(Ok(Some(piece))),
                Ok(Next::End) => return Poll::Ready(Ok(None)),
                Ok(Next::More) => match self.framing {
                    Framing::Length(left) => usize::try_from(left).unwrap_or(ROOM),
                    Framing::Chunked(..) | Framing::Close => ROOM / 4,
                },
                Err(failed) => return self.fail(failed),
            };
            match ready!(connection.poll_fill(context, more)) {
                Ok(0) if self.framing == Framing::Close => {
                    self.from = None;
                    return Poll::Ready(Ok(None));
                }
                Ok(0) => return self.fail(ended("before the end of the body")),
                Ok(_) => {}
                Err(failed) => return self.fail(failed),
            }
        }
    }

    fn fail<T>(&mut self, failed: Failed) -> Poll<Result<T, Failed>> {
        self.keeps = false;
        Poll::Ready(Err(failed))
    }

    /// Whether all of it has come, as far as can be told without waiting. What is short and was left unread is passed over: pages
    /// that come with refusals and redirects, and what ends chunks.
    fn is_over(&mut self) -> bool {
        let Some(connection) = &mut self.from else { return false };
        let Ends { stream, came, .. } = &mut *connection.0;
        if matches!(self.framing, Framing::Length(left) if left > (UNREAD + came.len()) as u64) {
            return false;
        }
        let mut read = 0;
        loop {
            match self.framing.take(came) {
                Ok(Next::End) => return true,
                Ok(Next::Piece(_)) => {}
                Ok(Next::More) if read < UNREAD => match stream.take_now(came) {
                    Some(Ok(more)) if more > 0 => read += more,
                    _ => return false,
                },
                Ok(Next::More) | Err(_) => return false,
            }
        }
    }
}

impl Drop for Payload {
    fn drop(&mut self) {
        // A body that nobody reads to its end closes the connection, and one that has come to its end leaves it free.
        if !(self.keeps && self.is_over()) {
            return;
        }
        if let (Some(mut connection), Some(pool)) = (self.from.take(), self.pool.take())
            && connection.is_free()
        {
            connection.rest();
            pool.keep(connection);
        }
    }
}
