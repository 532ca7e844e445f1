//! A small HTTP/1.1 server on loopback that misbehaves as told, byte by byte.

mod reply;
mod request;

use std::{
    collections::HashMap,
    io::BufReader,
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

pub use reply::Reply;
pub use request::Request;

/// How often a thread that waits for the peer looks whether the server is to end.
const LOOK: Duration = Duration::from_millis(50);

/// What the log holds of one request.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The path with its query, as sent.
    pub path: String,
    /// The `Range` header, as sent.
    pub range: Option<String>,
    /// When its head had been read.
    pub at: Instant,
}

/// A server that runs until it is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    ending: AtomicBool,
    connections: AtomicUsize,
    seen: Mutex<Vec<Seen>>,
    counts: Mutex<HashMap<String, usize>>,
}

impl Server {
    /// Serves on a free port of 127.0.0.1.
    pub fn start(handler: impl Fn(&Request, &mut Reply) + Send + Sync + 'static) -> Self {
        Self::start_at(Ipv4Addr::LOCALHOST, handler)
    }

    /// Serves on a free port of any loopback address, 127.0.0.0/8.
    pub fn start_at(
        address: impl Into<IpAddr>, handler: impl Fn(&Request, &mut Reply) + Send + Sync + 'static,
    ) -> Self {
        Self::start_on(SocketAddr::new(address.into(), 0), handler)
    }

    /// Serves on an address of which nobody else has the port; 0 is a free one.
    pub fn start_on(address: SocketAddr, handler: impl Fn(&Request, &mut Reply) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(address).expect("a loopback address has this port free");
        let address = listener.local_addr().expect("a bound listener has an address");
        let shared = Arc::new(Shared::default());
        let state = Arc::clone(&shared);
        let accepting = thread::spawn(move || accept(&listener, &state, &Arc::new(handler)));
        Self { address, shared, accepting: Some(accepting) }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The `http:` URL of a path, which begins with `/`.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// How many connections it has accepted so far, with a request or without.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// All requests so far, in the order in which they came.
    pub fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().expect("no handler panics while it logs").clone()
    }

    /// The requests for one path so far.
    pub fn seen_at(&self, path: &str) -> Vec<Seen> {
        self.seen().into_iter().filter(|seen| seen.path == path).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.ending.store(true, Ordering::SeqCst);
        // The listener waits in `accept`: one more connection wakes it.
        drop(TcpStream::connect(self.address));
        if let Some(accepting) = self.accepting.take() {
            accepting.join().expect("accepting does not panic");
        }
    }
}

fn accept<H>(listener: &TcpListener, shared: &Arc<Shared>, handler: &Arc<H>)
where
    H: Fn(&Request, &mut Reply) + Send + Sync + 'static,
{
    for stream in listener.incoming() {
        if shared.ending.load(Ordering::SeqCst) {
            return;
        }
        let Ok(stream) = stream else { continue };
        shared.connections.fetch_add(1, Ordering::SeqCst);
        let (shared, handler) = (Arc::clone(shared), Arc::clone(handler));
        thread::spawn(move || talk(stream, &shared, &*handler));
    }
}

fn talk(stream: TcpStream, shared: &Arc<Shared>, handler: &impl Fn(&Request, &mut Reply)) {
    let ready = stream.set_read_timeout(Some(LOOK)).and_then(|()| stream.set_nodelay(true));
    if ready.is_err() {
        return;
    }
    let mut reply = Reply::new(BufReader::new(stream), Arc::clone(shared));
    while let Some(mut request) = Request::read(&mut reply) {
        request.count = shared.note(&request);
        reply.begin(&request);
        handler(&request, &mut reply);
    }
}

impl Shared {
    /// Logs a request and gives the number of earlier ones for its path.
    fn note(&self, request: &Request) -> usize {
        let seen =
            Seen { path: request.path.clone(), range: request.header("range").map(Into::into), at: Instant::now() };
        self.seen.lock().expect("no handler panics while it logs").push(seen);
        let mut counts = self.counts.lock().expect("no handler panics while it counts");
        let count = counts.entry(request.path.clone()).or_default();
        *count += 1;
        *count - 1
    }
}

