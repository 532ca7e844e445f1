//! Tasks that read one image after the other.
//!
//! What a task needs to read an image is some kilobytes. A task for each image has them made, moved and given back each time,
//! which costs more than reading a small header does.

use std::sync::{Arc, Mutex};

use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;

use crate::fetch::extractor::Extractor;
use crate::fetch::job::{Job, Refreshed};

/// Images that are taken at once, where so many are over.
const BATCH: usize = 64;

const UNPOISONED: &str = "no panic under this lock";

/// A row that is over.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) host: Option<Arc<str>>,
    /// What other rows may wait for.
    pub(crate) key: Option<Arc<str>>,
    pub(crate) result: Refreshed,
    worker: usize,
}

/// As many tasks as images were ever in flight together. Dropped, it leaves what they are at.
#[derive(Debug)]
pub(crate) struct Workers {
    extractor: Extractor,
    tasks: JoinSet<()>,
    desks: Vec<Arc<Desk>>,
    /// Those without an image; the last has read one last, so that what it needs is still near the processor.
    free: Vec<usize>,
    out: mpsc::UnboundedSender<Done>,
    done: mpsc::UnboundedReceiver<Done>,
    batch: Vec<Done>,
}

/// Where a worker finds its next image.
#[derive(Debug, Default)]
struct Desk {
    job: Mutex<Option<Job>>,
    called: Notify,
}

impl Workers {
    pub(crate) fn new(extractor: Extractor) -> Self {
        let (out, done) = mpsc::unbounded_channel();
        Self { extractor, tasks: JoinSet::new(), desks: Vec::new(), free: Vec::new(), out, done, batch: Vec::new() }
    }

    /// How many images are in flight.
    pub(crate) fn busy(&self) -> usize {
        self.desks.len() - self.free.len()
    }

    /// Has an image read.
    pub(crate) fn start(&mut self, job: Job) {
        let worker = self.free.pop().unwrap_or_else(|| self.hire());
        let desk = &self.desks[worker];
        *desk.job.lock().expect(UNPOISONED) = Some(job);
        desk.called.notify_one();
    }

    fn hire(&mut self) -> usize {
        let (worker, desk) = (self.desks.len(), Arc::new(Desk::default()));
        self.desks.push(Arc::clone(&desk));
        self.tasks.spawn(work(worker, desk, self.extractor.clone(), self.out.clone()));
        worker
    }

    /// Waits for images that are over; none where nothing is in flight is no end: it waits. Cancelled, it loses nothing.
    pub(crate) async fn done(&mut self) -> impl Iterator<Item = Done> {
        tokio::select! {
            biased;
            _ = self.done.recv_many(&mut self.batch, BATCH) => {}
            Some(ended) = self.tasks.join_next() => ended.expect("a worker neither panics nor is aborted"),
        }
        self.free.extend(self.batch.iter().map(|done| done.worker));
        self.batch.drain(..)
    }
}

async fn work(worker: usize, desk: Arc<Desk>, extractor: Extractor, out: mpsc::UnboundedSender<Done>) {
    loop {
        desk.called.notified().await;
        let Some(job) = desk.job.lock().expect(UNPOISONED).take() else { continue };
        let (host, key) = (job.host.clone(), job.key.clone());
        let result = extractor.guarded(job).await;
        if out.send(Done { host, key, result, worker }).is_err() {
            return;
        }
    }
}
