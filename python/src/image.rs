//! What Python calls an image: bytes, or a path.

use std::path::PathBuf;

use bytes::Bytes;
use imgmeta_extract::probe::Options;
use imgmeta_extract::{read, read_file};
use imgmeta_record::Outcome;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyByteArray, PyBytes, PyMemoryView};

/// An image that is read without the interpreter.
pub(crate) enum Image {
    /// Bytes that nobody can change.
    Bytes(Bytes),
    /// A file.
    Path(PathBuf),
}

impl Image {
    /// # Errors
    /// `TypeError` for what is neither; `ValueError` for a URL.
    pub(crate) fn of(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        if let Ok(bytes) = object.cast::<PyBytes>() {
            return Ok(Self::of_bytes(bytes.clone()));
        }
        if object.is_instance_of::<PyByteArray>() || object.is_instance_of::<PyMemoryView>() {
            // Another thread may write to it: what is read is a copy.
            let copy = object.py().get_type::<PyBytes>().call1((object,))?;
            return Ok(Self::of_bytes(copy.cast_into::<PyBytes>()?));
        }
        let path: PathBuf = object.extract().map_err(|_| {
            let found = object.get_type().name().map_or_else(|_| "?".into(), |name| name.to_string());
            PyTypeError::new_err(format!("an image is bytes or a path, not `{found}`"))
        })?;
        if path.to_string_lossy().contains("://") {
            return Err(PyValueError::new_err(
                "a URL is read by imgmeta.extract([url]); inspect takes bytes or a path",
            ));
        }
        Ok(Self::Path(path))
    }

    fn of_bytes(bytes: Bound<'_, PyBytes>) -> Self {
        Self::Bytes(Bytes::from_owner(PyBackedBytes::from(bytes)))
    }

    /// Reads it.
    pub(crate) fn read(&self, options: Options) -> Outcome {
        match self {
            Self::Bytes(bytes) => read(bytes, options),
            Self::Path(path) => read_file(path, options),
        }
    }
}
