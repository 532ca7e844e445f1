//! What only those who try again ask of a trouble.

use std::error::Error;

use imgmeta_record::{Kind, Phase};

use crate::trouble::Trouble;

impl Trouble {
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
