//! Values of XMP and IPTC, which are strings: text as it is, everything else as JSON text (record.md).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// Longest string that is kept, in bytes.
pub(crate) const MAX_TEXT: usize = 64 << 10;
/// Largest other value that is kept, in bytes.
const MAX_VALUE: usize = 4 << 10;

/// One text as it is, anything else as JSON text; what is too long by its size.
pub(crate) fn shown(value: Value) -> String {
    let text = match value {
        Value::String(text) => text,
        value => value.to_string(),
    };
    if text.len() > MAX_TEXT { omitted(text.len()).to_string() } else { text }
}

/// Bytes that are no text.
pub(crate) fn bytes(bytes: &[u8]) -> Value {
    if bytes.len() > MAX_VALUE { omitted(bytes.len()) } else { json!({"base64": STANDARD.encode(bytes)}) }
}

fn omitted(size: usize) -> Value {
    json!({"omitted": size})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_shown_as_it_is_and_what_is_long_by_its_size() {
        assert_eq!(shown(Value::String("{a}".into())), "{a}");
        assert_eq!(shown(json!(["a", "b"])), r#"["a","b"]"#);
        assert_eq!(shown(Value::String("x".repeat(65_537))), r#"{"omitted":65537}"#);
        assert_eq!(shown(bytes(&[0, 255])), r#"{"base64":"AP8="}"#);
        assert_eq!(shown(bytes(&[0; 5000])), r#"{"omitted":5000}"#);
    }
}
