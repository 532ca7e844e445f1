//! What the answer costs over HTTP: bytes and requests of images that a camera made, beside what their readers need.

use std::collections::BTreeMap;

use imgmeta_extract::{AllowPrivate, Extractor, Options};
use imgmeta_record::{ImageRef, Outcome, Record};
use imgmeta_storage::Stores;
use imgmeta_tests::server::Server;

use crate::expected::Sample;
use crate::ways;

/// Its frame lies behind ten segments of 64 KiB, each of which costs a range: the only one of its kind.
const FAR: &str = "exifr/issue-exifr-3.jpg";

/// Sums of the images of one format.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cost {
    pub(crate) images: u32,
    pub(crate) bytes: u32,
    pub(crate) read: u32,
    pub(crate) requests: u32,
    /// Bytes that the reader asks for, where it is given no more than these.
    pub(crate) need: u32,
}

impl Cost {
    fn add(&mut self, other: Self) {
        self.images += other.images;
        self.bytes += other.bytes;
        self.read += other.read;
        self.requests += other.requests;
        self.need += other.need;
    }

    /// Bytes that were read of a hundred.
    pub(crate) fn percent(&self) -> f64 {
        100.0 * f64::from(self.read) / f64::from(self.bytes)
    }

    pub(crate) fn requests_an_image(&self) -> f64 {
        f64::from(self.requests) / f64::from(self.images)
    }

    fn print(&self, name: &str) {
        let per = |sum: u32| f64::from(sum) / f64::from(self.images) / 1024.0;
        eprintln!(
            "| {name} | {} | {:.1} KiB | {:.1} KiB | {:.1} KiB | {:.1} % | {:.2} |",
            self.images,
            per(self.bytes),
            per(self.need),
            per(self.read),
            self.percent(),
            self.requests_an_image()
        );
    }
}

/// Reads the images that name their camera, and prints what they cost: all together, and without [`FAR`].
pub(crate) fn of_cameras(samples: &'static [Sample]) -> (Cost, Cost) {
    let sample = |path: &str| path.strip_prefix('/').and_then(|name| samples.get(name.parse::<usize>().ok()?));
    let server = Server::start(move |request, reply| {
        let sample = sample(&request.path).expect("only samples are asked for");
        reply.file("application/octet-stream", &sample.bytes);
    });
    let options = Options { allow_private: AllowPrivate::All, ..Options::default() };
    let extractor = Extractor::new(Stores::default(), options).expect("a client can be made");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
    let (mut costs, mut near) = (BTreeMap::<&str, Cost>::new(), Cost::default());
    for (index, sample) in samples.iter().enumerate().filter(|(_, sample)| !sample.path.starts_with("synthetic/")) {
        let image = ImageRef::new(server.url(&format!("/{index}")));
        let Outcome::Record(record) = runtime.block_on(extractor.extract(image)) else { continue };
        if record.camera.as_ref().is_some_and(|camera| camera.make.is_some() || camera.model.is_some()) {
            let cost = cost(&record, sample);
            costs.entry(record.format).or_default().add(cost);
            if sample.path != FAR {
                near.add(cost);
            }
        }
    }
    eprintln!(
        "| format | images | mean size | needed | read | of the bytes | requests |\n| --- | --- | --- | --- | --- | --- | --- |"
    );
    let mut all = Cost::default();
    for (format, cost) in costs {
        cost.print(format);
        all.add(cost);
    }
    all.print("all");
    near.print("all but the one whose frame is far");
    (all, near)
}

fn cost(record: &Record, sample: &Sample) -> Cost {
    let small = |size: usize| u32::try_from(size).expect("an image of the corpus is small");
    let read = u32::try_from(record.fetch.bytes_read).expect("no more than some images");
    let (bytes, need) = (small(sample.bytes.len()), small(ways::need(&sample.bytes)));
    Cost { images: 1, bytes, read, requests: record.fetch.requests, need }
}
