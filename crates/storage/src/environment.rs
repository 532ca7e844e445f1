//! The variables that tell where stores are and who we are there.

use std::collections::BTreeMap;
use std::fmt;

/// Variables of the environment: `AWS_*`, `GOOGLE_*`, `AZURE_*`, `HOME`. A library does not read the process's own; the
/// command line hands them over.
///
/// ```
/// use imgmeta_storage::Environment;
/// let environment: Environment = [("AWS_REGION".into(), "eu-north-1".into())].into_iter().collect();
/// assert_eq!(environment.get("AWS_REGION"), Some("eu-north-1"));
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The value of a variable; an empty one is as good as none.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The variables with this prefix, their names in lower case.
    pub(crate) fn with_prefix<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (String, &'a str)> {
        let found = self.0.iter().filter(move |(name, value)| name.starts_with(prefix) && !value.is_empty());
        found.map(|(name, value)| (name.to_ascii_lowercase(), value.as_str()))
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(variables: I) -> Self {
        Self(variables.into_iter().collect())
    }
}

impl fmt::Debug for Environment {
    /// Names only: values are secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
