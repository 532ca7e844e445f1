//! A wire that can be read: what is sent to a NameNode goes on to it, and is kept.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

/// A port of 127.0.0.1 whose connections go on to another port. Its threads end with the connections.
#[derive(Debug)]
pub struct Relay {
    port: u16,
    sent: Arc<Mutex<Vec<u8>>>,
}

impl Relay {
    /// Opens a port before that of `hdfs://127.0.0.1:PORT`.
    pub fn before(url: &str) -> Self {
        let to: u16 = url.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).expect("a URL with a port");
        let listener = TcpListener::bind("127.0.0.1:0").expect("there are free ports");
        let port = listener.local_addr().expect("a bound listener has an address").port();
        let sent = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&sent);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // Refused, as it would be by the NameNode itself.
                let Ok(server) = TcpStream::connect(("127.0.0.1", to)) else { continue };
                let (back, forth) = (server.try_clone().expect("a socket"), client.try_clone().expect("a socket"));
                let kept = Arc::clone(&kept);
                thread::spawn(move || pass(client, server, |bytes| keep(&kept, bytes)));
                thread::spawn(move || pass(back, forth, |_| {}));
            }
        });
        Self { port, sent }
    }

    /// `hdfs://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("hdfs://127.0.0.1:{}", self.port)
    }

    /// Whether clients have sent these bytes as they are.
    pub fn has_seen(&self, text: &str) -> bool {
        let sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.windows(text.len()).any(|window| window == text.as_bytes())
    }
}

fn keep(kept: &Mutex<Vec<u8>>, bytes: &[u8]) {
    kept.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
}

fn pass(mut from: TcpStream, mut to: TcpStream, see: impl Fn(&[u8])) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        see(&buffer[..count]);
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    // It may be closed already.
    let _ = to.shutdown(Shutdown::Both);
}
