//! The `meta` box: items, what they refer to, their properties, and where their bytes are (ISO/IEC 14496-12, 8.11).

use std::ops::Range;

use super::location::{Extent, Location};
use crate::boxes::{Boxes, Chunk, Fields};
use crate::known::{Known, Stop, View};

/// A `meta` box up to this size is asked for at once: of a photograph it has some thousand bytes.
const AT_ONCE: u64 = 256 << 10;

/// Extents inside other items that are followed, all together: what is stored so has one.
const MAX_INSIDE: usize = 64;

/// Boxes that a `meta` box has once (ISO/IEC 14496-12, 8.11; ISO/IEC 23008-12, 9.3). Of more the first counts, as in libheif:
/// a file that is cut before the second says the same.
const ONCE: [[u8; 4]; 6] = [*b"pitm", *b"iinf", *b"iref", *b"iprp", *b"iloc", *b"idat"];

/// What a `meta` box says.
#[derive(Debug, Default)]
pub(super) struct Meta {
    pub(super) primary: Option<u32>,
    pub(super) items: Vec<Item>,
    references: Vec<Reference>,
    properties: Vec<Chunk>,
    /// An item and the numbers of its properties, counted from 1, in their order.
    associations: Vec<(u32, Vec<usize>)>,
    locations: Option<Range<u64>>,
    data: Option<Range<u64>>,
}

/// An item: an image, or a block of metadata.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item {
    pub(super) id: u32,
    pub(super) kind: [u8; 4],
    /// Whether it is XMP, by its media type.
    pub(super) xmp: bool,
}

#[derive(Debug)]
struct Reference {
    kind: [u8; 4],
    from: u32,
    to: Vec<u32>,
}

impl Meta {
    /// Reads the boxes in the body of a `meta` box.
    pub(super) fn read(known: &Known, body: &Range<u64>) -> Result<Self, Stop> {
        if body.end - body.start <= AT_ONCE {
            known.bytes(body.clone())?;
        }
        let (mut meta, mut wanted) = (Self::default(), ONCE.to_vec());
        let mut boxes = Boxes::within(known, body.start.saturating_add(4)..body.end);
        while let Some(Chunk { kind, body }) = boxes.next()? {
            let Some(place) = wanted.iter().position(|once| *once == kind) else { continue };
            wanted.swap_remove(place);
            match &kind {
                b"pitm" => meta.primary = Some(primary(Fields(known.bytes(body)?))?),
                b"iinf" => meta.items = items(known, body)?,
                b"iref" => meta.references = references(known, body)?,
                b"iprp" => (meta.properties, meta.associations) = properties(known, body)?,
                b"iloc" => meta.locations = Some(body),
                b"idat" => meta.data = Some(body),
                _ => {}
            }
        }
        Ok(meta)
    }

    pub(super) fn item(&self, id: u32) -> Option<Item> {
        self.items.iter().find(|item| item.id == id).copied()
    }

    /// What an item refers to in a way (`dimg`, `cdsc` ...).
    pub(super) fn targets(&self, from: u32, kind: [u8; 4]) -> impl Iterator<Item = u32> {
        let references = self.references.iter().filter(move |reference| reference.from == from);
        references.filter(move |reference| reference.kind == kind).flat_map(|reference| &reference.to).copied()
    }

    /// What refers to an item in a way.
    pub(super) fn sources(&self, to: u32, kind: [u8; 4]) -> impl Iterator<Item = u32> {
        let references = self.references.iter().filter(move |reference| reference.to.contains(&to));
        references.filter(move |reference| reference.kind == kind).map(|reference| reference.from)
    }

    /// The properties of an item, in the order of their association.
    pub(super) fn properties(&self, id: u32) -> impl Iterator<Item = &Chunk> {
        let mine = self.associations.iter().filter(move |(item, _)| *item == id).flat_map(|(_, numbers)| numbers);
        mine.filter_map(|number| self.properties.get(number.checked_sub(1)?))
    }

    /// The first property of a kind that an item has.
    pub(super) fn property(&self, id: u32, kind: [u8; 4]) -> Option<&Chunk> {
        self.properties(id).find(|property| property.kind == kind)
    }

    /// Where an item's bytes are in the file; `None` where that is not said, or in a way that is not read.
    pub(super) fn location(&self, known: &Known, id: u32) -> Result<Option<Vec<Range<u64>>>, Stop> {
        let mut left = MAX_INSIDE;
        self.location_within(known, id, &mut left)
    }

    /// The same, where only so many extents inside other items are still followed.
    fn location_within(&self, known: &Known, id: u32, left: &mut usize) -> Result<Option<Vec<Range<u64>>>, Stop> {
        let Some(table) = &self.locations else { return Ok(None) };
        let Some(Location { method, extents }) = Location::of(Fields(known.bytes(table.clone())?), id)? else {
            return Ok(None);
        };
        match (method, &self.data) {
            (0, _) => Ok(absolute(&extents, 0..known.total().unwrap_or(u64::MAX))),
            (1, Some(data)) => Ok(absolute(&extents, data.clone())),
            (2, _) => self.inside_items(known, id, &extents, left),
            _ => Ok(None),
        }
    }

