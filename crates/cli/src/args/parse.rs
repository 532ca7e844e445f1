//! Durations, sizes, ranges and the like, as people type them.

use std::net::SocketAddr;
use std::ops::Range;
use std::time::Duration;

use imgmeta_extract::{HeaderName, HeaderValue, Proxy, Robots};
use imgmeta_record::Kind;

/// Seconds, or a number with a unit: `60`, `1.5`, `500ms`, `2m`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().ok();
    let parsed = match seconds {
        Some(seconds) => Duration::try_from_secs_f64(seconds).ok(),
        None => humantime::parse_duration(text).ok(),
    };
    let parsed = parsed.ok_or_else(|| "write seconds (60, 1.5) or a unit (500ms, 2m)".to_owned())?;
    if parsed.is_zero() { Err("must be longer than 0".into()) } else { Ok(parsed) }
}

/// Bytes, or a number with a unit: `65536`, `64MiB`, `1GB`.
pub(super) fn bytes(text: &str) -> Result<u64, String> {
    let size: bytesize::ByteSize = text.parse().map_err(|_| "write bytes (65536) or a unit (64MiB, 1GB)".to_owned())?;
    if size.as_u64() == 0 { Err("must be more than 0".into()) } else { Ok(size.as_u64()) }
}

/// `A..B`: rows A up to, without, B; either end may be left out.
pub(super) fn rows(text: &str) -> Result<Range<u64>, String> {
    let wrong = || "write rows as A..B: from row A (0-based) up to, without, B".to_owned();
    let (start, end) = text.split_once("..").ok_or_else(wrong)?;
    let number = |text: &str, default| if text.is_empty() { Ok(default) } else { text.parse().map_err(|_| wrong()) };
    let range = number(start, 0)?..number(end, u64::MAX)?;
    if range.is_empty() { Err(format!("no row is in {text}")) } else { Ok(range) }
}

/// One byte, `\t` or `tab`.
pub(super) fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        b"\\t" | b"tab" => Ok(b'\t'),
        [byte] if byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r') => Ok(*byte),
        _ => Err("write one ASCII character, or \\t".into()),
    }
}

/// A share of rows, 0 to 1.
pub(super) fn ratio(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|ratio| (0.0..=1.0).contains(ratio)).ok_or_else(|| "write a number from 0 to 1".into())
}

/// A kind of failure whose rows can be read again.
pub(super) fn kind(text: &str) -> Result<Kind, String> {
    match Kind::from_name(text) {
        Some(Kind::BadRow) => {
            Err("rows that could not be read are not in the output: correct the list, and run it".into())
        }
        Some(kind) => Ok(kind),
        None => {
            let names: Vec<_> = Kind::ALL.iter().map(|kind| kind.name()).collect();
            Err(format!("no kind of failure; there are {}", names.join(", ")))
        }
    }
}

/// The header `NAME: VALUE`, unless it is one that this program sets by itself.
pub(super) fn header(text: &str) -> Result<(HeaderName, HeaderValue), String> {
    const OURS: [&str; 10] = [
        "range",
        "if-range",
        "if-none-match",
        "if-modified-since",
        "accept-encoding",
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "user-agent",
    ];
    let (name, value) = text.split_once(':').ok_or("write NAME: VALUE")?;
    let name: HeaderName = name.trim().parse().map_err(|_| "what stands before the colon is no name of a header")?;
    if OURS.contains(&name.as_str()) {
        return Err(format!("`{name}` is set by this program (--user-agent for that one)"));
    }
    let mut value = HeaderValue::from_str(value.trim()).map_err(|_| "the value holds what no header may".to_owned())?;
    value.set_sensitive(true);
    Ok((name, value))
}

/// What can be a `User-Agent`.
pub(super) fn user_agent(text: &str) -> Result<String, String> {
    let valid = !text.trim().is_empty() && HeaderValue::from_str(text).is_ok();
    valid
        .then(|| text.to_owned())
        .ok_or_else(|| "write visible characters, such as `mybot/1.0 (+https://me.example)`".into())
}

