//! What an extractor is told.

use std::num::NonZeroUsize;
use std::time::Duration;

use http::header::{HeaderName, HeaderValue};
use url::Url;

use crate::exif;
use crate::fetch::http::AllowPrivate;
use crate::reading::MAX_BYTES;

/// What an [`Extractor`](crate::Extractor) is told. Every default is the command line's.
#[derive(Debug, Clone)]
pub struct Options {
    /// Images in flight (256).
    pub concurrency: NonZeroUsize,
    /// Of them, to one host (8).
    pub per_host: NonZeroUsize,
    /// Longest time for one image, all attempts, from the start of the first (60 s).
    pub timeout: Duration,
    /// Longest time to connect, TLS included (10 s).
    pub connect_timeout: Duration,
    /// Longest wait for the first byte of a response, once connected (15 s).
    pub first_byte_timeout: Duration,
    /// Longest pause within a body (15 s).
    pub idle_timeout: Duration,
    /// Further attempts at one image (3).
    pub retries: u32,
    /// Most bytes to read of one image (64 MiB).
    pub max_bytes: u64,
    /// Bytes of images held beyond 256 KiB each, all together; an image waits for its share (64 MiB).
    pub memory: u64,
    /// Most redirects in one chain (10).
    pub max_redirects: u32,
    /// Private addresses that pass the address guard (none).
    pub allow_private: AllowPrivate,
    /// What this program calls itself (`imgmeta/VERSION`).
    pub user_agent: String,
    /// Further headers, sent to the origin of a listed URL and to no other after a redirect (none).
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Through whom requests go (whom the environment names).
    pub proxy: Proxy,
    /// Roots that are trusted besides the system's, as PEM (none).
    pub ca: Option<Vec<u8>>,
    /// What is heeded of what sites say to robots (nothing).
    pub robots: Option<Robots>,
    /// How EXIF is read.
    pub exif: exif::Options,
    /// Whether images are read whole, digested and decoded (no).
    pub full: bool,
    /// Whether XMP is read (no).
    pub xmp: bool,
    /// Whether IPTC is read (no).
    pub iptc: bool,
}

/// Through whom requests to the web go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proxy {
    /// Whom `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` name.
    Environment {
        /// The names of those proxies: they may be private, and no row may name them.
        hosts: Vec<String>,
    },
    /// This one, whatever the environment says.
    Url(Url),
    /// Nobody.
    None,
}

impl Proxy {
    /// The variables that name proxies, those for plain HTTP, for TLS, and for both.
    pub const VARIABLES: [&str; 6] =
        ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
}

impl Default for Proxy {
    fn default() -> Self {
        Self::Environment { hosts: Vec::new() }
    }
}

/// What is heeded of what sites say to robots: their robots.txt (RFC 9309), and these directives of `X-Robots-Tag`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Robots {
    /// In lower case, such as `noai`; one of them forbids the image.
    pub directives: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            concurrency: NonZeroUsize::new(256).expect("not 0"),
            per_host: NonZeroUsize::new(8).expect("not 0"),
            timeout: Duration::from_mins(1),
            connect_timeout: Duration::from_secs(10),
            first_byte_timeout: Duration::from_secs(15),
            idle_timeout: Duration::from_secs(15),
            retries: 3,
            max_bytes: MAX_BYTES,
            memory: 64 << 20,
            max_redirects: 10,
            allow_private: AllowPrivate::None,
            user_agent: concat!("imgmeta/", env!("CARGO_PKG_VERSION")).into(),
            headers: Vec::new(),
            proxy: Proxy::default(),
            ca: None,
            robots: None,
            exif: exif::Options::default(),
            full: false,
            xmp: false,
            iptc: false,
        }
    }
}
