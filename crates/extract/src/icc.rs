//! The description of an ICC profile, and no more of it (ICC.1:2022, 7.3, 9.2.41 and 10.15; ICC.1:2001-04, 6.5.17).

use crate::exif::text;
use crate::known::{Stop, View};

/// Tags of a profile that are looked at; real ones have some twenty.
const MAX_TAGS: u32 = 256;
/// Bytes of a description that are looked at.
const MAX_DESCRIPTION: u64 = 64 << 10;
/// Languages of a description that are looked at.
const MAX_LANGUAGES: usize = 256;
/// Bytes before the table of tags: the header, and how many tags there are.
const HEADER: usize = 132;

/// The profile's description: the English one, else the first. `None` where it has none.
///
/// # Errors
/// [`Stop::Need`]; [`Stop::Cut`] where the profile ends before its description.
pub(crate) fn description(profile: &View<'_>) -> Result<Option<String>, Stop> {
    let head: [u8; HEADER] = profile.array(0)?;
    if &head[36..40] != b"acsp" {
        return Err(Stop::damaged("it is no ICC profile"));
    }
    let count = number(&head, 128).unwrap_or_default().min(MAX_TAGS);
    let table = HEADER as u64;
    let table = profile.bytes(table..table + 12 * u64::from(count))?;
    let Some(entry) = table.chunks_exact(12).find(|entry| entry.starts_with(b"desc")) else { return Ok(None) };
    let start = u64::from(number(entry, 4).unwrap_or_default());
    let size = u64::from(number(entry, 8).unwrap_or_default()).min(MAX_DESCRIPTION);
    let bytes = profile.bytes(start..start + size)?;
    let text = match bytes.get(..4) {
        Some(b"mluc") => languages(&bytes),
        Some(b"desc") => described(&bytes),
        Some(b"text") => eight_bit(bytes.get(8..).unwrap_or_default()),
        _ => None,
    };
    Ok(text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()))
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_be_bytes(bytes.try_into().ok()?))
}

/// A stretch of the description, as far as it is there.
fn stretch(bytes: &[u8], at: usize, len: u32) -> &[u8] {
    let rest = bytes.get(at..).unwrap_or_default();
    &rest[..rest.len().min(usize::try_from(len).unwrap_or(usize::MAX))]
}

/// Version 2: ASCII, and the same as UTF-16, of which writers often leave one empty.
fn described(bytes: &[u8]) -> Option<String> {
    let len = number(bytes, 8)?;
    let ascii = eight_bit(stretch(bytes, 12, len)).filter(|text| !text.trim().is_empty());
    let unicode = || {
        let at = 12usize.checked_add(usize::try_from(len).ok()?)?.checked_add(4)?;
        let letters = number(bytes, at)?;
        Some(utf16(stretch(bytes, at.checked_add(4)?, letters.saturating_mul(2))))
    };
    ascii.or_else(unicode)
}

/// Version 4: the same in several languages.
fn languages(bytes: &[u8]) -> Option<String> {
    let step = usize::try_from(number(bytes, 12)?).ok().filter(|step| *step >= 12)?;
    let rows: Vec<_> = bytes.get(16..)?.chunks_exact(step).take(MAX_LANGUAGES).collect();
    let rows = &rows[..rows.len().min(usize::try_from(number(bytes, 8)?).unwrap_or(usize::MAX))];
    let begins = |with: &[u8]| rows.iter().find(|row| row.starts_with(with));
    let row = begins(b"enUS").or_else(|| begins(b"en")).or(rows.first())?;
    let at = usize::try_from(number(row, 8)?).ok()?;
    Some(utf16(stretch(bytes, at, number(row, 4)?)))
}

fn eight_bit(bytes: &[u8]) -> Option<String> {
    let text = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    text::plain(text, encoding_rs::WINDOWS_1252)
}

fn utf16(bytes: &[u8]) -> String {
    let text = encoding_rs::UTF_16BE.decode_without_bom_handling(&bytes[..bytes.len() & !1]).0;
    text.split('\0').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::known::Known;

    fn profile(description: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; 128];
        bytes[36..40].copy_from_slice(b"acsp");
        bytes.extend(1u32.to_be_bytes());
        bytes.extend(b"desc");
        bytes.extend(144u32.to_be_bytes());
        bytes.extend(u32::try_from(description.len()).expect("short").to_be_bytes());
        bytes.extend(description);
        bytes
    }

    fn of(bytes: Vec<u8>) -> Result<Option<String>, Stop> {
        description(&View::whole(&Known::whole(bytes)))
    }

    #[test]
    fn a_description_is_read_in_each_of_its_forms() {
        let unicode = b"desc\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x02\0h\0i";
        let languages = b"mluc\0\0\0\0\0\0\0\x02\0\0\0\x0cdeDE\0\0\0\x02\0\0\0\x28enUS\0\0\0\x04\0\0\0\x2a\0x\0h\0i";
        for (form, text) in [
            (&b"desc\0\0\0\0\0\0\0\x06sRGB \0"[..], Some("sRGB")),
            (b"desc\0\0\0\0\xff\xff\xff\xffsRGB\0junk", Some("sRGB")),
            (unicode, Some("hi")),
            (languages, Some("hi")),
            (b"text\0\0\0\0old\0", Some("old")),
            (b"mluc\0\0\0\0\0\0\0\x02\0\0\0\0", None),
            (b"desc\0\0", None),
            (b"????", None),
        ] {
            assert_eq!(of(profile(form)), Ok(text.map(ToOwned::to_owned)), "{form:?}");
        }
    }

    #[test]
    fn only_the_bytes_of_the_description_are_asked_for() {
        let whole = profile(b"desc\0\0\0\0\0\0\0\x05sRGB\0");
        let mut known = Known::default();
        known.set_total(600_000);
        let mut asked = Vec::new();
        loop {
            match description(&View::whole(&known)) {
                Err(Stop::Need(need)) => {
                    let (start, end) = (usize::try_from(need.start).unwrap(), usize::try_from(need.end).unwrap());
                    known.insert(need.start, &whole[start..end]);
                    asked.push(start..end);
                }
                answer => break assert_eq!(answer, Ok(Some("sRGB".to_owned()))),
            }
        }
        assert_eq!(asked, [0..132, 132..144, 144..161]);
    }

    #[test]
    fn what_is_no_profile_or_ends_early_is_said() {
        assert!(matches!(of(vec![0; 200]), Err(Stop::Fail(..))));
        assert_eq!(of(vec![0; 20]), Err(Stop::Cut));
        assert_eq!(of(profile(b"desc\0\0\0\0\0\0\0\x05sRGB\0")[..150].to_vec()), Err(Stop::Cut));
    }
}
