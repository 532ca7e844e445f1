//! Over TLS: HTTP/1.1, and HTTP/2.

use std::mem;
use std::sync::Mutex;

use futures::future::join_all;
use h2::server::SendResponse;
use h2::{Reason, RecvStream};
use imgmeta_record::Kind;
use rcgen::{CertificateParams, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::*;
use crate::fetch::http::error::trouble;

/// A listener's certificate and key, and what a client needs to trust it.
fn identity(protocol: &[u8]) -> (TlsAcceptor, Wires) {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap().self_signed(&key).unwrap();
    let (roots, key) = (certificate.pem(), PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der())));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = config.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).unwrap();
    config.alpn_protocols = vec![protocol.to_vec()];
    let options = Options { proxy: Proxy::None, allow_private: AllowPrivate::All, ..Options::default() };
    (Arc::new(config).into(), wires_of(&options, Some(roots.as_bytes())).unwrap())
}

/// A server over TLS that does this with each connection, and counts them.
async fn serve<F: Future<Output = ()> + Send + 'static>(
    tls: TlsAcceptor, what: impl Fn(TlsStream<TcpStream>) -> F + Clone + Send + Sync + 'static,
) -> (Url, Arc<AtomicUsize>) {
    let (address, connections) = listen(move |stream| {
        let (tls, what) = (tls.clone(), what.clone());
        async move { what(tls.accept(stream).await.unwrap()).await }
    })
    .await;
    (Url::parse(&format!("https://{address}/a?b")).unwrap(), connections)
}

/// Answers as many requests.
async fn answer(mut stream: TlsStream<TcpStream>, answers: usize, answer: Vec<u8>) -> TlsStream<TcpStream> {
    for _ in 0..answers {
        if stream.read(&mut [0; 4096]).await.unwrap_or(0) == 0 {
            break;
        }
        let _ = stream.write_all(&answer).await;
        let _ = stream.flush().await;
    }
    stream
}

#[tokio::test]
async fn one_connection_serves_all_requests_and_a_long_body_comes_whole() {
    let (tls, wires) = identity(b"http/1.1");
    let body: Vec<u8> = (0..100_000_u32).map(|number| number.to_be_bytes()[3]).collect();
    let whole = [&b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"[..], &body].concat();
    let (url, connections) = serve(tls, move |stream| {
        let whole = whole.clone();
        async { drop(answer(stream, usize::MAX, whole).await) }
    })
    .await;
    for _ in 0..5 {
        assert!(get(&wires, &url).await == body);
    }
    assert_eq!(connections.load(SeqCst), 1);
}

#[tokio::test]
async fn a_short_body_that_nobody_reads_leaves_its_connection_free_and_a_long_one_does_not() {
    for (len, expected) in [(4000, 1), (400_000, 4)] {
        let (tls, wires) = identity(b"http/1.1");
        let text = [format!("HTTP/1.1 404 Not Found\r\nContent-Length: {len}\r\n\r\n").into_bytes(), vec![0; len]];
        let (url, connections) = serve(tls, move |stream| {
            let text = text.concat();
            async { drop(answer(stream, usize::MAX, text).await) }
        })
        .await;
        for _ in 0..4 {
            assert_eq!(ask(&wires, &url).await.status, 404);
            // The rest of it must have come, as far as it comes at all.
            sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(connections.load(SeqCst), expected, "{len}");
    }
}

#[tokio::test]
async fn a_connection_is_replaced_however_the_server_ended_it() {
    for politely in [true, false] {
        let (tls, wires) = identity(b"http/1.1");
        let (url, connections) = serve(tls, move |stream| async move {
            let mut stream = answer(stream, 1, ANSWER.to_vec()).await;
            if politely {
                let _ = stream.shutdown().await;
            }
        })
        .await;
        for _ in 0..4 {
            let mut again = 0;
            let mut response = wires.send(&url, &Fields::default(), 0, &mut again).await.unwrap();
            assert_eq!(response.payload.chunk().await.unwrap().as_deref(), Some(&b"hello"[..]));
            sleep(Duration::from_millis(20)).await;
            assert_eq!(again, 0, "it was seen before anything was sent");
        }
        assert_eq!(connections.load(SeqCst), 4, "{politely}");
    }
}

#[tokio::test]
async fn an_end_that_tls_does_not_know_of_is_no_end_of_a_body() {
    let (tls, wires) = identity(b"http/1.1");
    let (url, _) =
        serve(tls, |stream| async { drop(answer(stream, 1, b"HTTP/1.0 200 OK\r\n\r\nhel".to_vec()).await) }).await;
    let mut response = ask(&wires, &url).await;
    assert_eq!(response.payload.chunk().await.unwrap().as_deref(), Some(&b"hel"[..]));
    let said = response.payload.chunk().await.unwrap_err().to_string();
    assert!(said.contains("close_notify"), "{said}");
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_gets_no_request() {
    let ((tls, _), (_, wires)) = (identity(b"http/1.1"), identity(b"http/1.1"));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("https://{}/", listener.local_addr().unwrap())).unwrap();
    let accepting = tokio::spawn(async move { tls.accept(listener.accept().await.unwrap().0).await.map(drop) });
    let failed = wires.send(&url, &Fields::default(), 0, &mut 0).await.unwrap_err();
    assert!(failed.to_string().contains("invalid peer certificate"), "{failed}");
    accepting.await.unwrap().expect_err("the client left");
}

/// What a server over HTTP/2 does to a request, by its number over all connections.
type Does = fn(usize) -> Deed;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Answer,
    Reset(Reason),
    /// Ends the connection without an answer.
    GoAway,
    /// Answers, and ends the connection.
    Last,
    Nothing,
}

/// A server over HTTP/2; gives its URL, its connections, and the authorities of its requests.
async fn http2(does: Does) -> (Url, Wires, Arc<AtomicUsize>, Arc<Mutex<Vec<String>>>) {
    let (tls, wires) = identity(b"h2");
    let asked = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&asked);
    let (url, connections) = serve(tls, move |stream| drive(stream, does, Arc::clone(&kept))).await;
    (url, wires, connections, asked)
}

