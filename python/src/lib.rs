//! `imgmeta._native`: an image at hand to a dict, without a process or text between.

mod dict;
mod image;
mod names;

use encoding_rs::{Encoding, WINDOWS_1252};
use imgmeta_extract::{exif, probe};
use imgmeta_record::{Failure, Outcome, json};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use image::Image;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What is compiled of `imgmeta`.
#[pymodule(name = "_native")]
mod native {
    #[pymodule_export]
    use super::inspect;
}

/// Reads one image at hand, and gives its record: what `imgmeta inspect --json` prints, as a dict.
///
/// - `path_or_bytes`: a path, of which no more is read than is needed, or all bytes of an image.
/// - `xmp`, `iptc`: whether those are read, too. `maker_notes`, `thumbnails`: whether those are kept, as base64.
/// - `exif_keys`: what keys tags have: `names`, or `ids` for decimal numbers as text.
/// - `exif_encoding`: what text in EXIF is where it is not UTF-8.
///
/// `Fetch` says how the file was read; of bytes nothing was fetched, so that all of it is 0 or None, and `URL` is empty.
/// Other threads run meanwhile.
///
/// Raises `imgmeta.ImageError` for what cannot be read as an image, `TypeError` for what is neither bytes nor a path, and
/// `ValueError` for a URL (which `imgmeta.extract` reads) and for an unknown encoding.
///
/// >>> import imgmeta
/// >>> record = imgmeta.inspect(photo)
/// >>> record["Format"], record["Mode"], record["Size"], record["EXIF"]["0th"]["Make"]
/// ('JPEG', 'RGB', [16, 12], 'Maker')
/// >>> imgmeta.inspect(photo.read_bytes())["EXIF"] == record["EXIF"]
/// True
#[pyfunction]
#[pyo3(signature = (path_or_bytes, *, xmp = false, iptc = false, maker_notes = false, thumbnails = false,
    exif_keys = "names", exif_encoding = "windows-1252"))]
#[expect(clippy::doc_link_with_quotes, reason = "Python's brackets")]
#[expect(clippy::fn_params_excessive_bools, reason = "keywords, as Python has them")]
fn inspect<'py>(
    path_or_bytes: &Bound<'py, PyAny>, xmp: bool, iptc: bool, maker_notes: bool, thumbnails: bool, exif_keys: &str,
    exif_encoding: &str,
) -> PyResult<Bound<'py, PyDict>> {
    let py = path_or_bytes.py();
    let image = Image::of(path_or_bytes)?;
    let exif = exif::Options { encoding: encoding(exif_encoding)?, maker_notes, thumbnails };
    let (options, keys) = (probe::Options { exif, xmp, iptc }, keys(exif_keys)?);
    match py.detach(|| image.read(options)) {
        Outcome::Record(record) => dict::record(py, &record, keys),
        Outcome::Failure(failure) => Err(error(py, &failure)),
    }
}

fn encoding(label: &str) -> PyResult<&'static Encoding> {
    // The one that is nearly always asked for is not looked up.
    let found = if label == "windows-1252" { Some(WINDOWS_1252) } else { Encoding::for_label(label.as_bytes()) };
    let message = || format!("exif_encoding: `{label}` is no encoding; try windows-1252, shift_jis, gb18030");
    found.ok_or_else(|| PyValueError::new_err(message()))
}

fn keys(word: &str) -> PyResult<json::Keys> {
    match word {
        "names" => Ok(json::Keys::Names),
        "ids" => Ok(json::Keys::Ids),
        _ => Err(PyValueError::new_err(format!("exif_keys: `{word}` is neither `names` nor `ids`"))),
    }
}

/// An `imgmeta.ImageError`.
fn error(py: Python<'_>, failure: &Failure) -> PyErr {
    let made = || {
        let class = py.import("imgmeta._errors")?.getattr("ImageError")?;
        class.call1((&failure.error, failure.kind.name(), failure.phase.name(), &failure.url))
    };
    made().map_or_else(|failed| failed, PyErr::from_value)
}
