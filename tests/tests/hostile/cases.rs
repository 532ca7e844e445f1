//! What a case is, and how its outcome is judged.

use std::{fmt, net::Ipv4Addr, sync::LazyLock};

use imgmeta_tests::{
    images::synthetic,
    server::{Reply, Request, Server},
};
use serde_json::{Value, json};

use super::{MAX_BYTES, TIMEOUT};

/// A loopback address that the run does not allow.
pub(crate) const FORBIDDEN: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// An image with a position, 16 x 12 pixels, in 497 bytes.
pub(crate) static GOOD: LazyLock<Vec<u8>> = LazyLock::new(|| synthetic("gps_ne_le.jpg"));

/// The path of every case's URL.
pub(crate) const PATH: &str = "/case.jpg";

/// The cases of one run, in the order of its list.
pub(crate) struct Cases {
    cases: Vec<Case>,
    /// Nobody may reach it.
    pub(crate) forbidden: Server,
}

/// One row of the list, what serves it, and what must come out.
pub(crate) struct Case {
    name: String,
    url: String,
    server: Option<Server>,
    expected: Expected,
    claims: Vec<(&'static str, Claim)>,
}

type Claim = Box<dyn Fn(&Found<'_>) -> bool>;

/// How a row ends.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Expected {
    /// The record of [`GOOD`].
    Good,
    /// Another record, which claims describe.
    Record,
    /// A failure with this kind and phase.
    Failure(&'static str, &'static str),
}

/// What a claim may look at.
pub(crate) struct Found<'a> {
    /// The line of the output.
    pub(crate) outcome: &'a Value,
    /// The case's server; there is one in every case that looks at it.
    server: Option<&'a Server>,
}

impl Cases {
    pub(crate) fn new() -> Self {
        let forbidden = Server::start_at(FORBIDDEN, |_, reply| reply.file("image/jpeg", &GOOD));
        Self { cases: Vec::new(), forbidden }
    }

    /// Adds a case that is served by this handler, at the next address of 127.0.1.0/24.
    pub(crate) fn add(
        &mut self, name: impl fmt::Display, expected: Expected,
        handler: impl Fn(&Request, &mut Reply) + Send + Sync + 'static,
    ) -> &mut Case {
        let last = u8::try_from(self.cases.len() + 1).expect("one /24 is enough for all cases");
        let server = Server::start_at([127, 0, 1, last], handler);
        let url = server.url(PATH);
        self.push(Case { name: name.to_string(), url, server: Some(server), expected, claims: Vec::new() })
    }

    /// Adds a URL that no server of the case's own stands behind.
    pub(crate) fn add_url(&mut self, name: impl fmt::Display, expected: Expected, url: String) -> &mut Case {
        self.push(Case { name: name.to_string(), url, server: None, expected, claims: Vec::new() })
    }

    fn push(&mut self, case: Case) -> &mut Case {
        self.cases.push(case);
        self.cases.last_mut().expect("one was just added")
    }

    /// The list: one URL a line.
    pub(crate) fn list(&self) -> String {
        self.iter().flat_map(|case| [&case.url, "\n"]).collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.cases.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Case> {
        self.cases.iter()
    }
}

impl Case {
    /// Adds what else must be true, in words and as a question.
    pub(crate) fn and(&mut self, claim: &'static str, holds: impl Fn(&Found<'_>) -> bool + 'static) -> &mut Self {
        self.claims.push((claim, Box::new(holds)));
        self
    }

    /// Everything that is wrong with the outcome, each as a paragraph.
    pub(crate) fn judge(&self, (is_record, outcome): (bool, &Value)) -> Vec<String> {
        let found = Found { outcome, server: self.server.as_ref() };
        let wrong = std::iter::once(("it ends as expected", self.ends_as_expected(is_record, outcome)))
            .chain([("the URL is the listed one", outcome["URL"] == self.url.as_str())])
            .chain([("it ends in time", found.millis() <= (TIMEOUT + 1) * 1000)])
            .chain([(
                "no more than --max-bytes is read",
                found.fetch("BytesRead").as_u64().is_some_and(|n| n <= MAX_BYTES),
            )])
            .chain(self.claims.iter().map(|(claim, holds)| (*claim, holds(&found))));
        let paragraph = |claim| {
            let seen = self.server.as_ref().map(Server::seen);
            format!(
                "case {}: not so: {claim}\n  expected {:?}\n  got {outcome}\n  asked {seen:?}",
                self.name, self.expected
            )
        };
        wrong.filter(|(_, holds)| !holds).map(|(claim, _)| paragraph(claim)).collect()
    }

    fn ends_as_expected(&self, is_record: bool, outcome: &Value) -> bool {
        match self.expected {
            Expected::Good => {
                is_record
                    && outcome["Format"] == "JPEG"
                    && outcome["Size"] == json!([16, 12])
                    && outcome["GPS"].is_object()
            }
            Expected::Record => is_record,
            Expected::Failure(kind, phase) => !is_record && outcome["Kind"] == kind && outcome["Phase"] == phase,
        }
    }
}

impl Found<'_> {
    /// A field of `Fetch`.
    pub(crate) fn fetch(&self, name: &str) -> &Value {
        &self.outcome["Fetch"][name]
    }

    /// How long the image took; a time without end where the outcome does not say.
    pub(crate) fn millis(&self) -> u64 {
        self.fetch("Millis").as_u64().unwrap_or(u64::MAX)
    }

    /// Whether the record has warnings.
    pub(crate) fn warned(&self) -> bool {
        self.outcome["Warnings"].as_array().is_some_and(|warnings| !warnings.is_empty())
    }

    /// The case's server.
    pub(crate) fn server(&self) -> &Server {
        self.server.expect("the case has a server")
    }

    /// How many requests its server saw.
    pub(crate) fn requests(&self) -> usize {
        self.server().seen().len()
    }
}
