//! What relative paths of a finished run are relative to.

use std::sync::Arc;

use serde_json::{Map, Value};

/// Under which name a run notes where each of its lists begins.
pub(crate) const NOTE: &str = "lists";

/// The lists of a run by their first rows.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Bases(Vec<(u64, Arc<str>)>);

impl Bases {
    /// As the run noted them, or, where it did not, the list of its settings.
    pub(crate) fn of(settings: &Map<String, Value>, notes: &Map<String, Value>) -> Self {
        let list = |map: &Map<String, Value>, name: &str| map.get(name).and_then(Value::as_array).cloned();
        let starts = list(notes, NOTE).unwrap_or_default();
        let starts = starts.iter().filter_map(|start| Some((start["row"].as_u64()?, start["base"].as_str()?.into())));
        let mut bases: Vec<_> = starts.collect();
        if bases.is_empty() {
            let lists = list(settings, "lists").unwrap_or_default();
            bases = lists.iter().filter_map(|list| Some((0, list["url"].as_str()?.into()))).collect();
        }
        bases.sort_by_key(|(row, _)| *row);
        Self(bases)
    }

    /// All of them.
    pub(crate) fn all(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(_, base)| &**base)
    }

    /// That of a row.
    pub(crate) fn of_row(&self, row: u64) -> Option<Arc<str>> {
        let index = self.0.partition_point(|(first, _)| *first <= row).checked_sub(1)?;
        Some(Arc::clone(&self.0[index].1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn map(value: &Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn a_row_is_of_the_list_that_began_before_it() {
        let notes = map(&json!({"lists": [{"base": "/a.csv", "row": 0}, {"base": "/b.csv", "row": 10}]}));
        let bases = Bases::of(&Map::new(), &notes);
        for (row, base) in [(0, "/a.csv"), (9, "/a.csv"), (10, "/b.csv"), (1000, "/b.csv")] {
            assert_eq!(bases.of_row(row).as_deref(), Some(base));
        }
        let settings = map(&json!({"lists": [{"url": "/c.csv"}]}));
        assert_eq!(Bases::of(&settings, &Map::new()).of_row(5).as_deref(), Some("/c.csv"));
    }
}
