//! Thumbnails of the viewer XV: a line of sizes after comments.

use super::Image;
use super::text::{Text, pixels};
use crate::known::{Known, Stop};

/// Bytes of the header.
const MOST: u64 = 1 << 16;

pub(super) fn accepts(head: &[u8]) -> bool {
    head.starts_with(b"P7 332")
}

pub(super) fn read(known: &Known) -> Result<Image, Stop> {
    let mut text = Text::new(known, 6, MOST);
    let most = usize::try_from(MOST).unwrap_or(usize::MAX);
    text.line(most)?;
    let line = loop {
        match text.line(most)? {
            [] => return Err(Stop::Cut),
            [b'#', ..] => {}
            line if line.ends_with(b"\n") => break line,
            // Its last number may have had more digits.
            _ => return Err(Stop::Cut),
        }
    };
    let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).map(pixels);
    match (words.next().flatten(), words.next().flatten()) {
        (Some(width), Some(height)) => Image::sized("XVThumb", "P", width, height),
        _ => Err(Stop::damaged("an XV thumbnail without a size")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_that_ends_with_the_file_is_none() {
        let whole = b"P7 332\n#END_OF_COMMENTS\n5 255 255\n\0";
        let size = |bytes: &[u8]| read(&Known::whole(bytes)).map(|image| (image.width, image.height));
        assert_eq!(size(whole), Ok((5, 255)));
        assert_eq!(size(&whole[..whole.len() - 7]), Err(Stop::Cut));
    }
}
