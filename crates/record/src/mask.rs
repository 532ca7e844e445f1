//! URLs without their credentials, for logs, errors, settings and `FinalURL`.

/// Query keys whose values are credentials: signatures of S3, GCS, Azure and CloudFront, and the usual tokens.
const SECRET_KEYS: [&str; 16] = [
    "x-amz-signature",
    "x-amz-credential",
    "x-amz-security-token",
    "awsaccesskeyid",
    "signature",
    "x-goog-signature",
    "x-goog-credential",
    "googleaccessid",
    "sig",
    "policy",
    "key-pair-id",
    "token",
    "access_token",
    "api_key",
    "apikey",
    "key",
];

/// The URL with its userinfo and the values of signed query parameters as `***`.
///
/// ```
/// use imgmeta_record::mask;
/// assert_eq!(mask("https://me:pw@h/a.jpg?w=1&sig=abc"), "https://***@h/a.jpg?w=1&sig=***");
/// assert_eq!(mask("images/cat.jpg"), "images/cat.jpg");
/// ```
pub fn mask(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    if !scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte)) {
        return url.to_owned();
    }
    let (authority, tail) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let host = authority.rsplit_once('@').map_or(authority.to_owned(), |(_, host)| format!("***@{host}"));
    format!("{scheme}://{host}{}", mask_query(tail))
}

fn mask_query(tail: &str) -> String {
    let Some((path, query)) = tail.split_once('?') else { return tail.to_owned() };
    let (query, fragment) = query.split_at(query.find('#').unwrap_or(query.len()));
    let masked: Vec<_> = query.split('&').map(mask_pair).collect();
    format!("{path}?{}{fragment}", masked.join("&"))
}

fn mask_pair(pair: &str) -> String {
    match pair.split_once('=') {
        Some((key, _)) if SECRET_KEYS.contains(&key.to_ascii_lowercase().as_str()) => format!("{key}=***"),
        _ => pair.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_hidden_and_nothing_else_is() {
        for (url, masked) in [
            ("http://h/a?X-Amz-Signature=1&b=2#f", "http://h/a?X-Amz-Signature=***&b=2#f"),
            ("http://u@h", "http://***@h"),
            ("http://h/a@b?c=d", "http://h/a@b?c=d"),
            ("not a url?sig=1", "not a url?sig=1"),
        ] {
            assert_eq!(mask(url), masked);
        }
    }
}
