//! Header fields of a request or a response.

use http::header::{HeaderMap, HeaderName, HeaderValue};

/// Names and values. There are few of them: looking through all is quicker than a map is made.
#[derive(Debug, Clone, Default)]
pub(super) struct Fields(Vec<(HeaderName, HeaderValue)>);

impl Fields {
    pub(super) fn with_capacity(fields: usize) -> Self {
        Self(Vec::with_capacity(fields))
    }

    /// The first value of a name.
    pub(super) fn get(&self, name: &HeaderName) -> Option<&HeaderValue> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// All values of a name.
    pub(super) fn get_all(&self, name: HeaderName) -> impl Iterator<Item = &HeaderValue> {
        self.0.iter().filter(move |(known, _)| *known == name).map(|(_, value)| value)
    }

    /// Adds a value beside those of the same name.
    pub(super) fn append(&mut self, name: HeaderName, value: HeaderValue) {
        self.0.push((name, value));
    }

    /// Sets the only value of a name.
    pub(super) fn insert(&mut self, name: HeaderName, value: HeaderValue) {
        self.0.retain(|(known, _)| *known != name);
        self.append(name, value);
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
        self.0.iter().map(|(name, value)| (name, value))
    }
}

impl From<&HeaderMap> for Fields {
    fn from(map: &HeaderMap) -> Self {
        Self(map.iter().map(|(name, value)| (name.clone(), value.clone())).collect())
    }
}

impl From<Fields> for HeaderMap {
    fn from(fields: Fields) -> Self {
        let mut map = Self::with_capacity(fields.0.len());
        for (name, value) in fields.0 {
            map.append(name, value);
        }
        map
    }
}
