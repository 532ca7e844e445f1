//! Where a list is, and how its bytes are had: again and again, or once.

use std::sync::Arc;

use imgmeta_storage::Text;

use crate::copy::Copy;
use crate::source::{File, Pieces, Stored, landed};
use crate::{Error, Options};

/// One list.
pub(crate) struct Found {
    pub(crate) file: File,
    /// To what its relative paths are relative.
    pub(crate) base: Arc<str>,
    pub(crate) origin: Origin,
}

/// How its bytes are had.
pub(crate) enum Origin {
    /// As often as one likes.
    Stored(Stored),
    /// Once.
    Once(Once),
}

/// What is read once.
pub(crate) struct Once {
    pub(crate) pieces: Pieces,
    /// Its copy, if one is made.
    pub(crate) copy: Option<Copy>,
    /// Whether it is a listing of images.
    pub(crate) images: bool,
}

impl Found {
    pub(crate) fn stored(stored: Stored) -> Self {
        let file = stored.file.clone();
        Self { base: file.url.as_str().into(), file, origin: Origin::Stored(stored) }
    }
}

/// Text of a list, whose first pieces may have been taken before.
#[derive(Debug)]
pub(crate) struct Source {
    list: String,
    text: Text,
    /// Pieces to give again.
    taken: std::collections::VecDeque<bytes::Bytes>,
}

impl Source {
    pub(crate) async fn open(list: &str, pieces: Pieces, options: &Options) -> Result<Self, Error> {
        let text = Text::open(pieces, options.encoding).await.map_err(|error| landed(list, error))?;
        Ok(Self { list: list.into(), text, taken: [].into() })
    }

    pub(crate) fn text(&self) -> &Text {
        &self.text
    }

    /// The next text, of about so many bytes; `None` at the end.
    pub(crate) async fn piece(&mut self, about: usize) -> Result<Option<bytes::Bytes>, Error> {
        if let Some(taken) = self.taken.pop_front() {
            return Ok(Some(taken));
        }
        self.text.piece(about).await.map_err(|error| landed(&self.list, error))
    }

    /// Gives pieces again that were taken from its start.
    pub(crate) fn again(&mut self, pieces: Vec<bytes::Bytes>) {
        self.taken = pieces.into();
    }
}
