//! What it means where a cluster wants Kerberos, and what we have is nothing that it takes.
//!
//! MIT's library says it by codes: of the mechanism, and of its own table of errors, whose numbers are its interface.

use hdfs_native::HdfsError;

/// GSSAPI's routine error for "no credentials", in the place where a status has it.
const NO_CREDENTIALS: u32 = 7 << 16;
/// Where MIT's table of Kerberos errors begins.
const TABLE: u32 = 0x96C7_3A00;
const SERVICE_UNKNOWN: u32 = TABLE + 7;
const EXPIRED: u32 = TABLE + 32;
const SKEW: u32 = TABLE + 37;
const REALM_UNKNOWN: u32 = TABLE + 154;
const UNREACHABLE: u32 = TABLE + 156;

/// Exceptions of the NameNode's by which it refuses a ticket.
const REFUSALS: [&str; 2] = ["javax.security.sasl.SaslException", "org.ietf.jgss.GSSException"];

const LIBRARY: &str = "install MIT's Kerberos library (Debian: libgssapi-krb5-2; Red Hat: krb5-libs)";
const REFUSED: &str =
    "is the clock right, and do `klist` and krb5.conf name the cluster's realm? The NameNode's log says why";

/// We could not show a cluster who we are.
#[derive(Debug, thiserror::Error)]
#[error("Kerberos: {said}; {cure}")]
pub(crate) struct LoginError {
    /// By MIT's library, or by the NameNode.
    said: String,
    cure: &'static str,
}

impl LoginError {
    /// What an error of the client's means; `None` where it is about something else.
    pub(super) fn of(error: &HdfsError) -> Option<Self> {
        match error {
            HdfsError::GSSAPIError(major, minor, text) => {
                // What comes before the colon only announces that something is to come.
                let said = text.split_once(": ").map_or(text.as_str(), |(_, said)| said);
                Some(Self { said: said.into(), cure: cure(major.raw(), *minor) })
            }
            HdfsError::OperationFailed(text) if text.contains("libgssapi") => {
                Some(Self { said: "libgssapi_krb5.so.2 cannot be loaded".into(), cure: LIBRARY })
            }
            HdfsError::NoSASLMechanism => Some(Self {
                said: "the NameNode takes neither tickets nor the tokens that are here".into(),
                cure: REFUSED,
            }),
            HdfsError::RPCError(class, text) | HdfsError::FatalRPCError(class, text)
                if REFUSALS.contains(&class.as_str()) =>
            {
                let line = text.lines().next().unwrap_or(class);
                Some(Self { said: format!("the NameNode refuses: {line}"), cure: REFUSED })
            }
            _ => None,
        }
    }
}

fn cure(major: u32, minor: u32) -> &'static str {
    match (major, minor) {
        (_, EXPIRED) => "get a new ticket by `kinit`, or name a keytab in KRB5_CLIENT_KTNAME",
        (_, SKEW) => "set this machine's clock, or the cluster's",
        (_, UNREACHABLE | REALM_UNKNOWN) => "is the KDC running, and is it named in krb5.conf (KRB5_CONFIG)?",
        (_, SERVICE_UNKNOWN) => "does krb5.conf (KRB5_CONFIG) put the NameNode's host into the right realm?",
        (NO_CREDENTIALS, _) => {
            "log in by `kinit` (KRB5CCNAME, if the ticket is elsewhere), or name a keytab in KRB5_CLIENT_KTNAME"
        }
        _ => REFUSED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_matter_of_logging_in_is_left_alone() {
        let denied = "org.apache.hadoop.security.AccessControlException".to_owned();
        for other in [HdfsError::RPCError(denied, "Permission denied".into()), HdfsError::OperationFailed("x".into())] {
            assert!(LoginError::of(&other).is_none(), "{other}");
        }
    }

    #[test]
    fn each_has_its_cure() {
        for (major, minor, word) in [
            (NO_CREDENTIALS, 0x96C7_3A8D, "kinit"),
            (13 << 16, EXPIRED, "new ticket"),
            (13 << 16, UNREACHABLE, "KDC"),
            (13 << 16, SKEW, "clock"),
            (13 << 16, TABLE + 1, "klist"),
        ] {
            assert!(cure(major, minor).contains(word), "{minor:x}");
        }
        let refused = HdfsError::FatalRPCError(REFUSALS[0].into(), "GSS initiate failed\n\tat x".into());
        let said = LoginError::of(&refused).unwrap().to_string();
        assert!(said.starts_with("Kerberos: the NameNode refuses: GSS initiate failed; is the clock"), "{said}");
        let missing = HdfsError::OperationFailed("Failed to load libgssapi_krb".into());
        assert!(LoginError::of(&missing).unwrap().to_string().contains("libgssapi-krb5-2"));
    }
}
