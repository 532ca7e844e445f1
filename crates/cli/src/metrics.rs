//! `--metrics ADDR`: what a run is at, for Prometheus.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

use anyhow::Context;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::CONTENT_TYPE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use imgmeta_extract::Extractor;
use imgmeta_record::{Fetch, Kind, Outcome};
use tokio::net::TcpListener;

use crate::args::WatchArgs;

/// Of the text format: <https://prometheus.io/docs/instrumenting/exposition_formats/>.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Counts over the outcomes of this process, and where the rest is to be asked.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    records: AtomicU64,
    /// By [`Kind::ALL`].
    failures: [AtomicU64; Kind::ALL.len()],
    bytes_read: AtomicU64,
    bytes_whole: AtomicU64,
    requests: AtomicU64,
    retries: AtomicU64,
    list: OnceLock<imgmeta_ingest::Progress>,
    extractor: OnceLock<Extractor>,
}

impl Metrics {
    /// Counts an outcome.
    pub(crate) fn count(&self, outcome: &Outcome) {
        let fetch: &Fetch = match outcome {
            Outcome::Record(record) => {
                self.records.fetch_add(1, Relaxed);
                self.bytes_whole.fetch_add(record.bytes.unwrap_or(0), Relaxed);
                &record.fetch
            }
            Outcome::Failure(failure) => {
                let at = Kind::ALL.iter().position(|kind| *kind == failure.kind).expect("all kinds are there");
                self.failures[at].fetch_add(1, Relaxed);
                &failure.fetch
            }
        };
        self.bytes_read.fetch_add(fetch.bytes_read, Relaxed);
        self.requests.fetch_add(fetch.requests.into(), Relaxed);
        self.retries.fetch_add(fetch.attempts.saturating_sub(1).into(), Relaxed);
    }

    /// Says where rows come from, and who reads them.
    pub(crate) fn watch(&self, list: imgmeta_ingest::Progress, extractor: &Extractor) {
        self.list.set(list).ok();
        self.extractor.set(extractor.clone()).ok();
    }

    /// All of it, in the text format of Prometheus.
    fn text(&self) -> String {
        let mut text = Text::default();
        text.family("imgmeta_records_total", "counter", "Images that were read.");
        text.sample("imgmeta_records_total", "", self.records.load(Relaxed));
        text.family("imgmeta_failures_total", "counter", "Rows that gave no record, by kind.");
        for (kind, count) in Kind::ALL.iter().zip(&self.failures) {
            text.sample("imgmeta_failures_total", &format!("{{kind=\"{}\"}}", kind.name()), count.load(Relaxed));
        }
        for (name, help, count) in [
            ("imgmeta_read_bytes_total", "Bytes read of images.", &self.bytes_read),
            ("imgmeta_whole_bytes_total", "Whole size of the images that were read.", &self.bytes_whole),
            ("imgmeta_requests_total", "Requests made, or ranges read.", &self.requests),
            ("imgmeta_retries_total", "Further attempts at images.", &self.retries),
        ] {
            text.family(name, "counter", help);
            text.sample(name, "", count.load(Relaxed));
        }
        if let Some(list) = self.list.get() {
            text.list(list);
        }
        if let Some(extractor) = self.extractor.get() {
            text.state(extractor.state());
        }
        text.0
    }
}

#[derive(Default)]
struct Text(String);

impl Text {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}").expect("a String takes it");
    }

    fn sample(&mut self, name: &str, labels: &str, value: u64) {
        writeln!(self.0, "{name}{labels} {value}").expect("a String takes it");
    }

    fn list(&mut self, list: &imgmeta_ingest::Progress) {
        for (name, kind, help, value) in [
            ("imgmeta_list_rows_total", "counter", "Rows that the list handed on.", list.rows.load(Relaxed)),
            ("imgmeta_list_read_bytes_total", "counter", "Bytes read of the list.", list.read.load(Relaxed)),
            ("imgmeta_list_bytes", "gauge", "Length of the list.", list.bytes),
        ] {
            self.family(name, kind, help);
            self.sample(name, "", value);
        }
    }

    fn state(&mut self, state: imgmeta_extract::State) {
        for (name, help, value) in [
            ("imgmeta_images_in_flight", "Images that are being read.", state.in_flight),
            ("imgmeta_rows_waiting", "Rows that wait for their hosts.", state.waiting),
        ] {
            self.family(name, "gauge", help);
            self.sample(name, "", value);
        }
        self.family("imgmeta_hosts", "gauge", "Hosts that are remembered, by state.");
        let open = state.hosts.saturating_sub(state.paused + state.gone);
        for (name, value) in [("open", open), ("paused", state.paused), ("gone", state.gone)] {
            self.sample("imgmeta_hosts", &format!("{{state=\"{name}\"}}"), value);
        }
    }
}

/// The metrics of a run, served where that is wanted.
///
/// # Errors
/// Where the address cannot be listened at.
pub(crate) async fn start(args: &WatchArgs) -> anyhow::Result<Arc<Metrics>> {
    let metrics = Arc::new(Metrics::default());
    if let Some(address) = args.metrics {
        serve(address, Arc::clone(&metrics)).await?;
    }
    Ok(metrics)
}

/// Serves them, to the end of the process.
///
/// # Errors
/// Where the address cannot be listened at.
async fn serve(address: SocketAddr, metrics: Arc<Metrics>) -> anyhow::Result<()> {
    let listener = TcpListener::bind(address).await;
    let listener = listener.with_context(|| format!("cannot serve metrics at {address} (--metrics)"))?;
    tracing::info!(address = %listener.local_addr()?, "metrics are served at /metrics");
    tokio::spawn(async move {
        loop {
            // An error is the client's, or passes.
            let Ok((stream, _)) = listener.accept().await else { continue };
            let metrics = Arc::clone(&metrics);
            let service = service_fn(move |request| {
                let answer = answer(&request, &metrics);
                async move { Ok::<_, Infallible>(answer) }
            });
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    Ok(())
}

fn answer<T>(request: &Request<T>, metrics: &Metrics) -> Response<Full<Bytes>> {
    let (status, text) = match request.uri().path() {
        "/metrics" | "/" => (StatusCode::OK, metrics.text()),
        _ => (StatusCode::NOT_FOUND, "metrics are at /metrics\n".to_owned()),
    };
    let answer = Response::builder().status(status).header(CONTENT_TYPE, TEXT).body(Full::new(text.into()));
    answer.expect("a status and one header make a response")
}

#[cfg(test)]
mod tests {
    use super::*;
    use imgmeta_record::{Failure, ImageRef, Phase, Record};

    #[test]
    fn outcomes_are_counted_by_kind() {
        let metrics = Metrics::default();
        let fetch = Fetch { bytes_read: 100, requests: 2, attempts: 3, ..Fetch::default() };
        metrics.count(&Outcome::Record(Box::new(Record { bytes: Some(1000), fetch, ..Record::default() })));
        let failure = Failure::new(ImageRef::new("a"), Kind::Timeout, Phase::Body, "late");
        metrics.count(&Outcome::Failure(Box::new(failure)));
        let text = metrics.text();
        for line in [
            "imgmeta_records_total 1",
            "imgmeta_failures_total{kind=\"timeout\"} 1",
            "imgmeta_failures_total{kind=\"dns\"} 0",
            "imgmeta_read_bytes_total 100",
            "imgmeta_whole_bytes_total 1000",
            "imgmeta_requests_total 2",
            "imgmeta_retries_total 2",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in {text}");
        }
    }
}
