//! What is below a place, one entry after the other, in the byte order of their keys.

use std::collections::VecDeque;
use std::time::Duration;

use futures::TryStreamExt;
use futures::stream::{self, BoxStream, StreamExt};
use object_store::list::{PaginatedListOptions, PaginatedListResult};

use crate::odd_keys::OddKeys;
use crate::place::Pages;
use crate::walk::Walk;
use crate::{Error, Place, Scheme, fault};

/// Attempts at one page, and the wait before the second; each further one is twice as long.
const ATTEMPTS: u32 = 6;
const WAIT: Duration = Duration::from_millis(250);

/// A file below a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its path below the place: `train/cat/1.jpg`.
    pub key: String,
    /// Whether it can be read. A key with an empty, `.` or `..` segment or a control character cannot, nor can a local
    /// name that is not UTF-8.
    pub readable: bool,
}

/// The entries below a place.
pub type Entries = BoxStream<'static, Result<Entry, Error>>;

impl Place {
    /// All files below this folder whose key comes after `after`, in the byte order of their keys (Azure's: in the
    /// service's order). A page of a store, or a folder of a file system, is in memory at a time. A key that cannot be
    /// read is an entry like any other.
    ///
    /// # Errors
    /// [`Error::List`] where a page cannot be had after some attempts. It ends the entries.
    pub fn entries(&self, after: Option<String>) -> Entries {
        match (&self.store.pages, self.scheme) {
            (Some(pages), _) => self.pages(pages.clone(), after),
            (None, Scheme::Azure) => self.flat(after),
            (None, _) => Walk::new(self.clone(), after).entries(),
        }
    }

    /// The keys below this place begin with this.
    fn prefix(&self) -> String {
        if self.key.as_ref().is_empty() { String::new() } else { format!("{}/", self.key) }
    }

    fn pages(&self, pages: Pages, after: Option<String>) -> Entries {
        let prefix = self.prefix();
        let offset = after.map(|after| format!("{prefix}{after}"));
        let listing = Listing { pages, prefix, offset, token: None, ended: false, ready: VecDeque::new() };
        let url = self.url.clone();
        let next = |mut listing: Listing| async move { Ok(listing.next().await?.map(|entry| (entry, listing))) };
        stream::try_unfold(listing, next).map_err(move |source| Error::List { url: url.clone(), source }).boxed()
    }

    /// A store without pages of its own: odd keys end it there.
    fn flat(&self, after: Option<String>) -> Entries {
        let (prefix, url) = (self.prefix(), self.url.clone());
        let offset = after.and_then(|after| object_store::path::Path::parse(format!("{prefix}{after}")).ok());
        let files = match &offset {
            Some(offset) => self.store.files.list_with_offset(Some(&self.key), offset),
            None => self.store.files.list(Some(&self.key)),
        };
        let entry = move |meta: object_store::ObjectMeta| Entry {
            key: meta.location.as_ref().strip_prefix(&prefix).unwrap_or(meta.location.as_ref()).to_owned(),
            readable: true,
        };
        files.map_ok(entry).map_err(move |source| Error::List { url: url.clone(), source }).boxed()
    }
}

struct Listing {
    pages: Pages,
    prefix: String,
    offset: Option<String>,
    token: Option<String>,
    ended: bool,
    ready: VecDeque<Entry>,
}

impl Listing {
    async fn next(&mut self) -> Result<Option<Entry>, object_store::Error> {
        while self.ready.is_empty() && !self.ended {
            let PaginatedListResult { result, page_token } = self.page().await?;
            let odd = result.extensions.get::<OddKeys>().cloned().unwrap_or_default();
            let good = result.objects.into_iter().map(|meta| (meta.location.to_string(), true));
            let mut keys: Vec<_> = good.chain(odd.0.into_iter().map(|key| (key, false))).collect();
            keys.sort_unstable();
            let below = |(key, readable): (String, bool)| {
                let key = key.strip_prefix(&self.prefix)?.to_owned();
                Some(Entry { key, readable })
            };
            self.ready.extend(keys.into_iter().filter_map(below));
            // A server that says twice where it goes on would be listed for ever.
            self.ended = page_token.is_none() || page_token == self.token;
            self.token = page_token;
        }
        Ok(self.ready.pop_front())
    }

    async fn page(&self) -> Result<PaginatedListResult, object_store::Error> {
        let mut wait = WAIT;
        let prefix = Some(self.prefix.as_str()).filter(|prefix| !prefix.is_empty());
        for _ in 1..ATTEMPTS {
            let (offset, page_token) = (self.offset.clone(), self.token.clone());
            let options = PaginatedListOptions { offset, page_token, ..PaginatedListOptions::default() };
            match self.pages.0.list_paginated(prefix, options).await {
                Err(error) if fault(&error).passes() => {
                    tracing::warn!(prefix = self.prefix, %error, "listing the page again");
                }
                done => return done,
            }
            tokio::time::sleep(wait).await;
            wait *= 2;
        }
        let (offset, page_token) = (self.offset.clone(), self.token.clone());
        self.pages.0.list_paginated(prefix, PaginatedListOptions { offset, page_token, ..Default::default() }).await
    }
}
