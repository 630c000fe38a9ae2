//! The differences between the data of two releases.
//!
//! A company may replace each table or bytes by its own, which must then have the kind, the key and
//! the columns of the pack's own: what a release asks for there is a promise as that of a setting.

use std::collections::BTreeSet;

use patchbay_engine::data_layer::{DataLayer, DataSet};
use patchbay_model::data_table::DataTable;

use super::ChangeLevel;
use super::ChangeLevel::{Major, Minor, Patch};

/// What changes from one set to another, by name.
pub(super) fn data_changes(before: &DataSet, after: &DataSet) -> Vec<(ChangeLevel, String)> {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let mut found = Vec::new();
    for name in names {
        match (before.get(name), after.get(name)) {
            (Some(old), Some(new)) => found.extend(layer_changes(name, old, new)),
            (Some(_), None) => found.push((
                Major,
                format!("{name} is removed, which a company may replace by its own"),
            )),
            (None, Some(new)) => {
                found.push((Minor, format!("{name} is new: {}", new.kind().as_str())));
            }
            (None, None) => {}
        }
    }
    found
}

fn layer_changes(name: &str, old: &DataLayer, new: &DataLayer) -> Vec<(ChangeLevel, String)> {
    if old.kind() != new.kind() {
        let (old, new) = (old.kind().as_str(), new.kind().as_str());
        return vec![(Major, format!("{name} changes from {old} to {new}"))];
    }
    if old.digest() == new.digest() {
        return Vec::new();
    }
    let (Some(old), Some(new)) = (old.table(), new.table()) else {
        let (old, new) = (old.bytes().len(), new.bytes().len());
        let what = format!("the bytes of {name} change: {new} bytes, {old} before");
        return vec![(Patch, what)];
    };
    let found = table_changes(name, old, new);
    match found.is_empty() {
        false => found,
        true => {
            let (old, new) = (old.rows(), new.rows());
            let what = format!("the rows of {name} change: {new} rows, {old} before");
            vec![(Patch, what)]
        }
    }
}

