//! Tasks that read one image after the other.
//!
//! What a task needs to read an image is some kilobytes. A task for each image has them made, moved and given back each time,
//! which costs more than reading a small header does.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::fetch::extractor::Extractor;
use crate::fetch::job::{Job, Refreshed};

/// Images that are taken at once, where so many are over.
const BATCH: usize = 64;

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
    /// Where each of them finds its next image.
    jobs: Vec<mpsc::UnboundedSender<Box<Job>>>,
    /// Those without an image; the last has read one last, so that what it needs is still near the processor.
    free: Vec<usize>,
    out: mpsc::UnboundedSender<Done>,
    done: mpsc::UnboundedReceiver<Done>,
    batch: Vec<Done>,
}

impl Workers {
    pub(crate) fn new(extractor: Extractor) -> Self {
        let (out, done) = mpsc::unbounded_channel();
        Self { extractor, tasks: JoinSet::new(), jobs: Vec::new(), free: Vec::new(), out, done, batch: Vec::new() }
    }

    /// How many images are in flight.
    pub(crate) fn busy(&self) -> usize {
        self.jobs.len() - self.free.len()
    }

    /// Has an image read.
    pub(crate) fn start(&mut self, job: Job) {
        let worker = self.free.pop().unwrap_or_else(|| self.hire());
        // Refused only where the runtime ends, and the run with it.
        self.jobs[worker].send(Box::new(job)).ok();
    }

    fn hire(&mut self) -> usize {
        let (worker, (send, jobs)) = (self.jobs.len(), mpsc::unbounded_channel());
        self.jobs.push(send);
        self.tasks.spawn(work(worker, jobs, self.extractor.clone(), self.out.clone()));
        worker
    }

    /// Waits for images that are over; none where nothing is in flight is no end: it waits. Cancelled, it loses nothing.
    pub(crate) async fn done(&mut self) -> impl Iterator<Item = Done> {
        tokio::select! {
            biased;
            _ = self.done.recv_many(&mut self.batch, BATCH) => {}
            // A worker ends for no other reason than a panic beside its image, or that the runtime ends.
            Some(Err(ended)) = self.tasks.join_next() => {
                if let Ok(panic) = ended.try_into_panic() {
                    std::panic::resume_unwind(panic);
                }
            }
        }
        self.free.extend(self.batch.iter().map(|done| done.worker));
        self.batch.drain(..)
    }
}

async fn work(
    worker: usize, mut jobs: mpsc::UnboundedReceiver<Box<Job>>, extractor: Extractor, out: mpsc::UnboundedSender<Done>,
) {
    while let Some(job) = jobs.recv().await {
        // Those whose answers are there go first, and requests leave one right behind the other: a server beside us is woken
        // once for several of them, which takes a sixth less of the time of both.
        tokio::task::yield_now().await;
        let (host, key) = (job.host.clone(), job.key.clone());
        let result = extractor.guarded(*job).await;
        if out.send(Done { host, key, result, worker }).is_err() {
            return;
        }
    }
}