/// `http://HOST:PORT`, or `none`.
pub(super) fn proxy(text: &str) -> Result<Proxy, String> {
    if text == "none" {
        return Ok(Proxy::None);
    }
    let url = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let url: url::Url = url.parse().map_err(|_| "write http://HOST:PORT, or none".to_owned())?;
    match url.scheme() {
        "http" | "https" if url.has_host() => Ok(Proxy::Url(url)),
        other => Err(format!("proxies of the kind `{other}` are not spoken; write http://HOST:PORT")),
    }
}

/// What stands in a file of certificates. (A list of one: clap takes a plain `Vec<u8>` for a flag that may be repeated.)
pub(super) fn pem(path: &str) -> Result<Vec<u8>, String> {
    let bytes = std::fs::read(path).map_err(|error| format!("cannot read it: {error}"))?;
    let holds = bytes.windows(27).any(|window| window == b"-----BEGIN CERTIFICATE-----");
    holds.then_some(bytes).ok_or_else(|| "it holds no certificate in PEM (-----BEGIN CERTIFICATE-----)".into())
}

/// An address of this machine alone. A report shows what was in the list, and asks nobody who they are.
pub(super) fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr =
        text.parse().map_err(|_| "write an address and a port, such as 127.0.0.1:8000".to_owned())?;
    if address.ip().is_loopback() {
        Ok(address)
    } else {
        Err("only this machine may see it (127.0.0.1:PORT or [::1]:PORT); for others, write the page by --out".into())
    }
}

/// What `--robots` alone heeds of `X-Robots-Tag`.
pub(super) const DIRECTIVES: &str = "noai,noimageai,noindex,noimageindex";

/// Directives of `X-Robots-Tag`.
pub(super) fn robots(text: &str) -> Result<Robots, String> {
    let directives: Vec<_> = text.split(',').map(|name| name.trim().to_lowercase()).collect();
    if directives.iter().any(String::is_empty) {
        return Err("write directives such as noai,noindex".into());
    }
    Ok(Robots { directives })
}

/// A label of the Encoding Standard: `windows-1252`, `shift_jis`.
pub(super) fn encoding(text: &str) -> Result<&'static encoding_rs::Encoding, String> {
    encoding_rs::Encoding::for_label(text.as_bytes())
        .ok_or_else(|| "not a known encoding; try windows-1252, shift_jis, gb18030".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type_is_understood() {
        assert_eq!(duration("60"), Ok(Duration::from_mins(1)));
        assert_eq!(duration("1.5"), Ok(Duration::from_millis(1500)));
        assert_eq!(duration("2m"), Ok(Duration::from_mins(2)));
        assert_eq!(bytes("64MiB"), Ok(64 << 20));
        assert_eq!(bytes("100"), Ok(100));
        assert_eq!(rows("5..10"), Ok(5..10));
        assert_eq!(rows("..10"), Ok(0..10));
        assert_eq!(rows("7.."), Ok(7..u64::MAX));
        assert_eq!(delimiter("\\t"), Ok(b'\t'));
        assert!(
            header("Authorization:  Bearer x")
                .is_ok_and(|(name, value)| name == "authorization" && value == "Bearer x")
        );
        assert_eq!(proxy("none"), Ok(Proxy::None));
        assert!(matches!(proxy("10.0.0.1:3128"), Ok(Proxy::Url(url)) if url.as_str() == "http://10.0.0.1:3128/"));
        assert!(loopback("127.0.0.1:8000").is_ok() && loopback("[::1]:0").is_ok());
        assert_eq!(robots("NoAI").map(|robots| robots.directives), Ok(vec!["noai".to_owned()]));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for text in ["", "-1", "0", "x", "1e400"] {
            assert!(duration(text).is_err(), "{text}");
        }
        assert!(bytes("0").is_err() && bytes("x").is_err());
        assert!(rows("5").is_err() && rows("5..5").is_err() && rows("a..b").is_err());
        for text in ["Range: bytes=0-1", "no colon", "a b: c", "x: \u{1}"] {
            assert!(header(text).is_err(), "{text}");
        }
        assert!(proxy("socks5://h:1").is_err() && proxy("http://").is_err() && pem("/nowhere").is_err());
        assert!(loopback("0.0.0.0:80").is_err() && loopback("192.0.2.1:80").is_err() && loopback("localhost").is_err());
        assert!(delimiter("ab").is_err() && ratio("2").is_err() && encoding("klingon").is_err());
    }
}
