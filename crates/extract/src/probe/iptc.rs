//! IPTC datastreams: datasets that describe a picture, before its pixels (IPTC-NAA Information Interchange Model 4.2, 1.6;
//! Digital Newsphoto Parameter Record 4).

use std::ops::Range;

use imgmeta_record::Kind;

use super::{Image, Payload};
use crate::known::{Known, Stop};

/// Datasets looked at; a picture of the news has some fifty.
const MAX_DATASETS: usize = 4096;

/// Datasets of record 3, which describes the picture.
const WIDTH: u8 = 20;
const HEIGHT: u8 = 30;
const COLOURS: u8 = 60;
const SEQUENCE: u8 = 65;
const COMPRESSION: u8 = 120;

/// The dataset of pixels.
const PIXELS: (u8, u8) = (8, 10);

pub(super) fn accepts(head: &[u8]) -> bool {
    matches!(head, [0x1c, record, ..] if is_record(*record))
}

/// Records that Pillow knows.
fn is_record(number: u8) -> bool {
    matches!(number, 1..=9 | 240)
}

pub(super) fn read(known: &Known) -> Result<Image, Stop> {
    let picture = Picture::read(known)?;
    let [layers, component] = known.array(picture.only(COLOURS, 2)?.start)?;
    let mode = match (layers, component) {
        (1, 0) => "L",
        (3, 1..) => "RGB",
        (4, 1..) => "CMYK",
        _ => return Err(none()),
    };
    if mode != "L" && picture.all(SEQUENCE).next().is_some() {
        picture.only(SEQUENCE, 1)?;
    }
    let (width, height) = (picture.number(known, WIDTH)?, picture.number(known, HEIGHT)?);
    if picture.all(COMPRESSION).next().is_none() {
        return Err(Stop::damaged("an IPTC datastream that does not say how its pixels are stored"));
    }
    match picture.number(known, COMPRESSION)? {
        1 | 5 => {}
        other => return Err(Stop::unsupported(format!("an IPTC datastream of compression {other}"))),
    }
    let image = Image::sized("IPTC", mode, width, height)?;
    Ok(Image { iptc: Payload::range(0..picture.end), ..image })
}

/// What is no picture after all.
fn none() -> Stop {
    Stop::Fail(Kind::NotAnImage, "records of IPTC that describe no picture".into())
}

/// What record 3 says.
#[derive(Debug, Default)]
struct Picture {
    /// Number and data of each dataset of the record.
    datasets: Vec<(u8, Range<u64>)>,
    /// Where the datasets before the pixels end; one that goes on behind the file's end is none of them.
    end: u64,
}

impl Picture {
    fn read(known: &Known) -> Result<Self, Stop> {
        let (mut picture, mut at) = (Self::default(), 0);
        for _ in 0..MAX_DATASETS {
            let Some((tag, data)) = dataset(known, at)? else { return Ok(picture) };
            if tag == PIXELS {
                return Ok(picture);
            }
            at = data.end;
            if known.total().is_none_or(|total| at <= total) {
                picture.end = at;
            }
            if tag.0 == 3 {
                picture.datasets.push((tag.1, data));
            }
        }
        Err(Stop::damaged("an IPTC datastream of thousands of datasets before its pixels"))
    }

    /// The data of all datasets of a number.
    fn all(&self, number: u8) -> impl Iterator<Item = Range<u64>> {
        self.datasets.iter().filter(move |(known, _)| *known == number).map(|(_, data)| data.clone())
    }

    /// The data of a dataset that must be there just once, with so many bytes at least.
    fn only(&self, number: u8, least: u64) -> Result<Range<u64>, Stop> {
        let mut all = self.all(number);
        let only = all.next().filter(|data| data.end - data.start >= least);
        only.filter(|_| all.next().is_none()).ok_or_else(none)
    }

    /// A number, of which the last four bytes count.
    fn number(&self, known: &Known, number: u8) -> Result<u32, Stop> {
        let data = self.only(number, 1)?;
        let last = known.bytes(data.start.max(data.end.saturating_sub(4))..data.end)?;
        Ok(last.iter().fold(0, |sum, byte| (sum << 8) | u32::from(*byte)))
    }
}

/// Record and number, and where the data is.
type Dataset = ((u8, u8), Range<u64>);

/// The dataset that begins here; `None` at the end, or where there are only zeros.
fn dataset(known: &Known, at: u64) -> Result<Option<Dataset>, Stop> {
    let total = known.total().unwrap_or(u64::MAX);
    let head = known.bytes(at.min(total)..at.saturating_add(5).min(total))?;
    if head.iter().all(|byte| *byte == 0) {
        return Ok(None);
    }
    let [0x1c, record, number, high, low] = *head else { return Err(none()) };
    if !is_record(record) {
        return Err(none());
    }
    let start = at + 5;
    let (start, length) = match high {
        133.. => return Err(Stop::damaged("an IPTC datastream with an impossible length")),
        // So many bytes of length follow.
        128.. => {
            let long = start + u64::from(high & 7);
            let length = known.bytes(start..long)?.iter().fold(0, |sum, byte| (sum << 8) | u64::from(*byte));
            (long, length)
        }
        _ => (start, u64::from(high) << 8 | u64::from(low)),
    };
    Ok(Some(((record, number), start..start + length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn datasets(all: &[(u8, u8, &[u8])]) -> Vec<u8> {
        let dataset = |(record, number, data): &(u8, u8, &[u8])| {
            let length = u8::try_from(data.len()).expect("short");
            [&[0x1c, *record, *number, 0, length], *data].concat()
        };
        all.iter().flat_map(dataset).collect()
    }

    #[test]
    fn a_picture_is_described_once_and_records_without_one_are_none() {
        let plain =
            [(2, 5, &b"name"[..]), (3, 20, b"\0\x07"), (3, 30, b"\0\x05"), (3, 60, b"\x01\0"), (3, 120, b"\x01")];
        let pixels = [0x1c, 8, 10, 0x82, 0, 0, 0x23];
        let whole = [datasets(&plain), pixels.to_vec()].concat();
        let image = read(&Known::whole(whole.clone())).expect("it is one");
        assert_eq!((image.format, image.mode, image.width, image.height), ("IPTC", "L", 7, 5));
        assert_eq!(image.iptc, Payload::range(0..u64::try_from(whole.len() - pixels.len()).expect("short")));
        let beyond = [datasets(&plain), vec![0x1c, 2, 5, 0x70, 0, b'x']].concat();
        let end = u64::try_from(beyond.len() - 6).expect("short");
        assert_eq!(read(&Known::whole(beyond)).expect("it is one").iptc, Payload::range(0..end));
        let twice = [datasets(&plain), datasets(&plain[1..2])].concat();
        assert_eq!(read(&Known::whole(twice)), Err(none()));
        assert_eq!(read(&Known::whole(datasets(&plain[..1]))), Err(none()));
        assert!(matches!(read(&Known::whole(datasets(&plain[..4]))), Err(Stop::Fail(Kind::Damaged, _))));
        assert_eq!(read(&Known::whole(&whole[..whole.len() - 8])), Err(Stop::Cut));
    }
}
