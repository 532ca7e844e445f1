//! TLS: certificates that are not valid, and roots of one's own.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use imgmeta_tests::images::synthetic;
use imgmeta_tests::outcomes::assert_complete;
use imgmeta_tests::program::Run;
use imgmeta_tests::s3::{S3, Tls};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

type Issuer = CertifiedIssuer<'static, KeyPair>;

pub(crate) fn issuer() -> Issuer {
    let mut params = CertificateParams::new([]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A server whose certificate is for this name, signed by the issuer or by itself.
fn serve(name: &str, issuer: Option<&Issuer>, expired: bool) -> SocketAddr {
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    if expired {
        (params.not_before, params.not_after) = (date_time_ymd(2019, 1, 1), date_time_ymd(2020, 1, 1));
    }
    let key = KeyPair::generate().unwrap();
    let certificate = match issuer {
        Some(issuer) => params.signed_by(&key, issuer).unwrap(),
        None => params.self_signed(&key).unwrap(),
    };
    let chain = vec![CertificateDer::from(certificate.der().to_vec())];
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = Arc::new(config.with_no_client_auth().with_single_cert(chain, key).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let config = Arc::clone(&config);
            // A client that refuses the certificate leaves: that is no error here.
            thread::spawn(move || answer(stream.unwrap(), config).ok());
        }
    });
    address
}

fn answer(stream: TcpStream, config: Arc<ServerConfig>) -> std::io::Result<()> {
    let connection = ServerConnection::new(config).map_err(std::io::Error::other)?;
    let mut stream = StreamOwned::new(connection, stream);
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let host = String::from_utf8_lossy(&head)
        .lines()
        .find_map(|line| Some(line.to_lowercase().strip_prefix("host: ")?.to_owned()));
    let body = if head.starts_with(b"GET /list.txt ") {
        format!("https://{}/a.jpg\n", host.unwrap_or_default()).into_bytes()
    } else {
        synthetic("gps_ne_le.jpg")
    };
    write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len())?;
    stream.write_all(&body)?;
    stream.conn.send_close_notify();
    stream.flush()
}

/// A server that speaks plain HTTP, whatever it is told.
fn serve_plain() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let answer = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            // A client that has left already is no error here.
            stream.unwrap().write_all(answer).ok();
        }
    });
    address
}

#[test]
fn certificates_that_are_not_valid_are_refused_and_roots_of_ones_own_are_trusted() {
    let (ours, theirs) = (issuer(), issuer());
    let dir = tempfile::tempdir().unwrap();
    let (list, roots) = (dir.path().join("l.txt"), dir.path().join("roots.pem"));
    fs::write(&roots, ours.pem()).unwrap();
    let cases = [
        (serve("127.0.0.1", Some(&ours), false), true),
        (serve("127.0.0.1", Some(&ours), true), false),      // 15: expired
        (serve("other.example", Some(&ours), false), false), // 15: another name
        (serve("127.0.0.1", None, false), false),            // 15: self-signed
        (serve("127.0.0.1", Some(&theirs), false), false),
        (serve_plain(), false), // 16
    ];
    let urls: Vec<_> = cases.iter().map(|(address, _)| format!("https://{address}/a.jpg")).collect();
    fs::write(&list, urls.join("\n")).unwrap();
    let run = |name: &str, args: &[&str]| {
        let output = dir.path().join(name);
        let args = ["run", "--allow-private", "--retries", "1"].iter().chain(args);
        Run::new(args).arg(&list).arg("--output").arg(&output).finish().assert_code(0);
        assert_complete(&output, 0..cases.len() as u64)
    };
    let trusting = run("trusting", &["--ca-file", roots.to_str().unwrap()]);
    for (row, (_, valid)) in cases.iter().enumerate() {
        let (record, line) = trusting.of_row(row as u64);
        assert_eq!(record, *valid, "{line}");
        assert!(record || (line["Kind"] == "tls" && line["Phase"] == "connect"), "{line}");
    }
    assert_eq!(run("plain", &[]).records.len(), 0, "nobody knows that root");

    let wrong = Run::new(["run", "--ca-file"]).arg(&list).arg(&list).arg("--output").arg(dir.path().join("x")).finish();
    wrong.assert_code(2);
    assert!(wrong.stderr.contains("it holds no certificate"), "{}", wrong.stderr);
}

#[test]
fn roots_of_ones_own_are_trusted_where_lists_are_read_and_in_stores() {
    let ours = issuer();
    let dir = tempfile::tempdir().unwrap();
    let roots = dir.path().join("roots.pem");
    fs::write(&roots, ours.pem()).unwrap();
    let (list, trust) = (
        format!("https://{}/list.txt", serve("127.0.0.1", Some(&ours), false)),
        format!("--ca-file={}", roots.display()),
    );
    let run = |list: &str, output: &str| Run::new(["run", list, "--allow-private", "--output", output]);
    let output = dir.path().join("web");
    run(&list, output.to_str().unwrap()).arg(&trust).finish().assert_code(0);
    assert_eq!(assert_complete(&output, 0..1).records.len(), 1);
    let refused = run(&list, dir.path().join("refused").to_str().unwrap()).finish();
    refused.assert_code(1);
    assert!(refused.stderr.contains("certificate"), "{}", refused.stderr);

    let key = KeyPair::generate().unwrap();
    let chain = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap().signed_by(&key, &ours).unwrap();
    let s3 = S3::start_with_tls(&Tls { certificate: chain.pem(), key: key.serialize_pem(), root: ours.pem() });
    s3.put([("a.jpg".to_owned(), synthetic("gps_ne_le.jpg")), ("list.txt".to_owned(), b"a.jpg".to_vec())]);
    s3.with(run("s3://bucket/list.txt", "s3://bucket/out")).arg(&trust).finish().assert_code(0);
    assert!(s3.keys("out/success_output").contains(&"out/success_output/part-00000000.json".to_owned()));
    let refused = s3.with(run("s3://bucket/list.txt", "s3://bucket/refused")).finish();
    refused.assert_code(1);
    assert!(refused.stderr.contains("certificate"), "{}", refused.stderr);
}
