//! The five directories of an EXIF block, and where each of their tags goes.

use imgmeta_record::tags::{self, Ifd, Row};
use imgmeta_record::{Other, Tag, Value};

use super::place::{MAKER_NOTE, Place, place};
use super::{Block, Options, thumbnail, value};
use crate::known::{Stop, View};
use crate::tiff::{self, Directory, Entry, Layout};

const EXIF_POINTER: u16 = 34665;
const GPS_POINTER: u16 = 34853;
const INTEROP_POINTER: u16 = 40965;

/// What is asked for at once, where the values of a directory lie close together.
const SPAN: u64 = 64 << 10;

/// Entries read of a whole block: five directories of a real camera have some hundred, of a microscope some thousand.
const MAX_ENTRIES: usize = 10_000;

/// Warnings of a block: bytes that are no directory but are read as one could make a line of a megabyte of them.
const MAX_WARNINGS: usize = 1000;

/// Bytes of values kept of a whole block. Entries may share a value, so that few bytes could become many.
const MAX_KEPT: u64 = 4 << 20;

struct Walk<'a> {
    view: &'a View<'a>,
    options: Options,
    layout: Layout,
    block: Block,
    /// Offsets of directories that were read: a pointer back to one is a loop.
    visited: Vec<u64>,
    entries: usize,
    /// Tags of the directory whose value lies behind the end: another one is a second.
    lost: Vec<u16>,
    /// The greatest tag of the directory that has had its value, or lost it: nearly all directories are sorted (TIFF 6.0, 2), and
    /// nothing in them is searched for.
    greatest: Option<u16>,
    /// Bytes of the values that are kept.
    kept: u64,
}

/// Reads a block whose first directory is this one; only `0th` leads to the others.
pub(super) fn read(view: &View<'_>, directory: Ifd, options: Options) -> Result<Block, Stop> {
    let mut block = Block::default();
    let header = match tiff::header(view) {
        Err(Stop::Need(range)) => return Err(Stop::Need(range)),
        Ok(Some(header)) => Some(header),
        Ok(None) | Err(_) => None,
    };
    let Some((layout, first)) = header else {
        block.warnings.push("exif: the block does not begin with a TIFF header".into());
        return Ok(block);
    };
    let mut walk = Walk {
        view,
        options,
        layout,
        block,
        visited: Vec::new(),
        entries: 0,
        lost: Vec::new(),
        greatest: None,
        kept: 0,
    };
    if first == 0 {
        walk.warn(directory, "there is none");
        return Ok(walk.block);
    }
    let zeroth = walk.ifd(directory, first)?;
    if directory != Ifd::Zeroth {
        return Ok(walk.block);
    }
    let exif = walk.follow(&zeroth, EXIF_POINTER, Ifd::Exif)?;
    walk.follow(&zeroth, GPS_POINTER, Ifd::Gps)?;
    walk.follow(&exif, INTEROP_POINTER, Ifd::Interop)?;
    if let Some(next) = zeroth.next.filter(|next| *next != 0) {
        walk.ifd(Ifd::First, next)?;
    }
    Ok(walk.block)
}

