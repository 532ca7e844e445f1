//! The head of one request, as the client sent it.

use super::Reply;

/// Longest head that is read: a client of ours sends far less.
const LONGEST: usize = 64 << 10;

/// One request, without a body.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// `GET`, `HEAD` ...
    pub method: String,
    /// The path with its query, as sent.
    pub path: String,
    /// Names and values, as sent.
    pub headers: Vec<(String, String)>,
    /// Earlier requests for this path, over all connections.
    pub count: usize,
}

impl Request {
    /// The first value of a header, whatever the case of its name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Whether a part of the file was asked for.
    pub fn ranged(&self) -> bool {
        self.header("range").is_some()
    }

    /// The next request of the connection; none when the client has left or talks nonsense.
    pub(super) fn read(from: &mut Reply) -> Option<Self> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            if !from.read_line(&mut head) || head.len() > LONGEST {
                return None;
            }
        }
        Self::parse(std::str::from_utf8(&head).ok()?)
    }

    fn parse(head: &str) -> Option<Self> {
        let mut lines = head.split("\r\n");
        let mut first = lines.next()?.split(' ');
        let (method, path) = (first.next()?.to_owned(), first.next()?.to_owned());
        let headers = lines.filter_map(|line| line.split_once(':'));
        let headers = headers.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect();
        Some(Self { method, path, headers, count: 0 })
    }
}

/// The bytes that `bytes=A-B`, `bytes=A-` or `bytes=-N` names of a file of `len` bytes; `None` where it names none of them.
pub(super) fn range_of(header: &str, len: usize) -> Option<std::ops::Range<usize>> {
    let (first, last) = header.strip_prefix("bytes=")?.split_once('-')?;
    let range = match (first, last) {
        ("", n) => len.saturating_sub(n.parse().ok()?)..len,
        (a, "") => a.parse().ok()?..len,
        (a, b) => a.parse().ok()?..len.min(b.parse::<usize>().ok()?.checked_add(1)?),
    };
    (range.start < range.end).then_some(range)
}