async fn drive(stream: TlsStream<TcpStream>, does: Does, asked: Arc<Mutex<Vec<String>>>) {
    let mut connection = h2::server::handshake(stream).await.unwrap();
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        let request: Request<RecvStream> = request;
        assert_eq!(request.uri().path_and_query().unwrap(), "/a?b");
        assert!(request.headers().contains_key(USER_AGENT) && !request.headers().contains_key(HOST));
        let number = {
            let mut asked = asked.lock().unwrap();
            asked.push(request.uri().authority().unwrap().to_string());
            asked.len() - 1
        };
        match does(number) {
            Deed::Answer => hello(respond),
            Deed::Reset(reason) => respond.send_reset(reason),
            Deed::GoAway => connection.abrupt_shutdown(Reason::NO_ERROR),
            Deed::Last => {
                hello(respond);
                connection.graceful_shutdown();
            }
            // Left open.
            Deed::Nothing => mem::forget(respond),
        }
    }
}

fn hello(mut respond: SendResponse<Bytes>) {
    let mut body = respond.send_response(http::Response::new(()), false).unwrap();
    body.send_data(Bytes::from_static(b"hello"), true).unwrap();
}

#[tokio::test]
async fn requests_to_a_server_that_speaks_http_2_go_over_one_connection_side_by_side() {
    let (url, wires, connections, asked) = http2(|_| Deed::Answer).await;
    let all = join_all((0..8).map(|_| get(&wires, &url))).await;
    let at_first = connections.load(SeqCst);
    assert!(all.iter().all(|body| body == b"hello") && at_first <= 8);
    for _ in 0..5 {
        join_all((0..20).map(|_| get(&wires, &url))).await;
    }
    assert_eq!((connections.load(SeqCst), asked.lock().unwrap().len()), (at_first, 108));
    assert!(asked.lock().unwrap().iter().all(|authority| authority == url.authority()));
    let mut own = Fields::default();
    own.append(HOST, HeaderValue::from_static("other"));
    wires.send(&url, &own, 0, &mut 0).await.unwrap();
    assert_eq!(asked.lock().unwrap().last().unwrap(), "other");
}

