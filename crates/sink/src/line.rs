//! A line of the JSON, as far as it says where an image is and how it was read.

use std::sync::Arc;

use imgmeta_record::json::{self, Keys};
use imgmeta_record::{Extra, ImageRef, Kind, Outcome, UtcTime, Version};
use serde_json::{Map, Value, json};

use crate::pairs::Pairs;

/// How a warning begins of an image that could not be read again.
const REFRESH: &str = "refresh: ";

/// An outcome that a finished run has.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// The line itself, its end included.
    pub json: Vec<u8>,
    /// The image; its base is not known here.
    pub image: ImageRef,
    /// Of a failure; `None` of a record.
    pub kind: Option<Kind>,
    /// Whether `imgmeta retry` takes it by default.
    pub retryable: bool,
    /// How often it was attempted.
    pub attempts: u32,
    /// The version that was read.
    pub version: Version,
}

impl Line {
    /// # Errors
    /// What is wrong with the line.
    pub(crate) fn parse(json: &[u8]) -> Result<Self, String> {
        let object: Map<String, Value> = serde_json::from_slice(json).map_err(|error| error.to_string())?;
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(ToOwned::to_owned);
        let fetch = |name: &str| object.get("Fetch").and_then(|fetch| fetch.get(name));
        let image = ImageRef {
            url: text(object.get("URL")).ok_or("it has no URL")?,
            row: object.get("Row").and_then(Value::as_u64),
            extra: object.get("Extra").and_then(Value::as_object).map(extra),
            ..ImageRef::default()
        };
        Ok(Self {
            json: json.to_vec(),
            image,
            kind: object.get("Kind").and_then(Value::as_str).and_then(Kind::from_name),
            retryable: object.get("Retryable").and_then(Value::as_bool).unwrap_or(false),
            attempts: fetch("Attempts").and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok()).unwrap_or(0),
            version: Version {
                etag: text(fetch("ETag")),
                last_modified: fetch("LastModified").and_then(Value::as_str).and_then(UtcTime::from_iso),
                bytes: object.get("Bytes").and_then(Value::as_u64),
            },
        })
    }

    /// The line with another warning of this kind, or with none; `None` where it would be the same.
    pub fn with_warning(&self, warning: Option<&str>) -> Option<Vec<u8>> {
        let Pairs(pairs) = serde_json::from_slice(&self.json).ok()?;
        let at = pairs.iter().position(|(name, _)| name == "Warnings")?;
        let known: Vec<String> = serde_json::from_str(pairs[at].1.get()).ok()?;
        let mut warnings: Vec<_> = known.iter().filter(|warning| !warning.starts_with(REFRESH)).cloned().collect();
        warnings.extend(warning.map(|warning| format!("{REFRESH}{warning}")));
        if warnings == known {
            return None;
        }
        let warnings = serde_json::value::to_raw_value(&warnings).expect("texts become JSON");
        let mut line = Vec::with_capacity(self.json.len() + 100);
        for (number, (name, raw)) in pairs.iter().enumerate() {
            line.push(if number == 0 { b'{' } else { b',' });
            json::write_text(&mut line, name);
            line.push(b':');
            line.extend_from_slice(if number == at { warnings.get() } else { raw.get() }.as_bytes());
        }
        line.extend_from_slice(b"}\n");
        Some(line)
    }

    /// Whether an outcome says of the image what the line says: all but how it was fetched, and whether it could be.
    pub fn tells_the_same(&self, outcome: &Outcome, keys: Keys) -> bool {
        let mut line = Vec::new();
        json::write_line(&mut line, outcome, keys);
        let told = |line: &[u8]| -> Option<Map<String, Value>> {
            let mut object: Map<String, Value> = serde_json::from_slice(line).ok()?;
            let fetch = object.remove("Fetch")?;
            object.insert("Fetch".into(), json!([fetch["ETag"], fetch["LastModified"], fetch["FinalURL"]]));
            if let Some(warnings) = object.get_mut("Warnings").and_then(Value::as_array_mut) {
                warnings.retain(|warning| warning.as_str().is_none_or(|warning| !warning.starts_with(REFRESH)));
                // What was odd about the row is not known here.
                warnings.retain(|warning| warning.as_str().is_none_or(|warning| !warning.starts_with("list: ")));
            }
            Some(object)
        };
        told(&self.json).is_some_and(|known| told(&line).is_some_and(|found| known == found))
    }
}

fn extra(columns: &Map<String, Value>) -> Extra {
    columns.iter().map(|(name, value)| (Arc::from(name.as_str()), value.as_str().map(ToOwned::to_owned))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_its_image_and_how_it_was_read() {
        let json = concat!(
            r#"{"URL":"a.jpg","Error":"e","Kind":"timeout","Phase":"body","Status":null,"Retryable":true,"Row":7,"#,
            r#""Fetch":{"ETag":"\"x\"","LastModified":"2024-01-01T00:00:00Z","Attempts":4},"Extra":{"b":null,"a":""}}"#,
            "\n"
        );
        let line = Line::parse(json.as_bytes()).expect("a line");
        assert_eq!((line.kind, line.retryable, line.attempts), (Some(Kind::Timeout), true, 4));
        let time = UtcTime::from_iso("2024-01-01T00:00:00Z");
        assert_eq!(line.version, Version { etag: Some("\"x\"".into()), last_modified: time, bytes: None });
        let extra = vec![(Arc::from("b"), None), (Arc::from("a"), Some(String::new()))];
        assert_eq!(line.image, ImageRef { row: Some(7), extra: Some(extra), ..ImageRef::new("a.jpg") });
        assert!(time.is_some() && Line::parse(b"{}").is_err() && Line::parse(b"[").is_err());
    }

    #[test]
    fn a_warning_comes_is_replaced_and_goes_and_nothing_else_changes() {
        let json = b"{\"URL\":\"a\",\"Row\":0,\"GPS\":{\"Latitude\":1.50},\"Warnings\":[\"exif: x\"],\"Fetch\":{}}\n";
        let line = Line::parse(json).expect("a line");
        let warned = line.with_warning(Some("gone")).expect("another line");
        assert_eq!(
            String::from_utf8_lossy(&warned),
            String::from_utf8_lossy(json).replace("[\"exif: x\"]", "[\"exif: x\",\"refresh: gone\"]")
        );
        let warned = Line::parse(&warned).expect("a line");
        assert_eq!(warned.with_warning(None).as_deref(), Some(&json[..]));
        assert_eq!((warned.with_warning(Some("gone")), line.with_warning(None)), (None, None));
    }
}
