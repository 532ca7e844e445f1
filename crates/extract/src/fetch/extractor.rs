//! The stage: image references in, outcomes out.

use std::num::NonZeroUsize;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use imgmeta_record::{Failure, Fetch, ImageRef, Kind, Listed, Outcome, Phase, Version};
use imgmeta_storage::Stores;
use roaring::RoaringTreemap;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinError;
use tokio_util::sync::CancellationToken;

use crate::assemble::{self, Found};
use crate::fetch::hosts::Hosts;
use crate::fetch::http::Client;
use crate::fetch::job::{Job, Refreshed};
use crate::fetch::locate::{Target, locate};
use crate::fetch::running::Running;
use crate::fetch::sites::Sites;
use crate::fetch::source::{Answer, Got};
use crate::fetch::{Error, Options, full, local, retry};
use crate::trouble::Trouble;

/// Images that are taken at once.
const BATCH: usize = 64;

/// Images to outcomes. Cheap to clone; clones share connections and what is remembered of hosts.
#[derive(Debug, Clone)]
pub struct Extractor {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    options: Options,
    stores: Stores,
    client: Client,
    hosts: Hosts,
    /// One for each core: what decodes has no use for more.
    decoders: Semaphore,
    gauges: Gauges,
}

/// What an extractor is at, for whoever watches it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct State {
    /// Images in flight.
    pub in_flight: u64,
    /// Rows that wait for their hosts.
    pub waiting: u64,
    /// Hosts that are remembered.
    pub hosts: u64,
    /// Of them, those that are left alone for a while.
    pub paused: u64,
    /// Of them, those that are given up.
    pub gone: u64,
}

#[derive(Debug, Default)]
struct Gauges {
    in_flight: AtomicU64,
    waiting: AtomicU64,
}

/// What an extractor did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tally {
    /// Images that ended as records.
    pub records: u64,
    /// Rows that ended as failures.
    pub failures: u64,
    /// Of them, those whose host was not reached.
    pub unreached: u64,
    /// Images that are as they were.
    pub unchanged: u64,
    /// Rows that were left for a later pass: their hosts were gone, or asked to be left alone.
    pub left: RoaringTreemap,
}

/// How often the rows of a list have been gone through.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Pass {
    /// Another one may follow: rows of hosts that are gone or paused are [left](Tally::left) for it.
    Early,
    /// None follows: every row is an outcome.
    #[default]
    Last,
}

impl Extractor {
    /// An extractor that reads from the web, from local files, and from the clusters that `stores` knows.
    ///
    /// # Errors
    /// [`Error::Client`] where the HTTP client cannot be set up.
    pub fn new(stores: Stores, options: Options) -> Result<Self, Error> {
        let client = Client::new(&options).map_err(|source| Error::Client { source })?;
        let hosts = Hosts::new(options.per_host.get());
        let decoders = Semaphore::new(std::thread::available_parallelism().map_or(1, NonZeroUsize::get));
        let gauges = Gauges::default();
        Ok(Self { shared: Arc::new(Shared { options, stores, client, hosts, decoders, gauges }) })
    }

    /// Reads one image. What goes wrong is a [`Failure`]: there is no other error.
    pub async fn extract(&self, image: ImageRef) -> Outcome {
        match self.read_one(image, None).await {
            Refreshed::Outcome(outcome) => outcome,
            Refreshed::Unchanged(_) => unreachable!("nothing was known of it"),
        }
    }

    /// Reads one image, unless it is the version that is known: then a request without a body tells so, where the server
    /// can.
    pub async fn refresh(&self, image: ImageRef, since: Version) -> Refreshed {
        self.read_one(image, Some(since)).await
    }

    async fn read_one(&self, image: ImageRef, since: Option<Version>) -> Refreshed {
        match locate(&image, &self.shared.stores, &mut Sites::default()) {
            Ok(target) => self.guarded(Job::new(image, target, since)).await,
            Err(trouble) => assemble::failure(image, trouble, Fetch::default()).into(),
        }
    }

    /// Reads what comes in until `images` closes, and sends outcomes in the order in which they finish.
    ///
    /// Where `stop` is cancelled, images in flight are left: their rows are no outcomes yet. Where nobody listens any
    /// more, it returns quietly.
    ///
    /// # Errors
    /// None at present; a stage gives a `Result`, so that stages compose.
    pub async fn run(
        &self, images: mpsc::Receiver<Listed>, outcomes: mpsc::Sender<Outcome>, stop: CancellationToken,
    ) -> Result<Tally, Error> {
        self.run_pass(Pass::Last, images, outcomes, stop).await
    }

