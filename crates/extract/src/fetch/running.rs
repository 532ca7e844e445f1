//! Images in flight and those that wait.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use imgmeta_record::{Fetch, ImageRef, Kind, Outcome, Phase, Version};
use tokio::time::timeout_at;

use crate::assemble;
use crate::fetch::ahead::Ahead;
use crate::fetch::extractor::{Extractor, Pass, Tally};
use crate::fetch::job::{Job, Refreshed};
use crate::fetch::locate::locate;
use crate::fetch::schedule::Schedule;
use crate::fetch::sites::Sites;
use crate::fetch::twins::{self, Twins};
use crate::fetch::workers::{Done, Workers};
use crate::trouble::Trouble;

/// Rows of a paused host that are kept in memory; beyond, they are left for a later pass.
const PARKED: usize = 1024;
/// A pause that is shorter does not fill the look-ahead.
const SHORT: Duration = Duration::from_secs(2);

/// Images in flight and those that wait.
pub(crate) struct Running<'a> {
    extractor: &'a Extractor,
    pass: Pass,
    ahead: Ahead,
    sites: Sites,
    schedule: Schedule,
    twins: Twins,
    workers: Workers,
    /// Over, and not yet handed on.
    settled: VecDeque<Refreshed>,
    pub(crate) tally: Tally,
}

impl<'a> Running<'a> {
    pub(crate) fn new(extractor: &'a Extractor, pass: Pass) -> Self {
        Self {
            extractor,
            pass,
            ahead: Ahead::new(Instant::now()),
            sites: Sites::default(),
            schedule: Schedule::default(),
            twins: Twins::default(),
            workers: Workers::new(extractor.clone()),
            settled: VecDeque::new(),
            tally: Tally::default(),
        }
    }

    /// Whether so many images more may be added.
    pub(crate) fn has_room(&self, images: usize) -> bool {
        let all_busy = self.workers.busy() >= self.extractor.options().concurrency.get();
        self.schedule.waiting() + images <= self.ahead.rows(all_busy) && self.settled.is_empty()
    }

    /// Adds an image.
    pub(crate) fn add(&mut self, image: ImageRef, since: Option<Version>) {
        let target = match locate(&image, self.extractor.stores(), &mut self.sites) {
            Ok(target) => target,
            Err(trouble) => return self.settle(assemble::failure(image, trouble, Fetch::default())),
        };
        let Some(job) = self.twins.add(Job::new(image, target, since)) else { return };
        match job.host.as_deref().and_then(|host| self.refuses(host)) {
            Some(trouble) => self.refuse(job, trouble),
            None => self.schedule.push(job),
        }
    }

    /// Hands on what is over without having been read.
    pub(crate) fn settle(&mut self, outcome: Outcome) {
        self.settled.push_back(outcome.into());
    }

    /// Why no row of a host is to be started.
    fn refuses(&self, host: &str) -> Option<Trouble> {
        if self.extractor.hosts().is_gone(host) {
            let message = "its host could not be reached for a hundred rows, nor once more at the end";
            return Some(Trouble::new(Kind::HostGivenUp, Phase::Connect, message));
        }
        let pause = self.extractor.hosts().pause(host, Instant::now());
        if self.pass == Pass::Last {
            let message = format!("its host asks to be left alone for {} s more", pause.as_secs());
            let longer = pause > self.extractor.options().timeout;
            return longer.then(|| Trouble::new(Kind::RateLimited, Phase::Request, message));
        }
        let parked = pause > SHORT && self.schedule.waiting_for(host) >= PARKED;
        parked.then(|| Trouble::new(Kind::RateLimited, Phase::Request, String::new()))
    }

    /// Leaves a row, and those that wait for it, for a later pass; in the last one it is a failure.
    fn refuse(&mut self, job: Job, trouble: Trouble) {
        let twins = self.twins.take(job.key.as_deref());
        if self.pass == Pass::Last {
            let result = Refreshed::from(assemble::failure(job.image, trouble, Fetch::default()));
            return self.over(twins, result);
        }
        for image in std::iter::once(job.image).chain(twins) {
            match image.row {
                Some(row) => drop(self.tally.left.insert(row)),
                // Without a number it could not be asked for again.
                None => self.settle(assemble::failure(image, trouble.clone(), Fetch::default())),
            }
        }
    }

    fn over(&mut self, twins: Vec<ImageRef>, result: Refreshed) {
        self.settled.extend(twins.into_iter().map(|image| twins::outcome(image, &result)));
        self.settled.push_back(result);
    }

    /// Starts what may be started. What is over and not yet handed on keeps its place: where nobody takes outcomes, nothing more
    /// is fetched.
    pub(crate) fn start(&mut self) {
        while self.workers.busy() + self.settled.len() < self.extractor.options().concurrency.get() {
            let Some(job) = self.schedule.pop(self.extractor.hosts(), Instant::now()) else { return };
            self.workers.start(job);
        }
    }

    /// How many images are in flight.
    pub(crate) fn in_flight(&self) -> u64 {
        self.workers.busy() as u64
    }

    /// How many rows wait.
    pub(crate) fn waiting(&self) -> u64 {
        self.schedule.waiting() as u64
    }

    /// Whether nothing is in flight or waits.
    pub(crate) fn is_idle(&self) -> bool {
        self.workers.busy() == 0 && self.settled.is_empty() && self.schedule.waiting() == 0
    }

    /// The next row that is over; `None` where something may be started instead. Cancelled, it loses nothing.
    pub(crate) async fn next(&mut self) -> Option<Refreshed> {
        if self.settled.is_empty() {
            match self.schedule.wake() {
                Some(wake) => timeout_at(wake.into(), self.finish()).await.ok()?,
                None => self.finish().await,
            }
        }
        let settled = self.settled.pop_front()?;
        Some(self.counted(settled))
    }

    /// Waits for images that are over, and settles them and those that waited for them.
    async fn finish(&mut self) {
        let Self { extractor, ahead, schedule, twins, settled, workers, .. } = self;
        let mut gone = Vec::new();
        for Done { host, key, result, .. } in workers.done().await {
            schedule.done(host.as_deref(), extractor.hosts());
            settled.extend(twins.take(key.as_deref()).into_iter().map(|image| twins::outcome(image, &result)));
            settled.push_back(result);
            gone.extend(host.filter(|host| extractor.hosts().is_gone(host)));
        }
        ahead.note(settled.len(), Instant::now());
        for host in gone {
            self.empty(&host);
        }
    }

    /// What waits for a host that has just been given up need not wait any longer.
    fn empty(&mut self, host: &str) {
        for job in self.schedule.take_waiting(host) {
            if let Some(trouble) = self.refuses(host) {
                self.refuse(job, trouble);
            }
        }
    }

    fn counted(&mut self, result: Refreshed) -> Refreshed {
        match &result {
            Refreshed::Unchanged(_) => self.tally.unchanged += 1,
            Refreshed::Outcome(Outcome::Record(_)) => self.tally.records += 1,
            Refreshed::Outcome(Outcome::Failure(failure)) => {
                self.tally.failures += 1;
                self.tally.unreached += u64::from(failure.phase <= Phase::Connect);
            }
        }
        result
    }
}
