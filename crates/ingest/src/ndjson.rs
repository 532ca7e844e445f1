//! One JSON object a line. Each line is read by itself, so that a bad one costs its own row only.

use serde::de::IgnoredAny;
use serde_json::Deserializer;

/// The keys of an object and the texts of their values, in its order; `None` for null. Strings are what they say, all else
/// is its JSON as written: a number keeps all its digits.
pub(crate) type Cells = Vec<(String, Option<String>)>;

/// Takes a line apart.
///
/// # Errors
/// What is wrong with it, for a person.
pub(crate) fn cells(line: &[u8]) -> Result<Cells, String> {
    let line = line.trim_ascii();
    let mut rest = Rest { line, at: 0 };
    if !rest.take(b'{') {
        return Err("the line is no JSON object".into());
    }
    let mut cells = Cells::new();
    if !rest.take(b'}') {
        loop {
            let key = rest.key()?;
            if !rest.take(b':') {
                return Err(rest.wrong("`:` is missing"));
            }
            let value = text(rest.value()?)?;
            match cells.iter_mut().find(|(other, _)| *other == key) {
                // The last one counts, as for most readers.
                Some((_, other)) => *other = value,
                None => cells.push((key, value)),
            }
            if rest.take(b'}') {
                break;
            }
            if !rest.take(b',') {
                return Err(rest.wrong("`,` or `}` is missing"));
            }
        }
    }
    if rest.at == line.len() { Ok(cells) } else { Err(rest.wrong("something follows the object")) }
}

fn text(value: &[u8]) -> Result<Option<String>, String> {
    match value.first() {
        Some(b'"') => serde_json::from_slice(value).map(Some).map_err(|error| error.to_string()),
        _ if value == b"null" => Ok(None),
        _ => String::from_utf8(value.into()).map(Some).map_err(|_| "the line is not UTF-8".into()),
    }
}

/// What is left of a line.
struct Rest<'a> {
    line: &'a [u8],
    at: usize,
}

impl<'a> Rest<'a> {
    fn blanks(&mut self) {
        self.at += self.line[self.at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    }

    /// Steps over a byte, if that is next.
    fn take(&mut self, byte: u8) -> bool {
        self.blanks();
        let found = self.line.get(self.at) == Some(&byte);
        self.at += usize::from(found);
        found
    }

    fn key(&mut self) -> Result<String, String> {
        self.blanks();
        if self.line.get(self.at) != Some(&b'"') {
            return Err(self.wrong("a key is missing"));
        }
        let key = self.value()?;
        serde_json::from_slice(key).map_err(|error| error.to_string())
    }

    /// The next value, as written.
    fn value(&mut self) -> Result<&'a [u8], String> {
        self.blanks();
        let rest = &self.line[self.at..];
        let mut values = Deserializer::from_slice(rest).into_iter::<IgnoredAny>();
        match values.next() {
            Some(Ok(IgnoredAny)) => {}
            Some(Err(error)) => return Err(format!("the line is not JSON: {error}")),
            None => return Err(self.wrong("a value is missing")),
        }
        let end = values.byte_offset();
        self.at += end;
        Ok(&rest[..end])
    }

    fn wrong(&self, what: &str) -> String {
        format!("the line is not JSON: {what} at byte {}", self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str) -> String {
        match cells(line.as_bytes()) {
            Ok(cells) => cells.iter().map(|(key, value)| format!("{key}={value:?};")).collect::<Vec<_>>().concat(),
            Err(why) => format!("! {why}"),
        }
    }

    #[test]
    fn strings_are_what_they_say_and_all_else_is_as_written() {
        for (line, expected) in [
            ("{}", ""),
            (r#" {"url":"http:\/\/h\/\u00e9.jpg","a":null} "#, r#"url=Some("http://h/é.jpg");a=None;"#),
            (
                r#"{"n":1.10,"i":12345678901234567890123,"e":1e5}"#,
                r#"n=Some("1.10");i=Some("12345678901234567890123");e=Some("1e5");"#,
            ),
            (r#"{"o": {"b" : [1,2]}, "t":true,"l":[]}"#, r#"o=Some("{\"b\" : [1,2]}");t=Some("true");l=Some("[]");"#),
            (r#"{"a":1,"a":"2"}"#, r#"a=Some("2");"#),
            (r#"{"":"x"}"#, r#"=Some("x");"#),
        ] {
            assert_eq!(shown(line), expected, "{line}");
        }
    }

    #[test]
    fn a_line_that_is_no_object_says_why() {
        for (line, why) in [
            ("[1]", "! the line is no JSON object"),
            ("\"x\"", "! the line is no JSON object"),
            ("{\"a\":1", "! the line is not JSON: `,` or `}` is missing at byte 6"),
            ("{\"a\":1}}", "! the line is not JSON: something follows the object at byte 7"),
            ("{\"a\" 1}", "! the line is not JSON: `:` is missing at byte 5"),
            ("{a:1}", "! the line is not JSON: a key is missing at byte 1"),
            ("{\"a\":1,}", "! the line is not JSON: a key is missing at byte 7"),
        ] {
            assert_eq!(shown(line), why, "{line}");
        }
        for line in ["{\"a\":}", "{\"a\":tru}", "{\"a\":\"x}", "{\"a\":01}", "{\"a\":\"\\x\"}", "{\"a\":[1,]}"] {
            assert!(shown(line).starts_with("! the line is not JSON"), "{line}: {}", shown(line));
        }
        assert!(cells(b"{\"a\":\"\xff\"}").is_err());
    }
}
