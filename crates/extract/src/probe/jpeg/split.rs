//! Payloads that are split over many segments, of which each piece says how many there are. Where nothing in them is wanted, a
//! walk goes on at the last one: segment by segment, each of 64 KiB, it would cost a range for every piece.

use std::ops::Range;

use crate::known::{Known, Stop};

/// FLIR's thermal data: this, the number of the piece, and that of the last one (exiftool, `JPEG.pm`).
const FLIR: &[u8] = b"FLIR\0\x01";
/// Extended XMP: this, an identifier of 32 bytes, the length of the packet and the piece's offset (XMP specification, part 3, 1.1.3.1).
const EXTENSION: &[u8] = b"http://ns.adobe.com/xmp/extension/\0";
/// Shortest piece that is passed over: one range has several of the shorter ones.
const LEAST: u64 = 32 << 10;

/// What a piece says of the pieces behind it.
struct Ahead {
    /// How many there are.
    pieces: u64,
    /// How the last one begins.
    last: Vec<u8>,
}

/// Where a walk goes on behind an APP1 segment: at the last piece of its payload, where that stands where pieces of one length
/// put it, else at the next segment. What is known of the file does not count, so that every way to read it gives one answer.
pub(in crate::probe) fn behind(known: &Known, payload: &Range<u64>, passes_xmp: bool) -> Result<u64, Stop> {
    let length = payload.end - payload.start;
    if length < LEAST {
        return Ok(payload.end);
    }
    let ahead = match flir(known, payload)? {
        None if passes_xmp => extension(known, payload)?,
        ahead => ahead,
    };
    let Some(Ahead { pieces: pieces @ 2.., last }) = ahead else { return Ok(payload.end) };
    // A marker and a length of 2 bytes each come before a payload.
    let at = payload.end + (pieces - 1) * (length + 4);
    match known.bytes(at..at + 4 + last.len() as u64) {
        Ok(&[0xff, 0xe1, _, _, ref found @ ..]) if *found == last => Ok(at),
        Err(Stop::Need(range)) => Err(Stop::Need(range)),
        _ => Ok(payload.end),
    }
}

fn flir(known: &Known, payload: &Range<u64>) -> Result<Option<Ahead>, Stop> {
    let [mark @ .., number, last]: [u8; 8] = known.array(payload.start)?;
    if mark != FLIR || number > last {
        return Ok(None);
    }
    Ok(Some(Ahead { pieces: u64::from(last - number), last: [FLIR, &[last, last]].concat() }))
}

fn extension(known: &Known, payload: &Range<u64>) -> Result<Option<Ahead>, Stop> {
    let head: [u8; 75] = known.array(payload.start)?;
    let [mark_and_guid @ .., f3, f2, f1, f0, o3, o2, o1, o0] = head;
    let (full, offset) = (u32::from_be_bytes([f3, f2, f1, f0]), u32::from_be_bytes([o3, o2, o1, o0]));
    let length = u32::try_from(payload.end - payload.start - head.len() as u64).expect("less than 64 KiB");
    if !mark_and_guid.starts_with(EXTENSION) || offset % length != 0 || offset >= full {
        return Ok(None);
    }
    let last = (full - 1) / length * length;
    let pieces = u64::from((last - offset) / length);
    Ok(Some(Ahead { pieces, last: [&mark_and_guid[..], &full.to_be_bytes(), &last.to_be_bytes()].concat() }))
}

#[cfg(test)]
mod tests {
    use super::super::super::{Header, Options, read};
    use super::*;

    const LENGTH: usize = 65_000;

    fn segment(payload: &[u8]) -> Vec<u8> {
        let length = u16::try_from(payload.len() + 2).expect("less than 64 KiB").to_be_bytes();
        [&[0xff, 0xe1], &length[..], payload].concat()
    }

    /// A JPEG of 5 x 7 pixels behind these segments.
    fn jpeg(segments: &[Vec<u8>]) -> Vec<u8> {
        let frame = b"\xff\xc0\0\x0b\x08\0\x07\0\x05\x01\x01\x11\0\xff\xda\0\x02";
        [&[0xff, 0xd8][..], &segments.concat(), frame].concat()
    }

    fn flir_piece(number: u8, last: u8, length: usize) -> Vec<u8> {
        let mut payload = [FLIR, &[number, last]].concat();
        payload.resize(length, number);
        segment(&payload)
    }

    fn extension_piece(full: usize, offset: usize, length: usize) -> Vec<u8> {
        let number = |number: usize| u32::try_from(number).expect("small").to_be_bytes();
        let mut payload = [EXTENSION, &[b'A'; 32], &number(full), &number(offset)].concat();
        payload.resize(75 + length, b' ');
        segment(&payload)
    }

    /// The answer, and how many ranges of 4 KiB it takes.
    fn by_need(file: &[u8], options: Options) -> (Header, usize) {
        let mut known = Known::default();
        known.set_total(file.len() as u64);
        for ranges in 0..100 {
            match read(&known, options) {
                Ok(header) => return (header, ranges),
                Err(Stop::Need(range)) => {
                    let start = usize::try_from(range.start).expect("small");
                    let end = usize::try_from(range.end).expect("small").max(start + (4 << 10));
                    known.insert(range.start, &file[start..end.min(file.len())]);
                }
                Err(stop) => panic!("{stop:?}"),
            }
        }
        panic!("a hundred ranges are asked for");
    }

    fn check(pieces: &[Vec<u8>], options: Options, most: usize) {
        let file = jpeg(pieces);
        let (header, ranges) = by_need(&file, options);
        assert_eq!((header.image.width, header.image.height), (5, 7));
        assert_eq!(read(&Known::whole(file), options), Ok(header));
        assert!(ranges <= most, "{ranges} ranges");
    }

    #[test]
    fn pieces_of_one_length_are_passed_over_in_one_step() {
        let mut flir: Vec<_> = (0..10).map(|number| flir_piece(number, 10, LENGTH)).collect();
        flir.push(flir_piece(10, 10, 300));
        check(&flir, Options::default(), 2);
        let (full, length) = (10 * LENGTH + 7, LENGTH);
        let extension = |number| extension_piece(full, number * length, length.min(full - number * length));
        let extension: Vec<_> = (0..11).map(extension).collect();
        check(&extension, Options::default(), 2);
        // Where it is wanted, each piece is.
        check(&extension, Options { xmp: true, ..Options::default() }, 20);
    }

    #[test]
    fn pieces_that_are_not_where_they_should_be_are_walked_one_by_one() {
        let lengths = [LENGTH, LENGTH - 1, LENGTH, LENGTH, 300];
        let other: Vec<_> = (0..).zip(lengths).map(|(number, length)| flir_piece(number, 4, length)).collect();
        check(&other, Options::default(), 10);
        let fewer: Vec<_> = (0..4).map(|number| flir_piece(number, 200, LENGTH)).collect();
        check(&fewer, Options::default(), 10);
        check(&[extension_piece(usize::MAX >> 32, 0, LENGTH)], Options::default(), 10);
    }

    #[test]
    fn what_follows_the_pieces_is_read() {
        let exif = segment(b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0");
        let mut segments: Vec<_> = (0..3).map(|number| flir_piece(number, 2, LENGTH)).collect();
        segments.push(exif);
        assert_eq!(by_need(&jpeg(&segments), Options::default()).0.orientation, Some(6));
    }
}