impl Walk<'_> {
    fn warn(&mut self, ifd: Ifd, what: &str) {
        let name = ifd.name();
        match self.block.warnings.len() {
            ..MAX_WARNINGS => self.block.warnings.push(format!("exif: {name}: {what}")),
            MAX_WARNINGS => {
                self.block.warnings.push(format!("exif: {name}: there are more things wrong than are told"));
            }
            _ => {}
        }
    }

    /// Follows a pointer, where a directory has it.
    fn follow(&mut self, from: &Directory, pointer: u16, ifd: Ifd) -> Result<Directory, Stop> {
        let Some(entry) = from.entries.iter().find(|entry| entry.tag == pointer) else {
            return Ok(Directory::default());
        };
        let target = match entry.integers(self.view, self.layout) {
            Err(Stop::Need(range)) => return Err(Stop::Need(range)),
            found => found.ok().and_then(|found| found.first().copied()).and_then(|at| u64::try_from(at).ok()),
        };
        let Some(at) = target else {
            self.warn(ifd, "its pointer is no offset");
            return Ok(Directory::default());
        };
        self.ifd(ifd, at)
    }

    /// Reads a directory and all its tags.
    fn ifd(&mut self, ifd: Ifd, at: u64) -> Result<Directory, Stop> {
        if self.visited.contains(&at) {
            self.warn(ifd, "its pointer leads back to a directory that was read");
            return Ok(Directory::default());
        }
        self.visited.push(at);
        let mut directory = match tiff::directory(self.view, self.layout, at) {
            Err(Stop::Need(range)) => return Err(Stop::Need(range)),
            Ok(directory) => directory,
            Err(_) => {
                self.warn(ifd, "it lies behind the end");
                self.block.cut |= at >= 8 && self.ends_with_file();
                return Ok(Directory::default());
            }
        };
        if directory.claimed > directory.entries.len() as u64 {
            self.warn(ifd, &format!("{} of {} entries are there", directory.entries.len(), directory.claimed));
        }
        let room = MAX_ENTRIES.saturating_sub(self.entries);
        if directory.entries.len() > room {
            self.warn(
                ifd,
                &format!("{} entries are left out: a block has at most {MAX_ENTRIES}", directory.entries.len() - room),
            );
        }
        directory.entries.truncate(room);
        self.entries += directory.entries.len();
        self.fetch(ifd, &directory)?;
        self.lost.clear();
        self.greatest = None;
        self.block.exif.ifd_mut(ifd).reserve(directory.entries.len());
        for entry in &directory.entries {
            self.tag(ifd, entry)?;
        }
        self.thumbnail(ifd, &directory)?;
        Ok(directory)
    }

    /// Whether the block is the file: what lies behind the end of a segment is damage, not a cut.
    fn ends_with_file(&self) -> bool {
        self.view.ends_with_file()
    }

    /// Asks for the values of a directory, as many at once as lie close together.
    fn fetch(&self, ifd: Ifd, directory: &Directory) -> Result<(), Stop> {
        if self.view.is_known() {
            return Ok(());
        }
        let mut missing: Option<std::ops::Range<u64>> = None;
        for entry in &directory.entries {
            let wanted = place(ifd, entry, tags::lookup(ifd, entry.tag), self.options) == Place::Kept;
            let Ok(range) = entry.range(self.layout) else { continue };
            if !wanted {
                continue;
            }
            let Err(Stop::Need(need)) = self.view.bytes(range) else { continue };
            missing = Some(match missing {
                None => need,
                Some(known) => {
                    let (start, end) = (known.start.min(need.start), known.end.max(need.end));
                    if end - start <= SPAN { start..end } else { known }
                }
            });
        }
        missing.map_or(Ok(()), |range| Err(Stop::Need(range)))
    }

    /// Reads one tag and puts it where it belongs.
    fn tag(&mut self, ifd: Ifd, entry: &Entry) -> Result<(), Stop> {
        let size = entry.size().unwrap_or_default();
        let row = tags::lookup(ifd, entry.tag);
        let read = match place(ifd, entry, row, self.options) {
            Place::LeftOut => return Ok(()),
            Place::Omitted => self.omitted(entry),
            Place::Kept if self.kept.saturating_add(size) > MAX_KEPT && !self.is_maker_note(ifd, entry) => {
                self.omitted(entry)
            }
            Place::Kept => self.value(ifd, entry, row),
        };
        let (row, value) = match read {
            Err(Stop::Need(range)) => return Err(Stop::Need(range)),
            Ok(found) => found,
            Err(_) => {
                self.damaged(ifd, entry);
                return Ok(());
            }
        };
        self.check_finite(ifd, entry, &value);
        if !matches!(value, Value::Omitted(_)) {
            self.kept = self.kept.saturating_add(size);
        }
        if let Some(row) = row {
            self.block.exif.ifd_mut(ifd).push(Tag { row, value });
            self.greatest = self.greatest.max(Some(entry.tag));
        } else {
            let kind = entry.field_type().map_or_else(|| entry.kind.to_string(), |kind| kind.name.to_owned());
            self.block.other.push(Other { ifd, tag: entry.tag, kind, value });
        }
        Ok(())
    }

    /// Whether the directory had a tag before.
    fn has(&self, ifd: Ifd, tag: u16) -> bool {
        Some(tag) <= self.greatest && (self.lost.contains(&tag) || self.block.exif.get(ifd, tag).is_some())
    }

    /// The size of a value that is too large to be kept, where the block has so much.
    fn omitted(&self, entry: &Entry) -> Result<(Option<&'static Row>, Value), Stop> {
        let range = entry.range(self.layout)?;
        if range.end > self.view.len() {
            return Err(Stop::Cut);
        }
        Ok((None, Value::Omitted(range.end - range.start)))
    }

    /// The first maker's note, which is kept whatever its size where it is at all.
    fn is_maker_note(&self, ifd: Ifd, entry: &Entry) -> bool {
        (ifd, entry.tag) == (Ifd::Exif, MAKER_NOTE) && self.block.exif.get(ifd, MAKER_NOTE).is_none()
    }

    /// A tag's value, and its row where it stands under its name.
    fn value(&self, ifd: Ifd, entry: &Entry, row: Option<&'static Row>) -> Result<(Option<&'static Row>, Value), Stop> {
        let (view, layout) = (self.view, self.layout);
        let fits = |row: &&Row| {
            let family = entry.field_type().map(|kind| kind.family);
            family.is_some_and(|family| row.fits(family, entry.count) || entry.count == 0)
        };
        let Some(row) = row.filter(fits).filter(|_| !self.has(ifd, entry.tag)) else {
            return Ok((None, value::natural(entry, view, layout, self.options)?));
        };
        Ok(match value::named(row, entry, view, layout, self.options)? {
            Some(value) => (Some(row), value),
            // Text that decodes to nothing sensible.
            None if row.kind.is_text() => (None, Value::Bytes(entry.bytes(view, layout)?.into_owned())),
            None => (None, value::natural(entry, view, layout, self.options)?),
        })
    }

    /// The thumbnail's bytes, where they were asked for.
    fn thumbnail(&mut self, ifd: Ifd, directory: &Directory) -> Result<(), Stop> {
        if ifd != Ifd::First || !self.options.thumbnails {
            return Ok(());
        }
        match thumbnail::read(directory, self.view, self.layout) {
            Err(Stop::Need(range)) => return Err(Stop::Need(range)),
            Ok(None) => {}
            Ok(Some(bytes)) => {
                self.block.exif.ifd_mut(ifd).push(Tag { row: &tags::THUMBNAIL, value: Value::Bytes(bytes) });
            }
            Err(_) => {
                self.warn(ifd, "the thumbnail lies behind the end");
                self.block.cut |= self.ends_with_file();
            }
        }
        Ok(())
    }

    /// A tag whose value lies behind the end costs itself.
    fn damaged(&mut self, ifd: Ifd, entry: &Entry) {
        let name = tags::lookup(ifd, entry.tag).map_or("unknown", |row| row.name);
        self.warn(ifd, &format!("tag {:#06x} ({name}) lies behind the end", entry.tag));
        self.lost.push(entry.tag);
        self.greatest = self.greatest.max(Some(entry.tag));
        self.block.cut |= self.ends_with_file();
    }

    fn check_finite(&mut self, ifd: Ifd, entry: &Entry, value: &Value) {
        let finite = match value {
            Value::Float(value) => value.is_finite(),
            Value::Floats(values) => values.iter().all(|value| value.is_finite()),
            _ => true,
        };
        if !finite {
            self.warn(ifd, &format!("tag {:#06x} is no finite number", entry.tag));
        }
    }
}
