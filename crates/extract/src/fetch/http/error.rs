//! What errors of requests and bodies mean.

use std::error::Error;
use std::io::{self, ErrorKind};

use h2::Reason;
use imgmeta_record::{Kind, Phase};

use super::resolver::Refused;
use super::response::Failed;
use super::wire;
use crate::fetch::trouble::chain;
use crate::trouble::Trouble;

/// Sorts an error of a request or a body. The URL is left out of the message: it is a column.
pub(super) fn trouble(failed: Failed, phase: Phase, scheme: &str) -> Trouble {
    let (error, timed_out): (Box<dyn Error>, bool) = match failed {
        Failed::Client(error) => {
            let timed_out = error.is_timeout();
            (Box::new(error.without_url()), timed_out)
        }
        Failed::Wire(wire::Failed::Connect(error)) => (error, false),
        Failed::Wire(wire::Failed::Http(message)) => {
            // What is no HTTP ends the request, whatever an attempt more would say.
            return Trouble::new(Kind::Http, phase.max(Phase::Request), message);
        }
        Failed::Wire(wire::Failed::Tls(message)) => return Trouble::new(Kind::Tls, Phase::Connect, message),
        Failed::Wire(wire::Failed::Io(error)) => (Box::new(error), false),
        Failed::Wire(wire::Failed::Http2(error)) => (Box::new(error), false),
        Failed::Wire(late @ wire::Failed::Late(_)) => (Box::new(late), true),
    };
    let message = chain(&*error);
    let mut cause: Option<&(dyn Error + 'static)> = Some(&*error);
    while let Some(error) = cause {
        if let Some((kind, phase)) = of_cause(error, phase, scheme) {
            return if kind == Kind::Timeout {
                Trouble::late(phase, message)
            } else {
                Trouble::new(kind, phase, message)
            };
        }
        cause = error.source();
    }
    match phase {
        _ if timed_out => Trouble::late(phase, message),
        Phase::Resolve => Trouble::new(Kind::DnsTemporary, phase, message),
        Phase::Connect => Trouble::new(Kind::Connect, phase, message),
        _ => Trouble::new(Kind::Reset, phase, message),
    }
}

fn of_cause(error: &(dyn Error + 'static), phase: Phase, scheme: &str) -> Option<(Kind, Phase)> {
    if let Some(refused) = error.downcast_ref::<Refused>() {
        return Some((refused.kind, Phase::Resolve));
    }
    if error.downcast_ref::<rustls::Error>().is_some() {
        return Some((Kind::Tls, if phase == Phase::Body { phase } else { Phase::Connect }));
    }
    if let Some(error) = error.downcast_ref::<hyper::Error>() {
        return error.is_parse().then_some((Kind::Http, phase.max(Phase::Request)));
    }
    if let Some(error) = error.downcast_ref::<h2::Error>() {
        // What h2 itself finds wrong with what a server sends.
        let found = error.is_library()
            && matches!(
                error.reason(),
                Some(Reason::PROTOCOL_ERROR | Reason::FRAME_SIZE_ERROR | Reason::COMPRESSION_ERROR)
            );
        return found.then_some((Kind::Http, phase.max(Phase::Request)));
    }
    let error = error.downcast_ref::<io::Error>()?;
    // rustls hides in an io::Error, whose source() skips it.
    if let Some(found) = error.get_ref().and_then(|inner| of_cause(inner, phase, scheme)) {
        return Some(found);
    }
    match error.kind() {
        ErrorKind::TimedOut => Some((Kind::Timeout, phase)),
        ErrorKind::UnexpectedEof if phase == Phase::Connect && scheme == "https" => Some((Kind::Tls, phase)),
        ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::BrokenPipe
        | ErrorKind::UnexpectedEof => Some((Kind::Reset, phase)),
        _ if phase <= Phase::Connect => Some((Kind::Connect, Phase::Connect)),
        _ => None,
    }
}
