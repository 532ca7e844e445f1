//! Ctrl-C and SIGTERM: the first stops the run, the second ends the process.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::exit;

/// What is said of a run that is stopped.
pub(crate) const COMMITTING: &str = "stopping: what is finished is being committed; a second signal exits at once";

/// Cancels `stop` at the first signal, and says `said`; at the second, exits at once.
pub(crate) async fn watch(stop: CancellationToken, said: &'static str) {
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        tracing::warn!("signals cannot be caught: Ctrl-C ends the run at once");
        return std::future::pending().await;
    };
    let mut first = true;
    loop {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        if !first {
            leave();
        }
        first = false;
        tracing::warn!("{said}");
        stop.cancel();
    }
}

#[expect(clippy::disallowed_methods, reason = "the second signal asks for just this")]
fn leave() -> ! {
    std::process::exit(i32::from(exit::INTERRUPTED))
}
