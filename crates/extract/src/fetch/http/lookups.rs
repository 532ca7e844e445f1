//! Lookups of names: each made once, remembered for its time, and no more at once than the resolver bears.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use futures::future::{BoxFuture, FutureExt, Shared};
use tokio::sync::Notify;
use tokio::time::sleep_until;

use super::resolver::Refused;
use crate::fetch::pace::{Bounds, Pace, Turn};

/// Most lookups in flight, of an address family each; a resolver that fails gets fewer, and then pauses between them.
const BOUNDS: Bounds = Bounds { ceiling: 128, gap: Duration::from_micros(500), longest: Duration::from_millis(200) };
/// How long a name that does not exist is remembered (RFC 2308 allows up to three hours).
const NEGATIVE: Duration = Duration::from_mins(5);
/// Names that are remembered.
const CAPACITY: usize = 65_536;

/// The addresses of a name, and until when they are good.
pub(super) type Found = Result<(Arc<[IpAddr]>, Instant), Refused>;

/// What is said of a name to whoever asks.
type Said = Result<Arc<[IpAddr]>, Refused>;
/// A lookup that several wait for.
type Flight = Shared<BoxFuture<'static, Said>>;

/// Names that are looked up, or were.
#[derive(Debug)]
pub(super) struct Lookups {
    state: Mutex<State>,
    freed: Notify,
}

#[derive(Debug)]
struct State {
    known: HashMap<String, (Said, Instant)>,
    flights: HashMap<String, Flight>,
    pace: Pace,
    in_flight: usize,
}

impl Lookups {
    pub(super) fn new() -> Arc<Self> {
        let (known, flights) = (HashMap::new(), HashMap::new());
        let state = State { known, flights, pace: Pace::new(BOUNDS, Instant::now()), in_flight: 0 };
        Arc::new(Self { state: Mutex::new(state), freed: Notify::new() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic under this lock")
    }

    /// The addresses of a name: remembered, from a lookup that is under way, or from one that `ask` makes.
    pub(super) async fn get(self: &Arc<Self>, name: &str, ask: impl Future<Output = Found> + Send + 'static) -> Said {
        let flight = {
            let mut state = self.state();
            if let Some((found, until)) = state.known.get(name)
                && *until > Instant::now()
            {
                return found.clone();
            }
            if let Some(flight) = state.flights.get(name) {
                flight.clone()
            } else {
                let flight = self.begin(name.to_owned(), ask);
                state.flights.insert(name.to_owned(), flight.clone());
                flight
            }
        };
        flight.await
    }

    /// A lookup goes on when all who wanted it have gone: the next one wants the same.
    fn begin(self: &Arc<Self>, name: String, ask: impl Future<Output = Found> + Send + 'static) -> Flight {
        let this = Arc::clone(self);
        let task = tokio::spawn(async move {
            let started = this.turn().await;
            let found = ask.await;
            this.end(name, started, found)
        });
        let joined = task.map(|ended| ended.unwrap_or_else(|_| Err(Refused::temporary("the lookup was given up"))));
        joined.boxed().shared()
    }

    /// Waits until another lookup may start.
    async fn turn(&self) -> Instant {
        loop {
            let freed = self.freed.notified();
            let (now, turn) = {
                let mut state = self.state();
                let now = Instant::now();
                let turn = state.pace.turn(state.in_flight, now);
                if turn == Turn::Now {
                    state.in_flight += 1;
                    state.pace.start(now);
                }
                (now, turn)
            };
            match turn {
                Turn::Now => return now,
                Turn::At(at) => sleep_until(at.into()).await,
                Turn::Busy => freed.await,
            }
        }
    }

    fn end(&self, name: String, started: Instant, found: Found) -> Said {
        let mut state = self.state();
        let now = Instant::now();
        state.in_flight -= 1;
        state.flights.remove(&name);
        let (found, until) = match found {
            Ok((addresses, until)) => (Ok(addresses), Some(until)),
            Err(refused) => {
                let until = (!refused.is_temporary()).then(|| now + NEGATIVE);
                (Err(refused), until)
            }
        };
        match until {
            None => state.pace.overloaded(started, None, now),
            Some(_) => state.pace.answered(),
        }
        if let Some(until) = until {
            if state.known.len() >= CAPACITY {
                state.known.retain(|_, (_, until)| *until > now);
            }
            if state.known.len() >= CAPACITY {
                state.known.clear();
            }
            state.known.insert(name, (found.clone(), until));
        }
        drop(state);
        self.freed.notify_waiters();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    fn answer() -> (Arc<[IpAddr]>, Instant) {
        (Arc::from([IpAddr::from([93, 184, 216, 34])]), Instant::now() + Duration::from_mins(1))
    }

    #[tokio::test]
    async fn a_name_is_looked_up_once_and_remembered() {
        let (lookups, asked) = (Lookups::new(), Arc::new(AtomicU32::new(0)));
        let ask = || {
            let asked = Arc::clone(&asked);
            async move {
                asked.fetch_add(1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(20)).await;
                Ok(answer())
            }
        };
        let all = futures::future::join_all((0..50).map(|_| lookups.get("h", ask()))).await;
        assert!(all.iter().all(Result::is_ok));
        lookups.get("h", ask()).await.expect("remembered");
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn what_does_not_exist_is_remembered_and_what_failed_is_not() {
        let lookups = Lookups::new();
        lookups.get("no", async { Err(Refused::missing("no such name")) }).await.unwrap_err();
        lookups.get("no", async { Ok(answer()) }).await.expect_err("remembered");
        lookups.get("late", async { Err(Refused::temporary("no answer")) }).await.unwrap_err();
        lookups.get("late", async { Ok(answer()) }).await.expect("asked again");
    }

    #[tokio::test]
    async fn no_more_are_in_flight_than_may_be_and_fewer_after_failures() {
        let lookups = Lookups::new();
        let (now, most) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
        let names: Vec<_> = (0..600).map(|n| n.to_string()).collect();
        let ask = |fails: bool| {
            let (now, most) = (Arc::clone(&now), Arc::clone(&most));
            async move {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(2)).await;
                now.fetch_sub(1, Ordering::SeqCst);
                if fails { Err(Refused::temporary("overloaded")) } else { Ok(answer()) }
            }
        };
        futures::future::join_all(names[..300].iter().map(|name| lookups.get(name, ask(true)))).await;
        assert!(most.swap(0, Ordering::SeqCst) <= 128);
        futures::future::join_all(names[300..310].iter().map(|name| lookups.get(name, ask(false)))).await;
        assert!(most.load(Ordering::SeqCst) < 64, "{most:?}");
    }
}
