//! One profile of `~/.aws/credentials` and `~/.aws/config`.
//!
//! aws-config would read them too, and brings some sixty crates and a second HTTP stack for it. What it can and this
//! cannot (single sign-on, processes, roles of other profiles) is an error that says how to export the credentials.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::{Environment, Error};

/// Ways to credentials that need more than the files.
const ELSEWHERE: [&str; 5] =
    ["sso_session", "sso_start_url", "credential_process", "source_profile", "credential_source"];

/// The settings of one profile, by name; `s3 =` sections as `s3.addressing_style`.
#[derive(Default, PartialEq, Eq)]
pub(crate) struct Profile(BTreeMap<String, String>);

impl std::fmt::Debug for Profile {
    /// Names only: values are secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Profile {
    /// The profile that `AWS_PROFILE` names, or `default`. Files that are not there are empty.
    ///
    /// # Errors
    /// [`Error::Profile`] where `AWS_PROFILE` names none, or one whose credentials cannot be had from the files alone.
    pub(crate) fn read(environment: &Environment) -> Result<Self, Error> {
        let wanted = environment.get("AWS_PROFILE").or_else(|| environment.get("AWS_DEFAULT_PROFILE"));
        let name = wanted.unwrap_or("default");
        let mut found = BTreeMap::new();
        for (variable, file) in [("AWS_CONFIG_FILE", "config"), ("AWS_SHARED_CREDENTIALS_FILE", "credentials")] {
            let Some(path) = path(environment, variable, file) else { continue };
            found.extend(section(&std::fs::read_to_string(path).unwrap_or_default(), name));
        }
        if wanted.is_some() && found.is_empty() {
            return Err(Error::Profile {
                name: name.into(),
                why: "is in neither ~/.aws/credentials nor ~/.aws/config",
            });
        }
        Self(found).usable(name)
    }

    fn usable(self, name: &str) -> Result<Self, Error> {
        let elsewhere = ELSEWHERE.iter().any(|key| self.get(key).is_some());
        if elsewhere && self.get("aws_access_key_id").is_none() {
            let why = "has its credentials from sign-on, a process or another role; export them first: \
                       aws configure export-credentials --format env";
            return Err(Error::Profile { name: name.into(), why });
        }
        Ok(self)
    }

    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }
}

fn path(environment: &Environment, variable: &str, file: &str) -> Option<PathBuf> {
    let named = environment.get(variable).map(PathBuf::from);
    named.or_else(|| Some(PathBuf::from(environment.get("HOME")?).join(".aws").join(file)))
}

/// The settings of `[name]` or `[profile name]`.
fn section(text: &str, name: &str) -> BTreeMap<String, String> {
    let mut settings = BTreeMap::new();
    let (mut within, mut parent) = (false, String::new());
    for line in text.lines() {
        let line = line.split(" #").next().unwrap_or_default().trim_end();
        if line.trim_start().starts_with(['#', ';']) || line.trim().is_empty() {
            continue;
        }
        if let Some(head) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            let head = head.trim();
            within = head.strip_prefix("profile").filter(|rest| rest.starts_with(' ')).unwrap_or(head).trim() == name;
            continue;
        }
        let Some((key, value)) = line.split_once('=').filter(|_| within) else { continue };
        let nested = line.starts_with([' ', '\t']) && !parent.is_empty();
        let key = if nested { format!("{parent}.{}", key.trim()) } else { key.trim().to_owned() };
        if value.trim().is_empty() {
            parent = key;
            continue;
        }
        if !nested {
            parent.clear();
        }
        settings.insert(key, value.trim().to_owned());
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "
# a comment
[default]
region = eu-west-1 # the office
[profile lab]
region=us-east-2
s3 =
  addressing_style = virtual
  max_concurrent_requests = 20
endpoint_url = http://minio:9000
[profile sso]
sso_session = corp
[labour]
region = nowhere
";

    fn environment(config: &str, credentials: &str, profile: &str) -> (tempfile::TempDir, Environment) {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".aws")).unwrap();
        std::fs::write(home.path().join(".aws/config"), config).unwrap();
        std::fs::write(home.path().join(".aws/credentials"), credentials).unwrap();
        let home_text = home.path().display().to_string();
        let variables = [("HOME".to_owned(), home_text), ("AWS_PROFILE".to_owned(), profile.to_owned())];
        (home, variables.into_iter().collect())
    }

    #[test]
    fn a_profile_is_what_both_files_say_of_it() {
        let credentials =
            "[lab]\naws_access_key_id = AK\naws_secret_access_key = a/b=c\n[default]\naws_access_key_id=D\n";
        let (_home, lab) = environment(CONFIG, credentials, "lab");
        let lab = Profile::read(&lab).unwrap();
        for (key, value) in [
            ("aws_access_key_id", "AK"),
            ("aws_secret_access_key", "a/b=c"),
            ("region", "us-east-2"),
            ("endpoint_url", "http://minio:9000"),
            ("s3.addressing_style", "virtual"),
        ] {
            assert_eq!(lab.get(key), Some(value), "{key}");
        }
        let (_home, default) = environment(CONFIG, credentials, "");
        let default = Profile::read(&default).unwrap();
        assert_eq!((default.get("region"), default.get("aws_access_key_id")), (Some("eu-west-1"), Some("D")));
    }

    #[test]
    fn a_profile_that_is_missing_or_needs_more_than_the_files_says_so() {
        let (_home, gone) = environment(CONFIG, "", "gone");
        assert!(Profile::read(&gone).unwrap_err().to_string().contains("`gone` is in neither"));
        let (_home, sso) = environment(CONFIG, "", "sso");
        assert!(Profile::read(&sso).unwrap_err().to_string().contains("export-credentials"));
        assert_eq!(Profile::read(&Environment::default()).unwrap(), Profile::default());
    }
}
