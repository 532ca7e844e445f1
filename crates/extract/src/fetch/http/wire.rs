//! Plain HTTP/1.1 from servers themselves: the way of most images that are fetched by the thousand a second.
//!
//! A connection has no task of its own: whoever waits for its bytes drives it. So a request wakes one task, and that on the thread to
//! which the bytes came. Of a response only what is looked at is kept (`head.rs`), and its body is handed on as it lies in
//! the buffer that was read into. TLS, HTTP/2, users with passwords and proxies are another client's.

mod connection;
mod framing;
mod head;
mod pool;

use std::env;
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use http::header::{HOST, HeaderValue, USER_AGENT};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::client::proxy::matcher::Matcher;
use imgmeta_record::Phase;
use tokio::time::timeout;
use tower::Service;
use url::{Position, Url};

use super::fields::Fields;
use super::phase::tell;
use super::resolver::{Refused, Resolver};
use super::response::{self, Response};
use crate::Proxy;
use crate::fetch::Options;
use connection::{Connection, Unanswered};
use pool::Pool;

pub(super) use connection::Payload;

/// Where the environment names a proxy for plain HTTP.
const PROXIES: [&str; 4] = ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"];

/// Why there is no response, or no more of it.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failed {
    #[error(transparent)]
    Connect(Box<dyn std::error::Error + Send + Sync>),
    #[error("no connection within {} s", .0.as_secs_f64())]
    Late(Duration),
    #[error(transparent)]
    Io(#[from] io::Error),
    /// What came is no HTTP.
    #[error("{0}")]
    Http(String),
}

/// Connections to servers, and those that are kept for the next request.
#[derive(Debug)]
pub(super) struct Wires {
    connector: HttpConnector<Resolver>,
    connect_timeout: Duration,
    agent: HeaderValue,
    /// What the environment says of proxies, where it is asked and names one.
    proxies: Option<Matcher>,
    pool: Arc<Pool>,
}

impl Wires {
    /// `None` where all requests go through a proxy, or the user agent is no header's value.
    pub(super) fn new(options: &Options, resolver: Resolver) -> Option<Self> {
        let proxies = match options.proxy {
            Proxy::Url(_) => return None,
            Proxy::Environment { .. } if PROXIES.iter().any(|name| env::var_os(name).is_some()) => {
                Some(Matcher::from_env())
            }
            Proxy::None | Proxy::Environment { .. } => None,
        };
        let mut connector = HttpConnector::new_with_resolver(resolver);
        connector.set_connect_timeout(Some(options.connect_timeout));
        connector.set_keepalive(Some(Duration::from_secs(15)));
        connector.set_nodelay(true);
        Some(Self {
            connector,
            connect_timeout: options.connect_timeout,
            agent: HeaderValue::from_str(&options.user_agent).ok()?,
            proxies,
            pool: Arc::new(Pool::new(most_idle(options))),
        })
    }

    /// Whether a URL is asked for this way.
    pub(super) fn leads_to(&self, url: &Url) -> bool {
        let proxied =
            |proxies: &Matcher| Uri::try_from(url.as_str()).is_ok_and(|uri| proxies.intercept(&uri).is_some());
        url.scheme() == "http"
            && url.username().is_empty()
            && url.password().is_none()
            && !self.proxies.as_ref().is_some_and(proxied)
    }

    /// Sends a request over a connection that is open already, or a new one; some `expected` bytes of the body are wanted. Adds
    /// to `again` what was sent once more.
    pub(super) async fn send(
        &self, url: &Url, fields: &Fields, expected: usize, again: &mut u32,
    ) -> Result<Response, Failed> {
        let (site, request) = (site(url), self.request(url, fields));
        // Those whose answers are there go first, and requests leave one right behind the other: a server beside us is woken
        // once for several of them, which takes a sixth less of the time of both.
        tokio::task::yield_now().await;
        while let Some(connection) = self.pool.take(site) {
            match connection.send(&request, expected).await {
                // The server closed it while it was not in use.
                Err(Unanswered { unsent: true, .. }) => {}
                // It did so when the request was on its way, or what it had sent too much came now: RFC 9112, 9.3.1.
                Err(Unanswered { unsent: false, .. }) => {
                    *again += 1;
                    break;
                }
                Ok(answer) => return Ok(self.response(answer)),
            }
        }
        let connection = Box::pin(self.connect(url)).await?;
        let answer = connection.send(&request, expected).await.map_err(|unanswered| unanswered.error)?;
        Ok(self.response(answer))
    }

    /// The text of a request: RFC 9112, 3.
    fn request(&self, url: &Url, fields: &Fields) -> Vec<u8> {
        let mut text = Vec::with_capacity(512);
        for part in ["GET ", &url[Position::BeforePath..Position::AfterQuery], " HTTP/1.1\r\n"] {
            text.extend_from_slice(part.as_bytes());
        }
        let mut write = |name: &str, value: &[u8]| {
            for part in [name.as_bytes(), b": ", value, b"\r\n"] {
                text.extend_from_slice(part);
            }
        };
        // The user's own come instead of ours.
        if fields.get(&HOST).is_none() {
            write("host", site(url).as_bytes());
        }
        if fields.get(&USER_AGENT).is_none() {
            write("user-agent", self.agent.as_bytes());
        }
        for (name, value) in fields.iter() {
            write(name.as_str(), value.as_bytes());
        }
        text.extend_from_slice(b"\r\n");
        text
    }

    fn response(&self, (head, payload): (head::Head, Payload)) -> Response {
        let payload = response::Payload::Wire(payload.kept_in(Arc::clone(&self.pool)));
        Response { status: head.status, fields: head.fields, head: head.len, payload }
    }

    async fn connect(&self, url: &Url) -> Result<Connection, Failed> {
        tell(Phase::Connect);
        let uri = Uri::try_from(url.as_str()).map_err(|error| Failed::Connect(error.into()))?;
        let connecting = timeout(self.connect_timeout, self.connector.clone().call(uri));
        let stream = connecting.await.map_err(|_| Failed::Late(self.connect_timeout))?;
        let stream = stream.map_err(|error| Failed::Connect(error.into()))?;
        tell(Phase::Request);
        Ok(Connection::new(stream.into_inner(), site(url)))
    }
}

/// How many connections are kept for the next request: enough to come back to some thousand hosts in turn, and no more than
/// half of the files that may be open.
fn most_idle(options: &Options) -> usize {
    let files = rlimit::Resource::NOFILE.get_soft().ok().and_then(|files| usize::try_from(files).ok()).unwrap_or(1024);
    options.concurrency.get().saturating_mul(4).min(files / 2)
}

/// Host and port, as in the `Host` header (RFC 9110, 7.2).
fn site(url: &Url) -> &str {
    &url[Position::BeforeHost..Position::AfterPort]
}

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<std::net::SocketAddr>;
    type Error = Refused;
    type Future = futures::future::BoxFuture<'static, Result<Self::Response, Refused>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Refused>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let resolver = self.clone();
        Box::pin(async move { Ok(resolver.addresses(name.as_str().to_owned()).await?.into_iter()) })
    }
}

#[cfg(test)]
mod tests;
