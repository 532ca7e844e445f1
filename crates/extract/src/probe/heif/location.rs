//! Where an item is stored: the `iloc` box (ISO/IEC 14496-12, 8.11.3).

use super::meta::id;
use crate::boxes::Fields;
use crate::known::Stop;

/// How an item is stored, and its extents.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Location {
    /// `construction_method`: 0 in the file, 1 in `idat`, 2 inside other items.
    pub(super) method: u64,
    pub(super) extents: Vec<Extent>,
}

/// A stretch of what an item is stored in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extent {
    /// Of several items that it may be stored in, which one, from 1; 0 where that is not said.
    pub(super) index: u64,
    pub(super) at: u64,
    /// 0 is up to the end.
    pub(super) len: u64,
}

impl Location {
    /// That of an item in the fields of the box.
    ///
    /// # Errors
    /// The box ends before.
    pub(super) fn of(mut fields: Fields<'_>, wanted: u32) -> Result<Option<Self>, Stop> {
        let (version, _) = fields.version()?;
        let sizes = fields.number(2)?;
        let size = |shift: u32| usize::try_from((sizes >> shift) & 15).expect("4 bits").min(8);
        let (offset_len, length_len, base_len) = (size(12), size(8), size(4));
        let index_len = if version > 0 { size(0) } else { 0 };
        for _ in 0..id(&mut fields, version > 1)? {
            let item = id(&mut fields, version > 1)?;
            let method = if version > 0 { fields.number(2)? & 15 } else { 0 };
            fields.bytes(2)?;
            let base = fields.number(base_len)?;
            let mut extents = Vec::new();
            for _ in 0..fields.number(2)? {
                let index = fields.number(index_len)?;
                let at = base.saturating_add(fields.number(offset_len)?);
                extents.push(Extent { index, at, len: fields.number(length_len)? });
            }
            if item == wanted {
                return Ok(Some(Self { method, extents }));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extents_are_those_of_the_item_with_its_base() {
        // Version 1: offsets of 4 bytes, lengths of 2, a base of 4, an index of 2; two items.
        let table = [
            &b"\x01\0\0\0\x42\x42\0\x02"[..],
            b"\0\x07\0\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\x50\0\x10",
            b"\0\x08\0\x02\0\0\0\0\0\x64\0\x02\0\x01\0\0\0\x04\0\x05\0\x02\0\0\0\0\0\0",
        ]
        .concat();
        let extents = vec![Extent { index: 1, at: 104, len: 5 }, Extent { index: 2, at: 100, len: 0 }];
        assert_eq!(Location::of(Fields(&table), 8), Ok(Some(Location { method: 2, extents })));
        assert_eq!(Location::of(Fields(&table), 9), Ok(None));
        assert!(Location::of(Fields(&table[..table.len() - 1]), 8).is_err());
    }
}
