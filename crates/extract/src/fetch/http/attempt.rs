//! One attempt at one image: ranges where the server gives them, else a plain GET that is left as soon as it may be.

use std::borrow::Cow;
use std::ops::Range;

use http::header::{CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, LAST_MODIFIED};
use imgmeta_record::{Fetch, Kind, Phase, UtcTime, Version};
use url::Url;

use super::body::{Body, encoding};
use super::client::Client;
use super::content_range::{self, ContentRange};
use super::hosts::{self, Ranges};
use super::phase::Clock;
use super::request::Ask;
use super::response::Response;
use super::status::refusal;
use crate::fetch::held::Held;
use crate::fetch::source::{Answer, Got};
use crate::reading::Step;
use crate::trouble::Trouble;

/// How an attempt with ranges can end.
enum Ended {
    Answered(Answer),
    Unchanged,
    /// The server has other ideas of ranges: a plain GET is next. `refused`: it was an error that may be meant.
    Plain {
        refused: bool,
    },
}

/// Reads an image once, unless it is as it was.
pub(crate) async fn attempt(
    client: &Client, url: &Url, since: Option<&Version>, clock: &Clock, fetch: &mut Fetch,
) -> Result<Got, Trouble> {
    let host = hosts::key(url);
    let mut attempt = Attempt { client, host: &host, since, clock, fetch };
    let mut refused = false;
    // What is wanted whole is asked for in one go.
    if !client.options.full && client.hosts.ranges(&host) != Ranges::Refused {
        match attempt.ranges(url).await? {
            Ended::Answered(answer) => return Ok(Got::Answer(answer)),
            Ended::Unchanged => return Ok(Got::Unchanged),
            Ended::Plain { refused: by_error } => refused = by_error,
        }
    }
    let answer = Box::pin(attempt.plain(url)).await;
    if refused {
        let worked = answer.as_ref().map_or_else(|trouble| trouble.phase > Phase::Request, |_| true);
        client.hosts.note(&host, if worked { Ranges::Refused } else { Ranges::Tried });
    }
    answer
}

struct Attempt<'a> {
    client: &'a Client,
    /// What the client remembers the host by.
    host: &'a str,
    since: Option<&'a Version>,
    clock: &'a Clock,
    fetch: &'a mut Fetch,
}

impl Attempt<'_> {
    async fn ranges(&mut self, url: &Url) -> Result<Ended, Trouble> {
        let mut reading = Held::new(&self.client.options, &self.client.budget, self.client.hosts.first(self.host));
        let mut version: Option<Begun> = None;
        let mut at = Cow::Borrowed(url);
        loop {
            let range = match reading.step()? {
                Step::Done(header) => {
                    let (bytes, reach) = (reading.known.total(), reading.known.reach());
                    self.client.hosts.needed(self.host, reach);
                    return Ok(Ended::Answered(reading.answer(header, bytes, false)));
                }
                Step::Read(range) => range,
            };
            let ask = self.ask(&range, version.as_ref());
            let (response, from) = self.client.get(url, &at, &ask, self.clock, self.fetch).await?;
            self.note(&response);
            match response.status.as_u16() {
                200 => return Box::pin(self.stream(response)).await.map(Ended::Answered),
                206 => self.client.hosts.works(self.host, response.head),
                304 if ask.since.is_some() => return Ok(Ended::Unchanged),
                416 => return Ok(Ended::Plain { refused: false }),
                403 | 404 | 405 | 501 if self.client.hosts.ranges(self.host) == Ranges::Unknown => {
                    return Ok(Ended::Plain { refused: true });
                }
                _ => return Err(refusal(&response)),
            }
            let found =
                usable(&response, &range).filter(|(_, found)| version.as_ref().is_none_or(|known| known == found));
            let Some((part, found)) = found else { return Ok(Ended::Plain { refused: false }) };
            (version, at) = (Some(found), from.map_or(at, Cow::Owned));
            if let Some(total) = part.total {
                reading.known.set_total(total);
            }
            if let Some(trouble) = self.fill(&mut reading, response, part).await? {
                // What is known so far may suffice.
                return cut_short(reading, trouble).map(Ended::Answered);
            }
        }
    }

    /// The first range is asked for on condition that the image is another by now.
    fn ask(&self, range: &Range<u64>, begun: Option<&Begun>) -> Ask {
        Ask {
            range: Some(range.clone()),
            if_range: begun.and_then(Begun::strong_etag),
            since: if begun.is_none() { self.condition() } else { None },
        }
    }

    fn condition(&self) -> Option<Version> {
        self.since.filter(|since| since.is_known()).cloned()
    }

    /// Reads the body of a 206; gives what broke it off.
    async fn fill(
        &mut self, reading: &mut Held, response: Response, part: ContentRange,
    ) -> Result<Option<Trouble>, Trouble> {
        self.clock.set(Phase::Body);
        let mut body = Body::new(response, self.client.options.idle_timeout)?;
        let mut at = part.start;
        while at < part.end {
            let piece = match body.next(self.fetch).await {
                Ok(Some(piece)) => piece,
                Ok(None) => return Ok(Some(ended_early())),
                Err(trouble) => return Ok(Some(trouble)),
            };
            let wanted = usize::try_from(part.end - at).unwrap_or(usize::MAX).min(piece.len());
            reading.insert(at, piece.slice(..wanted)).await;
            at += wanted as u64;
        }
        Ok(None)
    }

    async fn plain(&mut self, url: &Url) -> Result<Got, Trouble> {
        let ask = Ask { since: self.condition(), ..Ask::default() };
        let (response, _) = self.client.get(url, url, &ask, self.clock, self.fetch).await?;
        self.note(&response);
        match response.status.as_u16() {
            // 206 without having been asked: some servers answer so, and send all of it.
            200 | 203 | 206 => self.stream(response).await.map(Got::Answer),
            304 if ask.since.is_some() => Ok(Got::Unchanged),
            _ => Err(refusal(&response)),
        }
    }

    /// Reads a whole body from its beginning, until all that is wanted is known.
    async fn stream(&mut self, response: Response) -> Result<Answer, Trouble> {
        self.clock.set(Phase::Body);
        let mut reading = Held::stream(&self.client.options, &self.client.budget);
        if encoding(&response).is_none()
            && let Some(total) = header(&response, &CONTENT_LENGTH).and_then(|length| length.parse().ok())
        {
            reading.known.set_total(total);
        }
        let bytes = reading.known.total();
        let mut body = Body::new(response, self.client.options.idle_timeout)?;
        let mut ended = false;
        loop {
            let range = match reading.step()? {
                Step::Done(header) => {
                    let whole = ended.then(|| reading.known.total()).flatten();
                    return Ok(reading.answer(header, bytes.or(whole), false));
                }
                Step::Read(range) => range,
            };
            match self.until(&mut reading, &mut body, range.end).await {
                Ok(Reached::Enough) => {}
                Ok(Reached::TooMuch) => {
                    if let Step::Done(header) = reading.cap()? {
                        return Ok(reading.answer(header, bytes, false));
                    }
                }
                Ok(Reached::End) if bytes.is_some_and(|bytes| bytes > reading.known.known_to(0)) => {
                    return cut_short(reading, ended_early());
                }
                Ok(Reached::End) => {
                    ended = true;
                    reading.ends_here();
                }
                Err(trouble) => return cut_short(reading, trouble),
            }
        }
    }

    async fn until(&mut self, reading: &mut Held, body: &mut Body, end: u64) -> Result<Reached, Trouble> {
        while reading.known.known_to(0) < end {
            let Some(piece) = body.next(self.fetch).await? else { return Ok(Reached::End) };
            if piece.len() as u64 > reading.allowance() {
                return Ok(Reached::TooMuch);
            }
            reading.insert(reading.known.known_to(0), piece).await;
        }
        Ok(Reached::Enough)
    }

    /// Keeps what the response says of the image.
    fn note(&mut self, response: &Response) {
        self.fetch.content_type = header(response, &CONTENT_TYPE).map(Cow::into_owned);
        self.fetch.etag = header(response, &ETAG).map(Cow::into_owned);
        self.fetch.last_modified = header(response, &LAST_MODIFIED).and_then(|date| {
            let since = httpdate::parse_http_date(&date).ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
            Some(UtcTime(i64::try_from(since.as_micros()).ok()?))
        });
    }
}

