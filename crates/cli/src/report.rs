//! `report`: a finished run to a page, written or served.

use std::convert::Infallible;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context;
use bytesize::ByteSize;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HOST, X_CONTENT_TYPE_OPTIONS};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use imgmeta_analyze::report::Source;
use imgmeta_sink::{Parts, Waits};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::args::{LogFormat, ReportArgs};
use crate::{environment, exit, finished, log, signals};

/// Makes the page of a finished run.
///
/// # Errors
/// Where there is no finished run, it cannot be read, or the page cannot be written or served.
pub async fn report(args: &ReportArgs) -> anyhow::Result<ExitCode> {
    log::start(LogFormat::Text);
    let start = Instant::now();
    let place = environment::stores_alone().place(&args.dir).context("cannot use the run")?;
    let source = source(Parts::find(&place, Waits::default()).await?, place.url());
    let progress = finished::Parts::new(args.progress);
    let report = imgmeta_analyze::report::report(&source, |done, all| progress.show(done, all)).await?;
    progress.bar.finish_and_clear();
    eprintln!(
        "{} records and {} failures, a page of {}, in {:.1} s",
        report.records,
        report.failures,
        ByteSize(report.html.len() as u64),
        start.elapsed().as_secs_f64()
    );
    if let Some(path) = &args.out {
        write(path, report.html.as_bytes())?;
    }
    if let Some(address) = args.serve {
        serve(address, report.html).await?;
    }
    Ok(ExitCode::from(exit::COMPLETE))
}

/// The mirror, where the run has one: it is read a column at a time.
fn source(parts: Parts, url: &str) -> Source {
    let (records, failures) = parts.mirror.unwrap_or_else(|| {
        tracing::info!("the run has no mirror: the JSON is read, which takes longer (`imgmeta mirror` makes one)");
        (parts.records, parts.failures)
    });
    Source { store: parts.store, url: url.to_owned(), records, failures }
}

fn write(path: &Path, page: &[u8]) -> anyhow::Result<()> {
    if path.as_os_str() == "-" {
        return io::stdout().write_all(page).context("cannot write the page to standard output");
    }
    let written = std::fs::write(path, page);
    written.with_context(|| format!("cannot write the page to `{}` (--out)", path.display()))
}

/// Serves the page until a signal.
async fn serve(address: SocketAddr, page: String) -> anyhow::Result<()> {
    let listener = TcpListener::bind(address).await;
    let listener = listener.with_context(|| format!("cannot serve the page at {address} (--serve)"))?;
    let (address, page) = (listener.local_addr()?, Bytes::from(page));
    eprintln!("the page is at http://{address}/ until Ctrl-C");
    let stop = CancellationToken::new();
    tokio::spawn(signals::watch(stop.clone(), "the page is served no more"));
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            accepted = listener.accept() => accepted,
        };
        // An error is the client's, or passes.
        let Ok((stream, _)) = accepted else { continue };
        let page = page.clone();
        let service = service_fn(move |request| {
            let answer = answer(&request, address, &page);
            async move { Ok::<_, Infallible>(answer) }
        });
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

/// Answers only to this address by its own names: a page elsewhere whose name was made to point here learns nothing.
fn answer<T>(request: &Request<T>, address: SocketAddr, page: &Bytes) -> Response<Full<Bytes>> {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let ours = host == address.to_string() || host == format!("localhost:{}", address.port());
    let (status, kind, body) = match request.uri().path() {
        _ if !ours => (StatusCode::MISDIRECTED_REQUEST, "text/plain", Bytes::from_static(b"this is another host\n")),
        "/" => (StatusCode::OK, "text/html; charset=utf-8", page.clone()),
        "/favicon.ico" => (StatusCode::NO_CONTENT, "text/plain", Bytes::new()),
        _ => (StatusCode::NOT_FOUND, "text/plain", Bytes::from_static(b"the page is at /\n")),
    };
    let answer = Response::builder().status(status).header(CONTENT_TYPE, kind);
    let answer = answer.header(CACHE_CONTROL, "no-store").header(X_CONTENT_TYPE_OPTIONS, "nosniff");
    answer.body(Full::new(body)).expect("a status and constant headers make a response")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_given_to_this_machine_by_its_own_name_alone() {
        let address: SocketAddr = "127.0.0.1:8000".parse().unwrap();
        for (host, path, status) in [
            ("127.0.0.1:8000", "/", 200),
            ("localhost:8000", "/", 200),
            ("127.0.0.1:8000", "/etc/passwd", 404),
            ("evil.example:8000", "/", 421),
        ] {
            let request = Request::builder().uri(path).header(HOST, host).body(()).unwrap();
            assert_eq!(answer(&request, address, &Bytes::from_static(b"page")).status(), status, "{host} {path}");
        }
    }
}
