//! `--full`: a digest of the whole image, and its pixels decoded, to see that it can be.
//!
//! Pixels are decoded by the `image` crate and thrown away. What it has no decoder for is a record with a warning; of an
//! animation the first frame is decoded.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use image::{ImageError, ImageFormat, ImageReader, Limits};
use imgmeta_record::{Kind, Phase, hex};
use sha2::{Digest, Sha256};
use tokio::sync::{Semaphore, oneshot};

use crate::assemble::Found;
use crate::fetch::budget::Share;
use crate::fetch::source::Answer;
use crate::known::Known;
use crate::probe::{self, Image, MAX_PIXELS};
use crate::trouble::Trouble;

/// Bytes of a decoded pixel that an image's share of the memory is reckoned by.
const PIXEL: u64 = 4;
/// The most that one decoder may allocate: 16 bits a channel of [`MAX_PIXELS`].
const MAX_ALLOCATION: u64 = 8 * MAX_PIXELS;

/// A whole image, and its share of the memory.
#[derive(Debug)]
pub(crate) struct Whole {
    pub(crate) known: Known,
    pub(crate) share: Share,
}

/// What decoding found, short of a failure.
#[derive(Debug, PartialEq, Eq)]
enum Decoded {
    Pixels(u32, u32),
    /// Why there are none.
    Not(String),
}

/// Looks through an image that was read whole; any other answer stays as it is. Not more than `decoders` has permits for
/// are decoded at once.
///
/// # Errors
/// A [`Trouble`] in [`Phase::Decode`].
pub(crate) async fn check(answer: Answer, decoders: &Semaphore) -> Result<Found, Trouble> {
    let Answer { mut found, whole } = answer;
    let Some(Whole { known, mut share }) = whole else { return Ok(found) };
    let Image { format, mode, width, height, .. } = found.header.image;
    let pixels = u64::from(width) * u64::from(height);
    if pixels > MAX_PIXELS {
        let message = format!("{width} x {height} pixels are declared, and more than {MAX_PIXELS} are not decoded");
        return Err(Trouble::new(Kind::Bomb, Phase::Decode, message));
    }
    share.grow_to(known.held() + pixels * PIXEL).await;
    let _permit = decoders.acquire().await.expect("it is never closed");
    let work = move || {
        let plain = format != "JPEG" && format != "MPO" || probe::is_plain_jpeg(&known);
        let bytes = known.into_bytes();
        (
            hex(&Sha256::digest(&bytes)),
            caught(|| if plain { decode(format, mode, &bytes) } else { Ok(without("JPEG of this kind")) }),
        )
    };
    let (sha256, decoded) = apart(work).await.map_err(|message| Trouble::new(Kind::Io, Phase::Decode, message))?;
    found.sha256 = Some(sha256);
    match decoded? {
        Decoded::Pixels(w, h) if (w, h) == (width, height) => {}
        Decoded::Pixels(w, h) => found.header.image.warnings.push(format!("full: {w} x {h} pixels were decoded")),
        Decoded::Not(why) => found.header.image.warnings.push(format!("full: not decoded: {why}")),
    }
    Ok(found)
}

/// Works on a thread of its own. Those that the runtime has for what blocks may all read files, and wait for the memory that
/// only this work gives back.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, String> {
    let (done, result) = oneshot::channel();
    let thread = std::thread::Builder::new().name("decoder".into());
    // Where nobody listens any more, the run has ended.
    let started = thread.spawn(move || drop(done.send(work())));
    started.map_err(|error| format!("no thread to decode it: {error}"))?;
    result.await.map_err(|_| "the thread that decoded it ended without a result".to_owned())
}

/// What a decoder gives; its panic costs one row.
fn caught(decode: impl FnOnce() -> Result<Decoded, Trouble>) -> Result<Decoded, Trouble> {
    catch_unwind(AssertUnwindSafe(decode)).unwrap_or_else(|_| {
        tracing::error!("a decoder panicked: this is a defect");
        Err(Trouble::new(Kind::Internal, Phase::Decode, "the decoder panicked"))
    })
}

fn without(what: &str) -> Decoded {
    Decoded::Not(format!("there is no decoder for {what}"))
}

fn decode(name: &str, mode: &str, bytes: &[u8]) -> Result<Decoded, Trouble> {
    let format = match format(name) {
        None => return Ok(without(name)),
        // The decoder would call it damaged.
        Some(ImageFormat::Pnm) if mode == "F" => return Ok(without("PFM")),
        Some(format) => format,
    };
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MAX_ALLOCATION);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    match reader.decode() {
        Ok(image) => Ok(Decoded::Pixels(image.width(), image.height())),
        Err(ImageError::Unsupported(why)) => Ok(Decoded::Not(why.to_string())),
        Err(why) if format == ImageFormat::Ico && why.to_string().contains("not in RGBA format") => {
            Ok(Decoded::Not(why.to_string()))
        }
        Err(ImageError::Limits(why)) => Err(Trouble::new(Kind::Bomb, Phase::Decode, why.to_string())),
        Err(why) => Err(Trouble::new(Kind::Damaged, Phase::Decode, why.to_string())),
    }
}

/// The decoder of a format, by Pillow's name.
fn format(name: &str) -> Option<ImageFormat> {
    Some(match name {
        "BMP" => ImageFormat::Bmp,
        "DDS" => ImageFormat::Dds,
        "FARBFELD" => ImageFormat::Farbfeld,
        "GIF" => ImageFormat::Gif,
        "HDR" => ImageFormat::Hdr,
        "ICO" => ImageFormat::Ico,
        "JPEG" | "MPO" => ImageFormat::Jpeg,
        "PNG" => ImageFormat::Png,
        "PPM" => ImageFormat::Pnm,
        "QOI" => ImageFormat::Qoi,
        "TGA" => ImageFormat::Tga,
        "TIFF" => ImageFormat::Tiff,
        "WEBP" => ImageFormat::WebP,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decoder_that_panics_costs_one_row() {
        let trouble = caught(|| panic!("planted")).expect_err("a failure");
        assert_eq!((trouble.kind, trouble.phase), (Kind::Internal, Phase::Decode));
        caught(|| Ok(Decoded::Pixels(1, 1))).expect("the next one is decoded");
    }

    #[test]
    fn what_is_not_decoded_says_why() {
        assert_eq!(decode("PSD", "RGB", b"8BPS").ok(), Some(Decoded::Not("there is no decoder for PSD".into())));
        let trouble = decode("PNG", "RGB", b"\x89PNG\r\n\x1a\n").expect_err("it is cut");
        assert_eq!((trouble.kind, trouble.phase), (Kind::Damaged, Phase::Decode));
    }
}
