//! Names that are met: the frequent ones by themselves, the rest as one.

use std::collections::HashMap;
use std::sync::Arc;

/// The id of "there is none".
pub(in crate::report) const NONE: u32 = 0;
/// The id of all names that are not kept.
pub(in crate::report) const OTHER: u32 = 1;
const FIRST: usize = 2;
/// Longer names are cut: they come out of files of any origin.
const LONGEST: usize = 80;
/// Names that stay in any case.
const CROWD: usize = 64;

/// Names, each with an id and a count.
///
/// When there are [`most`](Self::new) of them, the rarer half becomes [`OTHER`]. A name that was frequent only before or
/// after that is counted too low, by at most the outcomes that stand under others.
#[derive(Debug, Default)]
pub(in crate::report) struct Names {
    ids: HashMap<Arc<str>, u32, foldhash::fast::RandomState>,
    found: Vec<(Arc<str>, u64)>,
    most: usize,
    /// Whether a name was given up because there were too many.
    pub(in crate::report) lossy: bool,
}

/// New ids by old ones.
pub(super) type Renamed = Vec<u32>;

impl Names {
    pub(super) fn new(most: usize) -> Self {
        Self { most, ..Self::default() }
    }

    /// The id of a name, which is counted once more.
    pub(super) fn count(&mut self, name: Option<&str>) -> u32 {
        let Some(name) = name.map(str::trim).filter(|name| !name.is_empty()) else { return NONE };
        let name = cut(name, LONGEST);
        if let Some(id) = self.ids.get(name) {
            self.found[*id as usize - FIRST].1 += 1;
            return *id;
        }
        let id = u32::try_from(self.found.len() + FIRST).expect("there are fewer names");
        let name: Arc<str> = name.into();
        self.found.push((Arc::clone(&name), 1));
        self.ids.insert(name, id);
        id
    }

    pub(super) fn is_full(&self) -> bool {
        self.found.len() >= self.most
    }

    /// Keeps the most frequent names, of which the first has the lowest id. Equally frequent ones by name, so that the same
    /// outcomes make the same page.
    pub(super) fn keep(&mut self, most: usize) -> Renamed {
        let mut order: Vec<usize> = (0..self.found.len()).collect();
        order.sort_by(|a, b| {
            let ((a, of_a), (b, of_b)) = (&self.found[*a], &self.found[*b]);
            of_b.cmp(of_a).then_with(|| a.cmp(b))
        });
        order.truncate(most);
        let mut renamed = vec![OTHER; self.found.len() + FIRST];
        renamed[NONE as usize] = NONE;
        for (new, old) in (0u32..).zip(&order) {
            renamed[old + FIRST] = new + 2;
        }
        self.found = order.iter().map(|old| self.found[*old].clone()).collect();
        self.ids = (2u32..).zip(&self.found).map(|(id, (name, _))| (Arc::clone(name), id)).collect();
        renamed
    }

    /// Makes room while more are still to come: where there are as many as there may be, or many in a crowd, the rarer half
    /// goes.
    pub(super) fn room(&mut self, crowded: bool) -> Renamed {
        let goes = self.is_full() || (crowded && self.found.len() > CROWD);
        self.lossy |= goes;
        self.keep(if goes { self.found.len() / 2 } else { usize::MAX })
    }

    /// All of them by id, from [`FIRST`] on.
    pub(in crate::report) fn texts(&self) -> Vec<String> {
        self.found.iter().map(|(name, _)| name.to_string()).collect()
    }
}

/// The beginning of a text, of at most so many characters.
pub(in crate::report) fn cut(text: &str, most: usize) -> &str {
    text.char_indices().nth(most).map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_frequent_names_are_kept_and_the_rest_is_others() {
        let mut names = Names::new(100);
        for (name, times) in [("a", 1), ("b", 5), ("c", 3), ("d", 3)] {
            for _ in 0..times {
                names.count(Some(name));
            }
        }
        assert_eq!(names.count(Some("  ")), NONE);
        assert_eq!(names.count(None), NONE);
        // a b c d had the ids 2 to 5.
        assert_eq!(names.keep(3), [NONE, OTHER, OTHER, 2, 3, 4]);
        assert_eq!(names.texts(), ["b", "c", "d"]);
        assert_eq!((names.count(Some("b")), names.count(Some("e"))), (2, 5));
    }

    #[test]
    fn a_name_that_is_frequent_throughout_survives_any_number_of_others() {
        let mut names = Names::new(64);
        for other in 0..10_000 {
            names.count(Some("often"));
            names.count(Some(&format!("once {other}")));
            if names.is_full() {
                names.room(false);
            }
        }
        assert!(names.found.len() < 64 && names.lossy);
        names.keep(1);
        assert_eq!(names.texts(), ["often"]);
    }

    #[test]
    fn long_names_are_cut_between_characters() {
        let mut names = Names::new(8);
        names.count(Some(&"ü".repeat(500)));
        assert_eq!(names.texts(), ["ü".repeat(LONGEST)]);
    }
}
