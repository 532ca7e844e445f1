//! DDS: the header, and the one of Direct3D 10 behind it (Microsoft, `DDS_HEADER`, `DDS_HEADER_DXT10`).

use super::Image;
use super::numbers::le32;
use crate::known::{Known, Stop};

/// Flags of the pixel format.
const ALPHA_PIXELS: u32 = 0x1;
const FOUR_CC: u32 = 0x4;
const PALETTE_INDEXED_8: u32 = 0x20;
const RGB: u32 = 0x40;
const LUMINANCE: u32 = 0x2_0000;

pub(super) fn accepts(head: &[u8]) -> bool {
    head.starts_with(b"DDS ")
}

pub(super) fn read(known: &Known) -> Result<Image, Stop> {
    let size = known.array(4).map(u32::from_le_bytes)?;
    if size != 124 {
        return Err(Stop::damaged(format!("a DDS with a header of {size} bytes")));
    }
    let head: [u8; 128] = known.array(0)?;
    let (flags, bits) = (le32(&head, 80), le32(&head, 88));
    let has = |flag: u32| flags & flag != 0;
    let mode = if has(RGB) {
        if has(ALPHA_PIXELS) { "RGBA" } else { "RGB" }
    } else if has(LUMINANCE) {
        match bits {
            8 => "L",
            16 if has(ALPHA_PIXELS) => "LA",
            _ => return Err(Stop::unsupported(format!("a DDS of grey with {bits} bits"))),
        }
    } else if has(PALETTE_INDEXED_8) {
        "P"
    } else if has(FOUR_CC) {
        compressed(known, &head[84..88])?
    } else {
        return Err(Stop::unsupported(format!("a DDS with pixel format flags {flags:#x}")));
    };
    Image::sized("DDS", mode, le32(&head, 16), le32(&head, 12))
}

fn compressed(known: &Known, code: &[u8]) -> Result<&'static str, Stop> {
    Ok(match code {
        b"DXT1" | b"DXT3" | b"DXT5" => "RGBA",
        b"BC4U" | b"ATI1" => "L",
        b"BC5S" | b"BC5U" | b"ATI2" => "RGB",
        b"DX10" => direct3d_10(known.array(128).map(u32::from_le_bytes)?)?,
        _ => return Err(Stop::unsupported(format!("a DDS in {}", code.escape_ascii()))),
    })
}

/// Pillow's mode of a `DXGI_FORMAT`.
fn direct3d_10(format: u32) -> Result<&'static str, Stop> {
    Ok(match format {
        // R8G8B8A8, BC1, BC2, BC3, BC7
        27..=29 | 70 | 71 | 73 | 74 | 76 | 77 | 97..=99 => "RGBA",
        // BC4
        79 | 80 => "L",
        // BC5, BC6H
        82..=84 | 95 | 96 => "RGB",
        _ => return Err(Stop::unsupported(format!("a DDS of DXGI format {format}"))),
    })
}
