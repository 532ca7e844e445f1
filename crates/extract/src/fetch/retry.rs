//! Attempts at one image, until one answers or the time is over.

use std::time::Duration;

use imgmeta_record::{Fetch, Phase, Version};
use tokio::time::{Instant, sleep, timeout_at};

use crate::fetch::hosts::Hosts;
use crate::fetch::http::{self, Client, Clock};
use crate::fetch::locate::Target;
use crate::fetch::source::Got;
use crate::fetch::{Options, store};
use crate::trouble::Trouble;

/// First wait between two attempts; doubled for each further one, and shortened by chance, so that many images of one
/// host do not come back at the same moment.
const BACKOFF: Duration = Duration::from_millis(200);

/// Longest wait of our own choosing.
const MAX_BACKOFF: Duration = Duration::from_secs(10);

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) target: &'a Target,
    /// Whom requests go to.
    pub(crate) host: Option<&'a str>,
    /// The version that is known already.
    pub(crate) since: Option<&'a Version>,
}

/// Reads what lies behind a network.
pub(crate) async fn read(
    asked: Asked<'_>, client: &Client, hosts: &Hosts, options: &Options, fetch: &mut Fetch,
) -> Result<Got, Trouble> {
    let deadline = Instant::now() + options.timeout;
    let clock = Clock::default();
    // An answer that lacks something wanted; another attempt may find it.
    let mut partial = None;
    for retry in 0..=options.retries {
        let trouble = match attempt(asked, deadline, client, hosts, options, &clock, fetch).await {
            Ok(Got::Answer(answer)) if answer.found.incomplete => {
                partial = Some(answer);
                None
            }
            Ok(got) => return Ok(got),
            Err(trouble) => Some(trouble),
        };
        let wait = wait(asked, hosts, trouble.as_ref(), retry);
        let again = retry < options.retries
            && trouble.as_ref().is_none_or(|trouble| trouble.retryable() && !is_vain(asked, hosts, trouble))
            && Instant::now().checked_add(wait).is_some_and(|at| at < deadline);
        match (again, partial.take(), trouble) {
            (true, best, _) => partial = best,
            (false, Some(best), _) => return Ok(Got::Answer(best)),
            (false, None, Some(trouble)) => {
                asked.host.inspect(|host| hosts.ended(host, &trouble));
                return Err(trouble);
            }
            (false, None, None) => unreachable!("an attempt without trouble has an answer"),
        }
        if let Some(host) = asked.host {
            hosts.start(host, std::time::Instant::now());
        }
        sleep(wait).await;
    }
    unreachable!("the last attempt returns")
}

/// Whether another attempt would only be one more at a host that never answered.
fn is_vain(asked: Asked<'_>, hosts: &Hosts, trouble: &Trouble) -> bool {
    trouble.phase == Phase::Connect && asked.host.is_some_and(|host| hosts.is_silent(host))
}

/// One attempt, of which the host's pace is told.
async fn attempt(
    asked: Asked<'_>, deadline: Instant, client: &Client, hosts: &Hosts, options: &Options, clock: &Clock,
    fetch: &mut Fetch,
) -> Result<Got, Trouble> {
    fetch.attempts += 1;
    let started = std::time::Instant::now();
    let got = timeout_at(deadline, once(asked, client, options, clock, fetch)).await;
    let got = got.unwrap_or_else(|_| Err(timed_out(options, clock)));
    if let Some(host) = asked.host {
        hosts.attempted(host, started, got.as_ref().err());
    }
    got
}

/// How long to wait before the next attempt: as the server asks, or as we choose, and not before the host's turn.
fn wait(asked: Asked<'_>, hosts: &Hosts, trouble: Option<&Trouble>, retry: u32) -> Duration {
    let own = trouble.and_then(|trouble| trouble.retry_after).unwrap_or_else(|| backoff(retry));
    let turn = asked.host.map_or(Duration::ZERO, |host| hosts.pause(host, std::time::Instant::now()));
    own.max(turn)
}

async fn once(
    asked: Asked<'_>, client: &Client, options: &Options, clock: &Clock, fetch: &mut Fetch,
) -> Result<Got, Trouble> {
    match asked.target {
        Target::Web(url) => http::attempt(client, url, asked.since, clock, fetch).await,
        Target::Store(place) => {
            clock.set(Phase::Request);
            Box::pin(store::read(place, asked.since, options, &client.budget, fetch)).await
        }
        Target::File(_) => unreachable!("files are read on blocking threads"),
    }
}

fn timed_out(options: &Options, clock: &Clock) -> Trouble {
    let message = format!("not done within {} s (--timeout)", options.timeout.as_secs_f64());
    Trouble::late(clock.phase(), message)
}

fn backoff(retry: u32) -> Duration {
    let longest = BACKOFF.saturating_mul(1 << retry.min(16)).min(MAX_BACKOFF);
    longest.mul_f64(0.5 + fastrand::f64() / 2.0)
}
