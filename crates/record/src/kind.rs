//! The closed lists of failures: what went wrong, and in which phase.

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$about])* $variant,)* }

        impl $name {
            /// All of them, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The word in records and on the command line.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// The word's meaning, where it is one of the list.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($word => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

words! {
    /// What went wrong with one row.
    Kind {
        /// The list's row could not be read as a row, or its URL cell is empty.
        BadRow = "bad_row",
        /// Not a URL, no host, an unknown scheme, or one that this list may not name.
        BadUrl = "bad_url",
        /// The address guard refused it.
        BlockedAddress = "blocked_address",
        /// `--robots` or `X-Robots-Tag` forbids it.
        Robots = "robots",
        /// The name does not exist.
        Dns = "dns",
        /// The resolver failed, refused or timed out.
        DnsTemporary = "dns_temporary",
        /// Refused, unreachable, no route.
        Connect = "connect",
        /// Handshake or certificate.
        Tls = "tls",
        /// A deadline passed, or the body was slower than the minimum speed.
        Timeout = "timeout",
        /// The connection or the body ended before its time.
        Reset = "reset",
        /// Not HTTP, a header too large, a broken or forbidden redirect, or too many.
        Http = "http",
        /// 404, 410, or no such file or key.
        NotFound = "not_found",
        /// 401, 403, 407, 451, or the store's own refusal.
        Permission = "permission",
        /// 429, or 503 with `Retry-After`, to the end of the retries.
        RateLimited = "rate_limited",
        /// Any other status that is not 2xx or 304.
        HttpStatus = "http_status",
        /// Its host was given up, and the last pass could not reach it either.
        HostGivenUp = "host_given_up",
        /// More than `--max-bytes` would have to be read.
        TooLarge = "too_large",
        /// No bytes at all.
        Empty = "empty",
        /// The bytes are something else; a folder, FIFO or device.
        NotAnImage = "not_an_image",
        /// An image of a kind that is known and not read.
        Unsupported = "unsupported",
        /// An image whose header contradicts itself or ends too early.
        Damaged = "damaged",
        /// With `--full`: more pixels declared than Pillow opens.
        Bomb = "bomb",
        /// A local file or a store failed while it was read.
        Io = "io",
        /// A defect of this program, caught.
        Internal = "internal",
    }
}

words! {
    /// How far an image had come, in the order in which phases happen.
    ///
    /// For local files and stores, opening is [`Request`](Phase::Request), reading is [`Body`](Phase::Body).
    Phase {
        /// Reading the row.
        List = "list",
        /// From a name to an address.
        Resolve = "resolve",
        /// Connecting, TLS included.
        Connect = "connect",
        /// From the request to the end of the response's header.
        Request = "request",
        /// Reading bytes.
        Body = "body",
        /// Reading the image's header out of them.
        Identify = "identify",
        /// Decoding pixels (`--full`).
        Decode = "decode",
    }
}

impl Kind {
    /// Whether `imgmeta retry` takes it by default; `status` decides for [`Kind::HttpStatus`].
    pub fn retryable(self, status: Option<u16>) -> bool {
        match self {
            Self::DnsTemporary
            | Self::Connect
            | Self::Timeout
            | Self::Reset
            | Self::RateLimited
            | Self::HostGivenUp
            | Self::Io
            | Self::Internal => true,
            Self::HttpStatus => status.is_some_and(|status| status >= 500),
            Self::BadRow
            | Self::BadUrl
            | Self::BlockedAddress
            | Self::Robots
            | Self::Dns
            | Self::Tls
            | Self::Http
            | Self::NotFound
            | Self::Permission
            | Self::TooLarge
            | Self::Empty
            | Self::NotAnImage
            | Self::Unsupported
            | Self::Damaged
            | Self::Bomb => false,
        }
    }

    /// What a person can do about many of these.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::BadRow => "look at these rows of the list: a quote left open, cells too many, or an empty URL",
            Self::BadUrl => "write the scheme (https://) before the host, or name the place on the command line",
            Self::BlockedAddress => "private addresses are refused; --allow-private=CIDR lets them through",
            Self::Robots => "these hosts forbid it; leave out --robots if you may read them anyway",
            Self::Dns => "the host names do not exist any more",
            Self::DnsTemporary => "the resolver is overloaded: lower --concurrency, then run again",
            Self::Connect => "the hosts are down or refuse connections; try again later",
            Self::Tls => "the certificates are not valid for these hosts",
            Self::Timeout => "the hosts are slow: raise --timeout, or lower --per-host",
            Self::Reset => "the hosts close connections: lower --per-host, then run again",
            Self::Http => "the hosts do not answer with proper HTTP, or redirect in circles",
            Self::NotFound => "the images are gone",
            Self::Permission => "these need credentials, or forbid this program",
            Self::RateLimited => "the hosts ask for fewer requests: lower --per-host, then run again later",
            Self::HttpStatus => "the hosts answer with errors; those of 500 and above may pass",
            Self::HostGivenUp => "the hosts were dead during this run; try again later",
            Self::TooLarge => "raise --max-bytes if they are worth reading",
            Self::Empty => "the hosts send no bytes",
            Self::NotAnImage => "the bytes are something else, often an HTML page that says why",
            Self::Unsupported => "images of a kind that is not read yet",
            Self::Damaged => "the images are cut or broken at their source",
            Self::Bomb => "more pixels are declared than is sane; leave out --full to have the record",
            Self::Io => "the disk or store failed while reading; try again",
            Self::Internal => "a defect of imgmeta: please report it with the example",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_found_by_its_name() {
        assert_eq!((Kind::ALL.len(), Phase::ALL.len()), (24, 7));
        for kind in Kind::ALL {
            assert_eq!(Kind::from_name(kind.name()), Some(*kind));
            assert!(!kind.hint().is_empty());
        }
        for phase in Phase::ALL {
            assert_eq!(Phase::from_name(phase.name()), Some(*phase));
        }
        assert_eq!(Kind::from_name("oops"), None);
    }

    #[test]
    fn a_status_is_retryable_from_500() {
        assert!(Kind::HttpStatus.retryable(Some(502)));
        assert!(!Kind::HttpStatus.retryable(Some(418)));
        assert!(!Kind::NotFound.retryable(Some(404)));
    }
}
