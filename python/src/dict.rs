//! Records as dicts: what `json.loads` makes of their lines, without the lines.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use imgmeta_record::fields::{Cell, Field, RECORD, Shape};
use imgmeta_record::json::{self, Keys};
use imgmeta_record::{Extra, Other, Record, Tag, Value};
use pyo3::IntoPyObjectExt;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};

use crate::names::{Names, Object};

/// A record, made from the table of fields.
pub(crate) fn record<'py>(py: Python<'py>, record: &Record, keys: Keys) -> PyResult<Bound<'py, PyDict>> {
    let names = Names::get(py)?;
    Maker { py, keys, names }.object(RECORD, &names.record, record)
}

/// What makes Python's objects.
struct Maker<'py> {
    py: Python<'py>,
    keys: Keys,
    names: &'static Names,
}

type Any<'py> = PyResult<Bound<'py, PyAny>>;

impl<'py> Maker<'py> {
    fn object<T>(&self, table: &'static [Field<T>], names: &Object, row: &T) -> PyResult<Bound<'py, PyDict>> {
        let dict = names.empty.bind(self.py).copy()?;
        for (field, (key, names)) in table.iter().zip(&names.fields) {
            match (&field.shape, names) {
                (Shape::Leaf(_, get), _) => match get(row) {
                    Cell::Null => {}
                    cell => dict.set_item(key, self.cell(cell)?)?,
                },
                (Shape::Group(inner, present), Some(names)) if present(row) => {
                    dict.set_item(key, self.object(inner, names, row)?)?;
                }
                (Shape::Group(..), _) => {}
            }
        }
        Ok(dict)
    }

    fn cell(&self, cell: Cell<'_>) -> Any<'py> {
        match cell {
            Cell::Null => Ok(self.py.None().into_bound(self.py)),
            Cell::Bool(value) => value.into_bound_py_any(self.py),
            Cell::Int(value) => value.into_bound_py_any(self.py),
            Cell::Float(value) => self.float(value),
            Cell::Text(text) => text.into_bound_py_any(self.py),
            Cell::Size(width, height) => self.list([width, height]),
            Cell::Texts(texts) => self.list(texts),
            Cell::LocalTime(time) => time.to_string().into_bound_py_any(self.py),
            Cell::UtcTime(time) => time.to_string().into_bound_py_any(self.py),
            Cell::Tags(tags) => self.tags(tags),
            Cell::Others(others) => self.others(others),
            Cell::Map(map) => self.map(map),
        }
    }

    /// JSON has no other numbers than finite ones.
    fn float(&self, value: f64) -> Any<'py> {
        Some(value).filter(|value| value.is_finite()).into_bound_py_any(self.py)
    }

    fn list<T: IntoPyObject<'py>>(&self, items: impl IntoIterator<Item = T, IntoIter: ExactSizeIterator>) -> Any<'py> {
        Ok(PyList::new(self.py, items)?.into_any())
    }

    fn tags(&self, tags: &[Tag]) -> Any<'py> {
        let dict = PyDict::new(self.py);
        for tag in tags {
            let key = match self.keys {
                Keys::Names => self.names.tag(tag.row),
                Keys::Ids => self.names.id(tag.row),
            };
            dict.set_item(key, self.value(&tag.value)?)?;
        }
        Ok(dict.into_any())
    }

    fn value(&self, value: &Value) -> Any<'py> {
        match value {
            Value::Text(text) => text.into_bound_py_any(self.py),
            Value::Int(number) => number.into_bound_py_any(self.py),
            Value::Ints(numbers) => self.list(numbers),
            Value::Bigs(numbers) => self.list(numbers),
            Value::Float(number) => self.float(*number),
            Value::Floats(numbers) => {
                self.list(numbers.iter().map(|number| self.float(*number)).collect::<PyResult<Vec<_>>>()?)
            }
            Value::Rational(num, den) => self.list([num, den]),
            Value::Rationals(pairs) => self.list(pairs.iter().map(|(num, den)| [num, den])),
            Value::Bytes(bytes) => self.pair(intern!(self.py, "base64"), STANDARD.encode(bytes)),
            Value::Omitted(size) => self.pair(intern!(self.py, "omitted"), size),
        }
    }

    fn pair(&self, key: &Bound<'py, PyString>, value: impl IntoPyObject<'py>) -> Any<'py> {
        let dict = PyDict::new(self.py);
        dict.set_item(key, value)?;
        Ok(dict.into_any())
    }

    fn map(&self, map: &Extra) -> Any<'py> {
        let dict = PyDict::new(self.py);
        for (name, text) in map {
            dict.set_item(&**name, text.as_deref())?;
        }
        Ok(dict.into_any())
    }

    fn others(&self, others: &[Other]) -> Any<'py> {
        let list = PyList::empty(self.py);
        for other in others {
            list.append(self.other(other)?)?;
        }
        Ok(list.into_any())
    }

    fn other(&self, other: &Other) -> PyResult<Bound<'py, PyDict>> {
        let Other { ifd, tag, kind, value } = other;
        let mut json = Vec::new();
        json::write_value(&mut json, value);
        let dict = PyDict::new(self.py);
        let [ifd_key, tag_key, type_key, value_key] = &self.names.other;
        dict.set_item(ifd_key, &self.names.ifds[*ifd as usize])?;
        dict.set_item(tag_key, std::str::from_utf8(&hex(*tag)).expect("digits"))?;
        dict.set_item(type_key, kind)?;
        dict.set_item(value_key, &*String::from_utf8_lossy(&json))?;
        Ok(dict)
    }
}

/// A tag's number as in `Other`: `0xea1c`.
fn hex(number: u16) -> [u8; 6] {
    let digit = |shift: u16| b"0123456789abcdef"[usize::from(number >> shift & 0xf)];
    [b'0', b'x', digit(12), digit(8), digit(4), digit(0)]
}
