//! What sites say to robots: robots.txt (RFC 9309) and `X-Robots-Tag`.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use http::header::HeaderName;
use imgmeta_record::{Fetch, Kind, Phase};
use texting_robots::Robot;
use tokio::sync::OnceCell;
use url::{Position, Url};

use super::body::Body;
use super::client::Client;
use super::cookies::Cookies;
use super::phase::Clock;
use super::redirect::{Hop, next_hop};
use super::request::Ask;
use super::response::Response;
use crate::Robots;
use crate::trouble::Trouble;

/// What a site says of one image; it is in no RFC.
pub(super) const X_ROBOTS_TAG: HeaderName = HeaderName::from_static("x-robots-tag");
/// Most that is read of a robots.txt: RFC 9309, 2.5, asks for this at least.
const LONGEST: usize = 500 << 10;
/// Redirects that are followed: RFC 9309, 2.3.1.2.
const REDIRECTS: u32 = 5;
/// Sites that are remembered; beyond, the memory starts anew.
const CAPACITY: usize = 20_000;

/// What is heeded, and what sites said.
#[derive(Debug)]
pub(super) struct Rules {
    robots: Robots,
    /// What robots.txt calls us: the product of the user agent.
    agent: String,
    sites: Mutex<HashMap<String, Arc<OnceCell<Said>>>>,
}

/// What a site's robots.txt says.
enum Said {
    /// Nothing: there is none.
    Nothing,
    Rules(Box<Robot>),
    /// It could not be read, so that nothing may be fetched: RFC 9309, 2.3.1.4.
    Unknown(String),
}

impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nothing => "Nothing",
            Self::Rules(_) => "Rules",
            Self::Unknown(_) => "Unknown",
        })
    }
}

impl Rules {
    pub(super) fn new(robots: Robots, user_agent: &str) -> Self {
        let agent = user_agent.split(['/', ' ']).next().unwrap_or_default().to_lowercase();
        Self { robots, agent, sites: Mutex::default() }
    }

    /// # Errors
    /// A trouble of kind `robots` where the site's robots.txt forbids the URL, and that of asking for it.
    pub(super) async fn permit(
        &self, client: &Client, url: &Url, clock: &Clock, fetch: &mut Fetch,
    ) -> Result<(), Trouble> {
        let site = self.site(&url[..Position::BeforePath]);
        let said = site.get_or_try_init(|| self.ask(client, url, clock, fetch)).await?;
        match said {
            Said::Nothing => Ok(()),
            Said::Rules(rules) if rules.allowed(url.as_str()) => Ok(()),
            Said::Rules(_) => Err(forbidden("the site's robots.txt forbids it")),
            Said::Unknown(why) => Err(forbidden(format!("the site's robots.txt cannot be read: {why}"))),
        }
    }

    fn site(&self, key: &str) -> Arc<OnceCell<Said>> {
        let mut sites = self.sites.lock().expect("no panic under this lock");
        if sites.len() >= CAPACITY && !sites.contains_key(key) {
            sites.clear();
        }
        Arc::clone(sites.entry(key.to_owned()).or_default())
    }

    async fn ask(&self, client: &Client, url: &Url, clock: &Clock, fetch: &mut Fetch) -> Result<Said, Trouble> {
        let mut url = url.join("/robots.txt").expect("a path joins");
        for _ in 0..=REDIRECTS {
            let response = client.send(&url, &Ask::default(), &[], &Cookies::default(), clock, fetch).await?;
            let status = response.status;
            match next_hop(&url, &response)? {
                Hop::Onward(next) => url = next,
                Hop::Arrived if status.is_success() => return self.read(client, response, fetch).await,
                Hop::Arrived if status.is_client_error() => return Ok(Said::Nothing),
                Hop::Arrived => return Ok(Said::Unknown(format!("the server answered {}", status.as_u16()))),
            }
        }
        // More are taken as if there were none: RFC 9309, 2.3.1.2.
        Ok(Said::Nothing)
    }

    async fn read(&self, client: &Client, response: Response, fetch: &mut Fetch) -> Result<Said, Trouble> {
        let mut body = Body::new(response, client.options.idle_timeout)?;
        let mut text = Vec::new();
        while let Some(piece) = body.next(fetch).await? {
            text.extend_from_slice(&piece);
            if text.len() >= LONGEST {
                text.truncate(LONGEST);
                break;
            }
        }
        Ok(match Robot::new(&self.agent, &text) {
            Ok(rules) => Said::Rules(Box::new(rules)),
            // What is none forbids nothing.
            Err(_) => Said::Nothing,
        })
    }

    /// # Errors
    /// A trouble of kind `robots` where `X-Robots-Tag` has a directive that is heeded.
    pub(super) fn permit_by(&self, response: &Response) -> Result<(), Trouble> {
        let values = response.fields.get_all(X_ROBOTS_TAG);
        for value in values.filter_map(|value| value.to_str().ok()) {
            if let Some(directive) = self.forbids(value) {
                return Err(forbidden(format!("the site says `{directive}` (X-Robots-Tag)")));
            }
        }
        Ok(())
    }

    /// The directive that forbids, of `noai, noindex` or `agent: noindex`.
    fn forbids(&self, value: &str) -> Option<String> {
        let value = value.to_lowercase();
        let directives = match value.split_once(':') {
            // `unavailable_after: DATE`, `max-image-preview: none` are directives, too: of none that is heeded.
            Some((agent, rest)) if !agent.contains(',') => {
                if agent.trim() != self.agent {
                    return None;
                }
                rest
            }
            _ => &value,
        };
        let said = directives.split(',').map(str::trim);
        said.into_iter().find(|said| self.robots.directives.iter().any(|heeded| heeded == said)).map(ToOwned::to_owned)
    }
}

fn forbidden(message: impl Into<String>) -> Trouble {
    Trouble::new(Kind::Robots, Phase::Request, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directive_counts_where_it_is_for_all_or_for_us() {
        let robots = Robots { directives: vec!["noai".into(), "noindex".into()] };
        let rules = Rules::new(robots, "Imgmeta/0.1 (+https://example.org)");
        for (value, forbids) in [
            ("noai", Some("noai")),
            ("NoArchive, NoIndex", Some("noindex")),
            ("imgmeta: noai", Some("noai")),
            ("otherbot: noai", None),
            ("unavailable_after: 25 Jun 2030 15:00:00 PST", None),
            ("all, nofollow", None),
            ("", None),
        ] {
            assert_eq!(rules.forbids(value).as_deref(), forbids, "{value}");
        }
    }
}
