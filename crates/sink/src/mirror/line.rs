//! Lines of JSON to columns: what an earlier run wrote, read back without a loss.
//!
//! Values are taken as they stand in the line: a number that became a double and text again might be another one.

use arrow_array::builder::{MapBuilder, StringBuilder};
use imgmeta_record::fields::Cell;
use imgmeta_record::fields::outline::Outline;
use imgmeta_record::json::Keys;
use imgmeta_record::{LocalTime, OTHER_KEYS, UtcTime};
use serde::de::Error as _;
use serde_json::Error;
use serde_json::value::RawValue;

use crate::pairs::Pairs;

use super::column::{Column, Columns, append_local, append_other, end_of_map};

impl Columns {
    /// Appends a line. After an error the columns are of different lengths, and of no use any more.
    pub(super) fn append_line(&mut self, line: &[u8]) -> Result<(), Error> {
        self.append_pairs(serde_json::from_slice(line)?)
    }

    /// A field that the line has not is null, as in a line of an older version.
    fn append_pairs(&mut self, pairs: Pairs<'_>) -> Result<(), Error> {
        let mut pairs = pairs.0.into_iter().peekable();
        let Self { outline, columns } = self;
        for (Outline { name, .. }, column) in outline.iter().zip(columns) {
            match pairs.next_if(|(found, _)| found == name) {
                Some((_, raw)) => column.append_raw(raw)?,
                None => column.append_null(),
            }
        }
        match pairs.next() {
            Some((name, _)) => Err(Error::custom(format!("`{name}` is no field, or not in its place"))),
            None => Ok(()),
        }
    }
}

impl Column {
    fn append_raw(&mut self, raw: &RawValue) -> Result<(), Error> {
        let text = raw.get();
        if text == "null" {
            self.append_null();
            return Ok(());
        }
        match self {
            Self::Bool(column) => column.append_value(serde_json::from_str(text)?),
            Self::Int32(column) => column.append_value(serde_json::from_str(text)?),
            Self::Int64(column) => column.append_value(serde_json::from_str(text)?),
            Self::Float64(column) => column.append_value(text.parse().map_err(Error::custom)?),
            Self::Text(column) => column.append_value(serde_json::from_str::<String>(text)?),
            Self::Size(column) => {
                let [width, height]: [i32; 2] = serde_json::from_str(text)?;
                column.append_value([Some(width), Some(height)]);
            }
            Self::Texts(_) => self.append(Cell::Texts(&serde_json::from_str::<Vec<String>>(text)?), Keys::Names),
            Self::LocalTime(column, offsets) => {
                let time = LocalTime::from_iso(&serde_json::from_str::<String>(text)?);
                append_local(column, offsets, time.ok_or_else(|| Error::custom(format!("{text} is no time")))?);
            }
            Self::UtcTime(column) => {
                let time = UtcTime::from_iso(&serde_json::from_str::<String>(text)?);
                column.append_value(time.ok_or_else(|| Error::custom(format!("{text} is no time")))?.0);
            }
            Self::Map(column) => append_map(column, serde_json::from_str(text)?)?,
            Self::Others(column) => {
                for Pairs(pairs) in serde_json::from_str::<Vec<Pairs<'_>>>(text)? {
                    append_other(column.values(), &texts_of(&pairs)?);
                }
                column.append(true);
            }
            Self::Group(inner, there) => {
                there.append_non_null();
                inner.append_pairs(serde_json::from_str(text)?)?;
            }
        }
        Ok(())
    }
}

/// A value that is no string stays the JSON text that it is.
fn append_map(column: &mut MapBuilder<StringBuilder, StringBuilder>, map: Pairs<'_>) -> Result<(), Error> {
    for (key, raw) in map.0 {
        let text = raw.get();
        let value = match text {
            "null" => None,
            _ if text.starts_with('"') => Some(serde_json::from_str::<String>(text)?),
            _ => Some(text.to_owned()),
        };
        column.keys().append_value(key);
        column.values().append_option(value);
    }
    end_of_map(column, true);
    Ok(())
}

fn texts_of(pairs: &[(String, &RawValue)]) -> Result<[String; 4], Error> {
    let mut texts = [const { String::new() }; 4];
    for (text, key) in texts.iter_mut().zip(OTHER_KEYS) {
        let found = pairs.iter().find(|(name, _)| name == key);
        let (_, raw) = found.ok_or_else(|| Error::custom(format!("a tag in `Other` has no `{key}`")))?;
        *text = serde_json::from_str(raw.get())?;
    }
    Ok(texts)
}
