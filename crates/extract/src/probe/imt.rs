//! IMT, of IM Tools: lines of `name value` before the pixels.

use imgmeta_record::Kind;

use super::Image;
use super::text::{Text, pixels};
use crate::known::{Known, Stop};

/// Bytes of the header.
const MOST: u64 = 1 << 16;

/// Letters of a line at most; the first must end within them.
const LINE: usize = 100;

pub(super) fn accepts(head: &[u8]) -> bool {
    head.first().is_some_and(|byte| byte.is_ascii_lowercase() || matches!(byte, b' ' | b'*'))
}

pub(super) fn read(known: &Known) -> Result<Image, Stop> {
    let mut text = Text::new(known, 0, MOST);
    let (mut width, mut height, mut is_grey) = (None, None, false);
    let mut first = true;
    loop {
        let line = text.line(LINE + 1)?;
        let line = match line.strip_suffix(b"\n") {
            Some(line) if !line.is_empty() => line,
            None if !first && line.len() <= LINE => line,
            _ => break,
        };
        first = false;
        if line.starts_with(b"*") {
            continue;
        }
        let size = |value: &[u8]| pixels(value).ok_or_else(|| Stop::damaged("an IMT whose size is no number"));
        match field(line) {
            Some((b"width", value)) => width = Some(size(value)?),
            Some((b"height", value)) => height = Some(size(value)?),
            Some((b"pixel", b"n8")) => is_grey = true,
            Some(_) => {}
            None => break, // a form feed before the pixels, or something else
        }
    }
    match (width, height, is_grey) {
        (Some(width), Some(height), true) => Image::sized("IMT", "L", width, height),
        _ => Err(Stop::Fail(Kind::NotAnImage, "no IMT".into())),
    }
}

/// Lower-case letters, a blank, and what stands up to the next one.
fn field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let blank = line.iter().position(|byte| !byte.is_ascii_lowercase())?;
    let value = line[blank..].strip_prefix(b" ")?;
    let end = value.iter().position(|byte| matches!(byte, b' ' | b'\r' | b'\n')).unwrap_or(value.len());
    Some((&line[..blank], &value[..end]))
}
