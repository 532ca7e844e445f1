//! Reads the first 64 KiB of all that a list names, and throws them away: no reader of these stores has less to do, and
//! `bench/stores.py` measures the program beside it.
//!
//!     bare_loop LIST CONCURRENCY
//!
//! LIST has a URL a line, such as `s3://bucket/key`. The stores are the program's own, with the variables of the
//! environment; so are the runtime and the allocator. How many were read, and their bytes, go to standard output.

use std::error::Error;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use imgmeta_storage::{Environment, Stores};
use object_store::ObjectStoreExt;
use tikv_jemallocator::Jemalloc;
use tokio::task::JoinSet;

#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

/// What is read of each, in bytes: as much as the program's first range.
const FIRST: u64 = 64 << 10;

type Failed = Box<dyn Error + Send + Sync>;

fn main() -> Result<(), Failed> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [list, concurrency] = args.as_slice() else { return Err("bare_loop LIST CONCURRENCY".into()) };
    let urls: Arc<[String]> = std::fs::read_to_string(list)?.lines().map(str::to_owned).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let bytes = runtime.block_on(read(&urls, concurrency.parse()?))?;
    writeln!(std::io::stdout(), "{} {bytes}", urls.len())?;
    Ok(())
}

/// Reads all of them, so many at a time, and tells how many bytes came.
async fn read(urls: &Arc<[String]>, concurrency: usize) -> Result<usize, Failed> {
    let stores = Stores::new(std::env::vars().collect::<Environment>());
    let next = Arc::new(AtomicUsize::new(0));
    let mut readers = JoinSet::new();
    for _ in 0..concurrency {
        readers.spawn(reader(stores.clone(), Arc::clone(urls), Arc::clone(&next)));
    }
    let mut bytes = 0;
    while let Some(ended) = readers.join_next().await {
        bytes += ended??;
    }
    Ok(bytes)
}

/// One of those that share the list: reads the next one until there is none.
async fn reader(stores: Stores, urls: Arc<[String]>, next: Arc<AtomicUsize>) -> Result<usize, Failed> {
    let mut bytes = 0;
    while let Some(url) = urls.get(next.fetch_add(1, Relaxed)) {
        let place = stores.place(url)?;
        bytes += place.store().get_range(place.key(), 0..FIRST).await?.len();
    }
    Ok(bytes)
}
