//! EPS: comments of the header, and what they put off to the trailer (Adobe, EPSF 3.0 and DSC 3.0).

use imgmeta_record::Kind;

use super::Image;
use super::text::{Text, int};
use crate::known::{Known, Stop};

/// Bytes looked at for Photoshop's `%ImageData`, and again at the file's end for a trailer.
const MOST: u64 = 1 << 20;
const TRAILER: u64 = 1 << 16;

/// Letters of a line at most.
const LINE: usize = 255;

pub(super) fn accepts(head: &[u8]) -> bool {
    head.starts_with(b"%!PS") || head.starts_with(&DOS)
}

/// Begins a file with a preview.
const DOS: [u8; 4] = [0xc5, 0xd0, 0xd3, 0xc6];

/// Which part of the file lines belong to.
#[derive(Default, PartialEq, Eq)]
enum Part {
    #[default]
    Header,
    Body,
    Trailer,
}

/// What a part of a line ends with.
enum End {
    Line,
    File,
    None,
}

#[derive(Default)]
struct Comments {
    part: Part,
    /// Whether this is PostScript by Adobe's conventions.
    conforms: bool,
    has_box: bool,
    box_at_end: bool,
    bounding_box: Option<Vec<i64>>,
    /// Mode, width and height by `%ImageData`.
    image: Option<(&'static str, i64, i64)>,
}

pub(super) fn read(known: &Known) -> Result<Image, Stop> {
    let start = match known.array(0)? {
        DOS => known.array(4).map(u32::from_le_bytes)?.into(),
        _ => 0,
    };
    let mut comments = Comments::default();
    let mut text = Text::new(known, start, u64::MAX);
    if !comments.read(&mut text, MOST)? && comments.box_at_end && comments.bounding_box.is_none() {
        let trailer = known.end()?.saturating_sub(TRAILER).max(text.at());
        comments.read(&mut Text::new(known, trailer, u64::MAX), TRAILER)?;
    }
    let damaged = || Stop::damaged("an EPS without a bounding box");
    let bounding_box = comments.bounding_box.ok_or_else(damaged)?;
    let (mode, width, height) = match (comments.image, &bounding_box[..]) {
        (Some(image), _) => image,
        (None, [left, bottom, right, top, ..]) => ("RGB", right.saturating_sub(*left), top.saturating_sub(*bottom)),
        (None, _) => return Err(damaged()),
    };
    let side = |side: i64| u32::try_from(side).unwrap_or(0);
    Image::sized("EPS", mode, side(width), side(height))
}

impl Comments {
    /// Reads lines; false where `most` bytes did not bring an end.
    fn read(&mut self, text: &mut Text<'_>, most: u64) -> Result<bool, Stop> {
        let mut line = Vec::new();
        let mut read = 0;
        while read < most {
            let start = text.at();
            let end = self.part_of_line(text, &mut line)?;
            read += text.at() - start;
            if matches!(end, End::File) {
                self.end_file(&line)?;
                if line.is_empty() {
                    return Ok(true);
                }
            }
            if matches!(end, End::None) || line.is_empty() {
                continue;
            }
            if self.part == Part::Header && (!line.starts_with(b"%") || line.starts_with(b"%%EndComments")) {
                // As in Pillow, what ends the header is the begin of the next line.
                self.end_header()?;
                if matches!(end, End::Line) {
                    continue;
                }
            } else if !self.line(&line, text)? {
                return Ok(true);
            }
            line.clear();
        }
        Ok(false)
    }

    /// Adds to a line up to its end, or as much of it as there may be.
    fn part_of_line(&mut self, text: &mut Text<'_>, line: &mut Vec<u8>) -> Result<End, Stop> {
        let room = LINE - line.len();
        let part = text.until(room + 1, |byte| matches!(byte, b'\r' | b'\n'))?;
        match part.split_last() {
            None => return Ok(End::File),
            Some((b'\r' | b'\n', rest)) => {
                line.extend_from_slice(rest);
                return Ok(End::Line);
            }
            Some((&next, rest)) if rest.len() == room => {
                line.extend_from_slice(rest);
                self.too_long(line)?;
                *line = vec![next];
            }
            Some(_) => line.extend_from_slice(part),
        }
        Ok(End::None)
    }

