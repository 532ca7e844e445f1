//! One self-contained page of a finished run, with charts and a map.
//!
//! Outcomes are read once, and added up as they come: memory is bounded, whatever the run holds. What is unbounded by
//! nature (cameras, lenses, hosts) is kept by frequency, and the rest of it counted as others; positions are counted in
//! the cells of a grid that becomes coarser when it is full. What is left is a few hundred thousand numbers, which the
//! page holds and adds up again for each filter.

mod aggregate;
mod data;
mod error;
mod page;
mod read;
mod row;
mod source;

use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use imgmeta_record::UtcTime;

use aggregate::Aggregate;
pub use error::Error;
pub use source::Source;

/// The page, and what it is about.
#[derive(Debug)]
pub struct Report {
    /// The page: HTML that needs nothing else.
    pub html: String,
    /// Records that were counted.
    pub records: u64,
    /// Failures that were counted.
    pub failures: u64,
}

/// Makes the page of a finished run. `progress` is told how many parts of how many were read.
///
/// Nothing of the page is fetched from elsewhere, and text of the run is never markup in it.
///
/// # Errors
/// [`Error::Read`], [`Error::Damaged`] and [`Error::Column`].
pub async fn report(source: &Source, progress: impl Fn(usize, usize)) -> Result<Report, Error> {
    let aggregate = Arc::new(Mutex::new(Aggregate::default()));
    read::all(source, &aggregate, progress).await?;
    let aggregate = std::mem::take(&mut *aggregate.lock().expect("no panic under this lock"));
    let made = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let made = UtcTime(i64::try_from(made).unwrap_or(0).saturating_mul(1_000_000)).to_string();
    let data = data::Data::new(aggregate, imgmeta_record::mask(&source.url), made);
    Ok(Report { html: page::html(&data), records: data.records, failures: data.failed })
}
