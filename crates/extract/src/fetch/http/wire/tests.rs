mod secure;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use super::*;
use crate::fetch::http::{AllowPrivate, tls};

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

/// A listener that does this with each connection, and counts them.
async fn listen<F: Future<Output = ()> + Send + 'static>(
    what: impl Fn(TcpStream) -> F + Send + 'static,
) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, connections) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&connections);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            counted.fetch_add(1, SeqCst);
            tokio::spawn(what(stream));
        }
    });
    (address, connections)
}

fn plain(address: SocketAddr) -> Url {
    Url::parse(&format!("http://{address}/a")).unwrap()
}

/// A server that answers so many requests of each connection, and counts connections.
async fn server(answers: usize, answer: &'static [u8]) -> (Url, Arc<AtomicUsize>) {
    let (address, connections) = listen(move |stream| serve(stream, answers, answer)).await;
    (plain(address), connections)
}

async fn serve(mut stream: TcpStream, answers: usize, answer: &[u8]) {
    let mut request = [0; 4096];
    for _ in 0..answers {
        if stream.read(&mut request).await.unwrap_or(0) == 0 || stream.write_all(answer).await.is_err() {
            return;
        }
    }
}

fn wires(concurrency: usize) -> Wires {
    let options = Options {
        proxy: Proxy::None,
        concurrency: concurrency.try_into().unwrap(),
        allow_private: AllowPrivate::All,
        ..Options::default()
    };
    wires_of(&options, None).unwrap()
}

fn wires_of(options: &Options, roots: Option<&[u8]>) -> Option<Wires> {
    let tls = tls::config(roots).unwrap();
    Wires::new(options, Resolver::new(AllowPrivate::All, Vec::new()), Arc::new(tls))
}

async fn ask(wires: &Wires, url: &Url) -> Response {
    wires.send(url, &Fields::default(), 0, &mut 0).await.unwrap()
}

/// Asks, and reads the whole body.
async fn get(wires: &Wires, url: &Url) -> Vec<u8> {
    let mut response = ask(wires, url).await;
    let mut body = Vec::new();
    while let Some(bytes) = response.payload.chunk().await.unwrap() {
        body.extend_from_slice(&bytes);
    }
    body
}

#[tokio::test]
async fn a_connection_serves_one_request_after_the_other() {
    let ((url, connections), wires) = (server(usize::MAX, ANSWER).await, wires(8));
    for _ in 0..10 {
        assert_eq!(get(&wires, &url).await, b"hello");
    }
    assert_eq!(connections.load(SeqCst), 1);
}

#[tokio::test]
async fn a_body_of_which_all_that_is_wanted_came_leaves_its_connection_free() {
    let ((url, connections), wires) = (server(usize::MAX, ANSWER).await, wires(8));
    for _ in 0..10 {
        let mut response = ask(&wires, &url).await;
        assert_eq!(response.payload.chunk().await.unwrap().as_deref(), Some(&b"hello"[..]));
    }
    assert_eq!(connections.load(SeqCst), 1);
}

#[tokio::test]
async fn a_connection_that_the_server_closed_is_replaced() {
    let ((url, connections), wires) = (server(1, ANSWER).await, wires(8));
    for _ in 0..5 {
        assert_eq!(get(&wires, &url).await, b"hello");
        // The end must have come; it is no error of the next request.
        sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(connections.load(SeqCst), 5);
}

/// A server that answers the first request of each connection, and every further one with this and the end.
async fn server_of_one(further: &'static [u8]) -> Url {
    let (address, _) = listen(move |mut stream| async move {
        for answer in [ANSWER, further] {
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(answer).await;
        }
    })
    .await;
    plain(address)
}

#[tokio::test]
async fn a_request_without_an_answer_over_a_kept_connection_is_sent_once_more_over_a_new_one() {
    for further in [&b""[..], b"more than was announced", b"HTTP/1.1 200 O"] {
        let (url, wires, mut again) = (server_of_one(further).await, wires(8), 0);
        for number in 0..4 {
            let mut response = wires.send(&url, &Fields::default(), 0, &mut again).await.unwrap();
            assert_eq!(response.payload.chunk().await.unwrap().as_deref(), Some(&b"hello"[..]), "{further:?}");
            assert_eq!(again, number, "the first one is over a new connection");
        }
    }
}

#[tokio::test]
async fn a_body_that_is_left_closes_its_connection() {
    let long = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nhello";
    let ((url, connections), wires) = (server(usize::MAX, long).await, wires(8));
    for _ in 0..3 {
        let mut response = ask(&wires, &url).await;
        assert_eq!(response.payload.chunk().await.unwrap().as_deref(), Some(&b"hello"[..]));
    }
    assert_eq!(connections.load(SeqCst), 3);
}

#[tokio::test]
async fn no_more_connections_are_kept_than_four_for_each_that_may_be_under_way() {
    let wires = wires(1);
    for number in 1..=20 {
        let (url, _) = server(usize::MAX, ANSWER).await;
        assert_eq!(get(&wires, &url).await, b"hello");
        assert!(wires.pool.kept() <= 4, "{} after {number} servers", wires.pool.kept());
        if number == 20 {
            assert!(wires.pool.take(site(&url)).is_some(), "the newest is kept");
        }
    }
}

#[tokio::test]
async fn a_sites_last_connection_is_kept_where_others_have_several() {
    let wires = wires(4);
    let (lone, _) = server(usize::MAX, ANSWER).await;
    get(&wires, &lone).await;
    let (busy, opened) = server(usize::MAX, ANSWER).await;
    for _ in 0..4 {
        // Seven at once: of those that are kept, six are to spare.
        futures::future::join_all((0..7).map(|_| get(&wires, &busy))).await;
        let (other, _) = server(usize::MAX, ANSWER).await;
        futures::future::join_all((0..7).map(|_| get(&wires, &other))).await;
        assert!(wires.pool.kept() <= 16, "{}", wires.pool.kept());
    }
    assert!(opened.load(SeqCst) > 7, "some were dropped");
    assert!(wires.pool.take(site(&lone)).is_some(), "the one that has waited longest");
}

#[tokio::test]
async fn users_and_proxies_are_for_another_client() {
    let url = |text| Url::parse(text).unwrap();
    let direct = wires(1);
    for text in ["ftp://h/", "http://user:secret@h/", "https://user@h/"] {
        assert!(!direct.leads_to(&url(text)), "{text}");
    }
    assert!(direct.leads_to(&url("http://h/")) && direct.leads_to(&url("https://h/")));
    let proxied = Wires { proxies: Some(Matcher::builder().http("http://proxy:3128").no("near").build()), ..direct };
    assert!(!proxied.leads_to(&url("http://far/")) && proxied.leads_to(&url("http://near/")));
    assert!(proxied.leads_to(&url("https://far/")), "no proxy is named for it");
    let options = Options { proxy: Proxy::Url(url("http://proxy/")), ..Options::default() };
    assert!(wires_of(&options, None).is_none());
}

#[test]
fn a_request_names_its_host_and_the_users_fields_come_instead_of_ours() {
    let (wires, url) = (wires(1), Url::parse("http://h:81/a%20b?c#d").unwrap());
    let text = |fields: &Fields| String::from_utf8(wires.request(&url, fields)).unwrap();
    let agent = Options::default().user_agent;
    assert_eq!(text(&Fields::default()), format!("GET /a%20b?c HTTP/1.1\r\nhost: h:81\r\nuser-agent: {agent}\r\n\r\n"));
    let mut own = Fields::default();
    own.append(HOST, HeaderValue::from_static("other"));
    own.append(USER_AGENT, HeaderValue::from_static("mine"));
    assert_eq!(text(&own), "GET /a%20b?c HTTP/1.1\r\nhost: other\r\nuser-agent: mine\r\n\r\n");
}

/// A server that sends each of these pieces by itself, whatever it is asked, and closes.
async fn piecewise(pieces: &[&'static [u8]]) -> Url {
    let pieces = pieces.to_vec();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}/a", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        let _ = stream.read(&mut [0; 4096]).await.unwrap();
        for piece in pieces {
            stream.write_all(piece).await.unwrap();
            sleep(Duration::from_millis(5)).await;
        }
    });
    url
}

