//! HTTP/2: connections that go away, and streams that are reset in the middle.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fs, thread};

use h2::server::SendResponse;
use h2::{Reason, SendStream};
use http::{Request, Response};
use imgmeta_tests::images::{padded_jpeg, synthetic};
use imgmeta_tests::outcomes::assert_complete;
use imgmeta_tests::program::Run;
use rcgen::{CertificateParams, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::tls::issuer;

/// What a server does to its first request.
#[derive(Clone, Copy)]
enum First {
    /// GOAWAY, and the end of the connection.
    GoAway,
    /// Half of the answer, then `RST_STREAM`.
    Reset,
    /// Nothing but its duty.
    Good,
}

struct Server {
    first: First,
    image: Vec<u8>,
    requests: AtomicUsize,
}

impl Server {
    async fn connection(self: Arc<Self>, stream: TcpStream, tls: TlsAcceptor) -> Result<(), h2::Error> {
        let stream = tls.accept(stream).await.expect("the client trusts the certificate");
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        let mut connection = h2::server::handshake(stream).await?;
        while let Some(request) = connection.accept().await {
            let (request, respond): (Request<_>, SendResponse<_>) = request?;
            drop(request);
            let first = self.requests.fetch_add(1, Ordering::SeqCst) == 0;
            match self.first {
                First::GoAway if first => connection.abrupt_shutdown(Reason::NO_ERROR),
                First::Reset if first => self.answer(respond, 2).await?.send_reset(Reason::INTERNAL_ERROR),
                _ => drop(self.answer(respond, 1).await?),
            }
        }
        Ok(())
    }

    /// Sends the head, and this part of the body.
    async fn answer(
        &self, mut respond: SendResponse<bytes::Bytes>, part: usize,
    ) -> Result<SendStream<bytes::Bytes>, h2::Error> {
        let head = Response::builder().header("content-length", self.image.len()).body(()).expect("a response");
        let mut body = respond.send_response(head, false)?;
        body.send_data(self.image[..self.image.len() / part].to_vec().into(), part == 1)?;
        tokio::task::yield_now().await;
        Ok(body)
    }
}

/// Serves on a thread of its own; gives the address and the counts.
fn serve(first: First, certificate: &CertificateDer<'static>, key: &KeyPair) -> (SocketAddr, Arc<Server>) {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let mut config = config.with_no_client_auth().with_single_cert(vec![certificate.clone()], key).unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let tls = TlsAcceptor::from(Arc::new(config));
    // Longer than a window of HTTP/2, so that half of it is the middle.
    let image = padded_jpeg(&synthetic("gps_ne_le.jpg"), 20_000);
    let server = Arc::new(Server { first, image, requests: AtomicUsize::new(0) });
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let serving = Arc::clone(&server);
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = TcpListener::from_std(listener).unwrap();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(Arc::clone(&serving).connection(stream, tls.clone()));
            }
        });
    });
    (address, server)
}

#[test]
fn connections_that_go_away_and_streams_that_are_reset_are_asked_again() {
    let (ours, key) = (issuer(), KeyPair::generate().unwrap());
    let certificate = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap().signed_by(&key, &ours).unwrap();
    let certificate = CertificateDer::from(certificate.der().to_vec());
    let dir = tempfile::tempdir().unwrap();
    let (list, roots, output) = (dir.path().join("l.txt"), dir.path().join("roots.pem"), dir.path().join("out"));
    fs::write(&roots, ours.pem()).unwrap();
    let servers = [First::GoAway, First::Reset, First::Good].map(|first| serve(first, &certificate, &key));
    let urls: Vec<_> = servers.iter().map(|(address, _)| format!("https://{address}/a.jpg")).collect();
    fs::write(&list, urls.join("\n")).unwrap();
    let run = Run::new(["run", "--allow-private", "--ca-file"]).arg(&roots).arg(&list).arg("--output").arg(&output);
    run.finish().assert_code(0);
    let found = assert_complete(&output, 0..3);
    assert_eq!(found.records.len(), 3, "{:?}", found.failures);
    let requests = servers.map(|(_, server)| server.requests.load(Ordering::SeqCst));
    assert!(requests[0] >= 2 && requests[1] >= 2 && requests[2] >= 1, "{requests:?}");
}
