//! The value of one key in each map of a column.

use std::sync::{Arc, OnceLock};

use datafusion::arrow::array::{Array, AsArray, Int32Builder, MapArray, StringArray};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::common::{Result, ScalarValue, exec_err, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility, lit,
};

/// Null where a map has none of the key, or is null. The key is one text for all rows, and maps have texts as keys: the engine's
/// own `map_extract`, which knows all kinds of both, takes twice as long for a question about a tag.
pub(crate) fn map_value(map: Expr, key: &str) -> Expr {
    static FUNCTION: OnceLock<Arc<ScalarUDF>> = OnceLock::new();
    let function = || {
        let signature = Signature::any(2, Volatility::Immutable);
        Arc::new(ScalarUDF::from(MapValue { signature }))
    };
    FUNCTION.get_or_init(function).call(vec![map, lit(key)])
}

/// What values maps of texts have; `None` of all else.
pub(crate) fn of_texts(kind: &DataType) -> Option<&FieldRef> {
    let DataType::Map(entry, _) = kind else { return None };
    match entry.data_type() {
        DataType::Struct(fields) if *fields[0].data_type() == DataType::Utf8 => Some(&fields[1]),
        _ => None,
    }
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct MapValue {
    signature: Signature,
}

impl ScalarUDFImpl for MapValue {
    fn name(&self) -> &'static str {
        "map_value"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, kinds: &[DataType]) -> Result<DataType> {
        let Some(value) = of_texts(&kinds[0]) else { return plan_err!("{} is no map of texts", kinds[0]) };
        Ok(value.data_type().clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [maps, ColumnarValue::Scalar(ScalarValue::Utf8(Some(key)))] = args.args.as_slice() else {
            return exec_err!("the key is one text");
        };
        let maps = maps.to_array(args.number_rows)?;
        let maps = maps.as_map();
        Ok(ColumnarValue::Array(take(maps.values(), &entries(maps, key).finish(), None)?))
    }
}

/// Where the entry of the key is, for each map.
fn entries(maps: &MapArray, key: &str) -> Int32Builder {
    let keys: &StringArray = maps.keys().as_string();
    let mut found = Int32Builder::with_capacity(maps.len());
    for (row, ends) in maps.value_offsets().windows(2).enumerate() {
        let is_it = |entry: &i32| usize::try_from(*entry).is_ok_and(|entry| keys.value(entry) == key);
        found.append_option((ends[0]..ends[1]).filter(|_| maps.is_valid(row)).find(is_it));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::arrow::array::{MapBuilder, StringBuilder};

    #[test]
    fn the_entry_of_a_key_is_found_in_each_map_of_a_slice() {
        let mut maps = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
        let rows: [Option<&[(&str, &str)]>; 5] = [
            Some(&[("Make", "first")]),
            Some(&[("Model", "x"), ("Make", "second")]),
            None,
            Some(&[]),
            Some(&[("make", "other"), ("Makes", "more")]),
        ];
        for row in rows {
            for (key, value) in row.unwrap_or_default() {
                maps.keys().append_value(key);
                maps.values().append_value(value);
            }
            maps.append(row.is_some()).unwrap();
        }
        let maps = maps.finish();
        let found: Vec<_> = entries(&maps, "Make").finish().iter().collect();
        assert_eq!(found, [Some(0), Some(2), None, None, None]);
        let sliced = maps.slice(1, 3);
        let found: Vec<_> = entries(&sliced, "Make").finish().iter().collect();
        assert_eq!(found, [Some(2), None, None]);
    }
}
