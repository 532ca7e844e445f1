//! XPM: the line of sizes and the colours (XPM Manual, version 3.4i).

use super::Image;
use super::text::{Text, int};
use crate::known::{Known, Stop};

/// Bytes of the header and its colours.
const MOST: u64 = 1 << 21;

/// Letters of a line at most.
const LINE: usize = 1 << 16;

pub(super) fn accepts(head: &[u8]) -> bool {
    head.starts_with(b"/* XPM */")
}

pub(super) fn read(known: &Known) -> Result<Image, Stop> {
    let mut text = Text::new(known, 9, MOST);
    let [width, height, colours, letters] = sizes(&mut text)?;
    let letters = usize::try_from(letters).map_err(|_| damaged())?;
    let mut has_hole = false;
    for _ in 0..colours {
        let line = text.line(LINE)?;
        if line.is_empty() {
            return Err(Stop::Cut);
        }
        has_hole |= is_hole(line.trim_ascii_end(), letters)?;
    }
    let mode = match (colours > 256, has_hole) {
        (true, true) => "RGBA",
        (true, false) => "RGB",
        (false, _) => "P",
    };
    let side = |side: i64| u32::try_from(side).unwrap_or(0);
    Image::sized("XPM", mode, side(width), side(height))
}

fn damaged() -> Stop {
    Stop::damaged("an XPM whose colours cannot be read")
}

/// Width, height, colours and letters of a pixel: the first line that is a string of four numbers.
fn sizes(text: &mut Text<'_>) -> Result<[i64; 4], Stop> {
    loop {
        let line = text.line(LINE)?;
        if line.is_empty() {
            return Err(Stop::Cut);
        }
        let Some(mut rest) = line.strip_prefix(b"\"") else { continue };
        let mut words = [&b""[..]; 4];
        for (index, word) in words.iter_mut().enumerate() {
            if index > 0 {
                let Some(behind) = rest.strip_prefix(b" ") else { break };
                rest = behind;
            }
            let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            (*word, rest) = rest.split_at(digits);
        }
        let numbers = words.map(int);
        let [Some(width), Some(height), Some(colours), Some(letters)] = numbers else { continue };
        return Ok([width, height, colours, letters]);
    }
}

/// Whether a colour is none. Those with names are not known to Pillow.
fn is_hole(line: &[u8], letters: usize) -> Result<bool, Stop> {
    let end = line.len().saturating_sub(2);
    let words = letters.checked_add(1).and_then(|start| line.get(start..end)).unwrap_or_default();
    let words: Vec<&[u8]> = words.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).collect();
    let key = words.iter().step_by(2).position(|word| *word == b"c").ok_or_else(damaged)?;
    match words.get(2 * key + 1) {
        Some(&b"None") => Ok(true),
        Some([b'#', digits @ ..]) if !digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit) => Ok(false),
        _ => Err(damaged()),
    }
}
