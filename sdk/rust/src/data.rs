//! Tables and bytes of the pack, declared under `[data.NAME]` in `pack.toml`. Needs no grant.
//!
//! They are in no instance's memory: a decision pays for the rows and bytes it reads. During
//! [`prepare`](crate::Policy::prepare) every call is denied, because what `prepare` computes outlives
//! the data. The company file may replace data by the company's own, which has the same columns
//! at least.
//!
//! ```
//! use patchbay_sdk::prelude::*;
//! use patchbay_sdk::testing::World;
//!
//! #[derive(Debug, PartialEq, serde::Deserialize)]
//! struct Customer { tier: String, since: u16, manager: Option<String> }
//!
//! # fn main() { test().unwrap(); }
//! # fn test() -> Result<(), Error> {
//! let columns = ["customer", "tier", "since", "manager"];
//! let world = World::new().table("tiers", columns, [["17", "gold", "2020", ""]]);
//! world.enter(|| {
//!     let tiers = data::table("tiers")?;
//!     let gold = Customer { tier: "gold".to_owned(), since: 2020, manager: None };
//!     assert_eq!(tiers.get("17")?, Some(gold));
//!     assert_eq!(tiers.get::<Customer>("18")?, None);
//!     assert_eq!(tiers.row("17").unwrap().value("tier"), Some("gold"));
//! # Ok(())
//! })
//! # }
//! ```

mod cell;

use std::rc::Rc;

use serde::de::DeserializeOwned;
use serde::de::value::MapDeserializer;

use crate::Error;
use crate::source::data as host;
use cell::Cell;

/// Most keys in one host call.
const KEYS: usize = 64;

/// The table of this name.
///
/// # Errors
/// When the pack has no table of this name.
pub fn table(name: &str) -> Result<Table, Error> {
    let view = host::table(name);
    let view = view.ok_or_else(|| Error::new(format_args!("the pack has no table `{name}`")))?;
    Ok(Table {
        name: name.to_owned(),
        key: view.key,
        columns: view.columns.into(),
        row_count: view.row_count,
    })
}

/// The bytes of this name.
///
/// # Errors
/// When the pack has no data of this name, or it is a table.
pub fn bytes(name: &str) -> Result<Bytes, Error> {
    let size = host::size(name);
    let size = size.ok_or_else(|| Error::new(format_args!("the pack has no bytes `{name}`")))?;
    Ok(Bytes {
        name: name.to_owned(),
        size,
    })
}

/// A table, sorted by its keys.
#[derive(Clone, Debug)]
pub struct Table {
    name: String,
    key: String,
    columns: Rc<[String]>,
    row_count: u32,
}

impl Table {
    /// Name of the column of the keys.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Names of the other columns.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Number of rows.
    pub fn row_count(&self) -> u32 {
        self.row_count
    }

    /// The row with exactly this key, as a type whose fields are columns; absent where there is none. A
    /// field that is an `Option` is `None` where the value is empty. Numbers, `true` and `false`, and
    /// enums without content are read from their text.
    ///
    /// # Errors
    /// When a value does not fit its field, or the table lacks a column.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Error> {
        let row = self.row(key);
        row.map(|row| row.parse().map_err(|error| self.error(key, &error)))
            .transpose()
    }

    /// The row with exactly this key; absent where there is none.
    pub fn row(&self, key: &str) -> Option<Row> {
        host::get(&self.name, key).map(|values| self.row_of(values))
    }

    /// [`row`](Table::row) for each of the keys, in their order: one host call for 64 of them.
    pub fn rows<K: AsRef<str>>(&self, keys: &[K]) -> Vec<Option<Row>> {
        let mut rows = Vec::with_capacity(keys.len());
        for keys in keys.chunks(KEYS) {
            let keys: Vec<String> = keys.iter().map(|key| key.as_ref().to_owned()).collect();
            let found = host::get_many(&self.name, &keys).into_iter();
            rows.extend(found.map(|row| row.map(|values| self.row_of(values))));
        }
        rows
    }

    /// Whether the table has exactly this key.
    pub fn contains(&self, key: &str) -> bool {
        host::get(&self.name, key).is_some()
    }

    fn row_of(&self, values: Vec<String>) -> Row {
        Row {
            columns: Rc::clone(&self.columns),
            values,
        }
    }

    fn error(&self, key: &str, error: &Error) -> Error {
        Error::new(format_args!(
            "table `{}`, key `{key}`: {}",
            self.name,
            error.message()
        ))
    }
}

