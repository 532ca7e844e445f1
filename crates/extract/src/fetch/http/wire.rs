//! Plain HTTP/1.1 from servers themselves: the way of most images that are fetched by the thousand a second.
//!
//! A connection is hyper's, and has no task of its own: whoever waits for its bytes drives it. So a request wakes one task,
//! and that on the thread to which the bytes came. TLS, HTTP/2 and proxies are another client's.

mod connection;
mod pool;

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::{HOST, HeaderMap, HeaderValue, USER_AGENT};
use http::{Request, Uri};
use http_body_util::Empty;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::client::proxy::matcher::Matcher;
use imgmeta_record::Phase;
use tokio::time::timeout;
use tower::Service;
use url::Url;

use super::phase::tell;
use super::resolver::{Refused, Resolver};
use super::response;
use crate::Proxy;
use crate::fetch::Options;
use connection::{Connection, Unsent};
use pool::Pool;

pub(super) use connection::Payload;

/// Why there is no response, or no more of it.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failed {
    #[error(transparent)]
    Connect(Box<dyn std::error::Error + Send + Sync>),
    #[error("no connection within {} s", .0.as_secs_f64())]
    Late(Duration),
    #[error(transparent)]
    Http(#[from] hyper::Error),
}

/// Connections to servers, and those that are kept for the next request.
#[derive(Debug)]
pub(super) struct Wires {
    connector: HttpConnector<Resolver>,
    connect_timeout: Duration,
    agent: HeaderValue,
    /// What the environment says of proxies, where it is asked.
    proxies: Option<Matcher>,
    pool: Arc<Pool>,
}

/// A request, and whom it is for.
#[derive(Debug)]
pub(super) struct Asked {
    uri: Uri,
    request: Request<Empty<Bytes>>,
}

impl Asked {
    pub(super) fn headers_mut(&mut self) -> &mut HeaderMap {
        self.request.headers_mut()
    }
}

impl Wires {
    /// `None` where all requests go through a proxy, or the user agent is no header's value.
    pub(super) fn new(options: &Options, resolver: Resolver) -> Option<Self> {
        let proxies = match options.proxy {
            Proxy::Url(_) => return None,
            Proxy::None => None,
            Proxy::Environment { .. } => Some(Matcher::from_env()),
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

    /// The request for a URL that is to be sent this way; `None` of one that is not.
    pub(super) fn request(&self, url: &Url) -> Option<Asked> {
        if url.scheme() != "http" || !url.username().is_empty() || url.password().is_some() {
            return None;
        }
        let uri = Uri::try_from(url.as_str()).ok()?;
        if self.proxies.as_ref().is_some_and(|proxies| proxies.intercept(&uri).is_some()) {
            return None;
        }
        let mut request = Request::new(Empty::new());
        *request.uri_mut() = uri.path_and_query()?.clone().into();
        let headers = request.headers_mut();
        headers.insert(HOST, HeaderValue::from_str(site(&uri)).ok()?);
        headers.insert(USER_AGENT, self.agent.clone());
        Some(Asked { uri, request })
    }

    /// Sends a request over a connection that is open already, or a new one.
    pub(super) async fn send(&self, asked: Asked) -> Result<response::Response, Failed> {
        let Asked { uri, mut request } = asked;
        let site = site(&uri);
        while let Some(connection) = self.pool.take(site) {
            match connection.send(request).await {
                Ok(response) => return Ok(self.kept(site, response)),
                // The server closed it while it was not in use.
                Err(Unsent { request: Some(unsent), .. }) => request = *unsent,
                Err(Unsent { error, .. }) => return Err(error.into()),
            }
        }
        let connection = Box::pin(self.connect(&uri)).await?;
        let response = connection.send(request).await.map_err(|unsent| unsent.error)?;
        Ok(self.kept(site, response))
    }

    fn kept(&self, site: &str, response: http::Response<Payload>) -> response::Response {
        response.map(|payload| response::Payload::Wire(payload.kept_in(Arc::clone(&self.pool), site)))
    }

    async fn connect(&self, uri: &Uri) -> Result<Connection, Failed> {
        tell(Phase::Connect);
        let connecting = timeout(self.connect_timeout, self.connector.clone().call(uri.clone()));
        let stream = connecting.await.map_err(|_| Failed::Late(self.connect_timeout))?;
        let stream = stream.map_err(|error| Failed::Connect(error.into()))?;
        tell(Phase::Request);
        Ok(Connection::new(stream).await?)
    }
}

/// How many connections are kept for the next request: enough to come back to some thousand hosts in turn, and no more than
/// half of the files that may be open.
fn most_idle(options: &Options) -> usize {
    let files = rlimit::Resource::NOFILE.get_soft().ok().and_then(|files| usize::try_from(files).ok()).unwrap_or(1024);
    options.concurrency.get().saturating_mul(4).min(files / 2)
}

/// Host and port, as in the `Host` header (RFC 9110, 7.2).
fn site(uri: &Uri) -> &str {
    uri.authority().map_or("", |authority| authority.as_str())
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