/// What changes of the key and the columns. Their order does not matter: rows are read by name.
fn table_changes(name: &str, old: &DataTable, new: &DataTable) -> Vec<(ChangeLevel, String)> {
    let mut found = Vec::new();
    if old.key() != new.key() {
        let (old, new) = (old.key(), new.key());
        found.push((
            Major,
            format!("the keys of {name} are in column {new:?} and no longer in {old:?}"),
        ));
    }
    let missing = |from: &DataTable, of: &DataTable| -> Vec<String> {
        let columns = of.columns().iter();
        let columns = columns.filter(|column| !from.columns().contains(column));
        columns.cloned().collect()
    };
    let (added, removed) = (missing(old, new), missing(new, old));
    if !added.is_empty() {
        let added = added.join(", ");
        found.push((
            Major,
            format!("{name} also has the columns {added}, which a company's own table may lack"),
        ));
    }
    if !removed.is_empty() {
        let removed = removed.join(", ");
        found.push((Minor, format!("{name} no longer has the columns {removed}")));
    }
    found
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use patchbay_engine::data_layer::DataKind;

    use super::*;
    use crate::data::{check_replacement, table_of_csv};

    fn table(text: &str, key: Option<&str>) -> Arc<DataLayer> {
        let table = table_of_csv(text.as_bytes(), key).expect("a table");
        DataLayer::of(DataKind::Table, table.build()).expect("a table")
    }

    fn bytes(text: &str) -> Arc<DataLayer> {
        DataLayer::of(DataKind::Bytes, text.as_bytes().to_vec()).expect("bytes")
    }

    fn changes(before: &Arc<DataLayer>, after: &Arc<DataLayer>) -> Vec<(ChangeLevel, String)> {
        let set = |layer: &Arc<DataLayer>| DataSet::from([("tiers".to_owned(), Arc::clone(layer))]);
        data_changes(&set(before), &set(after))
    }

    fn line(before: &Arc<DataLayer>, after: &Arc<DataLayer>) -> Vec<String> {
        let found = changes(before, after).into_iter();
        found
            .map(|(level, what)| format!("{level}: {what}"))
            .collect()
    }

    const TIERS: &str = "customer,tier,since\n17,gold,2020\n";

    #[test]
    fn other_rows_are_a_patch_and_other_columns_are_not() {
        let before = table(TIERS, None);
        for (after, expected) in [
            (TIERS, &[][..]),
            // Equal rows in another order.
            (
                "customer,tier,since\n17,silver,2020\n18,gold,2024\n",
                &["patch: the rows of tiers change: 2 rows, 1 before"],
            ),
            (
                "customer,since,tier\n17,2020,gold\n",
                &["patch: the rows of tiers change: 1 rows, 1 before"],
            ),
            (
                "customer,tier,since,region\n17,gold,2020,pt\n",
                &["major: tiers also has the columns region, which a company's own table may lack"],
            ),
            (
                "customer,tier\n17,gold\n",
                &["minor: tiers no longer has the columns since"],
            ),
            (
                "customer,level,since\n17,gold,2020\n",
                &[
                    "major: tiers also has the columns level, which a company's own table may lack",
                    "minor: tiers no longer has the columns tier",
                ],
            ),
            (
                "account,tier,since\n17,gold,2020\n",
                &[
                    "major: the keys of tiers are in column \"account\" and no longer in \"customer\"",
                ],
            ),
        ] {
            assert_eq!(line(&before, &table(after, None)), expected, "{after}");
        }
    }

    #[test]
    fn another_kind_is_major_and_other_bytes_are_a_patch() {
        let (one, other) = (bytes("model"), bytes("model 2"));
        assert_eq!(line(&one, &one), Vec::<String>::new());
        assert_eq!(
            line(&one, &other),
            ["patch: the bytes of tiers change: 7 bytes, 5 before"]
        );
        let table = table(TIERS, None);
        assert_eq!(
            line(&one, &table),
            ["major: tiers changes from bytes to table"]
        );
        assert_eq!(
            line(&table, &one),
            ["major: tiers changes from table to bytes"]
        );
    }

    #[test]
    fn a_name_that_goes_is_major_and_one_that_comes_minor() {
        let set = |name: &str| DataSet::from([(name.to_owned(), bytes("model"))]);
        let level = |before: &DataSet, after: &DataSet| {
            let found = data_changes(before, after).into_iter();
            found.map(|(level, _)| level).collect::<Vec<_>>()
        };
        let none = DataSet::new();
        assert_eq!(level(&none, &set("model")), [Minor]);
        assert_eq!(level(&set("model"), &none), [Major]);
        assert_eq!(level(&set("model"), &set("renamed")), [Major, Minor]);
    }

    /// A company's own table that was valid must be valid after each release that is not major.
    #[test]
    fn what_replaces_the_packs_own_stays_valid_unless_the_change_is_major() {
        let tables = [
            "a,b\n1,2\n",
            "a,b\n1,3\n",
            "a,b,c\n1,2,3\n",
            "a,c,b\n1,3,2\n",
            "a\n1\n",
            "a,d\n1,4\n",
            "b,a\n2,1\n",
            "b\n2\n",
        ];
        let mut layers: Vec<_> = tables.iter().map(|text| table(text, None)).collect();
        layers.push(bytes("model"));
        for before in &layers {
            for after in &layers {
                let found = changes(before, after);
                let is_major = found.iter().any(|(level, _)| *level == Major);
                let mut own = layers
                    .iter()
                    .filter(|own| check_replacement(before, own).is_ok());
                let breaks = own.any(|own| check_replacement(after, own).is_err());
                // The company's own table may be any of these.
                assert!(is_major || !breaks, "{found:?}");
            }
        }
    }
}
