//! The head of a response: RFC 9112, 2 to 6.

use std::mem::MaybeUninit;
use std::ops::Range;

use bytes::{Buf, BytesMut};
use http::StatusCode;
use http::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, LAST_MODIFIED,
    LOCATION, RETRY_AFTER, SET_COOKIE,
};

use super::Failed;
use super::framing::Framing;
use crate::fetch::http::fields::Fields;
use crate::fetch::http::robots::X_ROBOTS_TAG;

/// The longest head that is read.
const LONGEST: usize = 256 << 10;
/// The most fields that it may have.
const MOST_FIELDS: usize = 100;
/// Blank lines that a server may send before it, bytes of their ends included.
const MOST_BLANK: usize = 16;
/// What is kept of a head: nobody asks for more.
static KEPT: [(&str, HeaderName); 10] = [
    ("content-encoding", CONTENT_ENCODING),
    ("content-length", CONTENT_LENGTH),
    ("content-range", CONTENT_RANGE),
    ("content-type", CONTENT_TYPE),
    ("etag", ETAG),
    ("last-modified", LAST_MODIFIED),
    ("location", LOCATION),
    ("retry-after", RETRY_AFTER),
    ("set-cookie", SET_COOKIE),
    ("x-robots-tag", X_ROBOTS_TAG),
];

/// What a response says before its body.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) status: StatusCode,
    pub(super) fields: Fields,
    pub(super) framing: Framing,
    /// Whether another request may follow over the same connection.
    pub(super) keeps: bool,
    /// Bytes of it, on the wire.
    pub(super) len: usize,
}

/// Looks for the end of a head in what has come.
#[derive(Debug, Default)]
pub(super) struct Search {
    /// How much was looked at.
    seen: usize,
    /// Bytes of blank lines before the head.
    blank: usize,
}

impl Search {
    /// Takes the head off the front of what has come; `None` where more must come. Interim responses (RFC 9110, 15.2) are passed
    /// over.
    pub(super) fn take(&mut self, came: &mut BytesMut) -> Result<Option<Head>, Failed> {
        self.pass_blank_lines(came)?;
        while self.may_be_whole(came) {
            let Some(found) = Found::in_text(came)? else { break };
            self.seen = 0;
            if let Some(head) = found.head(came)? {
                return Ok(Some(head));
            }
        }
        self.seen = came.len();
        if came.len() > LONGEST {
            return Err(Failed::Http(format!("the head of the response is longer than {} KiB", LONGEST >> 10)));
        }
        Ok(None)
    }

    /// Some servers send a line too many behind a body (RFC 9112, 2.2, has it of requests).
    fn pass_blank_lines(&mut self, came: &mut BytesMut) -> Result<(), Failed> {
        while let Some(b'\r' | b'\n') = came.first() {
            came.advance(1);
            self.blank += 1;
            if self.blank > MOST_BLANK {
                return Err(Failed::Http("the response is no HTTP: blank lines instead of a head".into()));
            }
        }
        Ok(())
    }

    /// A head that comes in many pieces is not parsed for each of them, but when its empty line is there.
    fn may_be_whole(&self, came: &[u8]) -> bool {
        let new = &came[self.seen.saturating_sub(3).min(came.len())..];
        !came.is_empty()
            && (self.seen == 0
                || new.windows(2).any(|two| two == b"\n\n")
                || new.windows(3).any(|three| three == b"\n\r\n"))
    }
}

/// Where things are in the text of a head.
struct Found {
    len: usize,
    status: u16,
    is_1_1: bool,
    kept: Vec<(HeaderName, Range<usize>)>,
    connection: Connection,
    coded: Option<Coded>,
    length: Result<Option<u64>, ()>,
}

/// What `Connection` asks for (RFC 9112, 9.3).
#[derive(Debug, Default)]
struct Connection {
    close: bool,
    keep_alive: bool,
}

/// What `Transfer-Encoding` ends with (RFC 9112, 6.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coded {
    Chunked,
    Otherwise,
}

