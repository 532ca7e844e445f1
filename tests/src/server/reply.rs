//! The raw end of a connection: whole answers for the usual, single bytes for the rest.

use std::{
    io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _},
    net::{Shutdown, TcpStream},
    sync::{Arc, atomic::Ordering},
    thread,
    time::{Duration, Instant},
};

use socket2::SockRef;

use super::{LOOK, Request, Shared, request::range_of};

/// What a handler answers through. A client that has left ends the connection, and is no error.
#[derive(Debug)]
pub struct Reply {
    stream: Option<BufReader<TcpStream>>,
    shared: Arc<Shared>,
    range: Option<String>,
    head_only: bool,
    last: bool,
}

impl Reply {
    pub(super) fn new(stream: BufReader<TcpStream>, shared: Arc<Shared>) -> Self {
        Self { stream: Some(stream), shared, range: None, head_only: false, last: false }
    }

    pub(super) fn begin(&mut self, request: &Request) {
        self.range = request.header("range").map(Into::into);
        self.head_only = request.method == "HEAD";
        self.last = request.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
    }

    /// Appends a line of the client's to `head`. False when the client has left or the server is to end.
    pub(super) fn read_line(&mut self, head: &mut Vec<u8>) -> bool {
        while let Some(stream) = self.waiting() {
            match stream.read_until(b'\n', head) {
                Ok(_) => return head.ends_with(b"\n"),
                Err(error) if is_pause(&error) => {}
                Err(_) => return false,
            }
        }
        false
    }

    /// Sends a whole answer with its `Content-Length`; the connection stays open for the next request.
    pub fn respond(&mut self, status: &str, headers: &[(&str, &str)], body: &[u8]) {
        self.head(status, &[headers, &[("Content-Length", &body.len().to_string())]].concat());
        if !self.head_only {
            self.send(body);
        }
        if self.last {
            self.close();
        }
    }

    /// Sends a status line and headers, just these, and the blank line.
    pub fn head(&mut self, status: &str, headers: &[(&str, &str)]) {
        let lines: Vec<_> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        self.send(format!("HTTP/1.1 {status}\r\n{}\r\n", lines.concat()).as_bytes());
    }

    /// Serves a file as a good server does: the range that was asked for, or the whole.
    pub fn file(&mut self, content_type: &str, file: &[u8]) {
        self.file_with(&[("Content-Type", content_type)], file);
    }

    /// As [`file`](Self::file), with headers of one's own.
    pub fn file_with(&mut self, headers: &[(&str, &str)], file: &[u8]) {
        let accept = ("Accept-Ranges", "bytes");
        let Some(asked) = self.range.take() else {
            return self.respond("200 OK", &[headers, &[accept]].concat(), file);
        };
        let Some(range) = range_of(&asked, file.len()) else {
            let named = format!("bytes */{}", file.len());
            return self.respond("416 Range Not Satisfiable", &[("Content-Range", &named)], b"");
        };
        let named = format!("bytes {}-{}/{}", range.start, range.end - 1, file.len());
        self.respond("206 Partial Content", &[headers, &[accept, ("Content-Range", &named)]].concat(), &file[range]);
    }

    /// Serves the whole file, whatever range was asked for.
    pub fn whole(&mut self, content_type: &str, file: &[u8]) {
        self.respond("200 OK", &[("Content-Type", content_type)], file);
    }

    /// Sends bytes as they are. False when the client has left.
    pub fn send(&mut self, bytes: &[u8]) -> bool {
        let Some(stream) = &mut self.stream else { return false };
        let sent = stream.get_mut().write_all(bytes).is_ok();
        if !sent {
            self.stream = None;
        }
        sent
    }

    /// Sends one byte each `interval`, until all are sent or the client leaves.
    pub fn drip(&mut self, bytes: &[u8], interval: Duration) {
        for byte in bytes {
            if !self.send(&[*byte]) || !self.wait(interval) {
                return;
            }
        }
    }

    /// Sends a block again and again, until the client leaves or the server ends.
    pub fn forever(&mut self, block: &[u8]) {
        while !self.shared.ending.load(Ordering::SeqCst) {
            if !self.send(block) {
                return;
            }
        }
    }

    /// Says nothing until the client leaves or the server ends.
    pub fn hang(&mut self) {
        let mut unread = [0; 4096];
        while let Some(stream) = self.waiting() {
            match stream.read(&mut unread) {
                Ok(0) => break,
                Err(error) if !is_pause(&error) => break,
                _ => {}
            }
        }
        self.stream = None;
    }

    /// Ends the connection in order: what was sent arrives, then the end.
    pub fn close(&mut self) {
        if let Some(stream) = self.stream.take() {
            // An error means that the client was quicker.
            let _ = stream.get_ref().shutdown(Shutdown::Both);
        }
    }

    /// Ends the connection with RST: what was sent may be lost on the way.
    pub fn reset(&mut self) {
        if let Some(stream) = self.stream.take() {
            SockRef::from(stream.get_ref()).set_linger(Some(Duration::ZERO)).expect("a socket takes SO_LINGER");
        }
    }

    fn waiting(&mut self) -> Option<&mut BufReader<TcpStream>> {
        if self.shared.ending.load(Ordering::SeqCst) {
            self.stream = None;
        }
        self.stream.as_mut()
    }

    /// Waits, but not longer than the server is to live. False when it ends.
    fn wait(&self, interval: Duration) -> bool {
        let until = Instant::now() + interval;
        while !self.shared.ending.load(Ordering::SeqCst) {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            thread::sleep(left.min(LOOK));
        }
        false
    }
}

/// A read that only ran into [`LOOK`].
fn is_pause(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}
