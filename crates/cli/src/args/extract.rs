//! Flags of how images are read, which several commands share.

use std::num::NonZeroUsize;
use std::time::Duration;

use clap::Args;
use encoding_rs::Encoding;
use imgmeta_extract::{AllowPrivate, HeaderName, HeaderValue, Options, Proxy, Robots, exif};

use super::parse;
use crate::environment;

/// How images are read.
#[derive(Debug, Clone, Args)]
pub struct ExtractArgs {
    /// How they are fetched.
    #[command(flatten)]
    pub fetch: FetchArgs,
    /// What is read of them.
    #[command(flatten)]
    pub metadata: MetadataArgs,
}

/// How images are fetched.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Fetching images")]
pub struct FetchArgs {
    /// Images in flight
    #[arg(long, value_name = "N", default_value = "256")]
    pub concurrency: NonZeroUsize,
    /// Of them, to one host
    #[arg(long, value_name = "N", default_value = "8")]
    pub per_host: NonZeroUsize,
    /// Longest time for one image, all attempts
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = parse::duration)]
    pub timeout: Duration,
    /// Longest time to connect, TLS included
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = parse::duration)]
    pub connect_timeout: Duration,
    /// Further attempts at one image
    #[arg(long, value_name = "N", default_value = "3")]
    pub retries: u32,
    /// Most to read of one image
    #[arg(long, value_name = "BYTES", default_value = "64MiB", value_parser = parse::bytes)]
    pub max_bytes: u64,
    /// Bytes of images held beyond 256 KiB each, all together
    #[arg(long, value_name = "BYTES", default_value = "64MiB", value_parser = parse::bytes)]
    pub memory: u64,
    /// Let private addresses pass: all, or those in these networks
    #[arg(long, value_name = "CIDR,...", num_args = 0..=1, require_equals = true, default_missing_value = "all")]
    pub allow_private: Option<AllowPrivate>,
    /// Let rows name images in this store, too: `s3://BUCKET`, `hdfs://HOST:PORT`; `s3://` for any bucket (may be repeated)
    #[arg(long, value_name = "URL")]
    pub allow_store: Vec<String>,
    /// What to call this program to servers
    #[arg(long, value_name = "TEXT", value_parser = parse::user_agent)]
    pub user_agent: Option<String>,
    /// A further header for the sites of the list, not for those that they redirect to (may be repeated)
    #[arg(long, value_name = "NAME: VALUE", value_parser = parse::header)]
    pub header: Vec<(HeaderName, HeaderValue)>,
    /// Ask through this proxy, `http://HOST:PORT`; `none` for no proxy (default: `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`)
    #[arg(long, value_name = "URL", value_parser = parse::proxy)]
    pub proxy: Option<Proxy>,
    /// Trust the certificates in this PEM file, too
    #[arg(long, value_name = "FILE", value_parser = parse::pem)]
    pub ca_file: Option<Vec<Vec<u8>>>,
    /// Heed robots.txt, and these directives of X-Robots-Tag (without: noai,noimageai,noindex,noimageindex)
    #[arg(long, value_name = "DIRECTIVE,...", num_args = 0..=1, require_equals = true, default_missing_value = parse::DIRECTIVES, value_parser = parse::robots)]
    pub robots: Option<Robots>,
}

/// What is read of images: it shapes the outcomes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Metadata")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct MetadataArgs {
    /// What text in EXIF is where it is not UTF-8
    #[arg(long, value_name = "LABEL", default_value = "windows-1252", value_parser = parse::encoding)]
    pub exif_encoding: &'static Encoding,
    /// What keys tags have in JSON
    #[arg(long, value_enum, default_value = "names")]
    pub exif_keys: super::ExifKeys,
    /// Read and decode every image whole; adds `Sha256`
    #[arg(long)]
    pub full: bool,
    /// Read XMP too: titles, keywords, ratings, rights
    #[arg(long)]
    pub xmp: bool,
    /// Read IPTC too: captions, keywords, credits
    #[arg(long)]
    pub iptc: bool,
    /// Keep the maker's notes, as base64
    #[arg(long)]
    pub maker_notes: bool,
    /// Keep the thumbnails of EXIF, as base64
    #[arg(long)]
    pub thumbnails: bool,
}

impl ExtractArgs {
    /// What an extractor is told.
    pub fn options(&self) -> Options {
        self.fetch.options(&self.metadata)
    }
}

impl FetchArgs {
    /// Certificates that are trusted, too.
    pub fn ca(&self) -> Option<Vec<u8>> {
        self.ca_file.as_ref().map(|file| file.concat())
    }

    /// What an extractor is told that reads this metadata.
    pub fn options(&self, metadata: &MetadataArgs) -> Options {
        let default = Options::default();
        Options {
            concurrency: self.concurrency,
            per_host: self.per_host,
            timeout: self.timeout,
            connect_timeout: self.connect_timeout,
            retries: self.retries,
            max_bytes: self.max_bytes,
            allow_private: self.allow_private.clone().unwrap_or_default(),
            memory: self.memory,
            user_agent: self.user_agent.clone().unwrap_or(default.user_agent),
            headers: self.header.clone(),
            proxy: self
                .proxy
                .clone()
                .unwrap_or_else(|| Proxy::Environment { hosts: environment::proxies(std::env::vars_os()) }),
            ca: self.ca(),
            robots: self.robots.clone(),
            exif: exif::Options {
                encoding: metadata.exif_encoding,
                maker_notes: metadata.maker_notes,
                thumbnails: metadata.thumbnails,
            },
            full: metadata.full,
            xmp: metadata.xmp,
            iptc: metadata.iptc,
            first_byte_timeout: default.first_byte_timeout,
            idle_timeout: default.idle_timeout,
            max_redirects: default.max_redirects,
        }
    }
}
