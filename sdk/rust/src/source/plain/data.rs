//! `patchbay:care/data` of a test: the tables and bytes of its world.

use std::collections::BTreeMap;

use super::World;

pub(crate) use crate::bindings::imports::patchbay::care::data::TableView1;

/// Most bytes in one call.
const READ_BYTES: u32 = 64 << 10;

/// Data of a world.
#[derive(Clone, Debug)]
pub(crate) enum Data {
    Table {
        key: String,
        columns: Vec<String>,
        rows: BTreeMap<String, Vec<String>>,
    },
    Bytes(Vec<u8>),
}

pub(crate) fn table(name: &str) -> Option<TableView1> {
    match World::current().fixture.data.get(name)? {
        Data::Table { key, columns, rows } => Some(TableView1 {
            key: key.clone(),
            columns: columns.clone(),
            row_count: rows.len() as u32,
        }),
        Data::Bytes(_) => None,
    }
}

pub(crate) fn get(table: &str, key: &str) -> Option<Vec<String>> {
    match World::current().fixture.data.get(table)? {
        Data::Table { rows, .. } => rows.get(key).cloned(),
        Data::Bytes(_) => None,
    }
}

pub(crate) fn get_many(table: &str, keys: &[String]) -> Vec<Option<Vec<String>>> {
    keys.iter().map(|key| get(table, key)).collect()
}

pub(crate) fn size(name: &str) -> Option<u64> {
    match World::current().fixture.data.get(name)? {
        Data::Bytes(bytes) => Some(bytes.len() as u64),
        Data::Table { .. } => None,
    }
}

pub(crate) fn read(name: &str, offset: u64, length: u32) -> Vec<u8> {
    let world = World::current();
    let Some(Data::Bytes(bytes)) = world.fixture.data.get(name) else {
        return Vec::new();
    };
    let begin = usize::try_from(offset).unwrap_or(usize::MAX);
    let rest = bytes.get(begin..).unwrap_or_default();
    let length = length.min(READ_BYTES) as usize;
    rest.iter().take(length).copied().collect()
}
