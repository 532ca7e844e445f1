//! IM, of the programs `LabEye` and `IFUNC`: lines of `Name: value` before the pixels, and a palette where they say so.

use imgmeta_record::Kind;

use super::Image;
use super::text::{Text, int};
use crate::known::{Known, Stop};

/// Bytes of the header, and of what fills it up.
const MOST: u64 = 1 << 16;

/// Letters of a line at most.
const LINE: usize = 100;

/// Ends the header.
const END: u8 = 0x1a;

/// Names that tell the format; others may stand beside them.
const NAMES: &[&[u8]] = &[
    b"Comment",
    b"Date",
    b"Digitalization equipment",
    b"File size (no of images)",
    b"Lut",
    b"Name",
    b"Scale (x,y)",
    b"Image size (x*y)",
    b"Image type",
];

pub(super) fn accepts(head: &[u8]) -> bool {
    head.first().is_some_and(|&byte| byte.is_ascii_alphabetic() || byte == b'\r')
}

struct Lines<'a> {
    kind: Option<&'a [u8]>,
    size: Option<(u32, u32)>,
    has_palette: bool,
    known: usize,
}

fn other() -> Stop {
    Stop::Fail(Kind::NotAnImage, "no IM".into())
}

pub(super) fn read(known: &Known) -> Result<Image, Stop> {
    let mut text = Text::new(known, 0, MOST);
    let mut lines = Lines { kind: None, size: Some((512, 512)), has_palette: false, known: 0 };
    let mut last = loop {
        match text.byte()? {
            Some(b'\r') => {}
            end @ (None | Some(0 | END)) => break end,
            Some(first) => lines.add(first, text.line(LINE)?)?,
        }
    };
    if lines.known == 0 {
        return Err(other());
    }
    while last.is_some_and(|byte| byte != END) {
        last = text.byte()?;
    }
    if last.is_none() {
        return Err(Stop::Cut);
    }
    let mode = lines.kind.map_or(Ok("L"), mode)?;
    let (width, height) = lines.size.ok_or_else(|| Stop::damaged("an IM whose size is none"))?;
    let mode = if lines.has_palette { with_palette(mode, known, text.at())? } else { mode };
    Image::sized("IM", mode, width, height)
}

impl<'a> Lines<'a> {
    fn add(&mut self, first: u8, rest: &'a [u8]) -> Result<(), Stop> {
        let colon = rest.iter().position(|&byte| byte == b':').ok_or_else(other)?;
        if rest.len() >= LINE || !first.is_ascii_alphabetic() {
            return Err(other());
        }
        let value = &rest[colon + 1..];
        let value = value.strip_suffix(b"\r\n").or_else(|| value.strip_suffix(b"\n")).unwrap_or(value);
        let value = &value[value.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count()..];
        let is = |name: &&&[u8]| name[0] == first && name[1..] == rest[..colon];
        let Some(name) = NAMES.iter().find(is) else { return Ok(()) };
        self.known += 1;
        match *name {
            b"Lut" => self.has_palette = true,
            b"Image type" => self.kind = Some(value),
            b"Image size (x*y)" => self.size = size(value),
            b"Scale (x,y)" | b"File size (no of images)" if numbers(value).is_none() => {
                return Err(Stop::damaged("an IM with a scale or number of images that is none"));
            }
            _ => {}
        }
        Ok(())
    }
}

fn numbers(value: &[u8]) -> Option<Vec<f64>> {
    let number = |word: &[u8]| std::str::from_utf8(word.trim_ascii()).ok()?.parse().ok();
    value.split(|&byte| byte == b'*' || byte == b',').map(number).collect()
}

fn size(value: &[u8]) -> Option<(u32, u32)> {
    let mut sides = value.split(|&byte| byte == b'*' || byte == b',').map(|side| u32::try_from(int(side)?).ok());
    let size = (sides.next()??, sides.next()??);
    sides.next().is_none().then_some(size)
}

/// Pillow's mode of an image type.
fn mode(kind: &[u8]) -> Result<&'static str, Stop> {
    let name = kind.strip_suffix(b" image").unwrap_or_default();
    Ok(match name {
        b"0 1" | b"L 1" | b"B1" => "1",
        b"Greyscale" | b"Grayscale" => "L",
        b"RGB" | b"RLB" | b"RYB" | b"X 24" | b"RGB3" | b"RYB3" | b"RGBX" => "RGB",
        b"B2" | b"B4" => "P",
        b"L 32 S" | b"L 32S" | b"L*32S" => "I",
        b"L 32 F" | b"L 8" | b"L 8S" | b"L 16S" | b"L 32" | b"L 32F" | b"L*8S" | b"L*16S" | b"L*32F" => "F",
        b"L 16" => "I;16",
        b"L 16L" | b"L*16L" => "I;16L",
        b"L 16B" | b"L*16B" => "I;16B",
        b"LA" | b"PA" => "LA",
        b"RGBA" => "RGBA",
        b"CMYK" => "CMYK",
        b"YCC" => "YCbCr",
        _ => match name.strip_prefix(b"L*").and_then(int) {
            Some(2..=32) => "F",
            _ => return Err(Stop::unsupported(format!("an IM of type {}", kind.escape_ascii()))),
        },
    })
}

/// Red, green and blue of 256 colours, each by itself: grey leaves the mode as it is.
fn with_palette(mode: &'static str, known: &Known, at: u64) -> Result<&'static str, Stop> {
    let palette = known.bytes(at..at + 768)?;
    let (red, rest) = palette.split_at(256);
    let is_grey = red == &rest[..256] && red == &rest[256..];
    Ok(match mode {
        "L" | "P" if !is_grey => "P",
        "LA" | "PA" if !is_grey => "PA",
        mode => mode,
    })
}
