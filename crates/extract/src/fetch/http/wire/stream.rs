//! The bytes of a connection, with TLS or without.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, BytesMut};
use futures::FutureExt;
use tokio::io::{AsyncBufRead, AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::task::unconstrained;
use tokio_rustls::client::TlsStream;
use tokio_util::io::poll_read_buf;

/// Bytes to and from a server.
#[derive(Debug)]
pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<Ahead>>),
}

impl Stream {
    /// Waits until there is something to read, or the end. Nobody need have room for it before.
    pub(super) fn poll_readable(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(stream) => stream.poll_read_ready(context),
            Self::Tls(stream) => Pin::new(stream).poll_fill_buf(context).map_ok(|_| ()),
        }
    }

    /// Adds what came, and says how much; none at the end.
    pub(super) fn poll_take(&mut self, context: &mut Context<'_>, came: &mut BytesMut) -> Poll<io::Result<usize>> {
        match self {
            Self::Plain(stream) => poll_read_buf(Pin::new(stream), context, came),
            Self::Tls(stream) => {
                let bytes = ready!(Pin::new(&mut *stream).poll_fill_buf(context))?;
                let len = bytes.len();
                came.extend_from_slice(bytes);
                Pin::new(stream).consume(len);
                Poll::Ready(Ok(len))
            }
        }
    }

    /// As [`poll_take`](Self::poll_take), of what is there; `None` where that is nothing.
    pub(super) fn take_now(&mut self, came: &mut BytesMut) -> Option<io::Result<usize>> {
        unconstrained(poll_fn(|context| self.poll_take(context, came))).now_or_never()
    }

    /// Whether nothing came, and no end.
    pub(super) fn is_silent(&mut self) -> bool {
        match self {
            Self::Plain(stream) => {
                stream.try_read(&mut [0]).is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
            }
            // Tickets for later connections (RFC 8446, 4.6.1) are no answer. Of a record that nobody asked for, a part is not seen.
            Self::Tls(_) => unconstrained(poll_fn(|context| self.poll_readable(context))).now_or_never().is_none(),
        }
    }

    /// Sends some of these bytes, and says how many.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(bytes).await,
            Self::Tls(stream) => {
                let written = stream.write(bytes).await?;
                stream.flush().await?;
                Ok(written)
            }
        }
    }
}

impl Drop for Stream {
    /// Says that it ends, as far as that takes no waiting: RFC 8446, 6.1.
    fn drop(&mut self) {
        if let Self::Tls(stream) = self {
            unconstrained(poll_fn(|context| Pin::new(&mut *stream).poll_shutdown(context))).now_or_never();
        }
    }
}

/// Room for a record of TLS as long as may be (RFC 8446, 5.2), and for the beginning of the next.
const RECORD: usize = 20 << 10;

/// Reads ahead of rustls, which asks for 4 KiB at a time: a record would take four calls of the system instead of one.
#[derive(Debug)]
pub(super) struct Ahead {
    stream: TcpStream,
    came: BytesMut,
}

impl Ahead {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { stream, came: BytesMut::new() }
    }
}

impl AsyncRead for Ahead {
    fn poll_read(
        mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Self { stream, came } = &mut *self;
        if came.is_empty() {
            // A connection that waits for its server holds no buffer.
            ready!(stream.poll_read_ready(context))?;
            came.reserve(RECORD);
            let read = poll_read_buf(Pin::new(stream), context, came);
            if read.is_pending() {
                *came = BytesMut::new();
            }
            ready!(read)?;
        }
        let len = came.len().min(buffer.remaining());
        buffer.put_slice(&came[..len]);
        came.advance(len);
        if came.is_empty() {
            *came = BytesMut::new();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Ahead {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