#[tokio::test]
async fn of_many_who_want_a_new_connection_to_such_a_server_one_makes_it() {
    let (url, wires, connections, _) = http2(|number| if number == 0 { Deed::Last } else { Deed::Answer }).await;
    get(&wires, &url).await;
    // The end must have come.
    sleep(Duration::from_millis(50)).await;
    assert!(join_all((0..20).map(|_| get(&wires, &url))).await.iter().all(|body| body == b"hello"));
    assert_eq!(connections.load(SeqCst), 2);
}

#[tokio::test]
async fn a_request_that_is_refused_or_whose_connection_ended_is_sent_once_more_and_no_other_is() {
    let cases: [(Does, _, _); 3] = [
        (|at| if at == 1 { Deed::Reset(Reason::REFUSED_STREAM) } else { Deed::Answer }, 1, Some(1)),
        (|at| if at == 1 { Deed::GoAway } else { Deed::Answer }, 2, Some(1)),
        (|at| if at == 1 { Deed::Reset(Reason::INTERNAL_ERROR) } else { Deed::Answer }, 1, None),
    ];
    for (does, opened, expected) in cases {
        let deed = does(1);
        let (url, wires, connections, _) = http2(does).await;
        get(&wires, &url).await;
        let mut again = 0;
        let answer = wires.send(&url, &Fields::default(), 0, &mut again).await;
        assert_eq!((answer.is_ok(), connections.load(SeqCst)), (expected.is_some(), opened), "{deed:?}: {answer:?}");
        assert_eq!(again, expected.unwrap_or(0), "{deed:?}");
        assert_eq!(get(&wires, &url).await, b"hello", "{deed:?}");
    }
}

#[tokio::test]
async fn a_body_over_http_2_that_is_left_ends_its_own_stream_alone() {
    let (url, wires, connections, _) = http2(|_| Deed::Answer).await;
    for _ in 0..10 {
        drop(ask(&wires, &url).await);
    }
    assert_eq!(get(&wires, &url).await, b"hello");
    assert_eq!(connections.load(SeqCst), 1);
}

#[tokio::test]
async fn a_server_that_is_gone_without_a_word_costs_the_requests_that_wait_for_it_and_no_others() {
    let (url, wires, connections, _) = http2(|at| if at == 1 { Deed::Nothing } else { Deed::Answer }).await;
    get(&wires, &url).await;
    let (fields, mut again) = (Fields::default(), 0);
    let waiting = wires.send(&url, &fields, 0, &mut again);
    tokio::time::timeout(Duration::from_millis(50), waiting).await.expect_err("no answer");
    assert_eq!(get(&wires, &url).await, b"hello");
    assert_eq!(connections.load(SeqCst), 2, "the next one goes over another");
}

#[tokio::test]
async fn requests_find_a_connection_however_soon_each_ends() {
    let (url, wires, connections, asked) = http2(|at| if at % 2 == 1 { Deed::Last } else { Deed::Answer }).await;
    for _ in 0..10 {
        assert!(join_all((0..12).map(|_| get(&wires, &url))).await.iter().all(|body| body == b"hello"));
    }
    assert!(connections.load(SeqCst) > 5 && asked.lock().unwrap().len() >= 120);
}

#[tokio::test]
async fn a_server_that_chooses_http_2_and_speaks_otherwise_speaks_no_http() {
    let (tls, wires) = identity(b"h2");
    let text = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
    let (url, _) = serve(tls, |stream| async { drop(answer(stream, usize::MAX, text.to_vec()).await) }).await;
    let failed = wires.send(&url, &Fields::default(), 0, &mut 0).await.unwrap_err();
    let trouble = trouble(response::Failed::Wire(failed), Phase::Request, "https");
    assert_eq!((trouble.kind, trouble.phase), (Kind::Http, Phase::Request), "{}", trouble.message);
}

#[tokio::test]
async fn a_long_head_is_read_over_http_2_too() {
    let (tls, wires) = identity(b"h2");
    let (url, _) = serve(tls, |stream| async {
        let mut connection = h2::server::handshake(stream).await.unwrap();
        while let Some(Ok((_, mut respond))) = connection.accept().await {
            let head = http::Response::builder().header("x-long", "x".repeat(100_000)).header("etag", "a");
            respond.send_response(head.body(()).unwrap(), true).unwrap();
        }
    })
    .await;
    let response = ask(&wires, &url).await;
    assert_eq!(response.fields.get(&http::header::ETAG).unwrap(), "a");
}
