//! HTTP from servers themselves: the way of most images that are fetched by the thousand a second.
//!
//! An HTTP/1.1 connection has no task of its own: whoever waits for its bytes drives it. So a request wakes one task, and that on
//! the thread to which the bytes came. Of a response only what is looked at is kept (`head.rs`), and its body is handed on as it
//! lies in the buffer that was read into. With TLS, servers that speak HTTP/2 get all requests over one connection, which is hyper's.
//! Users with passwords and proxies are another client's.

mod connect;
mod connection;
mod framing;
mod head;
mod http2;
mod pool;
mod stream;

use std::env;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{HOST, HeaderValue, USER_AGENT};
use http::{Request, Uri};
use http_body_util::Empty;
use hyper_util::client::proxy::matcher::Matcher;
use imgmeta_record::Phase;
use rustls::ClientConfig;
use url::{Position, Url};

use super::fields::Fields;
use super::phase::tell;
use super::resolver::Resolver;
use super::response::{self, Response};
use crate::Proxy;
use crate::fetch::Options;
use connect::{Connected, Connector};
use connection::{Resend, Unanswered};
use http2::Shared;
use pool::Pool;

pub(super) use connection::Payload;

/// How often a request is given to a connection that turns out to have ended, before that is its failure.
const TURNS: u32 = 8;

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
    /// Who the server is cannot be proven.
    #[error("{0}")]
    Tls(String),
    #[error(transparent)]
    Http2(#[from] hyper::Error),
}

/// Connections to servers, and those that are kept for the next request.
#[derive(Debug)]
pub(super) struct Wires {
    connector: Connector,
    agent: HeaderValue,
    /// What the environment says of proxies, where it is asked and names one.
    proxies: Option<Matcher>,
    /// Connections for one request at a time, which are not in use.
    pool: Arc<Pool>,
    /// Connections for several requests at a time.
    shared: Shared,
}

impl Wires {
    /// `None` where all requests go through a proxy, or the user agent is no header's value.
    pub(super) fn new(options: &Options, resolver: Resolver, tls: Arc<ClientConfig>) -> Option<Self> {
        let proxies = match options.proxy {
            Proxy::Url(_) => return None,
            Proxy::Environment { .. } if Proxy::VARIABLES.iter().any(|name| env::var_os(name).is_some()) => {
                Some(Matcher::from_env())
            }
            Proxy::None | Proxy::Environment { .. } => None,
        };
        let most = most_idle(options);
        Some(Self {
            connector: Connector::new(resolver, tls, options.connect_timeout),
            agent: HeaderValue::from_str(&options.user_agent).ok()?,
            proxies,
            pool: Arc::new(Pool::new(most)),
            shared: Shared::new(most / 2),
        })
    }

    /// Whether a URL is asked for this way.
    pub(super) fn leads_to(&self, url: &Url) -> bool {
        let proxied =
            |proxies: &Matcher| Uri::try_from(url.as_str()).is_ok_and(|uri| proxies.intercept(&uri).is_some());
        matches!(url.scheme(), "http" | "https")
            && url.username().is_empty()
            && url.password().is_none()
            && !self.proxies.as_ref().is_some_and(proxied)
    }

    /// Sends a request over a connection that is open already, or a new one; some `expected` bytes of the body are wanted. Adds
    /// to `again` what was sent once more.
    pub(super) async fn send(
        &self, url: &Url, fields: &Fields, expected: usize, again: &mut u32,
    ) -> Result<Response, Failed> {
        let site = site(url);
        if url.scheme() == "https"
            && let Some(known) = self.shared.site(site)
        {
            return Box::pin(self.send_shared(url, fields, expected, known, again)).await;
        }
        let request = self.request(url, fields);
        while let Some(connection) = self.pool.take(site) {
            match connection.send(&request, expected).await {
                // The server closed it while it was not in use.
                Err(Unanswered { resend: Resend::Unsent, .. }) => {}
                // It did so when the request was on its way, or what it had sent too much came now: RFC 9112, 9.3.1.
                Err(_) => {
                    *again += 1;
                    break;
                }
                Ok(answer) => return Ok(self.response(answer)),
            }
        }
        Box::pin(async {
            let connected = self.connect(url).await?;
            self.send_over(connected, url, fields, expected).await
        })
        .await
    }

