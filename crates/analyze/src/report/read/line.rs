//! What of a line of the JSON is counted.

use std::borrow::Cow;
use std::fmt;

use imgmeta_record::LocalTime;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::report::row::{Failure, Record};

/// A string that is not copied, unless it has escapes.
#[derive(Debug)]
struct Text<'a>(Cow<'a, str>);

/// The keys of an object.
#[derive(Debug)]
struct Keys<'a>(Vec<Text<'a>>);

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RecordLine<'a> {
    #[serde(borrow)]
    format: Text<'a>,
    mode: Text<'a>,
    display_width: u32,
    display_height: u32,
    orientation: Option<u8>,
    taken_at: Option<Text<'a>>,
    camera: Option<Camera<'a>>,
    #[serde(rename = "GPS")]
    gps: Option<Position>,
    bytes: Option<u64>,
    fetch: Fetch,
    #[serde(rename = "EXIF")]
    ifds: Ifds<'a>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Camera<'a> {
    #[serde(borrow)]
    make: Option<Text<'a>>,
    model: Option<Text<'a>>,
    lens: Option<Text<'a>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Position {
    latitude: Option<f64>,
    longitude: Option<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Fetch {
    bytes_read: u64,
}

/// In the order of [`Ifd::ALL`](imgmeta_record::Ifd::ALL).
#[derive(Debug, Deserialize)]
struct Ifds<'a> {
    #[serde(rename = "0th", borrow)]
    zeroth: Keys<'a>,
    #[serde(rename = "Exif")]
    exif: Keys<'a>,
    #[serde(rename = "GPS")]
    gps: Keys<'a>,
    #[serde(rename = "Interop")]
    interop: Keys<'a>,
    #[serde(rename = "1st")]
    first: Keys<'a>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct FailureLine<'a> {
    #[serde(rename = "URL", borrow)]
    url: Text<'a>,
    error: Text<'a>,
    kind: Text<'a>,
    phase: Text<'a>,
    status: Option<u16>,
}

impl RecordLine<'_> {
    pub(super) fn row(&self) -> Record<'_> {
        fn text<'t>(text: Option<&'t Text<'_>>) -> Option<&'t str> {
            text.map(|text| text.0.as_ref())
        }
        let camera = self.camera.as_ref();
        let taken = self.taken_at.as_ref().and_then(|taken| LocalTime::from_iso(&taken.0));
        Record {
            format: &self.format.0,
            mode: &self.mode.0,
            width: self.display_width,
            height: self.display_height,
            orientation: self.orientation,
            taken: taken.map(|taken| (taken.year, taken.hour)),
            make: text(camera.and_then(|camera| camera.make.as_ref())),
            model: text(camera.and_then(|camera| camera.model.as_ref())),
            lens: text(camera.and_then(|camera| camera.lens.as_ref())),
            position: self.gps.as_ref().and_then(|gps| gps.latitude.zip(gps.longitude)),
            bytes: self.bytes,
            bytes_read: self.fetch.bytes_read,
        }
    }

    /// IFD and key of each tag.
    pub(super) fn tags(&self) -> impl Iterator<Item = (usize, &str)> {
        let Ifds { zeroth, exif, gps, interop, first } = &self.ifds;
        let ifds = [zeroth, exif, gps, interop, first].into_iter().enumerate();
        ifds.flat_map(|(ifd, keys)| keys.0.iter().map(move |key| (ifd, key.0.as_ref())))
    }
}

impl FailureLine<'_> {
    pub(super) fn row(&self) -> Failure<'_> {
        let Self { url, error, kind, phase, status } = self;
        Failure { url: &url.0, error: &error.0, kind: &kind.0, phase: &phase.0, status: *status }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Visit;
        impl<'de> Visitor<'de> for Visit {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        from.deserialize_str(Visit)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Keys<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Visit;
        impl<'de> Visitor<'de> for Visit {
            type Value = Keys<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut keys = Vec::new();
                while let Some((key, IgnoredAny)) = map.next_entry()? {
                    keys.push(key);
                }
                Ok(Keys(keys))
            }
        }
        from.deserialize_map(Visit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_gives_what_is_counted_and_the_rest_is_passed_over() {
        let line = r#"{"URL":"a","Format":"JPEG","Mode":"RGB","Size":[3,2],"EXIF":{"0th":{"Make":"a\"b"},"Exif":{"ISO":1,
            "Deep":{"x":[{}]}},"GPS":{},"Interop":{},"1st":{}},"Other":[],"Row":0,"DisplayWidth":2,"DisplayHeight":3,
            "Orientation":6,"TakenAt":"2019-05-01T12:30:00.25+02:00","Camera":{"Make":"a\"b","Model":"M","Lens":null},
            "GPS":{"Latitude":1.5,"Longitude":-2.0,"AltitudeM":null},"Bytes":null,"Fetch":{"BytesRead":10,"Status":206}}"#;
        let line: RecordLine<'_> = serde_json::from_str(line).unwrap();
        let row = line.row();
        assert_eq!((row.format, row.width, row.height, row.orientation), ("JPEG", 2, 3, Some(6)));
        assert_eq!((row.taken, row.make, row.model, row.lens), (Some((2019, 12)), Some("a\"b"), Some("M"), None));
        assert_eq!((row.position, row.bytes, row.bytes_read), (Some((1.5, -2.0)), None, 10));
        assert_eq!(line.tags().collect::<Vec<_>>(), [(0, "Make"), (1, "ISO"), (1, "Deep")]);
    }

    #[test]
    fn a_failure_is_read_likewise() {
        let line = r#"{"URL":"h","Error":"e","Kind":"dns","Phase":"resolve","Status":null,"Retryable":false,"Row":1}"#;
        let line: FailureLine<'_> = serde_json::from_str(line).unwrap();
        assert_eq!((line.row().kind, line.row().phase, line.row().status), ("dns", "resolve", None));
    }
}
