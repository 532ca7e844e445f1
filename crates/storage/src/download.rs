//! A file on the web that is read once, from its start to its end.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode};
use object_store::ClientConfigKey;
use object_store::client::{HttpClient, HttpConnector, HttpRequestBody, HttpResponse, ReqwestConnector};
use url::Url;

use crate::Error;
use crate::roots::Roots;

/// Attempts at the file without a byte between them, and the wait before the second; each further one is twice as long.
const ATTEMPTS: u32 = 5;
const WAIT: Duration = Duration::from_millis(500);

/// Longest pause within a body that somebody waits for.
const PAUSE: &str = "60 seconds";

/// What tells one version of a file on the web from another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Version {
    /// Its length, where the server tells it.
    pub bytes: Option<u64>,
    /// Its `ETag`.
    pub etag: Option<String>,
    /// Its `Last-Modified`.
    pub modified: Option<String>,
}

/// A file on the web, opened. Redirects are followed, proxies of the environment used; a body that breaks off is asked for
/// again from where it broke, and must be of the same version.
pub struct Download {
    from: Arc<Origin>,
    version: Version,
    body: BoxStream<'static, io::Result<Bytes>>,
}

impl std::fmt::Debug for Download {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Download").field("version", &self.version).finish_non_exhaustive()
    }
}

/// Where it comes from.
#[derive(Debug)]
struct Origin {
    client: HttpClient,
    url: Url,
}

impl Download {
    /// Asks for a file. `agent` is what this program calls itself.
    ///
    /// # Errors
    /// [`Error::Web`] where it cannot be had.
    pub(crate) async fn open(url: &str, agent: &str, roots: &Roots) -> Result<Self, Error> {
        let wrong = |why: String| Error::Web { why };
        let parsed = Url::parse(url).map_err(|error| wrong(format!("it is not a URL: {error}")))?;
        let options = roots
            .options()
            .with_allow_http(true)
            .with_timeout_disabled()
            .with_config(ClientConfigKey::ReadTimeout, PAUSE)
            .with_config(ClientConfigKey::UserAgent, agent);
        let client = ReqwestConnector::default().connect(&options).map_err(|error| wrong(error.to_string()))?;
        let from = Arc::new(Origin { client, url: parsed });
        let mut wait = WAIT;
        for _ in 1..ATTEMPTS {
            match from.ask(0, &Version::default()).await {
                Ok(response) => return Ok(Self::arrived(from, response)),
                Err(refused) if refused.passes => tracing::warn!(why = refused.why, "asking for the list again"),
                Err(refused) => return Err(wrong(refused.why)),
            }
            tokio::time::sleep(wait).await;
            wait *= 2;
        }
        let response = from.ask(0, &Version::default()).await.map_err(|refused| wrong(refused.why))?;
        Ok(Self::arrived(from, response))
    }

    fn arrived(from: Arc<Origin>, response: HttpResponse) -> Self {
        let version = version(response.headers(), false);
        Self { from, version, body: body(response) }
    }

    /// Which version of the file it is.
    pub fn version(&self) -> &Version {
        &self.version
    }

    /// Its bytes.
    pub fn bytes(self) -> BoxStream<'static, io::Result<Bytes>> {
        let reading = Reading { from: self.from, version: self.version, body: self.body, at: 0 };
        stream::try_unfold(
            reading,
            |mut reading| async move { Ok(reading.next().await?.map(|bytes| (bytes, reading))) },
        )
        .boxed()
    }
}

struct Reading {
    from: Arc<Origin>,
    version: Version,
    body: BoxStream<'static, io::Result<Bytes>>,
    at: u64,
}

impl Reading {
    async fn next(&mut self) -> io::Result<Option<Bytes>> {
        let (mut wait, mut left) = (WAIT, ATTEMPTS);
        loop {
            let error = match self.body.next().await {
                Some(Ok(bytes)) => {
                    self.at += bytes.len() as u64;
                    return Ok(Some(bytes));
                }
                None if self.version.bytes.is_none_or(|bytes| self.at >= bytes) => return Ok(None),
                None => io::Error::from(io::ErrorKind::UnexpectedEof),
                Some(Err(error)) => error,
            };
            left -= 1;
            if left == 0 {
                return Err(error);
            }
            tracing::warn!(at = self.at, %error, "the list broke off and is asked for again");
            tokio::time::sleep(wait).await;
            wait *= 2;
            self.again().await?;
        }
    }

    /// Goes on where the body broke off.
    async fn again(&mut self) -> io::Result<()> {
        let response = match self.from.ask(self.at, &self.version).await {
            Ok(response) => response,
            Err(refused) if refused.passes => return Ok(()),
            Err(refused) => return Err(io::Error::other(refused.why)),
        };
        let partial = response.status() == StatusCode::PARTIAL_CONTENT;
        let found = version(response.headers(), partial);
        let same = found.etag == self.version.etag && found.modified == self.version.modified;
        if !same || (found.bytes.is_some() && self.version.bytes.is_some() && found.bytes != self.version.bytes) {
            return Err(io::Error::other("it was changed while it was read; rows would be mixed up: start again"));
        }
        self.body = if partial { body(response) } else { after(body(response), self.at) };
        Ok(())
    }
}

/// Why a server gave nothing.
struct Refused {
    why: String,
    passes: bool,
}

