//! Reads all outcomes of a run, on as many threads as there are processors.

mod columns;
mod json;
mod line;
mod parquet;

use std::sync::{Arc, Mutex, MutexGuard};

use futures::stream::{self, StreamExt, TryStreamExt};
use object_store::ObjectMeta;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::aggregate::Aggregate;
use super::source::Kind;
use super::{Error, Source};

/// Parts that are waited for while others are decoded: a store is far, and a part is read in few requests.
const AHEAD: usize = 2;

/// What a part holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holds {
    Records,
    Failures,
}

/// One part, on its way into the aggregate.
struct Part {
    source: Source,
    meta: ObjectMeta,
    holds: Holds,
    aggregate: Arc<Mutex<Aggregate>>,
    runtime: Handle,
}

/// Counts all outcomes. `progress` is told how many parts of how many were read.
pub(super) async fn all(
    source: &Source, aggregate: &Arc<Mutex<Aggregate>>, progress: impl Fn(usize, usize),
) -> Result<(), Error> {
    let failures = source.failures.iter().map(|part| (part, Holds::Failures));
    let parts: Vec<_> = failures.chain(source.records.iter().map(|part| (part, Holds::Records))).collect();
    let all = parts.len();
    let reads = parts.into_iter().map(|(meta, holds)| {
        let part = Part {
            source: Source { records: Vec::new(), failures: Vec::new(), ..source.clone() },
            meta: meta.clone(),
            holds,
            aggregate: Arc::clone(aggregate),
            runtime: Handle::current(),
        };
        // Decoding is work for threads on which nobody waits; what it needs of the store it waits for there.
        async { on_its_own_thread(move || part.read()).await }
    });
    let at_once = std::thread::available_parallelism().map_or(1, usize::from) + AHEAD;
    let mut reads = stream::iter(reads).buffer_unordered(at_once);
    let mut done = 0;
    while reads.try_next().await?.is_some() {
        done += 1;
        progress(done, all);
    }
    Ok(())
}

/// Not one of the runtime's for what blocks: a local store reads on those, so that parts which had all of them would wait for
/// ever.
async fn on_its_own_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (ended, told) = oneshot::channel();
    std::thread::spawn(move || ended.send(work()).ok());
    told.await.expect("reading a part does not panic")
}

impl Part {
    fn read(&self) -> Result<(), Error> {
        match self.source.kind(&self.meta)? {
            Kind::Parquet => parquet::read(self),
            kind => json::read(self, kind),
        }
    }

    /// The aggregate, in which there is room.
    fn aggregate(&self) -> MutexGuard<'_, Aggregate> {
        let mut aggregate = self.aggregate.lock().expect("no panic under this lock");
        aggregate.make_room();
        aggregate
    }

    fn damaged(&self, why: impl std::fmt::Display) -> Error {
        self.source.damaged(&self.meta, why.to_string())
    }

    fn unreadable(&self, source: object_store::Error) -> Error {
        Error::Read { url: self.source.url.clone(), name: self.meta.location.to_string(), source }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use object_store::ObjectStore;
    use object_store::local::LocalFileSystem;

    use super::*;

    /// Of a local store, which reads on the runtime's threads for what blocks, where there is one of those.
    #[test]
    fn parts_are_read_however_few_threads_there_are_for_what_blocks() {
        const LINE: &str = r#"{"URL":"h","Error":"e","Kind":"dns","Phase":"resolve","Status":null}"#;
        let dir = tempfile::tempdir().unwrap();
        (0..5).for_each(|part| std::fs::write(dir.path().join(format!("part-{part}.json")), LINE).unwrap());
        let store: Arc<dyn ObjectStore> = Arc::new(LocalFileSystem::new_with_prefix(dir.path()).unwrap());
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().max_blocking_threads(1).build().unwrap();
        let aggregate = Arc::new(Mutex::new(Aggregate::default()));
        let ended = runtime.block_on(async {
            let failures = store.list(None).try_collect().await.unwrap();
            let source = Source { store, url: String::new(), records: Vec::new(), failures };
            tokio::time::timeout(Duration::from_mins(1), all(&source, &aggregate, |_, _| ())).await
        });
        // What waits for ever is not waited for.
        runtime.shutdown_background();
        ended.expect("it ends").unwrap();
        let counted = aggregate.lock().unwrap().failures.sorted().iter().map(|(_, count)| count).sum::<u64>();
        assert_eq!(counted, 5);
    }
}
