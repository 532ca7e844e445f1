//! New connections: to an address that the guard permits, and with TLS where the URL says so.

use std::net::IpAddr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use imgmeta_record::Phase;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tower::Service;
use url::{Host, Url};

use super::Failed;
use super::connection::Connection;
use super::http2::Http2;
use super::stream::{Ahead, Stream};
use crate::fetch::http::phase::tell;
use crate::fetch::http::resolver::{Refused, Resolver};
use crate::fetch::http::tls::HTTP_2;

/// Makes connections.
#[derive(Debug)]
pub(super) struct Connector {
    tcp: HttpConnector<Resolver>,
    tls: Arc<ClientConfig>,
    longest: Duration,
}

/// A new connection, by what its server speaks.
#[derive(Debug)]
pub(super) enum Connected {
    Http1(Connection),
    Http2(Http2),
}

impl Connector {
    pub(super) fn new(resolver: Resolver, tls: Arc<ClientConfig>, longest: Duration) -> Self {
        let mut tcp = HttpConnector::new_with_resolver(resolver);
        tcp.enforce_http(false);
        tcp.set_connect_timeout(Some(longest));
        // A peer that is gone without a word is noticed within a minute, as all rows of a host may be over one connection.
        tcp.set_keepalive(Some(Duration::from_secs(15)));
        tcp.set_keepalive_interval(Some(Duration::from_secs(15)));
        tcp.set_keepalive_retries(Some(3));
        #[cfg(target_os = "linux")]
        tcp.set_tcp_user_timeout(Some(Duration::from_secs(30)));
        tcp.set_nodelay(true);
        Self { tcp, tls, longest }
    }

    /// Connects to the server of a URL.
    pub(super) async fn connect(&self, url: &Url, site: &str) -> Result<Connected, Failed> {
        tell(Phase::Connect);
        let connected = timeout(self.longest, self.open(url, site)).await.map_err(|_| Failed::Late(self.longest))?;
        if connected.is_ok() {
            tell(Phase::Request);
        }
        connected
    }

    async fn open(&self, url: &Url, site: &str) -> Result<Connected, Failed> {
        let uri = Uri::try_from(url.as_str()).map_err(|error| Failed::Connect(error.into()))?;
        let stream = self.tcp.clone().call(uri).await.map_err(|error| Failed::Connect(error.into()))?.into_inner();
        if url.scheme() == "https" {
            return self.secure(url, site, stream).await;
        }
        Ok(Connected::Http1(Connection::new(Stream::Plain(stream), site)))
    }

    async fn secure(&self, url: &Url, site: &str, stream: TcpStream) -> Result<Connected, Failed> {
        let connecting = TlsConnector::from(Arc::clone(&self.tls)).connect(name(url)?, Ahead::new(stream));
        let stream = connecting.await.map_err(|error| Failed::Connect(error.into()))?;
        if stream.get_ref().1.alpn_protocol() == Some(HTTP_2) {
            return Http2::begin(stream).await.map(Connected::Http2);
        }
        Ok(Connected::Http1(Connection::new(Stream::Tls(Box::new(stream)), site)))
    }
}

/// Who a server must prove to be.
fn name(url: &Url) -> Result<ServerName<'static>, Failed> {
    match url.host() {
        Some(Host::Ipv4(address)) => Ok(ServerName::from(IpAddr::V4(address))),
        Some(Host::Ipv6(address)) => Ok(ServerName::from(IpAddr::V6(address))),
        Some(Host::Domain(domain)) => ServerName::try_from(domain.to_owned())
            .map_err(|_| Failed::Tls(format!("`{domain}` is no name that a certificate can be for"))),
        None => Err(Failed::Tls("the URL names no host".into())),
    }
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
mod tests {
    use super::*;

    #[test]
    fn a_server_is_known_by_its_name_or_address() {
        for (text, expected) in
            [("https://h.example/", "h.example"), ("https://10.0.0.1:8443/", "10.0.0.1"), ("https://[::1]/", "::1")]
        {
            assert_eq!(name(&Url::parse(text).unwrap()).unwrap().to_str(), expected);
        }
        let failed = name(&Url::parse("https://a..b/").unwrap()).unwrap_err();
        assert_eq!(failed.to_string(), "`a..b` is no name that a certificate can be for");
    }
}