enum Reached {
    Enough,
    End,
    TooMuch,
}

fn ended_early() -> Trouble {
    Trouble::new(Kind::Reset, Phase::Body, "the body ended before its announced end")
}

/// The body broke off: an answer from what is known of it, or the trouble.
fn cut_short(mut reading: Held, trouble: Trouble) -> Result<Answer, Trouble> {
    if reading.limits.full {
        return Err(trouble);
    }
    let bytes = reading.known.total();
    reading.ends_here();
    match reading.step() {
        Ok(Step::Done(header)) => {
            let incomplete = header.image.cut;
            Ok(reading.answer(header, bytes, incomplete))
        }
        // What the bytes are not, no further byte would change.
        Err(found) if found.kind == Kind::NotAnImage && reading.known.known_to(0) >= 512 => Err(found),
        Ok(Step::Read(_)) | Err(_) => Err(trouble),
    }
}

fn header<'a>(response: &'a Response, name: &HeaderName) -> Option<Cow<'a, str>> {
    let value = response.fields.get(name)?.as_bytes();
    Some(std::str::from_utf8(value).map_or_else(|_| String::from_utf8_lossy(value), Cow::Borrowed))
}

/// The part that a 206 holds, and of which version, where it is the one that was asked for, in one piece and not encoded.
fn usable(response: &Response, asked: &Range<u64>) -> Option<(ContentRange, Begun)> {
    let multipart = header(response, &CONTENT_TYPE).is_some_and(|kind| kind.starts_with("multipart/"));
    let part = content_range::parse(&header(response, &CONTENT_RANGE)?)?;
    let is_it = !multipart && encoding(response).is_none() && part.start == asked.start && part.end <= asked.end;
    let version = Begun::of(response, part.total);
    is_it.then_some((part, version))
}

/// The version of which a range was read.
#[derive(Debug, PartialEq, Eq)]
struct Begun {
    etag: Option<HeaderValue>,
    last_modified: Option<HeaderValue>,
    total: Option<u64>,
}

impl Begun {
    fn of(response: &Response, total: Option<u64>) -> Self {
        let header = |name| response.fields.get(name).cloned();
        Self { etag: header(&ETAG), last_modified: header(&LAST_MODIFIED), total }
    }

    /// For `If-Range`, which wants a strong validator (RFC 9110, 13.1.5).
    fn strong_etag(&self) -> Option<HeaderValue> {
        self.etag.clone().filter(|etag| !etag.as_bytes().starts_with(b"W/"))
    }
}
