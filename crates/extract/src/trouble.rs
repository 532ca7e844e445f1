//! Why an attempt at an image gave no answer.

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
}
