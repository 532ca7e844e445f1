//! Where a body ends, and its bytes without what frames them: RFC 9112, 6 and 7.

use std::io;

use bytes::{Buf, Bytes, BytesMut};

use super::Failed;

/// The most that may stand in a body beside its bytes and the sizes of chunks: in extensions of chunks, and in trailers.
const LONGEST: usize = 16 << 10;
/// The longest line with a size and nothing else.
const SIZE_LINE: usize = 18;

/// How the rest of a body is told from what follows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Framing {
    /// So many bytes are left.
    Length(u64),
    /// In chunks, whose extensions had so many bytes.
    Chunked(Chunks, usize),
    /// It ends with the connection.
    Close,
}

/// What comes next of a body in chunks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Chunks {
    /// The line with a chunk's size.
    Size,
    /// So many bytes of a chunk.
    Data(u64),
    /// The end of its line.
    DataEnd,
    /// Fields behind the last chunk, of which so many bytes came.
    Trailers(usize),
    /// Nothing: the body is over.
    Over,
}

/// What is at the front of the bytes that came.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    Piece(Bytes),
    /// Nothing yet.
    More,
    /// The end of the body.
    End,
}

impl Framing {
    pub(super) fn chunked() -> Self {
        Self::Chunked(Chunks::Size, 0)
    }

    /// Takes the next piece of the body off what came.
    pub(super) fn take(&mut self, came: &mut BytesMut) -> Result<Next, Failed> {
        match self {
            Self::Length(0) => Ok(Next::End),
            Self::Length(left) => Ok(piece(left, came)),
            Self::Close if came.is_empty() => Ok(Next::More),
            Self::Close => Ok(Next::Piece(came.split().freeze())),
            Self::Chunked(chunks, extensions) => chunks.take(came, extensions),
        }
    }
}

/// As much as there is of so many bytes.
fn piece(left: &mut u64, came: &mut BytesMut) -> Next {
    if came.is_empty() {
        return Next::More;
    }
    let len = usize::try_from(*left).unwrap_or(usize::MAX).min(came.len());
    *left -= len as u64;
    Next::Piece(came.split_to(len).freeze())
}

impl Chunks {
    fn take(&mut self, came: &mut BytesMut, extensions: &mut usize) -> Result<Next, Failed> {
        loop {
            *self = match self {
                Self::Size => match size(came, extensions)? {
                    None => return Ok(Next::More),
                    Some(0) => Self::Trailers(0),
                    Some(size) => Self::Data(size),
                },
                Self::Data(0) => Self::DataEnd,
                Self::Data(left) => return Ok(piece(left, came)),
                Self::DataEnd => match came.get(..2) {
                    None => return Ok(Next::More),
                    Some(b"\r\n") => {
                        came.advance(2);
                        Self::Size
                    }
                    Some(_) => return Err(broken("a chunk of the body is longer than it says")),
                },
                Self::Trailers(seen) => {
                    let Some(line) = came.iter().position(|byte| *byte == b'\n') else {
                        return bounded(*seen + came.len()).map(|()| Next::More);
                    };
                    let empty = matches!(came[..line], [] | [b'\r']);
                    came.advance(line + 1);
                    bounded(*seen + line)?;
                    if empty { Self::Over } else { Self::Trailers(*seen + line + 1) }
                }
                Self::Over => return Ok(Next::End),
            }
        }
    }
}

fn bounded(bytes: usize) -> Result<(), Failed> {
    if bytes <= LONGEST {
        return Ok(());
    }
    Err(broken("what frames the body is longer than 16 KiB"))
}

/// A body that broke off in its chunks: another attempt may bring it whole.
fn broken(what: &str) -> Failed {
    Failed::Io(io::Error::new(io::ErrorKind::InvalidData, what))
}

/// Takes the line with a chunk's size off what came.
fn size(came: &mut BytesMut, extensions: &mut usize) -> Result<Option<u64>, Failed> {
    let bad = || broken("a chunk of the body has no size");
    let Some(first) = came.first() else { return Ok(None) };
    if !first.is_ascii_hexdigit() {
        return Err(bad());
    }
    match httparse::parse_chunk_size(came).map_err(|_| bad())? {
        httparse::Status::Complete((line, size)) => {
            came.advance(line);
            *extensions += line.saturating_sub(SIZE_LINE);
            bounded(*extensions).map(|()| Some(size))
        }
        httparse::Status::Partial => bounded(came.len()).map(|()| None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All of a body, that comes in pieces of so many bytes, and what is left behind it.
    fn read(mut framing: Framing, text: &[u8], pieces: usize) -> Result<(Vec<u8>, Vec<u8>), String> {
        let (mut came, mut body, mut rest) = (BytesMut::new(), Vec::new(), text.chunks(pieces));
        loop {
            match framing.take(&mut came).map_err(|failed| failed.to_string())? {
                Next::Piece(piece) => body.extend_from_slice(&piece),
                Next::End => return Ok((body, came.iter().copied().chain(rest.flatten().copied()).collect())),
                Next::More => came.extend_from_slice(rest.next().ok_or("the end is missing")?),
            }
        }
    }

    #[test]
    fn a_body_in_chunks_is_what_they_hold_however_it_comes() {
        for pieces in [1, 2, 3, 7, 1000] {
            for (text, body, behind) in [
                (&b"5\r\nhello\r\n0\r\n\r\nHTTP"[..], &b"hello"[..], &b"HTTP"[..]),
                (b"5;a=b\r\nhello\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\nOther: y\r\n\r\n", b"hello0123456789", b""),
                (b"0\r\n\r\n", b"", b""),
            ] {
                let read = read(Framing::chunked(), text, pieces);
                assert_eq!(read, Ok((body.to_vec(), behind.to_vec())), "{pieces}");
            }
        }
        assert_eq!(read(Framing::Length(5), b"hello world", 2), Ok((b"hello".to_vec(), b" world".to_vec())));
        assert_eq!(read(Framing::Length(0), b"x", 1), Ok((Vec::new(), b"x".to_vec())));
    }

    #[test]
    fn what_is_no_chunk_is_said() {
        let long = [b"5;".to_vec(), vec![b'a'; LONGEST + 1]].concat();
        let many = b"1;aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\nx\r\n".repeat(LONGEST / 22 + 1);
        let trailers = [b"0\r\n".to_vec(), b"a: b\r\n".repeat(LONGEST / 6 + 1)].concat();
        for (text, why) in [
            (&b"hello"[..], "has no size"),
            (b"\r\nhello", "has no size"),
            (b"-1\r\n", "has no size"),
            (b"11111111111111111\r\n", "has no size"),
            (b"5\r\nhello!\r\n", "longer than it says"),
            (b"5\r\nhel", "the end is missing"),
            (b"5\r\nhello\r\n0\r\n", "the end is missing"),
            (&long, "longer than 16 KiB"),
            (&many, "longer than 16 KiB"),
            (&trailers, "longer than 16 KiB"),
        ] {
            let said = read(Framing::chunked(), text, 1000).expect_err(why);
            assert!(said.contains(why), "{said}");
        }
    }
}
