//! What can be wrong with a place, and what a store's refusal means.

use std::error::Error as _;
use std::io::ErrorKind;

use object_store::client::{HttpError, HttpErrorKind};

use crate::hdfs::login::LoginError;

/// Why a place cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The scheme is none that is read or written.
    #[error(
        "`{url}` has the scheme `{scheme}:`, which is not supported; write a path, file:, hdfs://, s3://, gs:// or az://"
    )]
    UnknownScheme {
        /// What was given.
        url: String,
        /// Its scheme.
        scheme: String,
    },
    /// No host after the scheme.
    #[error("`{url}` names no host; write {scheme}://HOST:PORT/PATH")]
    NoHost {
        /// What was given.
        url: String,
        /// Its scheme.
        scheme: &'static str,
    },
    /// The key holds an empty, `.` or `..` segment, or a control character.
    #[error("`{url}` is not a key that a store can hold")]
    BadKey {
        /// What was given.
        url: String,
        /// Which rule it breaks.
        source: object_store::path::Error,
    },
    /// A profile of the AWS files cannot be used.
    #[error("the AWS profile `{name}` {why}")]
    Profile {
        /// Its name.
        name: String,
        /// What is wrong with it, and what to do.
        why: &'static str,
    },
    /// The store cannot be set up.
    #[error("cannot set up the store of `{url}`")]
    Store {
        /// What was given.
        url: String,
        /// Why.
        source: object_store::Error,
    },
    /// Nobody answers.
    #[error(
        "nobody answers at `{url}`: is the cluster running, and is the port the NameNode's RPC port (mostly 8020 or 9000)?"
    )]
    Unreachable {
        /// What was given.
        url: String,
    },
    /// It takes connections and ends them.
    #[error(
        "`{url}` ends every connection: is the port the NameNode's RPC port (mostly 8020 or 9000)? A cluster with Kerberos does so to a client that does not know of it: HADOOP_CONF_DIR must name the folder of its core-site.xml and hdfs-site.xml; the NameNode's log says more"
    )]
    HangsUp {
        /// What was given.
        url: String,
    },
    /// It does not know who we are.
    #[error("cannot log in to `{url}`: {why}")]
    Login {
        /// What was given.
        url: String,
        /// Why, and what to do.
        why: String,
    },
    /// A file on the web cannot be had.
    #[error("{why}")]
    Web {
        /// Why.
        why: String,
    },
    /// What should be certificates is not.
    #[error("cannot use the certificates")]
    Roots {
        /// Why.
        source: object_store::Error,
    },
    /// A store cannot be listed.
    #[error("cannot list `{url}`")]
    List {
        /// The place.
        url: String,
        /// Why.
        source: object_store::Error,
    },
    /// A local folder cannot be made or found.
    #[error("cannot use the folder `{url}`")]
    Folder {
        /// What was given.
        url: String,
        /// Why.
        source: std::io::Error,
    },
}

/// What a store's error means for a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// No such key.
    NotFound,
    /// The key is there already.
    AlreadyExists,
    /// The store refuses.
    Permission,
    /// A cluster cannot be told who we are: no ticket, or one that has expired.
    Login,
    /// The store cannot be reached.
    Unreachable,
    /// The store asks for fewer requests.
    RateLimited,
    /// No space or quota is left.
    Full,
    /// Anything else: a broken connection, a dead DataNode.
    Other,
}

impl Fault {
    /// Whether the same request may succeed a little later.
    pub fn passes(self) -> bool {
        matches!(self, Self::RateLimited | Self::Unreachable | Self::Other)
    }
}

/// What S3 and its like say of an error, without the request and the XML around it: `NoSuchKey: The specified key does
/// not exist.`
pub fn said(error: &object_store::Error) -> Option<String> {
    let text = error.to_string();
    let inner = |tag: &str| {
        let (_, rest) = text.split_once(&format!("<{tag}>"))?;
        Some(rest.split_once("</")?.0.to_owned())
    };
    let code = inner("Code")?;
    Some(inner("Message").map_or_else(|| code.clone(), |message| format!("{code}: {message}")))
}

