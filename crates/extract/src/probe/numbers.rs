//! Numbers at fixed places of a header. A place beyond the end is a defect of the caller: headers are arrays.

pub(super) fn le16(bytes: &[u8], at: usize) -> u32 {
    u32::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]))
}

pub(super) fn be16(bytes: &[u8], at: usize) -> u32 {
    u32::from(u16::from_be_bytes([bytes[at], bytes[at + 1]]))
}

pub(super) fn le32(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

pub(super) fn be32(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// Width and height that are stored with a sign.
pub(super) fn unsigned(width: u32, height: u32) -> (u32, u32) {
    let positive = |value: u32| if value > i32::MAX as u32 { 0 } else { value };
    (positive(width), positive(height))
}
