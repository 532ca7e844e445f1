//! The tracks of an image sequence (ISO/IEC 14496-12, 8.3 and 8.5).

use std::ops::Range;

use super::coding::Coding;
use super::is_alpha;
use super::meta::Meta;
use crate::boxes::{Boxes, Chunk, Fields};
use crate::known::{Known, Stop};

/// Tracks looked at.
const MAX_TRACKS: usize = 64;

/// What the tracks say together.
#[derive(Debug)]
pub(super) struct Movie {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) coding: Coding,
    pub(super) alpha: bool,
    /// Metadata of the track of colours.
    pub(super) meta: Option<Meta>,
}

#[derive(Debug, Default)]
struct Track {
    id: u32,
    width: u32,
    height: u32,
    coding: Option<Coding>,
    /// The track whose alpha this one is.
    alpha_of: Option<u32>,
    /// Whether it is auxiliary, and not alpha.
    other: bool,
    meta: Option<Range<u64>>,
}

/// Kinds of samples that are coded in AV1 and in HEVC.
pub(super) const AV1: [[u8; 4]; 1] = [*b"av01"];
pub(super) const ANY: [[u8; 4]; 3] = [*b"hvc1", *b"hev1", *b"av01"];

/// Reads the body of a `moov` box, of whose tracks the first of these kinds counts.
pub(super) fn read(known: &Known, body: Range<u64>, kinds: &[[u8; 4]]) -> Result<Movie, Stop> {
    let mut boxes = Boxes::within(known, body);
    let mut tracks = Vec::new();
    while let Some(chunk) = boxes.find(*b"trak")? {
        if tracks.len() < MAX_TRACKS {
            tracks.push(track(known, chunk.body, kinds)?);
        }
    }
    let colours = |track: &&Track| track.id > 0 && track.alpha_of.is_none();
    let Some((track, coding)) = tracks.iter().filter(colours).find_map(|track| Some((track, track.coding?))) else {
        return Err(Stop::damaged("an image sequence without a track in a coding that is read"));
    };
    if track.width == 0 || track.height == 0 {
        return Err(Stop::damaged("an image sequence of no pixels"));
    }
    let alpha = tracks.iter().any(|other| other.alpha_of == Some(track.id) && !other.other);
    let meta = track.meta.clone().map(|body| Meta::read(known, &body)).transpose()?;
    Ok(Movie { width: track.width, height: track.height, coding, alpha, meta })
}

fn track(known: &Known, body: Range<u64>, kinds: &[[u8; 4]]) -> Result<Track, Stop> {
    let mut track = Track::default();
    let mut boxes = Boxes::within(known, body);
    while let Some(Chunk { kind, body }) = boxes.next()? {
        match &kind {
            b"tkhd" => head(Fields(known.bytes(body)?), &mut track)?,
            b"tref" => {
                if let Some(reference) = Boxes::within(known, body).find(*b"auxl")? {
                    track.alpha_of = Some(Fields(known.bytes(reference.body)?).long()?);
                }
            }
            b"meta" => track.meta = Some(body),
            b"mdia" => {
                if let Some(samples) = inside(known, body, &[*b"minf", *b"stbl", *b"stsd"])? {
                    sample(known, &samples, kinds, &mut track)?;
                }
            }
            _ => {}
        }
    }
    Ok(track)
}

/// The body of a box inside a box inside ...
fn inside(known: &Known, mut body: Range<u64>, path: &[[u8; 4]]) -> Result<Option<Range<u64>>, Stop> {
    for kind in path {
        let Some(chunk) = Boxes::within(known, body).find(*kind)? else { return Ok(None) };
        body = chunk.body;
    }
    Ok(Some(body))
}

/// The track's number and size, whose last 16 bits are a fraction.
fn head(mut fields: Fields<'_>, track: &mut Track) -> Result<(), Stop> {
    let (version, _) = fields.version()?;
    let time = if version == 1 { 8 } else { 4 };
    fields.bytes(2 * time)?;
    track.id = fields.long()?;
    fields.bytes(4 + time + 8 + 8 + 36)?;
    (track.width, track.height) = (fields.long()? >> 16, fields.long()? >> 16);
    Ok(())
}

/// The coding of the first sample of these kinds, and what it is auxiliary for.
fn sample(known: &Known, body: &Range<u64>, kinds: &[[u8; 4]], track: &mut Track) -> Result<(), Stop> {
    // Version, flags and a count come before the entries, and 78 bytes of fields before the boxes of one.
    let mut entries = Boxes::within(known, body.start.saturating_add(8).min(body.end)..body.end);
    let entry = loop {
        match entries.next()? {
            Some(entry) if kinds.contains(&entry.kind) => break entry.body,
            Some(_) => {}
            None => return Ok(()),
        }
    };
    let mut boxes = Boxes::within(known, entry.start.saturating_add(78).min(entry.end)..entry.end);
    while let Some(Chunk { kind, body }) = boxes.next()? {
        match &kind {
            b"av1C" => track.coding = Some(Coding::av1(known.array(body.start)?)),
            b"hvcC" => track.coding = Some(Coding::hevc(known.array(body.start.saturating_add(16))?)),
            b"auxi" => track.other = !known.bytes(body)?.get(4..).is_some_and(is_alpha),
            _ => {}
        }
    }
    Ok(())
}