/// Sorts an error of any store by what a caller can do about it.
///
/// S3's `SlowDown` comes as a status of 503, or within a body.
///
/// hdfs-native reports permissions, quotas and safe mode as text of the NameNode's exception: the class names in it are
/// Hadoop's API and stable.
pub fn fault(error: &object_store::Error) -> Fault {
    match error {
        object_store::Error::NotFound { .. } => return Fault::NotFound,
        object_store::Error::AlreadyExists { .. } => return Fault::AlreadyExists,
        object_store::Error::Unauthenticated { source, .. } if source.is::<LoginError>() => return Fault::Login,
        object_store::Error::PermissionDenied { .. } | object_store::Error::Unauthenticated { .. } => {
            return Fault::Permission;
        }
        _ => {}
    }
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(fault) = of_io(cause).or_else(|| of_text(&cause.to_string())) {
            return fault;
        }
        source = cause.source();
    }
    Fault::Other
}

fn of_io(cause: &(dyn std::error::Error + 'static)) -> Option<Fault> {
    if cause.downcast_ref::<HttpError>().is_some_and(|error| error.kind() == HttpErrorKind::Connect) {
        return Some(Fault::Unreachable);
    }
    match cause.downcast_ref::<std::io::Error>()?.kind() {
        ErrorKind::NotFound => Some(Fault::NotFound),
        ErrorKind::AlreadyExists => Some(Fault::AlreadyExists),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Some(Fault::Permission),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Some(Fault::Full),
        ErrorKind::ConnectionRefused | ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => {
            Some(Fault::Unreachable)
        }
        _ => None,
    }
}

fn of_text(text: &str) -> Option<Fault> {
    const WORDS: [(&str, Fault); 12] = [
        // A listing's refusal comes without a kind of its own.
        ("status code: 404", Fault::NotFound),
        ("status code: 403", Fault::Permission),
        ("status code: 401", Fault::Permission),
        ("<Code>SlowDown</Code>", Fault::RateLimited),
        ("status code: 429", Fault::RateLimited),
        ("status code: 503", Fault::RateLimited),
        ("AccessControlException", Fault::Permission),
        ("Permission denied", Fault::Permission),
        ("FileNotFoundException", Fault::NotFound),
        ("QuotaExceededException", Fault::Full),
        ("FileAlreadyExistsException", Fault::AlreadyExists),
        ("failed to lookup address", Fault::Unreachable),
    ];
    WORDS.iter().find(|(word, _)| text.contains(word)).map(|(_, fault)| *fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generic(text: &str) -> object_store::Error {
        object_store::Error::Generic { store: "S3", source: text.into() }
    }

    #[test]
    fn what_a_store_says_is_sorted_by_what_can_be_done() {
        for (text, fault) in [
            (
                "Server returned non-2xx status code: 404 Not Found: <Error><Code>NoSuchBucket</Code></Error>",
                Fault::NotFound,
            ),
            (
                "Server returned non-2xx status code: 403 Forbidden: <Error><Code>AccessDenied</Code></Error>",
                Fault::Permission,
            ),
            ("Server returned non-2xx status code: 503 Slow Down: ", Fault::RateLimited),
            ("Server returned error response: <Error><Code>SlowDown</Code></Error>", Fault::RateLimited),
            ("Server returned non-2xx status code: 429 Too Many Requests: ", Fault::RateLimited),
            ("Server returned non-2xx status code: 500 Internal Server Error: ", Fault::Other),
            ("org.apache.hadoop.security.AccessControlException: Permission denied", Fault::Permission),
        ] {
            assert_eq!(super::fault(&generic(text)), fault, "{text}");
        }
        assert!(Fault::RateLimited.passes() && Fault::Other.passes() && !Fault::NotFound.passes());
    }

    #[test]
    fn the_xml_of_an_error_is_said_in_words() {
        let error = generic("x <?xml?><Error><Code>NoSuchKey</Code><Message>It is gone.</Message></Error>");
        assert_eq!(said(&error).as_deref(), Some("NoSuchKey: It is gone."));
        assert_eq!(said(&generic("<Error><Code>SlowDown</Code></Error>")).as_deref(), Some("SlowDown"));
        assert_eq!(said(&generic("connection refused")), None);
    }
}