impl Found {
    /// `None` where the text is the beginning of a head.
    fn in_text(text: &[u8]) -> Result<Option<Self>, Failed> {
        let mut fields = [const { MaybeUninit::uninit() }; MOST_FIELDS];
        let mut response = httparse::Response::new(&mut []);
        let parsed =
            httparse::ParserConfig::default().parse_response_with_uninit_headers(&mut response, text, &mut fields);
        let not_http = |error| Failed::Http(format!("the response is no HTTP: {error}"));
        let httparse::Status::Complete(len) = parsed.map_err(not_http)? else { return Ok(None) };
        let mut found = Self {
            len,
            status: response.code.unwrap_or_default(),
            is_1_1: response.version == Some(1),
            kept: Vec::with_capacity(6),
            connection: Connection::default(),
            coded: None,
            length: Ok(None),
        };
        for field in response.headers {
            found.note(field, text);
        }
        Ok(Some(found))
    }

    fn note(&mut self, field: &httparse::Header<'_>, text: &[u8]) {
        let is = |name: &str| field.name.eq_ignore_ascii_case(name);
        if let Some((_, name)) = KEPT.iter().find(|(name, _)| is(name)) {
            let start = field.value.as_ptr().addr() - text.as_ptr().addr();
            self.kept.push((name.clone(), start..start + field.value.len()));
            if *name == CONTENT_LENGTH {
                self.length = self.length.and_then(|known| length(known, field.value));
            }
        } else if is("connection") {
            self.connection.close |= tokens(field.value).any(|token| token.eq_ignore_ascii_case("close"));
            self.connection.keep_alive |= tokens(field.value).any(|token| token.eq_ignore_ascii_case("keep-alive"));
        } else if is("transfer-encoding") {
            let last = tokens(field.value).last().unwrap_or_default();
            self.coded = Some(if last.eq_ignore_ascii_case("chunked") { Coded::Chunked } else { Coded::Otherwise });
        }
    }

    /// The head, off the front of the bytes; `None` of an interim response.
    fn head(self, came: &mut BytesMut) -> Result<Option<Head>, Failed> {
        let text = came.split_to(self.len).freeze();
        if self.status == 101 {
            return Err(Failed::Http("the server switched protocols, which it was not asked for".into()));
        }
        if matches!(self.status, 100..200) {
            return Ok(None);
        }
        let status = StatusCode::from_u16(self.status)
            .map_err(|_| Failed::Http(format!("the response has the status {}", self.status)))?;
        let framing = self.framing()?;
        let asked = !self.connection.close && (self.is_1_1 || self.connection.keep_alive);
        let keeps = asked && framing != Framing::Close && (self.is_1_1 || self.coded.is_none());
        let mut fields = Fields::with_capacity(self.kept.len());
        for (name, range) in self.kept {
            if let Ok(value) = HeaderValue::from_maybe_shared(text.slice(range)) {
                fields.append(name, value);
            }
        }
        Ok(Some(Head { status, fields, framing, keeps, len: self.len }))
    }

    /// Where the body ends: RFC 9112, 6.3.
    fn framing(&self) -> Result<Framing, Failed> {
        if matches!(self.status, 204 | 304) {
            return Ok(Framing::Length(0));
        }
        match (self.coded, self.length) {
            (Some(Coded::Chunked), _) => Ok(Framing::chunked()),
            (Some(Coded::Otherwise), _) | (None, Ok(None)) => Ok(Framing::Close),
            (None, Ok(Some(length))) => Ok(Framing::Length(length)),
            (None, Err(())) => Err(Failed::Http("the response has a Content-Length that is none".into())),
        }
    }
}

/// The tokens of a list (RFC 9110, 5.6.1).
fn tokens(value: &[u8]) -> impl Iterator<Item = &str> {
    value.split(|byte| *byte == b',').map(|token| std::str::from_utf8(token).unwrap_or_default().trim())
}

