//! Keys of records as Python's strings, made once.

use foldhash::{HashMap, HashMapExt};
use imgmeta_record::fields::{Field, RECORD, Shape};
use imgmeta_record::tags::{self, Row, THUMBNAIL};
use imgmeta_record::{Ifd, OTHER_KEYS};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyString};

/// All keys that records can have.
pub(crate) struct Names {
    /// Those of the table of fields.
    pub(crate) record: Object,
    /// Those of a tag in `Other`.
    pub(crate) other: [Py<PyString>; 4],
    /// Names of directories, in the order of [`Ifd::ALL`].
    pub(crate) ifds: [Py<PyString>; 5],
    /// By the place of the tag's row, which is static.
    tags: HashMap<usize, Py<PyString>>,
    numbers: HashMap<u16, Py<PyString>>,
}

/// The keys of an object.
pub(crate) struct Object {
    /// All keys, without values.
    pub(crate) empty: Py<PyDict>,
    /// Each with the keys of the object under it, where it has one.
    pub(crate) fields: Vec<(Py<PyString>, Option<Object>)>,
}

impl Names {
    pub(crate) fn get(py: Python<'_>) -> PyResult<&'static Self> {
        static NAMES: PyOnceLock<Names> = PyOnceLock::new();
        NAMES.get_or_try_init(py, || Self::new(py))
    }

    fn new(py: Python<'_>) -> PyResult<Self> {
        let (mut tags, mut numbers) = (HashMap::new(), HashMap::new());
        for row in Ifd::ALL.into_iter().flat_map(tags::rows).chain([&THUMBNAIL]) {
            tags.entry(place(row)).or_insert_with(|| PyString::intern(py, row.name).unbind());
            numbers.entry(row.number).or_insert_with(|| PyString::intern(py, &row.number.to_string()).unbind());
        }
        let other = OTHER_KEYS.map(|key| PyString::intern(py, key).unbind());
        let ifds = Ifd::ALL.map(|ifd| PyString::intern(py, ifd.name()).unbind());
        Ok(Self { record: object(py, RECORD)?, other, ifds, tags, numbers })
    }

    /// The key of a tag, by its name.
    pub(crate) fn tag(&self, row: &'static Row) -> &Py<PyString> {
        self.tags.get(&place(row)).expect("all of the table are there")
    }

    /// The key of a tag, by its number.
    pub(crate) fn id(&self, row: &'static Row) -> &Py<PyString> {
        self.numbers.get(&row.number).expect("all of the table are there")
    }
}

fn place(row: &'static Row) -> usize {
    std::ptr::from_ref(row).addr()
}

fn object<T>(py: Python<'_>, table: &'static [Field<T>]) -> PyResult<Object> {
    let empty = PyDict::new(py);
    let mut fields = Vec::new();
    for field in table {
        let key = PyString::intern(py, field.name);
        empty.set_item(&key, py.None())?;
        let inner = match &field.shape {
            Shape::Leaf(..) => None,
            Shape::Group(inner, _) => Some(object(py, inner)?),
        };
        fields.push((key.unbind(), inner));
    }
    Ok(Object { empty: empty.unbind(), fields })
}
