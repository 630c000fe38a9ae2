//! `patchbay:care/data`: tables and bytes of the pack.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use patchbay_model::data_table::DataTable;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::HostState;
use super::host_calls::functions;
use super::host_result::HostResult;
use crate::contract::data;
use crate::data_layer::{DataKind, DataLayer};
use crate::limits::stop::Stop;

/// Most keys in one call of `get-many`.
const KEYS: usize = 64;
/// Most bytes in one call of `read`.
const READ_BYTES: u32 = 64 << 10;

/// The values of a row.
type Row = Vec<String>;

impl data::Host for HostState {
    functions! { "data":
        table(name: String) -> Option<data::TableView1>, "table",
            |state| Ok(state.find_data(&name)?.and_then(DataLayer::table).map(TableView::of));
        get(table: String, key: String) -> Option<Row>, "get", |state| {
            let row = state.find_table(&table)?.get(&key);
            let size = row.iter().flatten().map(|value| value.len()).sum();
            state.check_transfer(size)?;
            Ok(row.map(to_row))
        };
        get_many(table: String, keys: Vec<String>) -> Vec<Option<Row>>, "get-many", |state| {
            if keys.len() > KEYS {
                return Err(Stop::out_of_memory("keys of one call", KEYS as u64, "keys"));
            }
            let found = state.find_table(&table)?;
            let rows: Vec<_> = keys.iter().map(|key| found.get(key)).collect();
            let values = rows.iter().flatten().flatten();
            state.check_transfer(values.map(|value| value.len()).sum())?;
            Ok(rows.into_iter().map(|row| row.map(to_row)).collect::<Vec<_>>())
        };
        size(name: String) -> Option<u64>, "size", |state| {
            let layer = state.find_data(&name)?.filter(|layer| layer.kind() == DataKind::Bytes);
            Ok(layer.map(|layer| layer.bytes().len() as u64))
        };
        read(name: String, offset: u64, length: u32) -> Vec<u8>, "read", |state| {
            let layer = state.find_data(&name)?.ok_or_else(|| no_data(&name))?;
            if layer.kind() != DataKind::Bytes {
                return Err(Stop::denied(format!("the data `{name}` is a table; read it with `get`")));
            }
            let bytes = layer.bytes();
            let begin = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
            let end = begin.saturating_add(length.min(READ_BYTES) as usize).min(bytes.len());
            state.check_transfer(end - begin)?;
            Ok(Bytes(bytes[begin..end].to_vec()))
        };
    }
}

impl HostState {
    /// The data of this name, if the plugin has it.
    fn find_data(&self, name: &str) -> Result<Option<&DataLayer>, Stop> {
        self.situation()?;
        let plugin = self.plugin.as_ref();
        Ok(plugin
            .and_then(|plugin| plugin.data.get(name))
            .map(AsRef::as_ref))
    }

    fn find_table(&self, name: &str) -> Result<&DataTable, Stop> {
        let layer = self.find_data(name)?.ok_or_else(|| no_data(name))?;
        let no_table = || Stop::denied(format!("the data `{name}` is no table; use `read`"));
        layer.table().ok_or_else(no_table)
    }

    /// Stop a policy whose one call answers more bytes than it may transfer.
    fn check_transfer(&self, bytes: usize) -> Result<(), Stop> {
        match bytes > self.transfer {
            true => Err(Stop::out_of_memory(
                "transfer",
                self.transfer as u64,
                "bytes",
            )),
            false => Ok(()),
        }
    }
}

fn no_data(name: &str) -> Stop {
    Stop::denied(format!(
        "the pack has no data `{name}`; declare it under [data.{name}] in pack.toml"
    ))
}

fn to_row(values: Vec<&str>) -> Row {
    values.into_iter().map(str::to_owned).collect()
}

/// What a table has, as a transcript stores it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct TableView {
    key: String,
    columns: Vec<String>,
    row_count: u32,
}

impl TableView {
    fn of(table: &DataTable) -> TableView {
        TableView {
            key: table.key().to_owned(),
            columns: table.columns().to_vec(),
            row_count: table.rows(),
        }
    }
}

impl HostResult<Option<data::TableView1>> for Option<TableView> {
    fn into_contract(self) -> Option<data::TableView1> {
        self.map(|view| data::TableView1 {
            key: view.key,
            columns: view.columns,
            row_count: view.row_count,
        })
    }
}

/// Bytes, in base64 in a transcript.
struct Bytes(Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD_NO_PAD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = STANDARD_NO_PAD.decode(text).map_err(D::Error::custom)?;
        Ok(Bytes(bytes))
    }
}

impl HostResult<Vec<u8>> for Bytes {
    fn into_contract(self) -> Vec<u8> {
        self.0
    }
}

#[cfg(test)]
mod tests;