    /// A header that nothing ends but the file, and a comment that ends with it, may have had more to say.
    fn end_file(&self, line: &[u8]) -> Result<(), Stop> {
        let comment = line.starts_with(b"%%BoundingBox") || line.starts_with(b"%ImageData");
        if (self.part == Part::Header && self.conforms) || comment { Err(Stop::Cut) } else { Ok(()) }
    }

    fn too_long(&mut self, line: &[u8]) -> Result<(), Stop> {
        if line.starts_with(b"%") {
            return Err(Stop::damaged("an EPS comment of more than 255 letters"));
        }
        self.end_header()
    }

    fn end_header(&mut self) -> Result<(), Stop> {
        if self.part != Part::Header {
            return Ok(());
        }
        if !self.conforms {
            return Err(Stop::Fail(Kind::NotAnImage, "no EPS".into()));
        }
        if !self.has_box {
            return Err(Stop::damaged("an EPS without a bounding box"));
        }
        self.part = Part::Body;
        Ok(())
    }

    /// One line; false where nothing that counts can follow.
    fn line(&mut self, line: &[u8], text: &mut Text<'_>) -> Result<bool, Stop> {
        if self.part == Part::Header {
            self.comment(line);
        } else if let Some(values) = line.strip_prefix(b"%ImageData:") {
            if self.image.is_none() {
                match image_data(values)? {
                    None => return Ok(false),
                    image => self.image = image,
                }
            }
        } else if line.starts_with(b"%%EOF") {
            return Ok(false);
        } else if self.part == Part::Trailer && self.box_at_end {
            self.comment(line);
        } else if line.starts_with(b"%%Trailer") {
            self.part = Part::Trailer;
        } else if let Some(count) = line.strip_prefix(b"%%BeginBinary:") {
            match int(count).map(u64::try_from) {
                Some(Ok(count)) => text.skip(count),
                _ => return Err(Stop::damaged("an EPS with binary data of no length")),
            }
        }
        Ok(self.image.is_none() || self.bounding_box.is_none())
    }

    /// `%%Name: value`, or `%!PS-Adobe-3.0`.
    fn comment(&mut self, line: &[u8]) {
        let colon = line.iter().position(|&byte| byte == b':');
        match (line.strip_prefix(b"%%"), colon) {
            (Some(_), Some(colon)) if &line[2..colon] == b"BoundingBox" => self.bounding_box(&line[colon + 1..]),
            (_, None) if line.get(2..).is_some_and(|rest| rest.starts_with(b"PS-Adobe")) => {
                self.conforms |= line[1] == b'!' || line[1] == b'%' || line[1].is_ascii_alphanumeric();
            }
            _ => {}
        }
    }

    /// In the header the first one counts, in the trailer the last.
    fn bounding_box(&mut self, value: &[u8]) {
        self.has_box = true;
        let value = String::from_utf8_lossy(value);
        let value = value.trim_start_matches([' ', '\t']);
        if value == "(atend)" {
            self.box_at_end = true;
        } else if self.bounding_box.is_none() || (self.part == Part::Trailer && self.box_at_end) {
            // Some programs write fractions.
            #[expect(clippy::cast_possible_truncation, reason = "a side beyond all images is no size anyway")]
            let number =
                |word: &str| word.parse().ok().filter(|value: &f64| value.is_finite()).map(|value| value as i64);
            let numbers: Option<Vec<i64>> = value.split_whitespace().map(number).collect();
            if let Some(numbers) = numbers {
                self.bounding_box = Some(numbers).filter(|numbers| !numbers.is_empty());
            }
        }
    }
}

/// Columns, rows, bits and mode of Photoshop's `%ImageData`; `None` for bits that Pillow does not know.
fn image_data(values: &[u8]) -> Result<Option<(&'static str, i64, i64)>, Stop> {
    let damaged = || Stop::damaged("an EPS whose %ImageData is none");
    let words = values.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let numbers: Option<Vec<i64>> = words.take(4).map(int).collect();
    let Some(&[columns, rows, bits, mode]) = numbers.as_deref() else { return Err(damaged()) };
    let mode = match (bits, mode) {
        (1, _) => "1",
        (8, 1) => "L",
        (8, 2) => "LAB",
        (8, 3) => "RGB",
        (8, 4) => "CMYK",
        (8, _) => return Err(damaged()),
        _ => return Ok(None),
    };
    Ok(Some((mode, columns, rows)))
}
