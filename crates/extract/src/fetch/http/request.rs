//! One request, and what it leads to.

use std::borrow::Cow;
use std::ops::Range;
use std::pin::pin;
use std::time::{Duration, UNIX_EPOCH};

use http::header::{
    ACCEPT, ACCEPT_ENCODING, COOKIE, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, RANGE,
};
use imgmeta_record::{Fetch, Kind, Phase, UtcTime, Version};
use url::{Host, Url};

use super::client::Client;
use super::cookies::Cookies;
use super::error::trouble;
use super::fields::Fields;
use super::guard::AllowPrivate;
use super::phase::Clock;
use super::redirect::{Hop, next_hop};
use super::response::{Failed, Payload, Response};
use crate::trouble::Trouble;

/// What is asked of a server.
#[derive(Debug, Clone, Default)]
pub(super) struct Ask {
    /// Bytes; none for a plain GET.
    pub(super) range: Option<Range<u64>>,
    /// The version of which a range is wanted.
    pub(super) if_range: Option<HeaderValue>,
    /// The version that is known: nothing is wanted of that.
    pub(super) since: Option<Version>,
}

impl Ask {
    /// Ranges of an encoded body are of no use: RFC 9110, 14.2, counts bytes of the encoded form.
    fn fields(&self) -> Fields {
        let mut fields = Fields::with_capacity(4);
        fields.append(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        fields.append(ACCEPT, HeaderValue::from_static("image/*,*/*;q=0.8"));
        let since = self.since.as_ref();
        let time = since.and_then(|since| since.last_modified).and_then(http_date);
        let wanted = [
            (RANGE, self.range.as_ref().map(range_value)),
            (IF_RANGE, self.if_range.clone()),
            // A line of an earlier run may call a version by what no header may hold.
            (IF_NONE_MATCH, since.and_then(|since| HeaderValue::from_str(since.etag.as_deref()?).ok())),
            (IF_MODIFIED_SINCE, time.and_then(|time| time.try_into().ok())),
        ];
        for (name, value) in wanted {
            if let Some(value) = value {
                fields.append(name, value);
            }
        }
        fields
    }

    /// How many bytes of a body are wanted; where that is not known, what may come at once.
    fn expected(&self) -> usize {
        let len = self.range.as_ref().map_or(32 << 10, |range| range.end - range.start);
        usize::try_from(len).unwrap_or(usize::MAX)
    }
}

fn range_value(range: &Range<u64>) -> HeaderValue {
    let (mut start, mut last) = (itoa::Buffer::new(), itoa::Buffer::new());
    let last = if range.end == u64::MAX { "" } else { last.format(range.end - 1) };
    let text = ["bytes=", start.format(range.start), "-", last].concat();
    text.try_into().expect("digits are a header's value")
}

/// Headers of the user's, the first of a name instead of ours, the others beside it.
fn write_own(own: &[(HeaderName, HeaderValue)], fields: &mut Fields) {
    for (at, (name, value)) in own.iter().enumerate() {
        if own[..at].iter().any(|(earlier, _)| earlier == name) {
            fields.append(name.clone(), value.clone());
        } else {
            fields.insert(name.clone(), value.clone());
        }
    }
}

/// Whole seconds, as HTTP tells time.
fn http_date(time: UtcTime) -> Option<String> {
    let since = Duration::from_micros(u64::try_from(time.0).ok()?);
    Some(httpdate::fmt_http_date(UNIX_EPOCH.checked_add(since)?))
}

impl Client {
    /// Asks, follows redirects, and gives back the first response that is none, and where it came from, if from elsewhere. `listed` is the
    /// URL of the list, from which redirects may have led elsewhere already.
    pub(super) async fn get(
        &self, listed: &Url, url: &Url, ask: &Ask, clock: &Clock, fetch: &mut Fetch,
    ) -> Result<(Response, Option<Url>), Trouble> {
        let mut url = Cow::Borrowed(url);
        let mut cookies = Cookies::default();
        for _ in 0..=self.options.max_redirects {
            if let Some(robots) = &self.robots {
                Box::pin(robots.permit(self, &url, clock, fetch)).await?;
            }
            let own = self.own_headers(listed, &url);
            let response = self.send(&url, ask, own, &cookies, clock, fetch).await?;
            match next_hop(&url, &response)? {
                Hop::Arrived => {
                    if let Some(robots) = &self.robots {
                        robots.permit_by(&response)?;
                    }
                    let moved = matches!(url, Cow::Owned(_)).then(|| url.into_owned());
                    return Ok((response, moved));
                }
                Hop::Onward(next) => {
                    cookies.keep(&url, &response.fields);
                    fetch.final_url = Some(imgmeta_record::mask(next.as_str()));
                    url = Cow::Owned(next);
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
        let mut fields = ask.fields();
        if let Some(cookies) = cookies.header(url).and_then(|cookies| cookies.try_into().ok()) {
            fields.append(COOKIE, cookies);
        }
        write_own(own, &mut fields);
        fetch.requests += 1;
        let longest = self.options.first_byte_timeout;
        let response = {
            let responding = pin!(self.respond(url, fields, ask.expected(), &mut fetch.requests));
            clock.first_byte(longest, responding).await
        };
        let Some(response) = response else {
            let message = format!("connected, but no response within {} s", longest.as_secs());
            return Err(Trouble::new(Kind::Timeout, Phase::Request, message));
        };
        let response = response.map_err(|failed| trouble(failed, clock.phase(), url.scheme()))?;
        clock.set(Phase::Request);
        fetch.status = Some(response.status.as_u16());
        Ok(response)
    }

    /// By the short way where there is one to the URL. Adds to `requests` those beyond the first.
    async fn respond(
        &self, url: &Url, fields: Fields, expected: usize, requests: &mut u32,
    ) -> Result<Response, Failed> {
        if let Some(wires) = self.wires.as_ref().filter(|wires| wires.leads_to(url)) {
            return Ok(wires.send(url, &fields, expected, requests).await?);
        }
        let response = Box::pin(self.http.get(url.clone()).headers(fields.into()).send()).await?;
        Ok(Response::of(response.into(), Payload::Client))
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
