//! What the answer costs over HTTP: bytes and requests of images that a camera made, beside what their readers need.

use std::collections::BTreeMap;

use imgmeta_extract::{AllowPrivate, Extractor, Options};
use imgmeta_record::{ImageRef, Outcome, Record};
use imgmeta_storage::Stores;
use imgmeta_tests::server::Server;

use crate::expected::Sample;
use crate::ways;

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

/// Reads the images that name their camera, and prints what they cost.
pub(crate) fn of_cameras(samples: &'static [Sample]) -> Cost {
    let sample = |path: &str| path.strip_prefix('/').and_then(|name| samples.get(name.parse::<usize>().ok()?));
    let server = Server::start(move |request, reply| {
        let sample = sample(&request.path).expect("only samples are asked for");
        reply.file("application/octet-stream", &sample.bytes);
    });
    let options = Options { allow_private: AllowPrivate::All, ..Options::default() };
    let extractor = Extractor::new(Stores::default(), options).expect("a client can be made");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
    let mut costs = BTreeMap::<&str, Cost>::new();
    for (index, sample) in samples.iter().enumerate().filter(|(_, sample)| !sample.path.starts_with("synthetic/")) {
        let image = ImageRef::new(server.url(&format!("/{index}")));
        let Outcome::Record(record) = runtime.block_on(extractor.extract(image)) else { continue };
        if record.camera.as_ref().is_some_and(|camera| camera.make.is_some() || camera.model.is_some()) {
            costs.entry(record.format).or_default().add(cost(&record, sample));
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
    all
}

fn cost(record: &Record, sample: &Sample) -> Cost {
    let small = |size: usize| u32::try_from(size).expect("an image of the corpus is small");
    let read = u32::try_from(record.fetch.bytes_read).expect("no more than some images");
    let (bytes, need) = (small(sample.bytes.len()), small(ways::need(&sample.bytes)));
    Cost { images: 1, bytes, read, requests: record.fetch.requests, need }
}

/// Ranges that one image may take; then what is left of it comes in one (record.md, Header).
const MOST_RANGES: u32 = 12;
/// A bound that files of the corpus reach.
const MAX_BYTES: u64 = 100_000;

/// Files that take more ranges or bytes than they may, over HTTP: as they are, damaged, and cut.
pub(crate) fn beyond_the_bounds(samples: &[Sample]) -> Vec<String> {
    let files: Vec<_> = (0..).zip(samples).flat_map(|(seed, sample)| variants(sample, seed)).collect();
    let contents: Vec<_> = files.iter().map(|(_, bytes)| bytes.clone()).collect();
    let server = Server::start(move |request, reply| {
        let index: usize = request.path[1..].parse().expect("only what is served is asked for");
        reply.file("application/octet-stream", &contents[index]);
    });
    let defaults = || Options { allow_private: AllowPrivate::All, xmp: true, iptc: true, ..Options::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
    let mut wrong = Vec::new();
    for options in [defaults(), Options { max_bytes: MAX_BYTES, ..defaults() }] {
        let most = options.max_bytes;
        let extractor = Extractor::new(Stores::default(), options).expect("a client can be made");
        for (index, (name, _)) in files.iter().enumerate() {
            let image = ImageRef::new(server.url(&format!("/{index}")));
            let fetch = match runtime.block_on(extractor.extract(image)) {
                Outcome::Record(record) => record.fetch,
                Outcome::Failure(failure) => failure.fetch,
            };
            if fetch.requests > MOST_RANGES + 1 || fetch.bytes_read > most {
                wrong.push(format!("{name}: {} bytes of {most} in {} requests", fetch.bytes_read, fetch.requests));
            }
        }
    }
    wrong
}

fn variants(sample: &Sample, seed: u64) -> [(String, Vec<u8>); 3] {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut damaged = sample.bytes.clone();
    for _ in 0..3 {
        let most = damaged.len().min(512);
        if let Some(byte) = random.choice(&mut damaged[..most]) {
            *byte = random.u8(..);
        }
    }
    let cut = sample.bytes[..random.usize(..=sample.bytes.len())].to_vec();
    let named = |what: &str| format!("{} {what}", sample.path);
    [(named("as it is"), sample.bytes.clone()), (named("damaged"), damaged), (named("cut"), cut)]
}