/// A row of a table, without its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    columns: Rc<[String]>,
    values: Vec<String>,
}

impl Row {
    /// The value in a column; absent where the table has no such column.
    pub fn value(&self, column: &str) -> Option<&str> {
        self.pairs()
            .find(|(name, _)| *name == column)
            .map(|(_, value)| value)
    }

    /// The row as a type whose fields are columns; see [`Table::get`].
    ///
    /// # Errors
    /// When a value does not fit its field, or the table lacks a column.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let pairs = self.pairs();
        let cells = pairs.map(|(column, value)| (column, Cell { column, value }));
        T::deserialize(MapDeserializer::new(cells))
            .map_err(|error: serde::de::value::Error| Error::new(error))
    }

    fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let columns = self.columns.iter().map(String::as_str);
        columns.zip(self.values.iter().map(String::as_str))
    }
}

/// Bytes in a format of the policy's own, for example a model.
#[derive(Clone, Debug)]
pub struct Bytes {
    name: String,
    size: u64,
}

impl Bytes {
    /// Number of bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// `length` bytes from `offset` on; fewer where the data ends before. One host call for 64 KiB.
    pub fn read(&self, offset: u64, length: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        while bytes.len() < length {
            let left = u32::try_from(length - bytes.len()).unwrap_or(u32::MAX);
            let part = host::read(&self.name, offset + bytes.len() as u64, left);
            if part.is_empty() {
                break;
            }
            bytes.extend(part);
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::testing::World;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Tier {
        Gold,
        Silver,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Customer {
        tier: Tier,
        score: Option<f32>,
        active: bool,
    }

    fn world() -> World {
        let columns = ["id", "tier", "score", "active"];
        let rows = [
            ["1", "gold", "-0.5", "true"],
            ["2", "silver", "", "false"],
            ["3", "bronze", "", "false"],
            ["4", "gold", "x", "true"],
        ];
        World::new()
            .table("tiers", columns, rows)
            .bytes("model", *b"0123456789")
    }

    #[test]
    fn a_row_is_read_as_a_type() {
        world().enter(|| {
            let tiers = table("tiers").unwrap();
            assert_eq!((tiers.key(), tiers.row_count()), ("id", 4));
            let customer = |tier, score, active| {
                Some(Customer {
                    tier,
                    score,
                    active,
                })
            };
            assert_eq!(
                tiers.get("1").unwrap(),
                customer(Tier::Gold, Some(-0.5), true)
            );
            assert_eq!(tiers.get("2").unwrap(), customer(Tier::Silver, None, false));
            assert_eq!(tiers.get::<Customer>("5").unwrap(), None);
        });
    }

    #[test]
    fn a_value_that_does_not_fit_is_named() {
        world().enter(|| {
            let tiers = table("tiers").unwrap();
            let error = |key: &str| tiers.get::<Customer>(key).unwrap_err().message().to_owned();
            let bronze = error("3");
            assert!(
                bronze.starts_with("table `tiers`, key `3`: unknown variant `bronze`"),
                "{bronze}"
            );
            assert_eq!(
                error("4"),
                "table `tiers`, key `4`: column `score`: `x` is no number: invalid float literal"
            );
            #[derive(Debug, Deserialize)]
            struct Other {
                #[expect(dead_code, reason = "only its name matters")]
                region: String,
            }
            let missing = tiers.get::<Other>("1").unwrap_err();
            assert!(
                missing.message().ends_with("missing field `region`"),
                "{missing}"
            );
        });
    }

    #[test]
    fn many_rows_are_read_in_the_order_of_their_keys() {
        world().enter(|| {
            let mut keys = vec!["2"; 65];
            keys.push("9");
            let rows = table("tiers").unwrap().rows(&keys);
            assert_eq!(rows.len(), 66);
            assert!(rows[64].is_some() && rows[65].is_none());
        });
    }

    #[test]
    fn bytes_are_read_by_range() {
        world().enter(|| {
            let model = bytes("model").unwrap();
            assert_eq!((model.size(), model.read(2, 3)), (10, b"234".to_vec()));
            assert_eq!(model.read(8, usize::MAX), b"89");
            assert!(model.read(10, 1).is_empty());
        });
    }

    #[test]
    fn data_that_the_pack_lacks_is_an_error_that_names_it() {
        world().enter(|| {
            assert_eq!(
                table("tier").unwrap_err().message(),
                "the pack has no table `tier`"
            );
            assert!(table("model").is_err());
            assert!(bytes("other").is_err() && bytes("tiers").is_err());
        });
    }
}
