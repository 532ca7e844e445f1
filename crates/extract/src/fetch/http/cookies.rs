//! Cookies within one chain of redirects: some servers redirect in circles until theirs comes back.

use http::header::SET_COOKIE;
use url::Url;

use super::fields::Fields;

/// Names and values by the host that set them; forgotten when the chain ends.
#[derive(Debug, Default)]
pub(super) struct Cookies(Vec<(String, String, String)>);

impl Cookies {
    /// Keeps what a response sets. Attributes are not looked at: a chain is too short for them to matter, and a
    /// cookie goes back only to the very host that set it.
    pub(super) fn keep(&mut self, url: &Url, fields: &Fields) {
        let Some(host) = url.host_str() else { return };
        for value in fields.get_all(SET_COOKIE) {
            let pair = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
            let Some((name, value)) = pair.split_once('=') else { continue };
            self.0.retain(|(at, known, _)| !(at == host && known == name.trim()));
            self.0.push((host.to_owned(), name.trim().to_owned(), value.trim().to_owned()));
        }
    }

    /// The `Cookie` header for a request, where there is one.
    pub(super) fn header(&self, url: &Url) -> Option<String> {
        let pairs: Vec<_> = self
            .0
            .iter()
            .filter(|(host, _, _)| Some(host.as_str()) == url.host_str())
            .map(|(_, name, value)| format!("{name}={value}"))
            .collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }
}