    /// To a site that is known to speak HTTP/2.
    async fn send_shared(
        &self, url: &Url, fields: &Fields, expected: usize, known: http2::Site, again: &mut u32,
    ) -> Result<Response, Failed> {
        let (mut known, mut turn, mut resent) = (Some(known), 1, false);
        loop {
            let shared = match self.join(url, known).await? {
                Connected::Http2(shared) => shared,
                alone @ Connected::Http1(_) => return self.send_over(alone, url, fields, expected).await,
            };
            match shared.send(self.request_http2(url, fields)?).await {
                Err(Unanswered { resend: Resend::Unsent, .. }) if turn < TURNS => {}
                Err(Unanswered { resend: Resend::Over, .. }) if !resent => {
                    resent = true;
                    *again += 1;
                }
                answer => return answer.map_err(|unanswered| unanswered.error),
            }
            known = self.shared.site(site(url));
            turn += 1;
        }
    }

    /// The connection of a site that speaks HTTP/2, or a new one, which one makes of all who want it.
    async fn join(&self, url: &Url, known: Option<http2::Site>) -> Result<Connected, Failed> {
        let Some(known) = known else { return self.connect(url).await };
        if let Some(open) = known.open() {
            return Ok(Connected::Http2(open));
        }
        tell(Phase::Connect);
        let gate = known.gate.try_lock().ok();
        if gate.is_none() {
            drop(known.gate.lock().await);
        }
        // Where it could not be made, each of the others tries by itself.
        let connected = match self.shared.site(site(url)).and_then(|known| known.open()) {
            Some(open) => Connected::Http2(open),
            None => self.connect(url).await?,
        };
        tell(Phase::Request);
        Ok(connected)
    }

    /// Makes a new connection, and notes what its server speaks.
    async fn connect(&self, url: &Url) -> Result<Connected, Failed> {
        let (site, connected) = (site(url), self.connector.connect(url, site(url)).await?);
        Ok(match connected {
            Connected::Http2(new) => Connected::Http2(self.shared.keep(site, new)),
            Connected::Http1(new) => {
                self.shared.forget(site);
                Connected::Http1(new)
            }
        })
    }

    async fn send_over(
        &self, connected: Connected, url: &Url, fields: &Fields, expected: usize,
    ) -> Result<Response, Failed> {
        let answer = match connected {
            Connected::Http1(connection) => {
                connection.send(&self.request(url, fields), expected).await.map(|answer| self.response(answer))
            }
            Connected::Http2(shared) => shared.send(self.request_http2(url, fields)?).await,
        };
        answer.map_err(|unanswered| unanswered.error)
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
            write("host", authority(url).as_bytes());
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

    /// The same for HTTP/2, where the authority stands for `Host`: RFC 9113, 8.3.1.
    fn request_http2(&self, url: &Url, fields: &Fields) -> Result<Request<Empty<Bytes>>, Failed> {
        let host = fields.get(&HOST).map_or(authority(url).as_bytes(), HeaderValue::as_bytes);
        let uri = Uri::builder()
            .scheme(url.scheme())
            .authority(host)
            .path_and_query(&url[Position::BeforePath..Position::AfterQuery])
            .build();
        let mut request = Request::new(Empty::new());
        *request.uri_mut() = uri.map_err(|error| Failed::Http(format!("the URL cannot be asked for: {error}")))?;
        let headers = request.headers_mut();
        if fields.get(&USER_AGENT).is_none() {
            headers.append(USER_AGENT, self.agent.clone());
        }
        for (name, value) in fields.iter().filter(|(name, _)| *name != HOST) {
            headers.append(name, value.clone());
        }
        Ok(request)
    }

    fn response(&self, (head, payload): (head::Head, Payload)) -> Response {
        let payload = response::Payload::Wire(payload.kept_in(Arc::clone(&self.pool)));
        Response { status: head.status, fields: head.fields, head: head.len, payload }
    }
}

/// How many connections are kept for the next request: enough to come back to some thousand hosts in turn. With those to servers that
/// speak HTTP/2, half as many, they are no more than half of the files that may be open.
fn most_idle(options: &Options) -> usize {
    let files = rlimit::Resource::NOFILE.get_soft().ok().and_then(|files| usize::try_from(files).ok()).unwrap_or(1024);
    options.concurrency.get().saturating_mul(4).min(files / 3)
}

/// What a connection leads to: scheme, host and port.
fn site(url: &Url) -> &str {
    &url[..Position::AfterPort]
}

/// Host and port, as in the `Host` header (RFC 9110, 7.2).
fn authority(url: &Url) -> &str {
    &url[Position::BeforeHost..Position::AfterPort]
}

#[cfg(test)]
mod tests;
