//! XMP, IPTC and ICC of any bytes, each in the segment of a JPEG where it belongs.
#![no_main]

#[path = "../../crates/extract/tests/fuzz/segment.rs"]
mod segment;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| segment::check(data));
