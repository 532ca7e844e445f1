//! A store that fails, loses an answer, or is left for good at a chosen step.

use std::fmt;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt, stream};
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result,
};
use tokio::sync::{Notify, RwLock};

/// What happens at the chosen step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The step fails so many times without having happened; a put leaves a draft, as HDFS does.
    Fails(usize),
    /// The step happens, so many times, and its answer is lost.
    AnswerLost(usize),
    /// The process dies before the step.
    DiesBefore,
    /// The process dies after the step.
    DiesAfter,
    /// From this step on nothing works.
    Outage,
}

impl Fault {
    /// Whether it differs from another one only in how often it hits.
    pub(crate) fn is_repeated(self) -> bool {
        matches!(self, Self::Fails(2..) | Self::AnswerLost(2..))
    }
}

/// A store with a fault at one step. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Faulty(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Arc<dyn ObjectStore>,
    at: usize,
    fault: Fault,
    /// Whether a rename is a copy and a deletion, as on S3.
    copies: bool,
    steps: AtomicUsize,
    /// The step that was hit: it fails again when it is repeated.
    hit: Mutex<Option<(String, usize)>>,
    dead: AtomicBool,
    died: Notify,
    /// Held by each step while it happens, whoever still waits for it.
    happening: Arc<RwLock<()>>,
}

/// What a step does.
enum Way {
    Pass,
    Fail,
    PassAndFail,
    Die,
    PassAndDie,
}

impl Faulty {
    /// The step `at`, counted from 0, has the fault.
    pub(crate) fn new(store: Arc<dyn ObjectStore>, copies: bool, at: usize, fault: Fault) -> Self {
        Self(Arc::new(Inner {
            store,
            at,
            fault,
            copies,
            steps: AtomicUsize::new(0),
            hit: Mutex::new(None),
            dead: AtomicBool::new(false),
            died: Notify::new(),
            happening: Arc::default(),
        }))
    }

    /// Steps so far.
    pub(crate) fn steps(&self) -> usize {
        self.0.steps.load(Ordering::SeqCst)
    }

    /// Returns when the process would be dead.
    pub(crate) async fn died(&self) {
        self.0.died.notified().await;
    }

    /// Returns when nothing that was begun still happens. The threads of a process end with it; those of a test's runtime
    /// go on with the step that they were given.
    pub(crate) async fn settled(&self) {
        let _nothing = self.0.happening.write().await;
    }

    fn way(&self, what: &str) -> Way {
        if self.0.dead.load(Ordering::SeqCst) {
            return Way::Die;
        }
        let step = self.0.steps.fetch_add(1, Ordering::SeqCst);
        let mut hit = self.0.hit.lock().unwrap();
        let times = match &mut *hit {
            Some((name, times)) if name == what => {
                *times += 1;
                *times
            }
            None if step == self.0.at => {
                *hit = Some((what.to_owned(), 1));
                1
            }
            _ if self.0.fault == Fault::Outage && step > self.0.at => return Way::Fail,
            _ => return Way::Pass,
        };
        match self.0.fault {
            Fault::Fails(most) if times <= most => Way::Fail,
            Fault::AnswerLost(most) if times <= most => Way::PassAndFail,
            Fault::Fails(_) | Fault::AnswerLost(_) => Way::Pass,
            Fault::DiesBefore => Way::Die,
            Fault::DiesAfter => Way::PassAndDie,
            Fault::Outage => Way::Fail,
        }
    }

    /// A step, unless the fault is in its way. It happens to its end though nobody waits for it any more.
    async fn step<T, F>(&self, what: String, call: impl FnOnce(Arc<dyn ObjectStore>) -> F) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let happens = async {
            let happening = Arc::clone(&self.0.happening).read_owned().await;
            let call = call(Arc::clone(&self.0.store));
            let happens = tokio::spawn(async move {
                let done = call.await;
                drop(happening);
                done
            });
            happens.await.expect("a step does not panic")
        };
        match self.way(&what) {
            Way::Pass => happens.await,
            Way::Fail => Err(broken()),
            Way::PassAndFail => happens.await.and_then(|_| Err(broken())),
            Way::Die => self.die().await,
            Way::PassAndDie => {
                let _ = happens.await;
                self.die().await
            }
        }
    }

    async fn die<T>(&self) -> T {
        self.0.dead.store(true, Ordering::SeqCst);
        self.0.died.notify_one();
        std::future::pending().await
    }
}

fn broken() -> Error {
    Error::Generic { store: "faulty", source: "the connection broke".into() }
}

/// `.NAME.tmp.1`, which a put into HDFS leaves that failed.
fn draft(at: &Path) -> Path {
    let (folder, name) = at.as_ref().rsplit_once('/').unwrap_or(("", at.as_ref()));
    Path::from(format!("{folder}/.{name}.tmp.1"))
}

impl fmt::Display for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.store.fmt(f)
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl ObjectStore for Faulty {
    async fn put_opts(&self, at: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let to = at.clone();
        let put =
            self.step(format!("put {at}"), |store| async move { store.put_opts(&to, payload, options).await }).await;
        if put.is_err() && matches!(self.0.fault, Fault::Fails(_)) {
            self.0.store.put(&draft(at), PutPayload::new()).await?;
        }
        put
    }

    async fn put_multipart_opts(&self, at: &Path, options: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        let to = at.clone();
        self.step(format!("put parts of {at}"), |store| async move { store.put_multipart_opts(&to, options).await })
            .await
    }

    async fn get_opts(&self, at: &Path, options: GetOptions) -> Result<GetResult> {
        let from = at.clone();
        self.step(format!("get {at}"), |store| async move { store.get_opts(&from, options).await }).await
    }

    async fn get_ranges(&self, at: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let (from, ranges) = (at.clone(), ranges.to_vec());
        self.step(format!("get ranges of {at}"), |store| async move { store.get_ranges(&from, &ranges).await }).await
    }

    fn delete_stream(&self, places: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let this = self.clone();
        let deleted = places.and_then(move |at| {
            let this = this.clone();
            async move {
                let from = at.clone();
                this.step(format!("delete {at}"), |store| async move { store.delete(&from).await }).await?;
                Ok(at)
            }
        });
        deleted.boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (this, prefix) = (self.clone(), prefix.cloned());
        let listed = async move {
            let below = prefix.clone();
            let list = |store: Arc<dyn ObjectStore>| async move { store.list(below.as_ref()).try_collect().await };
            this.step::<Vec<_>, _>(format!("list {prefix:?}"), list).await
        };
        stream::once(listed).map_ok(|found| stream::iter(found).map(Ok)).try_flatten().boxed()
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        let offset = offset.clone();
        self.list(prefix).try_filter(move |found| std::future::ready(found.location > offset)).boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let below = prefix.cloned();
        self.step(
            format!("list level {prefix:?}"),
            |store| async move { store.list_with_delimiter(below.as_ref()).await },
        )
        .await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        let (source, target) = (from.clone(), to.clone());
        self.step(format!("copy to {to}"), |store| async move { store.copy_opts(&source, &target, options).await })
            .await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        if self.0.copies {
            self.copy_opts(from, to, CopyOptions::default()).await?;
            return self.delete(from).await;
        }
        let (source, target) = (from.clone(), to.clone());
        self.step(format!("rename to {to}"), |store| async move { store.rename_opts(&source, &target, options).await })
            .await
    }
}
