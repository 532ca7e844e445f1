//! Names as they stand before their values, made when the program is compiled.

use std::fmt;

/// What a key has room for.
const ROOM: usize = 40;

/// `,"Make":`, with room behind it: a length that is always the same is copied by three instructions.
///
/// Names of fields and tags have nothing that needs an escape.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key {
    text: [u8; ROOM],
    len: usize,
}

impl Key {
    pub(crate) const fn of(name: &str) -> Self {
        assert!(name.len() + 4 <= ROOM, "a name is longer than a key has room for");
        let (name, mut text, mut at) = (name.as_bytes(), [b' '; ROOM], 0);
        text[0] = b',';
        text[1] = b'"';
        while at < name.len() {
            text[2 + at] = name[at];
            at += 1;
        }
        text[2 + at] = b'"';
        text[3 + at] = b':';
        Self { text, len: at + 4 }
    }

    /// Appends the key, the comma before it included.
    #[inline]
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let end = out.len() + self.len;
        out.extend_from_slice(&self.text);
        out.truncate(end);
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.text[..self.len]))
    }
}

/// Appends an object, of whose members each begins with a comma, as [`Key::write`] does: the first one becomes its brace.
#[inline]
pub(super) fn write_braces(out: &mut Vec<u8>, members: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    members(out);
    match out.get_mut(start) {
        Some(comma) => *comma = b'{',
        None => out.push(b'{'),
    }
    out.push(b'}');
}
