//! Laws of a block of EXIF of any bytes: it is read, whatever its entries say, and by need like the whole.

use imgmeta_extract::{Known, Stop, View, exif};

/// Tags whose values mean something, pointers first.
const TAGS: &[u16] = &[
    34665, 34853, 40965, 0x9286, 0x9003, 0x9291, 0x9011, 0x0112, 0x9c9b, 0x8827, 0x829a, 0x9201, 0x927c, 0x0201,
    0x0202, 0x0111, 0x0117, 1, 2, 3, 4, 5, 6, 7, 27, 29,
];
const TYPES: &[u16] = &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 129];

/// Reads the bytes as a block, and as the entries of one.
pub(crate) fn check(data: &[u8]) {
    let options = exif::Options { maker_notes: true, thumbnails: true, ..exif::Options::default() };
    for block in [data.to_vec(), entries(data)] {
        let known = Known::whole(block.as_slice());
        let read = exif::read(&View::whole(&known), options).expect("all is known");
        exif::facts(&read);
        assert_eq!(format!("{:?}", by_need(&block, options)), format!("{read:?}"), "by need, and whole");
    }
}

fn by_need(block: &[u8], options: exif::Options) -> exif::Block {
    let mut known = Known::default();
    known.set_total(block.len() as u64);
    loop {
        let need = match exif::read(&View::whole(&known), options) {
            Err(Stop::Need(need)) => need,
            answer => return answer.expect("only a need is an error"),
        };
        let at = |place: u64| usize::try_from(place).expect("within the block");
        assert!(need.start < need.end && need.end <= block.len() as u64, "{need:?} is asked for");
        known.insert(need.start, &block[at(need.start)..at(need.end)]);
    }
}

/// A header, and directories of 12 bytes an entry, each of them turned into something likely: known tags and types,
/// values and pointers within the block.
fn entries(data: &[u8]) -> Vec<u8> {
    let Some((order, data)) = data.split_first() else { return Vec::new() };
    let big = order & 1 == 1;
    let short = |value: u16| if big { value.to_be_bytes() } else { value.to_le_bytes() };
    let long = |value: usize| {
        let value = u32::try_from(value).unwrap_or(u32::MAX);
        if big { value.to_be_bytes() } else { value.to_le_bytes() }
    };
    let mut block = if big { b"MM\0*\0\0\0\x08".to_vec() } else { b"II*\0\x08\0\0\0".to_vec() };
    for directory in data.chunks(12 * 8) {
        let next = block.len() + 2 + directory.len() / 12 * 12 + 4;
        block.extend(short(u16::try_from(directory.len() / 12).expect("at most 8")));
        for entry in directory.chunks_exact(12) {
            block.extend(short(TAGS[usize::from(entry[0]) % TAGS.len()]));
            block.extend(short(TYPES[usize::from(entry[1]) % TYPES.len()]));
            block.extend(long(entry[2].into()));
            // A value that lies within what there is, or the value itself.
            let value = u32::from_le_bytes([entry[8], entry[9], entry[10], entry[11]]) as usize;
            block.extend(long(if entry[3] & 1 == 1 { value % (data.len() * 2) } else { value }));
        }
        block.extend(long(next));
    }
    block.extend_from_slice(data);
    block
}
