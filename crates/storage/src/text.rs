//! A stream of bytes as it is stored to text in UTF-8: decompressed and decoded, with bounded memory.

use std::io;
use std::pin::Pin;

use async_compression::tokio::bufread::{GzipDecoder, ZstdDecoder};
use bytes::{Bytes, BytesMut};
use encoding_rs::Encoding;
use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio_util::io::StreamReader;

use crate::charset::{Transcoder, guess};

/// What is looked at to tell the charset.
const HEAD: usize = 64 << 10;

/// How bytes are packed; the bytes say so, not the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip, of one or more members.
    Gzip,
    /// zstd, of one or more frames.
    Zstd,
}

impl Compression {
    /// By the first four bytes.
    pub fn of(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, ..] => Self::Gzip,
            // A frame, or one that is skipped, as pzstd writes in front.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            _ => Self::None,
        }
    }
}

/// Text that is read piece by piece.
///
/// # Contract
/// - A piece is at most three times as long as what was asked for, whatever the stream unpacks to.
/// - The charset is decided by the first 64 KiB of what is unpacked, and by nothing that depends on how they arrive.
pub struct Text {
    reader: Pin<Box<dyn AsyncRead + Send>>,
    compression: Compression,
    encoding: &'static Encoding,
    transcoder: Transcoder,
    /// Unpacked, and not yet decoded.
    head: Bytes,
    ended: bool,
}

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { compression, encoding, ended, .. } = self;
        let mut shown = f.debug_struct("Text");
        shown.field("compression", compression).field("encoding", &encoding.name()).field("ended", ended);
        shown.finish_non_exhaustive()
    }
}

impl Text {
    /// Begins to read; `encoding` is guessed where it is none. A byte order mark is believed in any case.
    ///
    /// # Errors
    /// What the stream gives, and where what is packed cannot be unpacked.
    pub async fn open(
        bytes: BoxStream<'static, io::Result<Bytes>>, encoding: Option<&'static Encoding>,
    ) -> io::Result<Self> {
        // Readers ask again at the end.
        let mut bytes = bytes.fuse();
        let mut start = BytesMut::new();
        while start.len() < 4 {
            let Some(piece) = bytes.try_next().await? else { break };
            start.extend_from_slice(&piece);
        }
        let compression = Compression::of(&start);
        let bytes = stream::iter([Ok(start.freeze())]).chain(bytes);
        let mut reader = unpack(StreamReader::new(bytes), compression);
        let head = fill(&mut reader, HEAD).await?;
        let whole = head.len() < HEAD;
        let encoding = match Encoding::for_bom(&head) {
            Some((encoding, _)) => encoding,
            None => encoding.unwrap_or_else(|| guess(&head, whole)),
        };
        Ok(Self { reader, compression, encoding, transcoder: Transcoder::new(encoding), head, ended: false })
    }

    /// How the bytes are packed.
    pub fn compression(&self) -> Compression {
        self.compression
    }

    /// Which charset they are in.
    pub fn encoding(&self) -> &'static Encoding {
        self.encoding
    }

    /// The first bytes, unpacked, not decoded: up to 64 KiB. Only until the first piece was taken.
    pub fn head(&self) -> &Bytes {
        &self.head
    }

    /// What [`head`](Self::head) says.
    pub fn preview(&self) -> Bytes {
        let whole = self.head.len() < HEAD;
        Bytes::from(Transcoder::new(self.encoding).decode(&self.head, whole).into_owned())
    }

    /// The next text, of about so many bytes; `None` at the end.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn piece(&mut self, about: usize) -> io::Result<Option<Bytes>> {
        while !self.ended {
            let packed = if self.head.is_empty() {
                fill(&mut self.reader, about).await?
            } else {
                self.head.split_to(self.head.len().min(about))
            };
            self.ended = packed.is_empty();
            let text = self.transcoder.decode(&packed, self.ended);
            match text {
                std::borrow::Cow::Owned(text) if !text.is_empty() => return Ok(Some(text.into())),
                std::borrow::Cow::Borrowed(text) if !text.is_empty() => return Ok(Some(packed)),
                // All of it was the first half of a character.
                _ => {}
            }
        }
        Ok(None)
    }
}

fn unpack(
    bytes: impl tokio::io::AsyncBufRead + Send + 'static, compression: Compression,
) -> Pin<Box<dyn AsyncRead + Send>> {
    match compression {
        Compression::None => Box::pin(bytes),
        Compression::Gzip => {
            let mut decoder = GzipDecoder::new(bytes);
            decoder.multiple_members(true);
            Box::pin(decoder)
        }
        Compression::Zstd => {
            let mut decoder = ZstdDecoder::new(bytes);
            decoder.multiple_members(true);
            Box::pin(decoder)
        }
    }
}

