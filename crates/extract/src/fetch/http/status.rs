//! What statuses mean that bring no image.

use std::time::{Duration, SystemTime};

use http::header::RETRY_AFTER;
use imgmeta_record::{Kind, Phase};

use super::response::Response;
use crate::trouble::Trouble;

/// The failure that a response other than 200 and 206 is.
pub(super) fn refusal(response: &Response) -> Trouble {
    let status = response.status;
    let retry_after = retry_after(response);
    let kind = match status.as_u16() {
        204 | 205 => return Trouble { status: Some(status.as_u16()), ..empty(status.as_u16()) },
        404 | 410 => Kind::NotFound,
        401 | 403 | 407 | 451 => Kind::Permission,
        429 => Kind::RateLimited,
        503 if retry_after.is_some() => Kind::RateLimited,
        _ => Kind::HttpStatus,
    };
    let name = status.canonical_reason().map_or(String::new(), |reason| format!(" {reason}"));
    let message = format!("the server answered {}{name}", status.as_u16());
    Trouble { status: Some(status.as_u16()), retry_after, ..Trouble::new(kind, Phase::Request, message) }
}

fn empty(status: u16) -> Trouble {
    Trouble::new(Kind::Empty, Phase::Body, format!("the server answered {status}, without a body"))
}

/// Seconds or a date: RFC 9110, 10.2.3.
fn retry_after(response: &Response) -> Option<Duration> {
    let value = response.fields.get(&RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(SystemTime::now()).unwrap_or_default())
}
