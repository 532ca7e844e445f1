//! Radiance HDR: lines of the header, and the line of the size behind a blank one (Radiance, picture format).

use super::Image;
use super::text::{Text, pixels};
use crate::known::{Known, Stop};

/// Bytes of the header: programs write their command lines into it.
const MOST: u64 = 1 << 20;

pub(super) fn accepts(head: &[u8]) -> bool {
    head.starts_with(b"#?RADIANCE") || head.starts_with(b"#?RGBE")
}

pub(super) fn read(known: &Known) -> Result<Image, Stop> {
    let mut text = Text::new(known, 0, MOST);
    let most = usize::try_from(MOST).unwrap_or(usize::MAX);
    loop {
        match text.line(most)? {
            [] => return Err(Stop::Cut),
            b"\n" | b"\r\n" => break,
            _ => {}
        }
    }
    let line = text.line(most)?;
    // The last number of a line that ends with the file may have had more digits.
    if !line.ends_with(b"\n") {
        return Err(Stop::Cut);
    }
    // Rows, then columns, as they lie in the file; the axes and their signs say how to turn them.
    let words: Vec<&[u8]> = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).collect();
    let (height, width) = match words[..] {
        [b"+X" | b"-X", rows, b"+Y" | b"-Y", columns, ..] | [b"+Y" | b"-Y", rows, b"+X" | b"-X", columns, ..] => {
            (pixels(rows), pixels(columns))
        }
        _ => (None, None),
    };
    match (width, height) {
        (Some(width), Some(height)) => Image::sized("HDR", "RGB", width, height),
        _ => Err(Stop::damaged("a Radiance picture without a size")),
    }
}