    /// The same for one pass of several over a list.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn run_pass(
        &self, pass: Pass, images: mpsc::Receiver<Listed>, outcomes: mpsc::Sender<Outcome>, stop: CancellationToken,
    ) -> Result<Tally, Error> {
        let unknown = |listed: Listed| listed.map(|image| (image, None));
        let outcome = |result| match result {
            Refreshed::Outcome(outcome) => outcome,
            Refreshed::Unchanged(_) => unreachable!("nothing was known of it"),
        };
        Ok(self.drive(pass, images, unknown, outcomes, outcome, stop).await)
    }

    /// The same for images that were read before.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn run_refresh(
        &self, images: mpsc::Receiver<(ImageRef, Version)>, refreshed: mpsc::Sender<Refreshed>, stop: CancellationToken,
    ) -> Result<Tally, Error> {
        let known = |(image, since)| Ok((image, Some(since)));
        Ok(self.drive(Pass::Last, images, known, refreshed, |result| result, stop).await)
    }

    /// What it is at.
    pub fn state(&self) -> State {
        let Gauges { in_flight, waiting } = &self.shared.gauges;
        let (hosts, paused, gone) = self.hosts().count(Instant::now());
        State { in_flight: in_flight.load(Relaxed), waiting: waiting.load(Relaxed), hosts, paused, gone }
    }

    /// Waits between two passes until a host that asked to be left alone may be asked again: a second at least, and no
    /// longer than an image may take.
    pub async fn rest(&self, stop: &CancellationToken) {
        let pause = self.hosts().shortest_pause(Instant::now()).unwrap_or_default();
        let pause = pause.max(Duration::from_secs(1)).min(self.options().timeout);
        stop.run_until_cancelled(tokio::time::sleep(pause)).await;
    }

    async fn drive<I, O>(
        &self, pass: Pass, mut images: mpsc::Receiver<I>,
        job: impl Fn(I) -> Result<(ImageRef, Option<Version>), Box<Failure>>, out: mpsc::Sender<O>,
        made: impl Fn(Refreshed) -> O, stop: CancellationToken,
    ) -> Tally {
        self.shared.hosts.begin_pass();
        let mut running = Running::new(self, pass);
        let (mut open, mut batch, mut stopped) = (true, Vec::with_capacity(BATCH), pin!(stop.cancelled()));
        loop {
            running.start();
            self.shared.gauges.in_flight.store(running.in_flight(), Relaxed);
            self.shared.gauges.waiting.store(running.waiting(), Relaxed);
            if !open && running.is_idle() {
                break;
            }
            tokio::select! {
                biased;
                () = &mut stopped => break,
                done = running.next() => {
                    let Some(done) = done else { continue };
                    if out.send(made(done)).await.is_err() {
                        break;
                    }
                }
                received = images.recv_many(&mut batch, BATCH), if open && running.has_room(BATCH) => {
                    open = received > 0;
                    for image in batch.drain(..) {
                        match job(image) {
                            Ok((image, since)) => running.add(image, since),
                            Err(failure) => running.settle(Outcome::Failure(failure)),
                        }
                    }
                }
            }
        }
        running.tally
    }

    pub(crate) fn options(&self) -> &Options {
        &self.shared.options
    }

    pub(crate) fn stores(&self) -> &Stores {
        &self.shared.stores
    }

    pub(crate) fn hosts(&self) -> &Hosts {
        &self.shared.hosts
    }

    /// Reads an image; a panic is a failure of kind `internal`, and the run goes on.
    pub(crate) async fn guarded(&self, job: Job) -> Refreshed {
        let start = Instant::now();
        let Job { image, target, host, key: _, since } = job;
        let mut fetch = Fetch::default();
        let reading = std::panic::AssertUnwindSafe(self.read(target, host.as_deref(), since, &mut fetch));
        let result = futures::FutureExt::catch_unwind(reading).await.unwrap_or_else(|_| {
            tracing::error!(url = %imgmeta_record::mask(&image.url), "a reader panicked: this is a defect");
            Err(Trouble::new(Kind::Internal, Phase::Decode, "a defect of this program, caught"))
        });
        fetch.millis = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        match result {
            Ok(Some(found)) => assemble::record(image, found, fetch).into(),
            Ok(None) => Refreshed::Unchanged(image),
            Err(trouble) => assemble::failure(image, trouble, fetch).into(),
        }
    }

    /// What was found; `None` where it is the version that is known.
    async fn read(
        &self, target: Target, host: Option<&str>, since: Option<Version>, fetch: &mut Fetch,
    ) -> Result<Option<Found>, Trouble> {
        let Shared { options, client, hosts, decoders, .. } = &*self.shared;
        let got = match target {
            Target::File(path) => {
                let (got, read) = self.read_file(path, since).await;
                *fetch = read;
                got
            }
            target => {
                let asked = retry::Asked { target: &target, host, since: since.as_ref() };
                retry::read(asked, client, hosts, options, fetch).await
            }
        };
        match got? {
            Got::Answer(Answer { found, whole: None }) => Ok(Some(found)),
            Got::Answer(answer) => Box::pin(full::check(answer, decoders)).await.map(Some),
            Got::Unchanged => Ok(None),
        }
    }

    /// A file is read on a blocking thread from its first byte to its last.
    async fn read_file(&self, path: std::path::PathBuf, since: Option<Version>) -> (Result<Got, Trouble>, Fetch) {
        let shared = Arc::clone(&self.shared);
        let reading = tokio::task::spawn_blocking(move || {
            let mut fetch = Fetch::default();
            (local::read(&path, since.as_ref(), &shared.options, &shared.client.budget, &mut fetch), fetch)
        });
        reading.await.unwrap_or_else(|error| (Err(panicked(&error)), Fetch::default()))
    }
}

fn panicked(error: &JoinError) -> Trouble {
    if error.is_cancelled() {
        // The runtime ends, and with it the run: nobody takes this outcome.
        return Trouble::new(Kind::Io, Phase::Body, "the run ended while the file was read");
    }
    tracing::error!(%error, "a reader panicked: this is a defect");
    Trouble::new(Kind::Internal, Phase::Decode, "a defect of this program, caught")
}
