//! BUFR, GRIB and HDF5: Pillow tells them by their magic, and reads nothing: their mode is F, and there is no size.

use super::Image;

pub(super) fn accepts_bufr(head: &[u8]) -> bool {
    head.starts_with(b"BUFR") || head.starts_with(b"ZCZC")
}

pub(super) fn accepts_grib(head: &[u8]) -> bool {
    head.starts_with(b"GRIB") && head.get(7) == Some(&1)
}

pub(super) fn accepts_hdf5(head: &[u8]) -> bool {
    head.starts_with(b"\x89HDF\r\n\x1a\n")
}

pub(super) fn image(format: &'static str) -> Image {
    let warnings = vec![format!("size: {format} is told by its first bytes only, and its size is not read")];
    Image { format, mode: "F", warnings, ..Image::default() }
}