/// Reads until there are so many bytes or no more.
async fn fill(reader: &mut Pin<Box<dyn AsyncRead + Send>>, bytes: usize) -> io::Result<Bytes> {
    let mut buffer = BytesMut::with_capacity(bytes);
    let mut limited = reader.take(bytes as u64);
    while limited.read_buf(&mut buffer).await? > 0 {}
    Ok(buffer.freeze())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use encoding_rs::{UTF_8, WINDOWS_1252};

    use super::*;

    fn wait<F: Future>(future: F) -> F::Output {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    async fn read(bytes: &[u8], size: usize, about: usize) -> io::Result<(Vec<u8>, Compression, usize)> {
        let pieces: Vec<_> = bytes.chunks(size).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        let mut text = Text::open(stream::iter(pieces).boxed(), None).await?;
        let (mut all, mut longest) = (Vec::new(), 0);
        while let Some(piece) = text.piece(about).await? {
            longest = longest.max(piece.len());
            all.extend_from_slice(&piece);
        }
        Ok((all, text.compression(), longest))
    }

    #[test]
    fn what_is_packed_in_parts_is_one_text_however_it_arrives() {
        let (a, b) = ("url\nhttp://h/ñ.jpg\n".repeat(9000), "http://h/b.jpg\n".repeat(9000));
        let whole = format!("{a}{b}").into_bytes();
        let zstd = |text: &str| zstd::encode_all(text.as_bytes(), 3).unwrap();
        for (packed, compression) in [
            (whole.clone(), Compression::None),
            ([gzip(a.as_bytes()), gzip(b""), gzip(b.as_bytes())].concat(), Compression::Gzip),
            ([zstd(&a), zstd(&b)].concat(), Compression::Zstd),
        ] {
            for size in [1, 7, 1000, 1 << 20] {
                for about in [1000, 1 << 16, 1 << 22] {
                    let (text, found, longest) = wait(read(&packed, size, about)).unwrap();
                    assert_eq!(found, compression);
                    assert!(text == whole, "{compression:?} by {size}");
                    assert!(longest <= about, "{longest} of {about}");
                }
            }
        }
    }

    #[test]
    fn what_is_damaged_or_cut_is_an_error() {
        let packed = gzip("url\n".repeat(1000).as_bytes());
        for bytes in [&packed[..packed.len() - 1], &packed[..20], &[packed.as_slice(), b"garbage"].concat()] {
            assert!(wait(read(bytes, 100, 100)).is_err());
        }
        let packed = zstd::encode_all(&vec![7; 100_000][..], 1).unwrap();
        assert!(wait(read(&packed[..packed.len() - 1], 100, 100)).is_err());
    }

    #[test]
    fn the_charset_is_that_of_the_mark_else_as_told_else_guessed() {
        let latin = b"url,name\nhttp://h/a,caf\xe9 cr\xe8me, d\xe9j\xe0 vu\n";
        for (bytes, told, found) in [
            (&latin[..], None, WINDOWS_1252),
            (&latin[..], Some(UTF_8), UTF_8),
            (b"\xef\xbb\xbfurl", Some(WINDOWS_1252), UTF_8),
        ] {
            let bytes = stream::iter([Ok(Bytes::copy_from_slice(bytes))]).boxed();
            assert_eq!(wait(Text::open(bytes, told)).unwrap().encoding(), found);
        }
        assert_eq!(
            String::from_utf8(wait(read(latin, 3, 5)).unwrap().0).unwrap(),
            "url,name\nhttp://h/a,café crème, déjà vu\n"
        );
    }

    #[test]
    fn a_stream_that_unpacks_to_much_more_comes_in_small_pieces() {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        let zeros = vec![b'x'; 1 << 20];
        (0..64).for_each(|_| encoder.write_all(&zeros).unwrap());
        let packed = encoder.finish().unwrap();
        assert!(packed.len() < 1 << 19);
        wait(async {
            let mut text = Text::open(stream::iter([Ok(Bytes::from(packed))]).boxed(), None).await.unwrap();
            let mut all = 0;
            while let Some(piece) = text.piece(1 << 16).await.unwrap() {
                assert!(piece.len() <= 1 << 16);
                all += piece.len();
            }
            assert_eq!(all, 64 << 20);
        });
    }
}
