//! FITS: cards of 80 letters up to the first picture (FITS Standard 4.0, 3 and 4).

use std::collections::BTreeMap;

use imgmeta_record::Kind;

use super::Image;
use super::text::{Text, int};
use crate::known::{Known, Stop};

/// Bytes of all headers before the picture.
const MOST: u64 = 1 << 20;

const CARD: usize = 80;

/// Headers and data are padded to this many bytes.
const BLOCK: u64 = 2880;

pub(super) fn accepts(head: &[u8]) -> bool {
    head.starts_with(b"SIMPLE")
}

/// Values by keyword, of all headers so far.
#[derive(Default)]
struct Cards<'a>(BTreeMap<&'a [u8], &'a [u8]>);

pub(super) fn read(known: &Known) -> Result<Image, Stop> {
    let mut text = Text::new(known, 0, MOST);
    let mut cards = Cards::default();
    let mut in_header = false;
    loop {
        let card = card(&mut text)?;
        let keyword = card[..card.len().min(8)].trim_ascii();
        if matches!(keyword, b"SIMPLE" | b"XTENSION") {
            in_header = true;
        } else if !cards.0.is_empty() && !in_header {
            return Err(Stop::damaged("a FITS without a picture"));
        } else if keyword == b"END" {
            text.skip(text.at().next_multiple_of(BLOCK) - text.at());
            in_header = false;
            if let Some((mode, width, height)) = cards.picture()? {
                self::card(&mut text)?; // its data: Pillow must see that there are some
                return Image::sized("FITS", mode, width, height);
            }
            continue;
        }
        let value = value(card);
        if cards.0.is_empty() && (!keyword.starts_with(b"SIMPLE") || value != b"T") {
            return Err(Stop::Fail(Kind::NotAnImage, "no FITS".into()));
        }
        cards.0.insert(keyword, value);
    }
}

fn card<'a>(text: &mut Text<'a>) -> Result<&'a [u8], Stop> {
    let card = text.until(CARD, |_| false)?;
    if card.is_empty() { Err(Stop::Cut) } else { Ok(card) }
}

/// What stands between `=` and a comment.
fn value(card: &[u8]) -> &[u8] {
    let value = card.get(8..).unwrap_or_default();
    let value = value.split(|&byte| byte == b'/').next().unwrap_or_default().trim_ascii();
    value.strip_prefix(b"=").map_or(value, <[u8]>::trim_ascii)
}

impl Cards<'_> {
    fn number(&self, prefix: &str, keyword: &str) -> Result<i64, Stop> {
        let keyword = format!("{prefix}{keyword}");
        let value = self.0.get(keyword.as_bytes()).and_then(|value| int(value));
        value.ok_or_else(|| Stop::damaged(format!("a FITS whose {keyword} is no number")))
    }

    fn is(&self, keyword: &[u8], value: &[u8]) -> bool {
        self.0.get(keyword).is_some_and(|found| *found == value)
    }

    /// Mode and size; `None` where this header is of no data.
    fn picture(&self) -> Result<Option<(&'static str, u32, u32)>, Stop> {
        let compressed =
            self.is(b"XTENSION", b"'BINTABLE'") && self.is(b"ZIMAGE", b"T") && self.is(b"ZCMPTYPE", b"'GZIP_1  '");
        let prefix = if compressed { "Z" } else { "" };
        let side = |keyword| Ok::<_, Stop>(u32::try_from(self.number(prefix, keyword)?).unwrap_or(0));
        let (width, height) = match self.number(prefix, "NAXIS")? {
            0 => return Ok(None),
            1 => (1, side("NAXIS1")?),
            _ => (side("NAXIS1")?, side("NAXIS2")?),
        };
        let mode = match self.number(prefix, "BITPIX")? {
            8 => "L",
            16 => "I;16",
            32 => "I",
            -32 => "F",
            -64 if !compressed => "F",
            bits => return Err(Stop::unsupported(format!("a FITS of {bits} bits"))),
        };
        Ok(Some((mode, width, height)))
    }
}
