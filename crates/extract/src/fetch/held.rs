//! An image on its way, with its share of the memory.

use std::ops::{Deref, DerefMut};

use bytes::Bytes;

use crate::assemble::Found;
use crate::fetch::Options;
use crate::fetch::budget::{Budget, Share};
use crate::fetch::full::Whole;
use crate::fetch::source::Answer;
use crate::probe::{self, Header};
use crate::reading::{Limits, Reading};

/// A [`Reading`] that waits for memory before it takes bytes in.
#[derive(Debug)]
pub(crate) struct Held {
    reading: Reading,
    share: Share,
}

impl Deref for Held {
    type Target = Reading;

    fn deref(&self) -> &Reading {
        &self.reading
    }
}

impl DerefMut for Held {
    fn deref_mut(&mut self) -> &mut Reading {
        &mut self.reading
    }
}

impl Held {
    /// Begins with a range of `first` bytes.
    pub(crate) fn new(options: &Options, budget: &Budget, first: u64) -> Self {
        Self::within(options, budget, Limits { first, ..Limits::default() })
    }

    /// Begins with a stream of the whole file, from its first byte.
    pub(crate) fn stream(options: &Options, budget: &Budget) -> Self {
        Self::within(options, budget, Limits { sequential: true, ..Limits::default() })
    }

    fn within(options: &Options, budget: &Budget, limits: Limits) -> Self {
        let Options { exif, xmp, iptc, max_bytes, full, .. } = *options;
        let limits = Limits { max_bytes, full, ..limits };
        Self { reading: Reading::new(probe::Options { exif, xmp, iptc }, limits), share: budget.share() }
    }

    /// Adds bytes, when there is room for them.
    pub(crate) async fn insert(&mut self, at: u64, bytes: Bytes) {
        self.make_room(bytes.len() as u64).await;
        self.reading.known.insert_shared(at, bytes);
    }

    /// Waits until there is room for so many bytes more.
    pub(crate) async fn make_room(&mut self, bytes: u64) {
        self.share.grow_to(self.reading.known.held().saturating_add(bytes)).await;
    }

    /// Both, for who reads and waits by himself.
    pub(crate) fn parts(&mut self) -> (&mut Reading, &mut Share) {
        (&mut self.reading, &mut self.share)
    }

    /// What was found, with the image itself where it is wanted whole.
    pub(crate) fn answer(self, header: Box<Header>, bytes: Option<u64>, incomplete: bool) -> Answer {
        let Self { reading, share } = self;
        let whole = reading.limits.full.then_some(Whole { known: reading.known, share });
        Answer { found: Found { header, bytes, incomplete, sha256: None }, whole }
    }
}