/// The same length may stand there more than once.
fn length(known: Option<u64>, value: &[u8]) -> Result<Option<u64>, ()> {
    tokens(value).try_fold(known, |known, token| {
        let digits = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_digit());
        let length = token.parse().ok().filter(|_| digits).ok_or(())?;
        if known.is_none_or(|known| known == length) { Ok(Some(length)) } else { Err(()) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(text: &str) -> Result<Option<(u16, Framing, bool)>, String> {
        let mut came = BytesMut::from(text);
        let head = Search::default().take(&mut came).map_err(|failed| failed.to_string())?;
        Ok(head.map(|head| (head.status.as_u16(), head.framing, head.keeps)))
    }

    #[test]
    fn where_a_body_ends_and_whether_a_request_may_follow() {
        let (length, close) = (Framing::Length, Framing::Close);
        for (text, status, framing, keeps) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 200, length(5), true),
            ("HTTP/1.1 200\r\ncontent-LENGTH:5\r\n\r\n", 200, length(5), true),
            ("HTTP/1.1 200 OK\nContent-Length: 5\n\n", 200, length(5), true),
            ("HTTP/1.1 206 P\r\nContent-Length: 5\r\nConnection: Close\r\n\r\n", 206, length(5), false),
            ("HTTP/1.1 206 P\r\nContent-Length: 5\r\nConnection: foo, close\r\n\r\n", 206, length(5), false),
            ("HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\nContent-Length: 5\r\n\r\n", 200, length(5), true),
            ("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n", 200, length(5), false),
            ("HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n", 200, length(5), true),
            ("HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive, close\r\n\r\n", 200, length(5), false),
            ("\r\n\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 200, length(5), true),
            ("HTTP/1.1 200 OK\r\n\r\n", 200, close.clone(), false),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 200, Framing::chunked(), true),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\nContent-Length: 5\r\n\r\n",
                200,
                Framing::chunked(),
                true,
            ),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nContent-Length: 5\r\n\r\n", 200, close, false),
            (
                "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n",
                200,
                Framing::chunked(),
                false,
            ),
            ("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", 204, length(0), true),
            ("HTTP/1.1 304 Not Modified\r\n\r\n", 304, length(0), true),
            (
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n",
                404,
                length(0),
                true,
            ),
        ] {
            assert_eq!(head(text), Ok(Some((status, framing, keeps))), "{text}");
        }
    }

    #[test]
    fn what_is_no_head_is_said() {
        let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(MOST_FIELDS + 1));
        let long = format!("HTTP/1.1 200 OK\r\na: {}", "b".repeat(LONGEST));
        for (text, why) in [
            ("SSH-2.0-OpenSSH_9.2\r\n", "no HTTP: invalid HTTP version"),
            ("HTTP/1.1 20 OK\r\n\r\n", "no HTTP: invalid response status"),
            ("HTTP/1.1 099 OK\r\n\r\n", "the status 99"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\n", "a Content-Length that is none"),
            ("HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\n", "a Content-Length that is none"),
            ("HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\n", "a Content-Length that is none"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", "a Content-Length that is none"),
            ("HTTP/1.1 101 Switching Protocols\r\n\r\n", "switched protocols"),
            (&"\r\n".repeat(MOST_BLANK), "blank lines"),
            (&many, "too many headers"),
            (&long, "longer than 256 KiB"),
        ] {
            let said = head(text).expect_err(why);
            assert!(said.contains(why), "{said}");
        }
    }

    #[test]
    fn a_head_comes_in_pieces_and_what_is_behind_it_stays() {
        let text = b"HTTP/1.1 200 OK\r\nETag: \"x\"\r\nX-Other: y\r\nContent-Length: 5\r\n\r\nhello";
        let (mut came, mut search) = (BytesMut::new(), Search::default());
        for (at, byte) in text.iter().enumerate() {
            came.extend_from_slice(&[*byte]);
            let found = search.take(&mut came).expect("a head");
            assert_eq!(found.is_some(), at + 6 == text.len(), "{at}");
            if let Some(head) = found {
                assert_eq!(head.fields.get(&ETAG).map(HeaderValue::as_bytes), Some(&b"\"x\""[..]));
                assert_eq!(head.fields.iter().count(), 2);
                assert!(came.is_empty());
                came.extend_from_slice(b"hello");
                break;
            }
        }
        assert_eq!(&came[..], b"hello");
    }
}
