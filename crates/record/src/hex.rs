//! Digests as text.

use std::fmt::Write as _;

/// Bytes as hexadecimal digits, two for each.
///
/// ```
/// assert_eq!(imgmeta_record::hex(&[0, 0xff]), "00ff");
/// ```
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes every digit");
        text
    })
}
