//! Where the program and the judges differ, and why that is right.

/// Path, what is said of it, and the reason.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("made/swapped_magic.tif", "EXIF", "README: no EXIF behind a bad magic of TIFF; Pillow opens the image"),
    ("made/swapped_magic_little.tif", "EXIF", "README: no EXIF behind a bad magic of TIFF; Pillow opens the image"),
    ("synthetic/png_exif_prefix.png", "", "the corpus's walk does not skip the prefix; Pillow and exiftool do"),
    ("synthetic/png_raw_profile_and_exif.png", "", "Pillow: the chunk of the standard goes before the raw profile"),
    ("exiv2/issue_ghsa_mxw9_qx4c_6m8v_poc.jp2", "EXIF is there", "exiftool gives up on its boxes; the block is there"),
    ("made/exif_within_an_item.heic", "", "no judge reads an item that is stored inside another; the block is there"),
    ("made/exif_behind.jxl", "", "its box is packed by Brotli, which this exiftool does not unpack"),
    ("synthetic/exif_count_0_rational.jpg", "0x011a", "README: count 0 is an empty value"),
    (
        "metadata-extractor/jpg_ImageTestSuite_c3018ebe53d0046eecb58858ca869a99.jpg",
        "",
        "README: no EXIF behind a bad magic of TIFF",
    ),
    ("image-rs/images_farbfeld_transparency_tbbn0g04.ff", "it is no image", "README: neither judge knows farbfeld"),
    ("made/colour.ff", "it is no image", "README: neither judge knows farbfeld"),
    ("made/doctype.svg", "it is no image", "exiftool does not look for SVG behind a document type"),
    ("made/prefixed.svg", "it is no image", "exiftool does not know SVG by a prefixed name"),
];

/// Why a complaint is none.
pub(crate) fn reason(path: &str, complaint: &str) -> Option<&'static str> {
    EXCEPTIONS.iter().find(|(file, what, _)| *file == path && complaint.contains(what)).map(|(_, _, reason)| *reason)
}
