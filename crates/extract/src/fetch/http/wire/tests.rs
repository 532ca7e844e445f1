use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use super::*;
use crate::fetch::http::AllowPrivate;

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

/// A server that answers so many requests of each connection, and counts connections.
async fn server(answers: usize, answer: &'static [u8]) -> (Url, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}/a", listener.local_addr().unwrap())).unwrap();
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            counted.fetch_add(1, SeqCst);
            tokio::spawn(serve(stream, answers, answer));
        }
    });
    (url, connections)
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
    Wires::new(&options, Resolver::new(AllowPrivate::All, Vec::new())).unwrap()
}

/// Asks, and reads the whole body.
async fn get(wires: &Wires, url: &Url) -> Vec<u8> {
    let mut response = wires.send(wires.request(url).unwrap()).await.unwrap();
    let mut body = Vec::new();
    while let Some(bytes) = response.body_mut().chunk().await.unwrap() {
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
        let mut response = wires.send(wires.request(&url).unwrap()).await.unwrap();
        assert_eq!(response.body_mut().chunk().await.unwrap().as_deref(), Some(&b"hello"[..]));
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

#[tokio::test]
async fn a_body_that_is_left_closes_its_connection() {
    let long = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nhello";
    let ((url, connections), wires) = (server(usize::MAX, long).await, wires(8));
    for _ in 0..3 {
        let mut response = wires.send(wires.request(&url).unwrap()).await.unwrap();
        assert_eq!(response.body_mut().chunk().await.unwrap().as_deref(), Some(&b"hello"[..]));
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
            assert!(wires.pool.take(url.authority()).is_some(), "the newest is kept");
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
    assert!(wires.pool.take(lone.authority()).is_some(), "the one that has waited longest");
}

#[tokio::test]
async fn tls_users_and_proxies_are_for_another_client() {
    let url = |text| Url::parse(text).unwrap();
    let direct = wires(1);
    for text in ["https://h/", "http://user:secret@h/", "http://user@h/"] {
        assert!(direct.request(&url(text)).is_none(), "{text}");
    }
    let Asked { request, .. } = direct.request(&url("http://h:81/a%20b?c#d")).unwrap();
    assert_eq!((request.uri().to_string().as_str(), &request.headers()[HOST]), ("/a%20b?c", &"h:81".parse().unwrap()));
    let proxied = Wires { proxies: Some(Matcher::builder().http("http://proxy:3128").no("near").build()), ..direct };
    assert!(proxied.request(&url("http://far/")).is_none() && proxied.request(&url("http://near/")).is_some());
    let options = Options { proxy: Proxy::Url(url("http://proxy/")), ..Options::default() };
    assert!(Wires::new(&options, Resolver::new(AllowPrivate::All, Vec::new())).is_none());
}
