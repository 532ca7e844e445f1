//! Redirects: RFC 9110, 15.4.

use http::Uri;
use http::header::LOCATION;
use imgmeta_record::{Kind, Phase};
use url::Url;

use super::response::Response;
use crate::trouble::Trouble;

/// Where a response leads.
pub(super) enum Hop {
    /// It is no redirect.
    Arrived,
    /// To another URL.
    Onward(Url),
}

pub(super) fn next_hop(url: &Url, response: &Response) -> Result<Hop, Trouble> {
    let status = response.status.as_u16();
    if !matches!(status, 301 | 302 | 303 | 307 | 308) {
        return Ok(Hop::Arrived);
    }
    let bad = |message: String| Trouble { status: Some(status), ..Trouble::new(Kind::Http, Phase::Request, message) };
    let location = response.fields.get(&LOCATION).ok_or_else(|| bad("a redirect without a Location".into()))?;
    // Servers send UTF-8 and even Latin-1 where only ASCII is allowed.
    let location = String::from_utf8_lossy(location.as_bytes());
    let next = url.join(&location).map_err(|error| bad(format!("a redirect to what is no URL: {error}")))?;
    if !matches!(next.scheme(), "http" | "https") {
        return Err(bad(format!("a redirect to the scheme `{}:`", next.scheme())));
    }
    Uri::try_from(next.as_str()).map_err(|error| bad(format!("a redirect to what cannot be asked for: {error}")))?;
    Ok(Hop::Onward(next))
}
