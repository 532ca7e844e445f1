//! Photoshop's image resources, in which IPTC is kept (Adobe Photoshop File Formats Specification, Image Resources).

use crate::known::{Stop, View};

/// The resource of IPTC-IIM records.
pub(crate) const IPTC: u16 = 0x0404;

/// Resources looked at; a document of Photoshop has some thirty.
const MAX_RESOURCES: usize = 4096;

/// Signatures of Photoshop and of the programs that share its format.
const SIGNATURES: [&[u8]; 5] = [b"8BIM", b"PHUT", b"DCSR", b"AgHg", b"MeSa"];

/// The data of the first resource of that number. Only the heads of the others are asked for.
///
/// # Errors
/// [`Stop::Need`]; [`Stop::Cut`] where a resource goes on behind the end.
pub(crate) fn resource<'a>(view: &View<'a>, number: u16) -> Result<Option<View<'a>>, Stop> {
    let mut at = 0;
    for _ in 0..MAX_RESOURCES {
        if at + 12 > view.len() {
            return Ok(None);
        }
        let head: [u8; 7] = view.array(at)?;
        if !SIGNATURES.contains(&&head[..4]) {
            return Ok(None);
        }
        // The name has a byte of length, and is padded to an even number of bytes.
        let size_at = at + 6 + (u64::from(head[6]) + 1).next_multiple_of(2);
        let size = u64::from(u32::from_be_bytes(view.array(size_at)?));
        let data = size_at + 4..size_at + 4 + size;
        if u16::from_be_bytes([head[4], head[5]]) == number {
            return if data.end > view.len() { Err(Stop::Cut) } else { Ok(Some(view.part(data))) };
        }
        at = data.end + size % 2;
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::known::Known;

    #[test]
    fn a_resource_is_found_behind_others_and_a_damaged_list_ends() {
        let known = Known::whole(*b"8BIM\x03\xed\x03abc\0\0\0\x01x\08BIM\x04\x04\0\0\0\0\0\x02ok");
        let view = View::whole(&known);
        let found = resource(&view, IPTC).unwrap().expect("it is there");
        assert_eq!(found.bytes(0..2).unwrap().as_ref(), b"ok");
        assert!(resource(&view, 0x0405).unwrap().is_none());
        assert!(resource(&view.part(1..100), IPTC).unwrap().is_none());
        assert_eq!(resource(&view.part(0..29), IPTC).map(|_| ()), Err(Stop::Cut));
    }
}
