//! XBM: the lines of C that define the size (X11, `XReadBitmapFile`).

use super::Image;
use super::text::{Text, int};
use crate::known::{Known, Stop};

/// Bytes of the header, with the comments before it.
const MOST: u64 = 1 << 16;

/// Letters of a line at most; what is longer is several.
const LINE: usize = 75;

pub(super) fn accepts(head: &[u8]) -> bool {
    [&b"#define"[..], b"\n#define", b"/*"].iter().any(|begin| head.starts_with(begin))
}

pub(super) fn read(known: &Known) -> Result<Image, Stop> {
    let other = || Stop::Fail(imgmeta_record::Kind::NotAnImage, "no XBM".into());
    let mut text = Text::new(known, 0, MOST);
    let (mut width, mut height) = (None, None);
    let (mut in_comment, mut blank_line_allowed) = (false, true);
    loop {
        let line = text.line(LINE)?;
        if line.is_empty() {
            return Err(other());
        }
        let line = line.trim_ascii_end();
        if in_comment || line.starts_with(b"/*") {
            in_comment = !line.ends_with(b"*/");
        } else if line.is_empty() && blank_line_allowed {
            blank_line_allowed = false;
        } else if !line.starts_with(b"#define ") {
            if line.ends_with(b"_bits[] = {") {
                break;
            }
            return Err(other());
        } else {
            let last = line.rsplit(u8::is_ascii_whitespace).next().unwrap_or_default();
            let value = int(last).ok_or_else(|| Stop::damaged("an XBM with a definition that is no number"))?;
            let has = |word: &[u8]| line.windows(word.len()).any(|letters| letters == word);
            if has(b"width ") {
                width = u32::try_from(value).ok();
            } else if has(b"height ") {
                height = u32::try_from(value).ok();
            }
        }
    }
    match (width, height) {
        (Some(width), Some(height)) => Image::sized("XBM", "1", width, height),
        _ => Err(Stop::damaged("an XBM without a size")),
    }
}
