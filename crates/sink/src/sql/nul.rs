//! NUL, which no text of PostgreSQL holds, becomes U+FFFD.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter};

const REPLACEMENT: &str = "\u{fffd}";
/// NUL, as JSON has it.
const ESCAPED: &[u8] = b"u0000";

/// Text without NUL.
pub(super) fn of_text(text: Cow<'_, str>) -> Cow<'_, str> {
    if memchr(0, text.as_bytes()).is_some() { text.replace('\0', REPLACEMENT).into() } else { text }
}

/// JSON whose strings hold no NUL. `\\u0000` is a backslash and five characters, and stays.
pub(super) fn of_json(json: &str) -> Cow<'_, str> {
    let mut whole: Option<String> = None;
    // Until where `whole` has it, and the end of the escape that was looked at last.
    let (mut copied, mut seen) = (0, 0);
    for at in memchr_iter(b'\\', json.as_bytes()) {
        if at < seen {
            continue;
        }
        seen = at + 2;
        if json.as_bytes()[at + 1..].starts_with(ESCAPED) {
            let whole = whole.get_or_insert_default();
            whole.push_str(&json[copied..at]);
            whole.push_str(REPLACEMENT);
            copied = at + 1 + ESCAPED.len();
            seen = copied;
        }
    }
    match whole {
        None => json.into(),
        Some(whole) => (whole + &json[copied..]).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nul_goes_and_what_only_looks_like_it_stays() {
        for (json, without) in [
            (r#""a""#, r#""a""#),
            (r#""\u0000""#, "\"\u{fffd}\""),
            (r#""a\u0000\u0000b\n""#, "\"a\u{fffd}\u{fffd}b\\n\""),
            (r#""\\u0000""#, r#""\\u0000""#),
            (r#""\\\u0000\\""#, "\"\\\\\u{fffd}\\\\\""),
            (r#"{"\"\u0000":"\u00001"}"#, "{\"\\\"\u{fffd}\":\"\u{fffd}1\"}"),
        ] {
            assert_eq!(of_json(json), without, "{json}");
            let read: serde_json::Value = serde_json::from_str(&of_json(json)).expect("JSON");
            assert!(!format!("{read:?}").contains("\\0"));
        }
        assert_eq!(of_text("a\0b".into()), "a\u{fffd}b");
        assert!(matches!(of_text("ab".into()), Cow::Borrowed("ab")));
    }
}