#[tokio::test]
async fn a_response_is_the_same_however_it_is_cut_and_an_end_before_its_end_is_said() {
    let wires = wires(8);
    let url =
        piecewise(&[b"HT", b"TP/1.1 200 OK\r\nTransfer-Enc", b"oding: chunked\r\n\r", b"\n2\r", b"\nhe3\r\nllo\r\n0"])
            .await;
    let mut response = ask(&wires, &url).await;
    assert_eq!(response.payload.chunk().await.unwrap().as_deref(), Some(&b"he"[..]));
    assert!(response.payload.chunk().await.unwrap_err().to_string().contains("longer than it says"));
    let url =
        piecewise(&[b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nl", b"lo\r\n0\r\n\r\n"])
            .await;
    assert_eq!(get(&wires, &url).await, b"hello");
    let url = piecewise(&[b"HTTP/1.0 200 OK\r\n\r\nhe", b"llo"]).await;
    assert_eq!(get(&wires, &url).await, b"hello");
    let url = piecewise(&[b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhe", b"llo"]).await;
    let mut response = ask(&wires, &url).await;
    let mut read = 0;
    let said = loop {
        match response.payload.chunk().await {
            Ok(piece) => read += piece.expect("no end").len(),
            Err(failed) => break failed.to_string(),
        }
    };
    assert_eq!((read, said.as_str()), (5, "the server closed the connection before the end of the body"));
    for (pieces, why) in [
        (&[][..], "before its response"),
        (&[&b"HTTP/1.1 200 OK\r\n"[..]][..], "within the head"),
        (&[&b"SSH-2.0-x\r\n"[..]][..], "no HTTP"),
    ] {
        let failed = wires.send(&piecewise(pieces).await, &Fields::default(), 0, &mut 0).await.unwrap_err();
        assert!(failed.to_string().contains(why), "{failed}");
    }
}

#[tokio::test]
async fn a_short_body_that_nobody_reads_leaves_its_connection_free() {
    for answer in [
        &b"HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\nnot found"[..],
        b"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nnot \r\n5\r\nfound\r\n0\r\n\r\n",
    ] {
        let ((url, connections), wires) = (server(usize::MAX, answer).await, wires(8));
        for _ in 0..5 {
            assert_eq!(ask(&wires, &url).await.status, 404);
        }
        assert_eq!(connections.load(SeqCst), 1);
    }
}

#[tokio::test]
async fn a_connection_is_kept_behind_chunks_whose_end_came_and_not_behind_bytes_that_nobody_asked_for() {
    let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    let ((url, connections), wires) = (server(usize::MAX, chunked).await, wires(8));
    for _ in 0..3 {
        assert_eq!(ask(&wires, &url).await.payload.chunk().await.unwrap().as_deref(), Some(&b"hello"[..]));
    }
    assert_eq!(connections.load(SeqCst), 1);
    let (url, connections) = server(usize::MAX, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello HTTP/1.1").await;
    for _ in 0..3 {
        assert_eq!(get(&wires, &url).await, b"hello");
    }
    assert_eq!(connections.load(SeqCst), 3);
}
