//! JPEG: ICC profiles in APP2, XMP in APP1, IPTC in APP13 (ICC.1:2022, B.4; XMP specification, part 3, 1.1.3).

use std::ops::Range;

use super::super::jpeg::{MAX_SEGMENTS, marker, split, starts_with};
use super::super::{Image, Options, Payload};
use super::{Extension, within};
use crate::known::{Known, Stop, View};
use crate::photoshop;

const ICC: &[u8] = b"ICC_PROFILE\0";
const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
const EXTENSION: &[u8] = b"http://ns.adobe.com/xmp/extension/\0";
const PHOTOSHOP: &[u8] = b"Photoshop 3.0\0";

#[derive(Default)]
struct Found {
    /// By the number that each piece has.
    icc: Vec<(u8, Range<u64>)>,
    extensions: Vec<Piece>,
    resources: Vec<Range<u64>>,
}

/// A piece of an extended packet.
struct Piece {
    guid: String,
    /// Length of the whole packet.
    full: u32,
    /// Where it belongs in it.
    offset: u32,
    range: Range<u64>,
}

pub(super) fn locate(known: &Known, image: &mut Image, options: Options) -> Result<(), Stop> {
    let mut found = Found::default();
    let walked = walk(known, image, options, &mut found);
    found.icc.sort_by_key(|(number, _)| *number);
    image.icc = Payload::At(found.icc.into_iter().map(|(_, range)| range).collect());
    image.xmp_extensions = extensions(found.extensions);
    if let Err(Stop::Need(range)) = walked {
        return Err(Stop::Need(range));
    }
    if let Some(records) = photoshop::resource(&View::new(known, found.resources), photoshop::IPTC)? {
        image.iptc = Payload::At(records.ranges().to_vec());
    }
    walked
}

/// The segments up to the scan.
fn walk(known: &Known, image: &mut Image, options: Options, found: &mut Found) -> Result<(), Stop> {
    let mut at = 2;
    for _ in 0..MAX_SEGMENTS {
        let marker = marker(known, &mut at)?;
        if matches!(marker, 0x01 | 0xd0..=0xd8) {
            continue;
        }
        if matches!(marker, 0xd9 | 0xda) {
            break;
        }
        let length = u64::from(u16::from_be_bytes(known.array(at)?));
        let whole = at + 2..at + length.max(2);
        let payload = within(known, whole.clone());
        at = if marker == 0xe1 { split::behind(known, &whole, !options.xmp)? } else { whole.end };
        match marker {
            // Half of a packet might say something else than the whole.
            0xe1 if options.xmp && payload == whole => xmp(known, &payload, image, found)?,
            0xe2 if starts_with(known, &payload, ICC)? => {
                let head = ICC.len() as u64;
                let [number, _count] = known.array(payload.start + head)?;
                found.icc.push((number, payload.start + head + 2..payload.end.max(payload.start + head + 2)));
            }
            0xed if options.iptc && starts_with(known, &payload, PHOTOSHOP)? => {
                found.resources.push(payload.start + PHOTOSHOP.len() as u64..payload.end);
            }
            _ => {}
        }
    }
    Ok(())
}

fn xmp(known: &Known, payload: &Range<u64>, image: &mut Image, found: &mut Found) -> Result<(), Stop> {
    if starts_with(known, payload, XMP)? {
        if image.xmp.is_empty() {
            image.xmp = Payload::range(payload.start + XMP.len() as u64..payload.end);
        }
    } else if starts_with(known, payload, EXTENSION)? {
        let at = payload.start + EXTENSION.len() as u64;
        let [guid @ .., f3, f2, f1, f0, o3, o2, o1, o0]: [u8; 40] = known.array(at)?;
        found.extensions.push(Piece {
            guid: String::from_utf8_lossy(&guid).to_ascii_uppercase(),
            full: u32::from_be_bytes([f3, f2, f1, f0]),
            offset: u32::from_be_bytes([o3, o2, o1, o0]),
            range: at + 40..payload.end.max(at + 40),
        });
    }
    Ok(())
}

/// The packet of each identifier, where no piece of it is missing: half of a packet might say something else than the whole.
fn extensions(mut pieces: Vec<Piece>) -> Vec<Extension> {
    // Of pieces with one offset the first in the file stays the first.
    pieces.sort_by(|one, other| (&one.guid, one.offset).cmp(&(&other.guid, other.offset)));
    let groups = pieces.chunk_by(|one, other| one.guid == other.guid);
    groups
        .filter_map(|group| Some(Extension { guid: group[0].guid.clone(), payload: Payload::At(joined(group)?) }))
        .collect()
}

/// The pieces, each of which begins where the one before ends; what is there a second time is left out, so that a file
/// that is cut before it gives the same.
fn joined(pieces: &[Piece]) -> Option<Vec<Range<u64>>> {
    let (full, mut end, mut ranges) = (pieces.first()?.full, 0, Vec::new());
    for piece in pieces.iter().filter(|piece| piece.full == full && !piece.range.is_empty()) {
        if u64::from(piece.offset) == end && end < full.into() {
            end += piece.range.end - piece.range.start;
            ranges.push(piece.range.clone());
        }
    }
    (u64::from(full) == end).then_some(ranges)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_extended_packet_of_which_a_piece_is_missing_is_none() {
        let piece = |guid: &str, full, offset, range| Piece { guid: guid.into(), full, offset, range };
        let found = extensions(vec![
            piece("whole", 30, 20, 100..110),
            piece("whole", 30, 0, 0..20),
            piece("cut", 30, 0, 200..220),
            piece("gap", 30, 25, 300..305),
            piece("gap", 30, 0, 400..420),
        ]);
        assert_eq!(found.iter().map(|extension| extension.guid.as_str()).collect::<Vec<_>>(), ["whole"]);
        assert!(matches!(&found[0].payload, Payload::At(ranges) if *ranges == [0..20, 100..110]));
    }

    /// Found by fuzzing: the file that was cut before the second of them had the packet, and the whole had none.
    #[test]
    fn of_pieces_that_are_there_twice_the_first_counts() {
        let piece = |full, offset, range| Piece { guid: "A".into(), full, offset, range };
        let mut pieces = vec![piece(30, 0, 100..120), piece(30, 20, 200..210)];
        for other in [piece(30, 0, 300..320), piece(30, 20, 400..405), piece(30, 10, 500..510), piece(30, 30, 600..610)]
        {
            pieces.push(other);
            pieces.push(piece(30, 20, 700..700));
        }
        let found = extensions(pieces);
        assert!(matches!(&found[0].payload, Payload::At(ranges) if *ranges == [100..120, 200..210]));
    }
}
