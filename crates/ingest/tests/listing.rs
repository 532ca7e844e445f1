//! A bucket of a million keys, whose pages a small server makes as they are asked for: listed, copied and handed on with
//! flat memory.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};

use imgmeta_ingest::{List, Options};
use imgmeta_record::Kind;
use imgmeta_storage::{Environment, Stores};

const KEYS: usize = 1_000_000;
const PAGE: usize = 1000;

/// One key in ten thousand is one that no store can be asked for.
fn key(at: usize) -> String {
    // Behind the number: keys come in byte order.
    let odd = if at % 10_000 == 77 { "//" } else { "" };
    format!("photos/{:03}/{at:07}{odd} é&amp;#?%20.jpg", at / 1000)
}

fn page(first: usize) -> String {
    let last = KEYS.min(first + PAGE);
    let mut page = String::from("<?xml version=\"1.0\"?><ListBucketResult><Name>b</Name>");
    for at in first..last {
        let key = key(at);
        let head = "<LastModified>2024-01-01T00:00:00.000Z</LastModified><ETag>\"e\"</ETag><Size>9</Size>";
        page.extend(["<Contents><Key>", key.as_str(), "</Key>", head, "</Contents>"]);
    }
    if last < KEYS {
        let next = last.to_string();
        page.extend(["<IsTruncated>true</IsTruncated><NextContinuationToken>", &next, "</NextContinuationToken>"]);
    }
    page + "</ListBucketResult>"
}

/// Answers requests of one connection, each with the page that it asks for.
fn talk(stream: TcpStream) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?);
    let mut stream = stream;
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if lines.read_line(&mut head)? == 0 {
                return Ok(());
            }
        }
        let token = head.split("continuation-token=").nth(1);
        let first = token.and_then(|rest| rest.split(['&', ' ']).next()?.parse().ok()).unwrap_or(0);
        let body = page(first);
        write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len())?;
    }
}

fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || talk(stream).ok());
        }
    });
    url
}

/// Anonymous memory of this process, in bytes.
fn anonymous() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().unwrap() << 10
}

#[test]
fn a_million_keys_are_rows_in_order_with_flat_memory() {
    let variables =
        [("AWS_ENDPOINT_URL", serve().as_str()), ("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let stores = Stores::new(variables.into_iter().collect::<Environment>());
    let folder = tempfile::tempdir().unwrap();
    let output = Some(stores.place(&folder.path().display().to_string()).unwrap());
    let options = Options { images_under: Some("s3://bucket/photos/".into()), output, ..Options::default() };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (mut samples, mut odd) = (Vec::new(), 0);
    runtime.block_on(async {
        let mut list = List::open(&stores, options).await.unwrap();
        for at in 0..KEYS {
            let row = list.next().await.expect("as many rows as keys").unwrap();
            let expected = format!("s3://bucket/{}", key(at).replace("&amp;", "&"));
            match row {
                Ok(image) => assert_eq!((image.url, image.row), (expected, Some(at as u64))),
                Err(failure) => {
                    odd += 1;
                    assert_eq!(
                        (failure.url.as_str(), failure.kind, at % 10_000),
                        (expected.as_str(), Kind::BadUrl, 77)
                    );
                }
            }
            if at % (KEYS / 50) == 0 {
                samples.push(anonymous());
            }
        }
        assert!(list.next().await.is_none());
    });
    assert_eq!(odd, KEYS / 10_000);
    let (first, second) = samples.split_at(samples.len() / 5);
    let most = |samples: &[u64]| samples.iter().copied().max().unwrap_or_default();
    eprintln!("anonymous memory: {} MiB in the first fifth, {} MiB after it", most(first) >> 20, most(second) >> 20);
    assert!(most(second) <= most(first) + (24 << 20), "memory grows: {} to {}", most(first), most(second));
}
