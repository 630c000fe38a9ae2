//! Data of a case in place of the pack's own: for a table its rows or a CSV text, for bytes a text or
//! base64.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use patchbay_config::name_suggestion::suggest;
use patchbay_engine::data_layer::{DataKind, DataLayer, DataSet};
use patchbay_model::data_table::{DataTable, DataTableBuilder};
use patchbay_pack::data::{check_replacement, table_of_csv};
use serde_json::{Map, Value};

/// The data of a pack with that of a case in place.
///
/// # Errors
/// As a sentence that begins with the path in the case: for a name that the pack does not have, and
/// for data that cannot take the place of the pack's own.
pub(super) fn replaced(own: &DataSet, wanted: &BTreeMap<String, Value>) -> Result<DataSet, String> {
    let mut data = own.clone();
    for (name, value) in wanted {
        let Some(layer) = own.get(name) else {
            let names: Vec<String> = own.keys().cloned().collect();
            let advice = suggest(name, "data of the pack", &names);
            return Err(format!("data.{name}: the pack has no such data; {advice}"));
        };
        let new = match layer.table() {
            Some(table) => rows_or_csv(table, value),
            None => text_or_base64(value),
        };
        let checked = new.and_then(|new| {
            check_replacement(layer, &new).map_err(|error| format!(": {error}"))?;
            Ok(new)
        });
        let new = checked.map_err(|problem| format!("data.{name}{problem}"))?;
        data.insert(name.clone(), new);
    }
    Ok(data)
}

/// A table of a case. Errors begin with the rest of the path.
fn rows_or_csv(own: &DataTable, value: &Value) -> Result<Arc<DataLayer>, String> {
    let table = match value {
        Value::Array(rows) => rows_of(own, rows)?,
        Value::String(csv) => {
            table_of_csv(csv.as_bytes(), Some(own.key())).map_err(|error| format!(": {error}"))?
        }
        _ => {
            return Err(
                ": a table is a list of rows, such as [{ \"COLUMN\": \"TEXT\" }], or a CSV text"
                    .to_owned(),
            );
        }
    };
    layer(DataKind::Table, table.build())
}

fn rows_of(own: &DataTable, rows: &[Value]) -> Result<DataTableBuilder, String> {
    let at = |index: usize, problem: String| format!("[{index}]{problem}");
    let table = DataTableBuilder::new(own.key().to_owned(), own.columns().to_vec());
    let mut table = table.map_err(|error| format!(": {error}"))?;
    for (index, row) in rows.iter().enumerate() {
        let Value::Object(row) = row else {
            let problem = ": a row is an object, a text for each column".to_owned();
            return Err(at(index, problem));
        };
        let (key, values) = values_of(own, row).map_err(|problem| at(index, problem))?;
        let added = table.insert(key, values);
        added.map_err(|error| at(index, format!(": {error}")))?;
    }
    Ok(table)
}

/// The key of a row, and its values in the order of the columns. Columns that it does not name are
/// empty.
fn values_of(own: &DataTable, row: &Map<String, Value>) -> Result<(String, Vec<String>), String> {
    for (column, value) in row {
        let is_column = column == own.key() || own.columns().contains(column);
        if !is_column {
            let mut names = own.columns().to_vec();
            names.insert(0, own.key().to_owned());
            let advice = suggest(column, "columns", &names);
            return Err(format!(".{column}: the table has no such column; {advice}"));
        }
        if !value.is_string() {
            return Err(format!(
                ".{column}: the values of a table are texts; write \"{value}\""
            ));
        }
    }
    let value = |column: &String| row.get(column).and_then(Value::as_str);
    let key = row.get(own.key()).and_then(Value::as_str);
    let key = key.ok_or_else(|| format!(": it has no {:?}, the key of the row", own.key()))?;
    let values = own.columns().iter();
    let values = values.map(|column| value(column).unwrap_or_default().to_owned());
    Ok((key.to_owned(), values.collect()))
}

fn text_or_base64(value: &Value) -> Result<Arc<DataLayer>, String> {
    let encoded = match value {
        Value::String(text) => return layer(DataKind::Bytes, text.clone().into_bytes()),
        Value::Object(fields) if fields.len() == 1 => fields.get("base64").and_then(Value::as_str),
        _ => None,
    };
    let Some(encoded) = encoded else {
        let problem = ": bytes are a text, or { \"base64\": \"…\" }";
        return Err(problem.to_owned());
    };
    let bytes = STANDARD.decode(encoded);
    let bytes = bytes.map_err(|error| format!(".base64: it is not base64: {error}"))?;
    layer(DataKind::Bytes, bytes)
}