    /// Extents of the items that an item refers to, by their number in that reference (ISO/IEC 14496-12, 8.11.3).
    fn inside_items(
        &self, known: &Known, id: u32, extents: &[Extent], left: &mut usize,
    ) -> Result<Option<Vec<Range<u64>>>, Stop> {
        let mut ranges = Vec::new();
        for extent in extents {
            let index = usize::try_from(extent.index.max(1) - 1).unwrap_or(usize::MAX);
            let Some(source) = self.targets(id, *b"iloc").nth(index).filter(|_| *left > 0) else { return Ok(None) };
            *left -= 1;
            let Some(source) = self.location_within(known, source, left)? else { return Ok(None) };
            let end = if extent.len == 0 { u64::MAX } else { extent.at.saturating_add(extent.len) };
            let part = View::new(known, source).part(extent.at..end);
            ranges.extend_from_slice(part.ranges());
            // What comes behind a part that the file cuts would move up into its place.
            if extent.len == 0 || part.len() < extent.len {
                break;
            }
        }
        Ok(Some(ranges))
    }
}

/// Extents that are counted from the beginning of a range. One without a length goes to its end, and is the last: where the
/// file ends may not be where it should.
fn absolute(extents: &[Extent], within: Range<u64>) -> Option<Vec<Range<u64>>> {
    let range = |extent: &Extent| {
        let at = within.start.checked_add(extent.at)?;
        let end = if extent.len == 0 { within.end } else { at.checked_add(extent.len)? };
        Some(at..end.max(at))
    };
    let last = extents.iter().position(|extent| extent.len == 0).map_or(extents.len(), |at| at + 1);
    extents[..last].iter().map(range).collect()
}

fn primary(mut fields: Fields<'_>) -> Result<u32, Stop> {
    let (version, _) = fields.version()?;
    id(&mut fields, version > 0)
}

/// An item's number, which has 2 or 4 bytes.
pub(super) fn id(fields: &mut Fields<'_>, long: bool) -> Result<u32, Stop> {
    Ok(u32::try_from(fields.number(if long { 4 } else { 2 })?).expect("at most 4 bytes"))
}

fn items(known: &Known, body: Range<u64>) -> Result<Vec<Item>, Stop> {
    let (version, _) = Fields(known.bytes(body.clone())?).version()?;
    let start = body.start + if version == 0 { 6 } else { 8 };
    let mut entries = Boxes::within(known, start.min(body.end)..body.end);
    let mut items = Vec::new();
    while let Some(entry) = entries.find(*b"infe")? {
        let mut fields = Fields(known.bytes(entry.body)?);
        let (version, _) = fields.version()?;
        // Before version 2 an item has no type of 4 letters, and is no image.
        if version < 2 {
            continue;
        }
        let id = id(&mut fields, version > 2)?;
        fields.bytes(2)?;
        let kind = fields.code()?;
        // A name comes first, and then the media type, each up to a NUL.
        let media = fields.0.split(|byte| *byte == 0).nth(1);
        let xmp = &kind == b"mime" && media == Some(b"application/rdf+xml");
        items.push(Item { id, kind, xmp });
    }
    Ok(items)
}

fn references(known: &Known, body: Range<u64>) -> Result<Vec<Reference>, Stop> {
    let (version, _) = Fields(known.bytes(body.clone())?).version()?;
    let mut entries = Boxes::within(known, body.start + 4..body.end);
    let mut references = Vec::new();
    while let Some(Chunk { kind, body }) = entries.next()? {
        let mut fields = Fields(known.bytes(body)?);
        let from = id(&mut fields, version > 0)?;
        let count = fields.number(2)?;
        let to = (0..count).map(|_| id(&mut fields, version > 0)).collect::<Result<_, _>>()?;
        references.push(Reference { kind, from, to });
    }
    Ok(references)
}

type Properties = (Vec<Chunk>, Vec<(u32, Vec<usize>)>);

fn properties(known: &Known, body: Range<u64>) -> Result<Properties, Stop> {
    let (mut properties, mut associations) = (Vec::new(), Vec::new());
    let mut boxes = Boxes::within(known, body);
    while let Some(Chunk { kind, body }) = boxes.next()? {
        match &kind {
            b"ipco" => {
                let mut all = Boxes::within(known, body);
                while let Some(property) = all.next()? {
                    properties.push(property);
                }
            }
            b"ipma" => associate(Fields(known.bytes(body)?), &mut associations)?,
            _ => {}
        }
    }
    Ok((properties, associations))
}

fn associate(mut fields: Fields<'_>, associations: &mut Vec<(u32, Vec<usize>)>) -> Result<(), Stop> {
    let (version, flags) = fields.version()?;
    // The highest bit says that the property is essential.
    let (len, mask) = if flags & 1 == 1 { (2, 0x7fff) } else { (1, 0x7f) };
    for _ in 0..fields.long()? {
        let item = id(&mut fields, version > 0)?;
        let count = fields.number(1)?;
        let number = |_| Ok(usize::try_from(fields.number(len)? & mask).expect("15 bits"));
        let numbers = (0..count).map(number).collect::<Result<_, Stop>>()?;
        associations.push((item, numbers));
    }
    Ok(())
}