impl Origin {
    /// Asks for the file from a byte on. A server that does not do so gives all of it.
    async fn ask(&self, at: u64, version: &Version) -> Result<HttpResponse, Refused> {
        let refused = |why: String, passes| Refused { why, passes };
        let mut url = self.url.clone();
        url.set_fragment(None);
        let mut request = http::Request::new(HttpRequestBody::empty());
        *request.method_mut() = Method::GET;
        if let Some(login) = login(&mut url) {
            request.headers_mut().insert(header::AUTHORIZATION, login);
        }
        *request.uri_mut() =
            url.as_str().parse().map_err(|error| refused(format!("it is not a URL: {error}"), false))?;
        // Ranges of an encoded body are of no use.
        request.headers_mut().insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        if at > 0 {
            let range = HeaderValue::try_from(format!("bytes={at}-")).expect("digits");
            request.headers_mut().insert(header::RANGE, range);
            if let Some(etag) = version.etag.as_deref().and_then(|etag| HeaderValue::from_str(etag).ok()) {
                request.headers_mut().insert(header::IF_RANGE, etag);
            }
        }
        let response = self.client.execute(request).await.map_err(|error| refused(error.to_string(), true))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        Err(refused(format!("the server says {status}"), status.is_server_error() || status.as_u16() == 429))
    }
}

/// Takes the name and password out of a URL.
fn login(url: &mut Url) -> Option<HeaderValue> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let pair = format!("{}:{}", percent(url.username()), percent(url.password().unwrap_or_default()));
    let mut value = HeaderValue::try_from(format!("Basic {}", BASE64_STANDARD.encode(pair))).ok()?;
    value.set_sensitive(true);
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    Some(value)
}

/// `%40` to `@`, by the rules of a query, which are those of userinfo but for `+`.
fn percent(text: &str) -> String {
    let query = text.replace('+', "%2B");
    let decoded = url::form_urlencoded::parse(query.as_bytes()).next().map(|(text, _)| text.into_owned());
    decoded.unwrap_or_default()
}

fn body(response: HttpResponse) -> BoxStream<'static, io::Result<Bytes>> {
    response.into_body().bytes_stream().map(|piece| piece.map_err(io::Error::other)).boxed()
}

/// A stream without its first bytes.
fn after(body: BoxStream<'static, io::Result<Bytes>>, mut skip: u64) -> BoxStream<'static, io::Result<Bytes>> {
    let cut = move |piece: io::Result<Bytes>| {
        let rest = piece.map(|mut bytes| {
            let gone = bytes.len().min(usize::try_from(skip).unwrap_or(usize::MAX));
            skip -= gone as u64;
            bytes.split_off(gone)
        });
        futures::future::ready(Some(rest).filter(|rest| rest.as_ref().map_or(true, |bytes| !bytes.is_empty())))
    };
    body.filter_map(cut).boxed()
}

fn version(headers: &HeaderMap, partial: bool) -> Version {
    let text = |name: HeaderName| headers.get(name)?.to_str().ok().map(str::to_owned);
    let bytes = if partial {
        text(header::CONTENT_RANGE).and_then(|range| range.rsplit('/').next()?.parse().ok())
    } else {
        text(header::CONTENT_LENGTH).and_then(|length| length.parse().ok())
    };
    Version { bytes, etag: text(header::ETAG), modified: text(header::LAST_MODIFIED) }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;

    use futures::TryStreamExt;

    use super::*;

    /// Serves one connection after the other with these answers, and gives the requests' heads.
    fn serve(answers: Vec<Vec<u8>>) -> (String, std::thread::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/l.csv?sig=a%2Fb", listener.local_addr().unwrap());
        let serving = std::thread::spawn(move || {
            let mut heads = Vec::new();
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let mut head = String::new();
                let mut lines = BufReader::new(stream.try_clone().unwrap());
                while !head.ends_with("\r\n\r\n") {
                    lines.read_line(&mut head).unwrap();
                }
                heads.push(head.to_lowercase());
                stream.write_all(&answer).unwrap();
            }
            heads
        });
        (url, serving)
    }

    fn get(url: &str) -> Result<String, String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let download =
                Download::open(url, "tests/1", &Roots::default()).await.map_err(|error| error.to_string())?;
            let pieces: Vec<Bytes> = download.bytes().try_collect().await.map_err(|error| error.to_string())?;
            Ok(String::from_utf8(pieces.concat()).unwrap())
        })
    }

    fn whole(etag: &str, length: usize, sent: &str) -> Vec<u8> {
        format!("HTTP/1.1 200 OK\r\nconnection: close\r\netag: \"{etag}\"\r\ncontent-length: {length}\r\n\r\n{sent}")
            .into()
    }

    #[test]
    fn a_body_that_breaks_off_goes_on_with_or_without_ranges() {
        let part = b"HTTP/1.1 206 Partial Content\r\nconnection: close\r\netag: \"1\"\r\ncontent-range: bytes 3-8/9\r\ncontent-length: 6\r\n\r\ndef";
        let (url, serving) = serve(vec![whole("1", 9, "abc"), part.to_vec(), whole("1", 9, "abcdefghi")]);
        assert_eq!(get(&url.replace("http://", "http://me:p%40w@")).unwrap(), "abcdefghi");
        let heads = serving.join().unwrap();
        assert!(
            heads
                .iter()
                .all(|head| head.starts_with("get /l.csv?sig=a%2fb http") && head.contains("user-agent: tests/1"))
        );
        assert!(heads.iter().all(|head| head.contains("authorization: basic bwu6ceb3")));
        assert!(heads[1].contains("range: bytes=3-") && heads[1].contains("if-range: \"1\""));
    }

    #[test]
    fn another_version_and_a_refusal_are_errors() {
        let (url, _serving) = serve(vec![whole("1", 9, "abc"), whole("2", 9, "abcdefghi")]);
        assert!(get(&url).unwrap_err().contains("changed"));
        let (url, _serving) = serve(vec![b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_vec()]);
        assert_eq!(get(&url).unwrap_err(), "the server says 404 Not Found");
    }
}
