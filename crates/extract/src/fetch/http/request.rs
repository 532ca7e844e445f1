//! One request, and what it leads to.

use std::time::{Duration, UNIX_EPOCH};

use imgmeta_record::{Fetch, Kind, Phase, UtcTime, Version};
use reqwest::Response;
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, COOKIE, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, RANGE,
};
use url::{Host, Url};

use super::client::Client;
use super::cookies::Cookies;
use super::error::trouble;
use super::guard::AllowPrivate;
use super::phase::Clock;
use super::redirect::{Hop, next_hop};
use crate::trouble::Trouble;

/// What is asked of a server.
#[derive(Debug, Clone, Default)]
pub(super) struct Ask {
    /// `bytes=...`; none for a plain GET.
    pub(super) range: Option<String>,
    /// The version of which a range is wanted.
    pub(super) if_range: Option<String>,
    /// The version that is known: nothing is wanted of that.
    pub(super) since: Option<Version>,
}

impl Ask {
    fn headers(&self) -> [(HeaderName, Option<String>); 4] {
        let since = self.since.as_ref();
        let time = since.and_then(|since| since.last_modified).and_then(http_date);
        [
            (RANGE, self.range.clone()),
            (IF_RANGE, self.if_range.clone()),
            (IF_NONE_MATCH, since.and_then(|since| since.etag.clone())),
            (IF_MODIFIED_SINCE, time),
        ]
    }
}

/// Whole seconds, as HTTP tells time.
fn http_date(time: UtcTime) -> Option<String> {
    let since = Duration::from_micros(u64::try_from(time.0).ok()?);
    Some(httpdate::fmt_http_date(UNIX_EPOCH.checked_add(since)?))
}

impl Client {
    /// Asks, follows redirects, and gives back the first response that is none, and where it came from. `listed` is the
    /// URL of the list, from which redirects may have led elsewhere already.
    pub(super) async fn get(
        &self, listed: &Url, url: &Url, ask: &Ask, clock: &Clock, fetch: &mut Fetch,
    ) -> Result<(Response, Url), Trouble> {
        let mut url = url.clone();
        let mut cookies = Cookies::default();
        for _ in 0..=self.options.max_redirects {
            if let Some(robots) = &self.robots {
                robots.permit(self, &url, clock, fetch).await?;
            }
            let own = self.own_headers(listed, &url);
            let response = self.send(&url, ask, own, &cookies, clock, fetch).await?;
            match next_hop(&url, &response)? {
                Hop::Arrived => {
                    if let Some(robots) = &self.robots {
                        robots.permit_by(&response)?;
                    }
                    return Ok((response, url));
                }
                Hop::Onward(next) => {
                    cookies.keep(&url, response.headers());
                    fetch.final_url = Some(imgmeta_record::mask(next.as_str()));
                    url = next;
                }
            }
        }
        let message = format!("more than {} redirects", self.options.max_redirects);
        Err(Trouble { status: fetch.status, ..Trouble::new(Kind::Http, Phase::Request, message) })
    }

    /// The headers that the user gave, where this is the origin that they are for.
    fn own_headers(&self, listed: &Url, url: &Url) -> &[(HeaderName, HeaderValue)] {
        let headers = &self.options.headers;
        if headers.is_empty() || listed.origin() != url.origin() { &[] } else { headers }
    }

    /// Sends one request.
    pub(super) async fn send(
        &self, url: &Url, ask: &Ask, own: &[(HeaderName, HeaderValue)], cookies: &Cookies, clock: &Clock,
        fetch: &mut Fetch,
    ) -> Result<Response, Trouble> {
        self.guard(url)?;
        let mut request = self.http.get(url.clone());
        // Ranges of an encoded body are of no use: RFC 9110, 14.2, counts bytes of the encoded form.
        request = request.header(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        request = request.header(ACCEPT, HeaderValue::from_static("image/*,*/*;q=0.8"));
        for (name, value) in ask.headers().into_iter().chain([(COOKIE, cookies.header(url))]) {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        for (name, value) in own {
            request = request.header(name, value);
        }
        fetch.requests += 1;
        let longest = self.options.first_byte_timeout;
        let Some(response) = clock.first_byte(longest, request.send()).await else {
            let message = format!("connected, but no response within {} s", longest.as_secs());
            return Err(Trouble::new(Kind::Timeout, Phase::Request, message));
        };
        let response = response.map_err(|error| trouble(error, clock.phase(), url.scheme()))?;
        clock.set(Phase::Request);
        fetch.status = Some(response.status().as_u16());
        Ok(response)
    }

    /// A literal address passes by the resolver, so it is checked here. The URL parser has brought every spelling
    /// (decimal, octal, hexadecimal, short) into one form.
    fn guard(&self, url: &Url) -> Result<(), Trouble> {
        let address = match url.host() {
            Some(Host::Ipv4(address)) => address.into(),
            Some(Host::Ipv6(address)) => address.into(),
            Some(Host::Domain(name)) if self.proxies.iter().any(|proxy| proxy == name) => {
                return self.proxy_named(name);
            }
            Some(Host::Domain(_)) | None => return Ok(()),
        };
        if self.allow.permits(address) {
            return Ok(());
        }
        let message = format!("{address} is a private address (--allow-private would let it through)");
        Err(Trouble::new(Kind::BlockedAddress, Phase::Resolve, message))
    }

    /// A proxy's address may be private, and passes the resolver: as an image's host it must not.
    fn proxy_named(&self, name: &str) -> Result<(), Trouble> {
        if self.allow == AllowPrivate::All {
            return Ok(());
        }
        Err(Trouble::new(Kind::BlockedAddress, Phase::Resolve, format!("`{name}` is the proxy, and no host of images")))
    }
}
