//! The store of a run as the engine's version of object stores wants it: it lists the parts that were named, and reads.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::Source;
use bytes::Bytes;
use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};
use object_store::{ObjectStore, ObjectStoreExt, path::Path as RunPath};
use object_store_engine as engine;
use object_store_engine::path::Path;
use object_store_engine::{
    CopyOptions, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta, PutMultipartOptions,
    PutOptions, PutPayload, PutResult, Result,
};

/// Its name in errors.
const NAME: &str = "run";

/// Parts of a finished run, to be read.
#[derive(Debug)]
pub(crate) struct RunStore {
    store: Arc<dyn ObjectStore>,
    url: String,
    parts: BTreeMap<Path, ObjectMeta>,
    read: Arc<AtomicU64>,
}

impl RunStore {
    /// These parts of a store. Bytes that are read are added to `read`.
    pub(crate) fn new<'a>(
        source: &Source, parts: impl Iterator<Item = &'a object_store::ObjectMeta>, read: Arc<AtomicU64>,
    ) -> Self {
        let parts = parts.map(|meta| {
            let (location, e_tag) = (Path::from(meta.location.as_ref()), meta.e_tag.clone());
            let (last_modified, size) = (meta.last_modified, meta.size);
            (location.clone(), ObjectMeta { location, last_modified, size, e_tag, version: None })
        });
        let url = imgmeta_record::mask(&source.url);
        Self { store: source.store.clone(), url, parts: parts.collect(), read }
    }

    fn meta(&self, location: &Path) -> Result<ObjectMeta> {
        self.parts.get(location).cloned().ok_or_else(|| engine::Error::NotFound {
            path: location.to_string(),
            source: "it is no part of the run".into(),
        })
    }

    fn failed(&self, location: &Path, error: impl std::error::Error) -> engine::Error {
        let source = format!("cannot read `{location}` in `{}`: {error}", self.url).into();
        engine::Error::Generic { store: NAME, source }
    }

    fn listed(&self, prefix: Option<&Path>) -> Vec<ObjectMeta> {
        let is_below = |meta: &&ObjectMeta| prefix.is_none_or(|prefix| meta.location.prefix_matches(prefix));
        self.parts.values().filter(is_below).cloned().collect()
    }
}

impl fmt::Display for RunStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NAME)
    }
}

#[async_trait::async_trait]
impl engine::ObjectStore for RunStore {
    async fn put_opts(&self, _: &Path, _: PutPayload, _: PutOptions) -> Result<PutResult> {
        Err(read_only())
    }

    async fn put_multipart_opts(&self, _: &Path, _: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        Err(read_only())
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let meta = self.meta(location)?;
        let range = match &options.range {
            None => 0..meta.size,
            Some(range) => range.as_range(meta.size).map_err(|error| self.failed(location, error))?,
        };
        let bytes = if options.head {
            stream::empty().boxed()
        } else {
            let got = self
                .store
                .get_range(&path(location), range.clone())
                .await
                .map_err(|error| self.failed(location, error))?;
            self.read.fetch_add(got.len() as u64, Ordering::Relaxed);
            stream::once(async { Ok(got) }).boxed()
        };
        Ok(GetResult { payload: GetResultPayload::Stream(bytes), meta, range, attributes: engine::Attributes::new() })
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let got = self.store.get_ranges(&path(location), ranges).await.map_err(|error| self.failed(location, error))?;
        self.read.fetch_add(got.iter().map(|bytes| bytes.len() as u64).sum(), Ordering::Relaxed);
        Ok(got)
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        locations.and_then(|_| async { Err(read_only()) }).boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        stream::iter(self.listed(prefix)).map(Ok).boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        Ok(ListResult { common_prefixes: Vec::new(), objects: self.listed(prefix) })
    }

    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> Result<()> {
        Err(read_only())
    }
}

fn path(location: &Path) -> RunPath {
    RunPath::from(location.as_ref())
}

fn read_only() -> engine::Error {
    engine::Error::NotSupported { source: "a finished run is only read".into() }
}
