//! EXR: the attributes of the first part (`OpenEXR`, Technical Introduction and File Layout).

use super::Image;
use super::numbers::le32;
use super::text::Text;
use crate::known::{Known, Stop};

/// Bytes of all attributes.
const MOST: u64 = 1 << 22;

/// Letters of a name at most.
const NAME: usize = 256;

pub(super) fn accepts(head: &[u8]) -> bool {
    head.starts_with(&[0x76, 0x2f, 0x31, 0x01])
}

pub(super) fn read(known: &Known) -> Result<Image, Stop> {
    let mut text = Text::new(known, 8, MOST);
    let (mut mode, mut size) = (None, None);
    while mode.is_none() || size.is_none() {
        let name = word(&mut text)?;
        if name.is_empty() {
            return Err(Stop::damaged("an OpenEXR header without channels or a window"));
        }
        let kind = word(&mut text)?;
        let at = text.at();
        let length = u64::from(known.array(at).map(u32::from_le_bytes)?);
        let value = at + 4..at + 4 + length;
        match (name, kind) {
            (b"channels", b"chlist") => mode = Some(channels(known, value.start, value.end)?),
            (b"dataWindow", b"box2i") => size = Some(window(&known.array(value.start)?)),
            _ => {}
        }
        text.skip(4 + length);
    }
    match (mode, size) {
        (Some(mode), Some((width, height))) => Image::sized("EXR", mode, width, height),
        _ => Err(Stop::damaged("an OpenEXR header without channels or a window")),
    }
}

/// Letters up to a NUL.
fn word<'a>(text: &mut Text<'a>) -> Result<&'a [u8], Stop> {
    match text.until(NAME, |byte| byte == 0)?.split_last() {
        Some((0, word)) => Ok(word),
        Some(_) => Err(Stop::damaged("an OpenEXR name of more than 255 letters")),
        None => Err(Stop::Cut),
    }
}

/// Left, top, right, bottom; both ends are inside.
fn window(bytes: &[u8; 16]) -> (u32, u32) {
    let number = |at: usize| i64::from(le32(bytes, at).cast_signed());
    let side = |from: usize| u32::try_from(number(from + 8) - number(from) + 1).unwrap_or(0);
    (side(0), side(4))
}

/// The mode by the names of channels; behind a dot they are those of layers, which count where there are no others.
fn channels(known: &Known, start: u64, end: u64) -> Result<&'static str, Stop> {
    let mut text = Text::new(known, start, MOST);
    let (mut names, mut layers) = (Vec::new(), Vec::new());
    while text.at() < end {
        let name = word(&mut text)?;
        if name.is_empty() {
            break;
        }
        match name.iter().rposition(|&byte| byte == b'.') {
            Some(dot) => layers.push(&name[dot + 1..]),
            None => names.push(name),
        }
        text.skip(16); // type, linearity and sampling
    }
    let names = if names.is_empty() { layers } else { names };
    let has = |name: &str| names.contains(&name.as_bytes());
    let colours = ["R", "G", "B"].iter().all(|name| has(name)) || ["RY", "BY"].iter().any(|name| has(name));
    Ok(match (colours, has("A")) {
        _ if names.is_empty() => return Err(Stop::damaged("an OpenEXR without channels")),
        (true, true) => "RGBA",
        (true, false) => "RGB",
        (false, true) if has("Y") => "LA",
        (false, _) => "F",
    })
}
