//! How far a request has come, seen from inside.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use imgmeta_record::Phase;
use tower::{Layer, Service};

tokio::task_local! {
    static CLOCK: Clock;
}

/// The phase of one image, shared between the attempt and what works for it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Clock(Arc<AtomicU8>);

impl Clock {
    pub(crate) fn set(&self, phase: Phase) {
        self.0.store(phase as u8, Ordering::Relaxed);
    }

    pub(crate) fn phase(&self) -> Phase {
        let at = usize::from(self.0.load(Ordering::Relaxed));
        Phase::ALL.get(at).copied().unwrap_or(Phase::Request)
    }

    /// Runs a request of which the resolver and the connector tell this clock.
    ///
    /// Both are polled within the request's own task. A connection that is made in the background, since another
    /// became free first, tells nobody.
    pub(super) async fn during<T>(&self, request: impl Future<Output = T>) -> T {
        self.set(Phase::Request);
        CLOCK.scope(self.clone(), request).await
    }

    /// Waits for a request, at most `longest` once it is connected. `None`: that long has passed.
    pub(super) async fn first_byte<T>(
        &self, longest: Duration, request: Pin<&mut impl Future<Output = T>>,
    ) -> Option<T> {
        const TICK: Duration = Duration::from_millis(250);
        let mut request = pin!(self.during(request));
        let mut waited = Duration::ZERO;
        while waited < longest {
            if let Ok(response) = tokio::time::timeout(TICK, &mut request).await {
                return Some(response);
            }
            if self.phase() == Phase::Request {
                waited += TICK;
            }
        }
        None
    }
}

/// Tells the clock of the current task, where there is one.
pub(super) fn tell(phase: Phase) {
    // Not within a request: a connection made in the background.
    CLOCK.try_with(|clock| clock.set(phase)).ok();
}

/// Tells the clock when connecting begins and ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct TellConnect;

impl<S> Layer<S> for TellConnect {
    type Service = Telling<S>;

    fn layer(&self, inner: S) -> Telling<S> {
        Telling(inner)
    }
}

#[derive(Debug, Clone)]
pub(super) struct Telling<S>(S);

impl<S, R> Service<R> for Telling<S>
where
    S: Service<R>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let connecting = self.0.call(request);
        Box::pin(async move {
            tell(Phase::Connect);
            let connected = connecting.await;
            if connected.is_ok() {
                tell(Phase::Request);
            }
            connected
        })
    }
}
