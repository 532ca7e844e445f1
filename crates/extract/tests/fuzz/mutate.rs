//! Damage by chance, of the kinds that writers, networks and attackers make.

use fastrand::Rng;

/// A file, of which some parts are others.
pub(crate) fn damaged(random: &mut Rng, file: &[u8], other: &[u8]) -> Vec<u8> {
    let mut bytes = file.to_vec();
    for _ in 0..random.usize(1..5) {
        match random.u8(0..8) {
            0 => flip(random, &mut bytes),
            1 | 2 => byte(random, &mut bytes),
            3 | 4 => number(random, &mut bytes),
            5 => splice(random, &mut bytes, other),
            6 => remove(random, &mut bytes),
            _ => bytes.truncate(random.usize(..=bytes.len())),
        }
    }
    bytes
}

/// A place in the file. Half of the time in its first bytes, where headers are.
fn place(random: &mut Rng, len: usize) -> usize {
    let most = if random.bool() { len.min(256) } else { len };
    random.usize(..most.max(1))
}

fn flip(random: &mut Rng, bytes: &mut [u8]) {
    let at = place(random, bytes.len());
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= 1 << random.u8(0..8);
    }
}

fn byte(random: &mut Rng, bytes: &mut [u8]) {
    let at = place(random, bytes.len());
    let chance = random.u8(..);
    if let Some(byte) = bytes.get_mut(at) {
        *byte = random.choice([0, 1, 0x7f, 0x80, 0xff, chance]).expect("there are some");
    }
}

/// A number of 2, 4 or 8 bytes: lengths and offsets are what a header is made of.
fn number(random: &mut Rng, bytes: &mut [u8]) {
    let (at, len) = (place(random, bytes.len()), bytes.len() as u64);
    let (small, any) = (random.u64(..300), random.u64(..));
    let limits = [0, 1, 2, 3, 8, 0x7fff, 0xffff, 0x7fff_ffff, 0xffff_ffff, u64::MAX];
    let limit = random.choice(limits).expect("there are some");
    let lengths = [limit, limit, len, len.wrapping_sub(1), len + 1, len / 2, small, any];
    let value = random.choice(lengths).expect("there are some");
    let width = random.choice([2, 4, 8]).expect("there are some");
    let mut number = value.to_le_bytes()[..width].to_vec();
    if random.bool() {
        number.reverse();
    }
    if let Some(field) = bytes.get_mut(at..at + width) {
        field.copy_from_slice(&number);
    }
}

/// A stretch of another file, put in or over what is there.
fn splice(random: &mut Rng, bytes: &mut Vec<u8>, other: &[u8]) {
    let from = place(random, other.len());
    let stretch = &other[from..other.len().min(from + random.usize(0..200))];
    let at = place(random, bytes.len()).min(bytes.len());
    let end = if random.bool() { at } else { bytes.len().min(at + stretch.len()) };
    bytes.splice(at..end, stretch.iter().copied());
}

fn remove(random: &mut Rng, bytes: &mut Vec<u8>) {
    let at = place(random, bytes.len()).min(bytes.len());
    let end = bytes.len().min(at + random.usize(1..100));
    bytes.drain(at..end);
}
