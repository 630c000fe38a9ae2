use proptest::prelude::*;

use super::*;

fn table(columns: &[&str], rows: &[(&str, &[&str])]) -> Vec<u8> {
    let columns = columns.iter().map(|name| (*name).to_owned()).collect();
    let mut builder = DataTableBuilder::new("id".to_owned(), columns).expect("columns");
    for (key, values) in rows {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        builder.insert((*key).to_owned(), values).expect("a row");
    }
    builder.build()
}

fn error(bytes: &[u8]) -> DataTableError {
    DataTable::read(bytes.into()).expect_err("refused")
}

/// Two rows of one column.
fn small() -> Vec<u8> {
    table(&["tier"], &[("b", &["gold"]), ("a", &["étain"])])
}

#[test]
fn a_row_is_found_by_its_exact_key() {
    let table = DataTable::read(small().into()).expect("a table");
    assert_eq!(
        (table.key(), table.columns()),
        ("id", &["tier".to_owned()][..])
    );
    assert_eq!(table.rows(), 2);
    assert_eq!(table.get("a"), Some(vec!["étain"]));
    assert_eq!(table.get("b"), Some(vec!["gold"]));
    for absent in ["", "A", "a ", "ab", "c"] {
        assert_eq!(table.get(absent), None, "{absent:?}");
    }
}

#[test]
fn a_table_may_have_no_rows_or_only_keys() {
    let empty = DataTable::read(table(&["a", "b"], &[]).into()).expect("a table");
    assert_eq!((empty.rows(), empty.get("x")), (0, None));
    let set = DataTable::read(table(&[], &[("", &[]), ("x", &[])]).into()).expect("a table");
    assert_eq!((set.get("x"), set.get("")), (Some(vec![]), Some(vec![])));
}

#[test]
fn equal_rows_in_any_order_give_equal_bytes() {
    assert_eq!(
        small(),
        table(&["tier"], &[("a", &["étain"]), ("b", &["gold"])])
    );
}

#[test]
fn the_bytes_are_as_documented() {
    let expected: &[&[u8]] = &[
        b"pbtable1",
        &[2, 0, 0, 0],
        &[2, 0],
        &[2, 0],
        b"id",
        &[4, 0],
        b"tier",
        &[0, 0, 0, 0, 11, 0, 0, 0, 20, 0, 0, 0],
        &[1, 0],
        b"a",
        &[6, 0],
        "étain".as_bytes(),
        &[1, 0],
        b"b",
        &[4, 0],
        b"gold",
    ];
    assert_eq!(small(), expected.concat());
}

#[test]
fn every_cut_and_every_extension_is_refused() {
    let bytes = small();
    for length in 0..bytes.len() {
        error(&bytes[..length]);
    }
    assert_eq!(
        error(&[&bytes[..], b"x"].concat()),
        DataTableError::Length(2)
    );
}

#[test]
fn faults_are_named() {
    // Bytes of `small`: rows at 8, columns at 12, index at 24, rows at 36.
    let changed = |at: usize, byte: u8| {
        let mut bytes = small();
        bytes[at] = byte;
        error(&bytes)
    };
    assert_eq!(changed(7, b'2'), DataTableError::Magic);
    assert_eq!(changed(11, 0xff), DataTableError::Length(0xff00_0002));
    assert_eq!(changed(12, 0), DataTableError::Columns(0));
    assert_eq!(changed(12, 65), DataTableError::Columns(65));
    assert_eq!(changed(28, 12), DataTableError::Index(0));
    assert_eq!(changed(31, 0xff), DataTableError::Index(0));
    assert_eq!(changed(38, b'b'), DataTableError::Order(1));
    assert_eq!(changed(38, b'c'), DataTableError::Order(1));
    assert_eq!(
        changed(41, 0xff),
        DataTableError::Field("tier of row 0".to_owned())
    );
}

#[test]
fn rows_that_do_not_fit_are_not_added() {
    let mut builder = DataTableBuilder::new("id".to_owned(), vec!["v".to_owned()]).expect("one");
    let mut insert = |key: &str, values: &[&str]| {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        builder.insert(key.to_owned(), values)
    };
    assert_eq!(insert("a", &["x"]), Ok(()));
    assert_eq!(insert("a", &["y"]), Err(RowError::KeyTwice(1)));
    let values = RowError::Values {
        found: 2,
        wanted: 1,
    };
    assert_eq!(insert("b", &["x", "y"]), Err(values));
    assert_eq!(insert(&"k".repeat(257), &["x"]), Err(RowError::Key(257)));
    let row = "v".repeat(ROW_BYTES + 1);
    assert_eq!(insert("b", &[&row]), Err(RowError::Row(ROW_BYTES + 1)));
    assert_eq!(insert(&"k".repeat(256), &[&row[1..]]), Ok(()));
    let table = DataTable::read(builder.build().into()).expect("a table");
    assert_eq!(table.rows(), 2);
}

#[test]
fn names_that_do_not_fit_are_refused() {
    let new = |names: &[&str]| {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        DataTableBuilder::new("id".to_owned(), names).expect_err("refused")
    };
    assert_eq!(new(&["id"]), RowError::ColumnTwice("id".to_owned()));
    assert_eq!(new(&["a", ""]), RowError::ColumnName(3));
    assert_eq!(new(&["x"; 64]), RowError::Columns(65));
    assert_eq!(new(&[&"x".repeat(65)]), RowError::ColumnName(2));
}

proptest! {
    #[test]
    fn a_table_finds_what_a_map_finds(
        rows in prop::collection::btree_map(".{0,6}", prop::collection::vec(".{0,9}", 2), 0..40),
        probes in prop::collection::vec(".{0,6}", 0..10),
    ) {
        let columns = vec!["a".to_owned(), "b".to_owned()];
        let mut builder = DataTableBuilder::new("id".to_owned(), columns).expect("columns");
        for (key, values) in &rows {
            builder.insert(key.clone(), values.clone()).expect("a row");
        }
        let table = DataTable::read(builder.build().into()).expect("a table");
        for key in rows.keys().chain(&probes) {
            let expected = rows.get(key);
            let found = table.get(key);
            prop_assert_eq!(found, expected.map(|row: &Vec<String>| row.iter().map(String::as_str).collect::<Vec<_>>()));
        }
    }
}
