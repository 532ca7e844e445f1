//! PBM, PGM, PPM and PFM: a header of words (netpbm's ppm(5), pfm(5)).

use imgmeta_record::Kind;

use super::Image;
use super::text::{Text, int, pixels};
use crate::known::{Known, Stop};

/// A header with its comments is shorter.
const MOST: u64 = 1 << 16;

/// Letters of one word at most.
const WORD: usize = 10;

pub(super) fn accepts(head: &[u8]) -> bool {
    head.len() >= 2 && head[0] == b'P' && b"0123456fy".contains(&head[1])
}

pub(super) fn read(known: &Known) -> Result<Image, Stop> {
    let mut text = Text::new(known, 0, MOST);
    let mut mode = match magic(&mut text)?.as_slice() {
        b"P1" | b"P4" => "1",
        b"P2" | b"P5" => "L",
        b"P3" | b"P6" => "RGB",
        b"Pf" => "F",
        b"P0CMYK" | b"PyCMYK" => "CMYK",
        b"PyP" => "P",
        b"PyRGBA" => "RGBA",
        _ => return Err(Stop::Fail(Kind::NotAnImage, "no PPM".into())),
    };
    let (width, height) = (size(&mut text)?, size(&mut text)?);
    match mode {
        "1" => {}
        "F" => scale(&word(&mut text)?)?,
        _ => {
            let highest = int(&word(&mut text)?).filter(|value| (1..65_536).contains(value));
            let highest = highest.ok_or_else(|| Stop::damaged("a PPM whose highest value is none"))?;
            if mode == "L" && highest > 255 {
                mode = "I";
            }
        }
    }
    Image::sized("PPM", mode, width, height)
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | 0x0b | 0x0c | b'\r')
}

/// Up to six letters, the longest magic.
fn magic(text: &mut Text<'_>) -> Result<Vec<u8>, Stop> {
    let mut magic = text.until(6, is_blank)?.to_vec();
    magic.pop_if(|last| is_blank(*last));
    Ok(magic)
}

fn size(text: &mut Text<'_>) -> Result<u32, Stop> {
    pixels(&word(text)?).ok_or_else(|| Stop::damaged("a PPM whose width or height is no number"))
}

/// The next word. A comment ends with its line, and may stand within a word.
fn word(text: &mut Text<'_>) -> Result<Vec<u8>, Stop> {
    let mut word = Vec::new();
    while word.len() <= WORD {
        match text.byte()? {
            Some(b'#') => while text.byte()?.is_some_and(|byte| !matches!(byte, b'\r' | b'\n')) {},
            Some(byte) if !is_blank(byte) => word.push(byte),
            Some(_) if word.is_empty() => {}
            Some(_) => break,
            // A word that ends with the file may have been longer.
            None => return Err(Stop::Cut),
        }
    }
    match word.len() {
        len if len > WORD => Err(Stop::damaged("a PPM with a number of more than ten digits")),
        _ => Ok(word),
    }
}

/// The scale of PFM, whose sign is the byte order.
fn scale(word: &[u8]) -> Result<(), Stop> {
    let scale: Option<f64> = std::str::from_utf8(word).ok().and_then(|text| text.parse().ok());
    match scale.filter(|scale| *scale != 0.0 && scale.is_finite()) {
        Some(_) => Ok(()),
        None => Err(Stop::damaged("a PFM whose scale is no number, or 0")),
    }
}
