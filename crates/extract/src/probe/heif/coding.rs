//! How an image item is coded: its codec's configuration, of tiles that of the first.

use super::meta::Meta;
use crate::known::{Known, Stop};

/// Derived items (`grid` of `iden` of ...) followed at most.
const MAX_DEPTH: usize = 8;

/// What the configuration says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Coding {
    pub(super) av1: bool,
    /// Whether there is only lightness.
    pub(super) grey: bool,
    /// Bits of lightness.
    pub(super) bits: u8,
}

impl Coding {
    /// That of an item, or of what it is derived from.
    pub(super) fn of(known: &Known, meta: &Meta, mut item: u32) -> Result<Self, Stop> {
        for _ in 0..MAX_DEPTH {
            let kind = meta.item(item).map(|item| item.kind).unwrap_or_default();
            if let Some(coding) = Self::coded(known, meta, item, kind)? {
                return Ok(coding);
            }
            if !matches!(&kind, b"grid" | b"iden" | b"tmap") {
                return Err(Stop::unsupported(format!("an image item of the kind `{}`", kind.escape_ascii())));
            }
            let Some(source) = meta.targets(item, *b"dimg").next() else {
                return Err(Stop::damaged("an image item derived from none"));
            };
            item = source;
        }
        Err(Stop::damaged("an image item derived from itself"))
    }

    fn coded(known: &Known, meta: &Meta, item: u32, kind: [u8; 4]) -> Result<Option<Self>, Stop> {
        let configuration = |name| {
            let found = meta.property(item, name).map(|property| property.body.clone());
            found.ok_or_else(|| Stop::damaged("an image item without its codec's configuration"))
        };
        Ok(Some(match &kind {
            b"hvc1" | b"hev1" => {
                let body = configuration(*b"hvcC")?;
                Self::hevc(known.array(body.start.saturating_add(16))?)
            }
            b"av01" => {
                let body = configuration(*b"av1C")?;
                Self::av1(known.array(body.start)?)
            }
            // An overlay is composed in colours.
            b"iovl" | b"jpeg" | b"avc1" | b"vvc1" | b"j2k1" => Self { av1: false, grey: false, bits: 8 },
            _ => return Ok(None),
        }))
    }

    /// `chromaFormat` and `bitDepthLumaMinus8` of `hvcC` (ISO/IEC 14496-15, 8.3.2.1).
    pub(super) fn hevc([chroma, depth]: [u8; 2]) -> Self {
        Self { av1: false, grey: chroma.trailing_zeros() >= 2, bits: (depth & 7) + 8 }
    }

    /// The first bytes of `av1C` (AV1 Codec ISO Media File Format Binding, 2.3.3).
    pub(super) fn av1([_, _, flags]: [u8; 3]) -> Self {
        let bits = match (flags & 0x40 != 0, flags & 0x20 != 0) {
            (false, _) => 8,
            (true, false) => 10,
            (true, true) => 12,
        };
        Self { av1: true, grey: flags & 0x10 != 0, bits }
    }
}
