//! Cells to an image reference, or to the reason why there is none. Pure.

use std::sync::Arc;

use imgmeta_record::{Extra, Failure, ImageRef, Kind, Listed, Phase};

use crate::columns::Plan;
use crate::cut::{LIMIT, Unreadable};
use crate::ndjson;

/// What all rows of one list share.
#[derive(Debug, Clone)]
pub(crate) struct Rows {
    pub(crate) list: Arc<str>,
    pub(crate) plan: Arc<Plan>,
}

impl Rows {
    /// The row with these cells; `cell` gives one by its position.
    pub(crate) fn row<'a>(&self, row: u64, cells: usize, cell: impl Fn(usize) -> Option<&'a [u8]>) -> Listed {
        let mut image = self.image(row);
        let expected = self.plan.columns;
        if cells > expected || cells < self.plan.least {
            image.warnings.push(format!("list: row has {}, the header {expected}", count(cells)));
        }
        if !self.plan.keep.is_empty() {
            image.extra = Some(self.extra(&cell, &mut image.warnings));
        }
        let Some(url) = cell(self.plan.url) else {
            if self.plan.url < cells {
                return bad(image, "the URL is null".into());
            }
            return bad(image, format!("the row has {}, the header {expected}: none for the URL", count(cells)));
        };
        image.url = String::from_utf8_lossy(url).into_owned();
        if image.url.trim().is_empty() {
            return bad(image, "the URL cell is empty".into());
        }
        if std::str::from_utf8(url).is_err() {
            return bad(image, "the URL cell is not UTF-8".into());
        }
        if image.url.contains(char::REPLACEMENT_CHARACTER) {
            return bad(image, "the URL cell holds bytes that are none of the list's encoding (--encoding)".into());
        }
        Ok(image)
    }

    /// The row of a line of JSON.
    pub(crate) fn object(&self, row: u64, line: &[u8]) -> Listed {
        let cells = match ndjson::cells(line) {
            Ok(cells) => cells,
            Err(why) => return bad(self.image(row), why),
        };
        let value = |name: &str| cells.iter().find(|(key, _)| key == name).and_then(|(_, value)| value.as_deref());
        let listed = self.row(row, self.plan.columns, |at| value(&self.plan.names[at]).map(str::as_bytes));
        if !self.plan.all {
            return listed;
        }
        let url = &self.plan.names[self.plan.url];
        let mut extra = Extra::new();
        let mut warnings = Vec::new();
        for (key, value) in cells.iter().filter(|(key, _)| key != url) {
            if extra.iter().any(|(other, _)| other.to_lowercase() == key.to_lowercase()) {
                warnings.push(format!("list: {key} differs from another key in case only, and is not kept"));
            } else {
                extra.push((key.as_str().into(), value.clone()));
            }
        }
        listed
            .map(|image| ImageRef { extra: Some(extra.clone()), warnings, ..image })
            .map_err(|failure| Box::new(Failure { extra: Some(extra), ..*failure }))
    }

    /// A row that is no record.
    pub(crate) fn unreadable(&self, row: u64, why: Unreadable) -> Listed {
        bad(
            self.image(row),
            match why {
                Unreadable::OpenQuote => {
                    "a quote is opened and not closed within 1 MiB or to the end of the list".into()
                }
                Unreadable::TooLong => format!("the row is longer than {LIMIT} bytes"),
            },
        )
    }

    fn image(&self, row: u64) -> ImageRef {
        ImageRef { row: Some(row), base: Some(Arc::clone(&self.list)), ..ImageRef::default() }
    }

    fn extra<'a>(&self, cell: impl Fn(usize) -> Option<&'a [u8]>, warnings: &mut Vec<String>) -> Extra {
        let text = |(position, name): &(usize, Arc<str>)| {
            let text = cell(*position).map(|bytes| {
                if std::str::from_utf8(bytes).is_err() {
                    warnings.push(format!("list: column {name} is not UTF-8; what cannot be read is U+FFFD"));
                }
                String::from_utf8_lossy(bytes).into_owned()
            });
            (Arc::clone(name), text)
        };
        self.plan.keep.iter().map(text).collect()
    }
}

fn count(cells: usize) -> String {
    if cells == 1 { "1 cell".into() } else { format!("{cells} cells") }
}

fn bad(image: ImageRef, why: String) -> Listed {
    Err(Box::new(Failure::new(image, Kind::BadRow, Phase::List, why)))
}
