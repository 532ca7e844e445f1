//! HTTP/2 (RFC 9113): one connection to a server, over which requests go side by side.

use std::collections::HashMap;
use std::error::Error;
use std::io;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use bytes::Bytes;
use foldhash::fast::RandomState;
use h2::Reason;
use http::{Request, Version};
use http_body_util::Empty;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio_rustls::client::TlsStream;

use super::Failed;
use super::connection::{Resend, Unanswered};
use super::pool::{IDLE, SWEEP};
use super::stream::Ahead;
use crate::fetch::http::response::{Payload, Response};

/// The longest head of a response: that of HTTP/1.1.
const LONGEST_HEAD: u32 = 256 << 10;
/// Streams that were left before their end and are remembered: an image is mostly left when its header has come.
const LEFT: usize = 1024;

/// A connection that is shared by all requests to a server.
#[derive(Debug, Clone)]
pub(super) struct Http2 {
    sender: SendRequest<Empty<Bytes>>,
    /// Whether it ended, or may have without a word.
    over: Arc<AtomicBool>,
}

impl Http2 {
    /// Begins to speak. A task of its own drives the connection, until nobody uses it any more, or the server ends it.
    pub(super) async fn begin(stream: TlsStream<Ahead>) -> Result<Self, Failed> {
        let mut builder = Builder::new(TokioExecutor::new());
        builder.max_header_list_size(LONGEST_HEAD);
        // What still comes of those that were left is no fault of the server's, of which only some would be borne.
        builder.max_concurrent_reset_streams(LEFT).max_local_error_reset_streams(None);
        let (sender, connection) = builder.handshake(TokioIo::new(stream)).await?;
        tokio::spawn(async {
            // Whoever waits for an answer is told, too.
            connection.await.inspect_err(|error| tracing::debug!(%error, "a connection ended")).ok();
        });
        Ok(Self { sender, over: Arc::default() })
    }

    fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed) || self.sender.is_closed()
    }

    fn leave(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    /// Sends a request, and waits for the head of its response. Given up before that, it leaves the connection to those that use
    /// it already: it may be gone without a word.
    pub(super) async fn send(&self, mut request: Request<Empty<Bytes>>) -> Result<Response, Unanswered> {
        *request.version_mut() = Version::HTTP_2;
        let unheard = Unheard(self);
        let answer = self.sender.clone().send_request(request).await;
        mem::forget(unheard);
        answer.map(|response| Response::of(response, Payload::Http2)).map_err(|error| {
            let (ended, resend) = judge(&error);
            if ended {
                self.leave();
            }
            Unanswered { error: error.into(), resend }
        })
    }
}

/// A request that waits for its response.
struct Unheard<'a>(&'a Http2);

impl Drop for Unheard<'_> {
    fn drop(&mut self) {
        self.0.leave();
    }
}

/// Whether an error ends its connection, and whether the request may be sent again: where the connection ended, or the server says that it
/// did nothing with it (RFC 9113, 8.7).
fn judge(error: &hyper::Error) -> (bool, Resend) {
    // One that waited for its turn on a connection that ended is called a fault of the user's.
    if error.is_canceled() || error.is_user() {
        return (true, Resend::Unsent);
    }
    let source = error.source();
    // What h2 says of the connection beneath, hyper hands on as it is.
    if source.is_some_and(<dyn Error>::is::<io::Error>) {
        return (true, Resend::Over);
    }
    let Some(error) = source.and_then(|source| source.downcast_ref::<h2::Error>()).filter(|error| error.is_remote())
    else {
        return (false, Resend::No);
    };
    match error.reason() {
        Some(Reason::NO_ERROR) if error.is_go_away() => (true, Resend::Over),
        Some(Reason::REFUSED_STREAM) if error.is_reset() => (false, Resend::Over),
        _ => (error.is_go_away(), Resend::No),
    }
}

/// Sites that speak HTTP/2, and connections to them.
#[derive(Debug)]
pub(super) struct Shared {
    state: Mutex<State>,
    /// How many sites are known.
    most: usize,
}

#[derive(Debug)]
struct State {
    sites: HashMap<Box<str>, (Site, Instant), RandomState>,
    swept: Instant,
}

/// A site that speaks HTTP/2.
#[derive(Debug, Clone)]
pub(super) struct Site {
    open: Http2,
    /// Held by the one that connects anew: the others wait for what comes of it.
    pub(super) gate: Arc<tokio::sync::Mutex<()>>,
}

impl Site {
    /// The connection to it, where that has not ended.
    pub(super) fn open(&self) -> Option<Http2> {
        Some(self.open.clone()).filter(|open| !open.is_over())
    }
}

impl Shared {
    pub(super) fn new(most: usize) -> Self {
        let state = State { sites: HashMap::default(), swept: Instant::now() };
        Self { state: Mutex::new(state), most: most.max(1) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic under this lock")
    }

    /// A site, where it is known to speak HTTP/2.
    pub(super) fn site(&self, site: &str) -> Option<Site> {
        let mut state = self.state();
        let (found, used) = state.sites.get_mut(site)?;
        // What nobody has used for long may be gone without a word.
        if used.elapsed() >= IDLE {
            found.open.leave();
        }
        *used = Instant::now();
        Some(found.clone())
    }

    /// Keeps a new connection, and gives back the one to use: where two were made at once, that is the earlier.
    pub(super) fn keep(&self, site: &str, new: Http2) -> Http2 {
        let (mut state, now) = (self.state(), Instant::now());
        if state.sites.len() >= self.most || now.duration_since(state.swept) > SWEEP {
            state.sweep(self.most, now);
        }
        if let Some((known, used)) = state.sites.get_mut(site) {
            *used = now;
            return known.open().unwrap_or_else(|| {
                known.open = new.clone();
                new
            });
        }
        let known = Site { open: new.clone(), gate: Arc::default() };
        state.sites.insert(site.into(), (known, now));
        new
    }

    /// Forgets a site that speaks HTTP/2 no more.
    pub(super) fn forget(&self, site: &str) {
        self.state().sites.remove(site);
    }
}

impl State {
    /// Lets go of connections that nobody has used for long; where there are too many still, of the older half.
    fn sweep(&mut self, most: usize, now: Instant) {
        self.swept = now;
        self.sites.retain(|_, (site, used)| now.duration_since(*used) < IDLE && site.open().is_some());
        if self.sites.len() >= most {
            let mut ages: Vec<_> = self.sites.values().map(|(_, used)| *used).collect();
            let half = ages.len() / 2;
            let (_, &mut median, _) = ages.select_nth_unstable(half);
            self.sites.retain(|_, (_, used)| *used > median);
        }
    }
}
