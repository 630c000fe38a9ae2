use super::*;

const TIERS: &str = "customer,tier,since\n17,gold,2020\n\"4,2\",\"big \"\"one\"\"\",\n";

fn table(text: &str, key: Option<&str>) -> Arc<DataLayer> {
    let bytes = table_of_csv(text.as_bytes(), key).expect("a table").build();
    DataLayer::of(DataKind::Table, bytes).expect("a table")
}

fn error(text: impl AsRef<[u8]>, key: Option<&str>) -> String {
    let error = table_of_csv(text.as_ref(), key).expect_err("no table");
    error.to_string()
}

#[test]
fn a_csv_file_becomes_a_table() {
    let layer = table(TIERS, None);
    let table = layer.table().expect("a table");
    assert_eq!(
        (table.key(), table.columns()),
        ("customer", &["tier".to_owned(), "since".to_owned()][..])
    );
    assert_eq!(table.get("17"), Some(vec!["gold", "2020"]));
    assert_eq!(table.get("4,2"), Some(vec!["big \"one\"", ""]));
}

#[test]
fn any_column_may_have_the_keys() {
    let layer = table("tier,customer\ngold,17\n", Some("customer"));
    assert_eq!(
        layer.table().expect("a table").get("17"),
        Some(vec!["gold"])
    );
}

#[test]
fn the_order_of_lines_their_endings_and_a_byte_order_mark_change_no_byte() {
    let digest = |text: &str| table(text, None).digest();
    let expected = digest("a,b\n1,x\n2,y\n");
    assert_eq!(digest("a,b\n2,y\n1,x"), expected);
    assert_eq!(digest("\u{feff}a,b\r\n1,x\r\n2,y\r\n"), expected);
}

#[test]
fn what_is_wrong_with_a_file_is_told_with_the_line() {
    for (text, key, expected) in [
        (
            "",
            None,
            "it has no first line with the names of the columns",
        ),
        (
            "a,b\n1,\"x\ny\"\njo@example.org,x\njo@example.org,y\n",
            None,
            "line 5: the row has the same key as that of line 4; keep one of them",
        ),
        (
            "a,b\n1\n",
            None,
            "line 2: the row has 1 values, but the first line has 2 names",
        ),
        (
            "a,b\n1,2,3\n",
            None,
            "line 2: the row has 3 values, but the first line has 2 names",
        ),
        ("a,a\n1,2\n", None, "line 1: two columns are named \"a\""),
        (
            "a,\n1,2\n",
            None,
            "line 1: the name of column 2 is empty or has more than 64 bytes",
        ),
    ] {
        assert_eq!(error(text, key), expected);
    }
    let no_key = error("customer,tier\n", Some("custmer"));
    assert!(
        no_key.contains("no column \"custmer\"") && no_key.contains("did you mean \"customer\""),
        "{no_key}"
    );
    assert_eq!(error(b"a,b\n1,\xff\n", None), "line 2: it is not UTF-8");
    let long = format!("a,b\n1,{}\n", "x".repeat((32 << 10) + 1));
    assert_eq!(
        error(long, None),
        "line 2: the row has 32769 bytes; the limit is 32768"
    );
}

#[test]
fn a_replacement_has_the_columns_of_the_packs_own_table() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("tiers.csv");
    let section = DataSection {
        file: "tiers.csv".into(),
        kind: DataKind::Table,
        key: Some("customer".to_owned()),
    };
    let own = table(TIERS, None);
    let replace = |text: &str| {
        std::fs::write(&path, text).expect("a file");
        let new = read_data_file(&path, &section)?;
        check_replacement(&own, &new).map(|()| new)
    };
    let wider = replace("since,region,tier,customer\n2020,pt,gold,17\n").expect("a table");
    assert_eq!(
        wider.table().expect("a table").get("17"),
        Some(vec!["2020", "pt", "gold"])
    );
    let other = DataLayer::of(DataKind::Bytes, b"other".to_vec()).expect("bytes");
    let error = check_replacement(&own, &other)
        .expect_err("refused")
        .to_string();
    assert_eq!(error, "it is bytes, but the pack's own is table");
    let error = check_replacement(&own, &table("tier,customer,since\n", None));
    let error = error.expect_err("refused").to_string();
    assert!(
        error.contains("the column \"tier\"") && error.contains("in \"customer\""),
        "{error}"
    );
    let error = replace("customer,tier\n17,gold\n")
        .expect_err("refused")
        .to_string();
    assert_eq!(
        error,
        "it lacks the columns since, which the pack's own table has"
    );
}

#[test]
fn parts_are_found_by_their_digest_and_checked() {
    let layer = DataLayer::of(DataKind::Bytes, b"model".to_vec()).expect("bytes");
    let parts = parts_of(&DataSet::from([("m".to_owned(), Arc::clone(&layer))]));
    let load = |bytes: Option<&[u8]>| load_parts(&parts, |_| bytes.map(<[u8]>::to_vec));
    assert!(load(None).is_ok(), "it is in memory");
    drop(layer);
    let error = load(None).expect_err("missing");
    assert!(
        error.contains("data `m`") && error.contains("is missing"),
        "{error}"
    );
    let error = load(Some(b"other")).expect_err("altered");
    assert!(error.contains("has the digest"), "{error}");
    assert!(load(Some(b"model")).is_ok());
}