#[cfg(test)]
mod tests {
    use std::io::{ErrorKind, Read as _, Write as _};

    use super::*;

    fn talk_to(server: &Server, requests: &str) -> (Vec<u8>, Option<ErrorKind>) {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream.write_all(requests.as_bytes()).unwrap();
        let mut answer = Vec::new();
        let ended = stream.read_to_end(&mut answer).err().map(|error| error.kind());
        (answer, ended)
    }

    fn get(path: &str, more: &str) -> String {
        format!("GET {path} HTTP/1.1\r\nHost: x\r\n{more}\r\n")
    }

    #[test]
    fn a_range_is_answered_with_just_that_range_on_a_connection_that_stays_open() {
        let server = Server::start(|_, reply| reply.file("image/jpeg", b"0123456789"));
        let both = get("/a", "Range: bytes=2-4\r\n") + &get("/a", "Range: bytes=8-100\r\nConnection: close\r\n");
        let text = String::from_utf8(talk_to(&server, &both).0).unwrap();
        assert!(text.contains("206 Partial Content") && text.contains("Content-Range: bytes 2-4/10"), "{text}");
        assert!(text.contains("\r\n\r\n234HTTP/1.1") && text.ends_with("\r\n\r\n89"), "{text}");
        let ranges: Vec<_> = server.seen_at("/a").into_iter().map(|seen| seen.range.unwrap()).collect();
        assert_eq!(ranges, ["bytes=2-4", "bytes=8-100"]);
    }

    #[test]
    fn a_range_past_the_end_is_answered_416_and_no_range_with_the_whole() {
        let server = Server::start(|_, reply| reply.file("image/jpeg", b"0123"));
        let text = talk_to(&server, &get("/a", "Range: bytes=4-\r\nConnection: close\r\n")).0;
        assert!(text.starts_with(b"HTTP/1.1 416 ") && text.windows(18).any(|w| w == b"Content-Range: byt"));
        let text = talk_to(&server, &get("/a", "Connection: close\r\n")).0;
        assert!(text.starts_with(b"HTTP/1.1 200 OK") && text.ends_with(b"\r\n\r\n0123"));
    }

    #[test]
    fn a_reset_reaches_the_client_as_one_and_a_close_does_not() {
        let server = Server::start(|request, reply| match request.path.as_str() {
            "/reset" => {
                reply.send(b"HTTP/1.1 200 OK\r\n");
                reply.reset();
            }
            _ => reply.close(),
        });
        assert_eq!(talk_to(&server, &get("/reset", "")).1, Some(ErrorKind::ConnectionReset));
        assert_eq!(talk_to(&server, &get("/close", "")), (vec![], None));
    }

    #[test]
    fn requests_for_one_path_are_counted_from_0_over_all_connections() {
        let server = Server::start_at([127, 0, 0, 9], |request, reply| {
            reply.respond("200 OK", &[("Connection", "close")], request.count.to_string().as_bytes());
            reply.close();
        });
        for expected in ["0", "1", "2"] {
            assert!(String::from_utf8(talk_to(&server, &get("/a", "")).0).unwrap().ends_with(expected));
        }
        assert_eq!((server.connections(), server.seen().len()), (3, 3));
    }

    #[test]
    fn a_hanging_handler_ends_when_the_client_leaves() {
        let (tell, told) = std::sync::mpsc::channel();
        let server = Server::start(move |_, reply| {
            reply.hang();
            tell.send(()).unwrap();
        });
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream.write_all(get("/a", "").as_bytes()).unwrap();
        assert!(told.try_recv().is_err());
        drop(stream);
        told.recv_timeout(Duration::from_secs(10)).unwrap();
    }
}
