//! Why an attempt at an image gave no answer.

use std::error::Error;
use std::time::Duration;

use imgmeta_record::{Kind, Phase};

/// Why an attempt gave no answer: a [`Failure`](imgmeta_record::Failure) in the making.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub(crate) kind: Kind,
    pub(crate) phase: Phase,
    pub(crate) message: String,
    pub(crate) status: Option<u16>,
    /// How long the server asks to wait before the next attempt.
    pub(crate) retry_after: Option<Duration>,
}

impl Trouble {
    pub(crate) fn new(kind: Kind, phase: Phase, message: impl Into<String>) -> Self {
        Self { kind, phase, message: message.into(), status: None, retry_after: None }
    }

    /// A deadline passed. A name that nobody answers for is the resolver's trouble: the host may be as quick as ever.
    pub(crate) fn late(phase: Phase, message: impl Into<String>) -> Self {
        let kind = if phase == Phase::Resolve { Kind::DnsTemporary } else { Kind::Timeout };
        Self::new(kind, phase, message)
    }

    pub(crate) fn retryable(&self) -> bool {
        self.kind.retryable(self.status)
    }
}

/// An error and all its causes in one line; a cause that its parent quotes already is left out.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if !line.contains(&text) {
            line.push_str(": ");
            line.push_str(&text);
        }
        next = cause.source();
    }
    line
}