fn layer(kind: DataKind, bytes: Vec<u8>) -> Result<Arc<DataLayer>, String> {
    DataLayer::of(kind, bytes).map_err(|error| format!(": {error}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn own() -> DataSet {
        let table = table_of_csv(b"customer,tier,since\n17,gold,2020\n", None).expect("a table");
        let table = DataLayer::of(DataKind::Table, table.build()).expect("a table");
        let words = DataLayer::of(DataKind::Bytes, b"refund".to_vec()).expect("bytes");
        DataSet::from([("tiers".to_owned(), table), ("words".to_owned(), words)])
    }

    fn replace(wanted: Value) -> Result<DataSet, String> {
        let wanted = serde_json::from_value(wanted).expect("an object");
        replaced(&own(), &wanted)
    }

    fn row(data: &DataSet, key: &str) -> Option<Vec<String>> {
        let table = data["tiers"].table().expect("a table");
        let row = table.get(key)?;
        Some(row.into_iter().map(str::to_owned).collect())
    }

    #[test]
    fn rows_or_a_csv_text_take_the_place_of_a_table() {
        let rows = json!({"tiers": [
            {"customer": "18", "tier": "silver"},
            {"tier": "gold", "customer": "19", "since": "2024"},
        ]});
        let data = replace(rows).expect("replaced");
        assert_eq!(row(&data, "17"), None);
        assert_eq!(
            row(&data, "18"),
            Some(vec!["silver".to_owned(), String::new()])
        );
        let csv = json!({"tiers": "since,tier,customer\n2024,gold,19\n"});
        let data = replace(csv).expect("replaced");
        assert_eq!(
            row(&data, "19"),
            Some(vec!["2024".to_owned(), "gold".to_owned()])
        );
        assert_eq!(
            data["words"].bytes()[..],
            b"refund"[..],
            "the other is the pack's own"
        );
        let empty = replace(json!({"tiers": []})).expect("replaced");
        assert_eq!(row(&empty, "17"), None);
        assert_eq!(
            row(&replace(json!({})).expect("the own"), "17").map(|row| row.len()),
            Some(2)
        );
    }

    #[test]
    fn a_text_or_base64_takes_the_place_of_bytes() {
        for (value, bytes) in [
            (json!("money"), &b"money"[..]),
            (json!(""), b""),
            (json!({"base64": "/wAB"}), b"\xff\0\x01"),
        ] {
            let data = replace(json!({"words": value})).expect("replaced");
            assert_eq!(data["words"].bytes()[..], *bytes);
        }
    }

    #[test]
    fn what_cannot_take_the_place_is_told_with_its_path() {
        for (wanted, expected) in [
            (
                json!({"teirs": []}),
                "data.teirs: the pack has no such data; did you mean \"tiers\"",
            ),
            (json!({"tiers": 7}), "data.tiers: a table is a list of rows"),
            (
                json!({"tiers": {"base64": ""}}),
                "data.tiers: a table is a list of rows",
            ),
            (
                json!({"tiers": ["17"]}),
                "data.tiers[0]: a row is an object",
            ),
            (
                json!({"tiers": [{"customer": "17"}, {"customer": "18", "teir": "gold"}]}),
                "data.tiers[1].teir: the table has no such column; did you mean \"tier\"",
            ),
            (
                json!({"tiers": [{"customer": 17}]}),
                "data.tiers[0].customer: the values of a table are texts; write \"17\"",
            ),
            (
                json!({"tiers": [{"tier": "gold"}]}),
                "data.tiers[0]: it has no \"customer\", the key of the row",
            ),
            (
                json!({"tiers": [{"customer": "17"}, {"customer": "17"}]}),
                "data.tiers[1]: the row has the same key as row 1",
            ),
            (
                json!({"tiers": [{"customer": "x".repeat(257)}]}),
                "data.tiers[0]: the key has 257 bytes; the limit is 256",
            ),
            (json!({"tiers": ""}), "data.tiers: it has no first line"),
            (
                json!({"tiers": "tier\ngold\n"}),
                "data.tiers: it has no column \"customer\"",
            ),
            (
                json!({"tiers": "customer,tier\n17,gold\n"}),
                "data.tiers: it lacks the columns since",
            ),
            (
                json!({"words": ["refund"]}),
                "data.words: bytes are a text, or",
            ),
            (
                json!({"words": {"base64": "?"}}),
                "data.words.base64: it is not base64",
            ),
            (
                json!({"words": {"base64": "", "text": ""}}),
                "data.words: bytes are a text, or",
            ),
        ] {
            let error = replace(wanted).expect_err(expected);
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
