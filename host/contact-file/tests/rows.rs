//! Files about people, and files that are none.

use patchbay_contact_file::{FileFormat, LINE_BYTES, Row, RowProblemCode, rows};
use patchbay_fuzz::{Corpus, Reading};
use patchbay_model::contact_record::{ContactRecord, RecordChange};
use patchbay_model::opt_out_entry::{MessagePurpose, OptOutEntry};

fn records(text: &str, format: FileFormat) -> Vec<Row<ContactRecord>> {
    rows(text.as_bytes(), format).collect()
}

/// Lines and kinds of problems.
fn problems<T>(rows: &[Row<T>]) -> Vec<(u64, RowProblemCode)> {
    let found = rows.iter();
    found
        .filter_map(|row| Some((row.line, row.item.as_ref().err()?.code)))
        .collect()
}

const NDJSON: &str = concat!(
    r#"{"id": "C-1", "verified": true, "addresses": [{"channel": "email", "address": "jo@example.org"}, {"channel": "email", "address": "jo@work.example"}, {"channel": "sms", "address": "+41791234567"}], "attributes": {"tier": "gold"}}"#,
    "\n\n",
    r#"{"id": "C-2", "addresses": [{"channel": "email", "address": "ann, at home <a@example.org>"}], "attributes": {"note": "says \"hi\""}}"#,
    "\r\n",
    r#"{"id": "C-3", "deleted": true}"#,
);

/// The same people.
const CSV: &str = "\u{feff}id,verified,deleted,address.email,address.email,address.sms,attribute.tier,attribute.note
C-1,TRUE,,jo@example.org,jo@work.example,+41791234567,gold,

C-2,false,,\"ann, at home <a@example.org>\",,,,\"says \"\"hi\"\"\"
C-3,,true,,,,,
";

#[test]
fn both_formats_say_the_same() {
    let ndjson = records(NDJSON, FileFormat::Ndjson);
    let csv = records(CSV, FileFormat::Csv);
    assert_eq!(problems(&ndjson), []);
    let items = |rows: Vec<Row<ContactRecord>>| -> Vec<ContactRecord> {
        rows.into_iter().filter_map(|row| row.item.ok()).collect()
    };
    let lines =
        |rows: &[Row<ContactRecord>]| -> Vec<u64> { rows.iter().map(|row| row.line).collect() };
    assert_eq!(lines(&ndjson), [1, 3, 4]);
    // Of CSV, the first empty line before it.
    assert_eq!(lines(&csv), [2, 3, 5]);
    let read = items(ndjson);
    assert_eq!(read, items(csv));
    let RecordChange::Put(first) = &read[0].change else {
        panic!("not deleted");
    };
    assert_eq!(first.addresses.len(), 3);
    assert_eq!(read[2].change, RecordChange::Delete);
}

#[test]
fn a_row_that_is_wrong_leaves_the_others_alone() {
    let long = "x".repeat(LINE_BYTES + 10);
    let good = r#"{"id": "C-9", "deleted": true}"#;
    let text = format!(
        "{good}\n{{\"id\": \"C-1\"}}\nnot JSON\n{long}\n{good}\n[1]\n{{\"id\": \"{long}\"}}\n{good}"
    );
    let read = records(&text, FileFormat::Ndjson);
    assert_eq!(
        problems(&read),
        [
            (2, RowProblemCode::Invalid),
            (3, RowProblemCode::Malformed),
            (4, RowProblemCode::TooLong),
            (6, RowProblemCode::Invalid),
            (7, RowProblemCode::TooLong),
        ]
    );
    assert_eq!(read.iter().filter(|row| row.item.is_ok()).count(), 3);
    let text = format!(
        "id,address.email,verified\nC-1,a@example.org\nC-2,b@example.org,perhaps\n,c@example.org,true\nC-4,d@example.org,true\nC-5,{long},true\n"
    );
    let read = records(&text, FileFormat::Csv);
    assert_eq!(
        problems(&read),
        [
            (2, RowProblemCode::Malformed),
            (3, RowProblemCode::Invalid),
            (4, RowProblemCode::Invalid),
            (6, RowProblemCode::TooLong),
        ]
    );
}

#[test]
fn bytes_that_are_not_utf_8_are_one_row() {
    let bytes = b"{\"id\": \"\xff\"}\n{\"id\": \"C-1\", \"deleted\": true}";
    let read: Vec<Row<ContactRecord>> = rows(&bytes[..], FileFormat::Ndjson).collect();
    assert_eq!(problems(&read), [(1, RowProblemCode::NotUtf8)]);
    let bytes = b"id,deleted\n\xff,true\nC-1,true\n";
    let read: Vec<Row<ContactRecord>> = rows(&bytes[..], FileFormat::Csv).collect();
    assert_eq!(problems(&read), [(2, RowProblemCode::NotUtf8)]);
    assert!(read[1].item.is_ok());
}

#[test]
fn csv_without_known_columns_ends_at_its_first_line_and_repeats_nothing_of_it() {
    for text in [
        "",
        "\n",
        ",,\nC-1,,\n",
        "C-1,jo@secret.example\nC-2,ann@secret.example\n",
        "id,email\nC-1,jo@secret.example\n",
        "id,address.\nC-1,jo@secret.example\n",
        "id,id\nC-1,C-2\n",
        "id,attribute.tier,attribute.tier\nC-1,a,b\n",
    ] {
        let read = records(text, FileFormat::Csv);
        assert_eq!(problems(&read), [(1, RowProblemCode::Invalid)], "{text:?}");
        assert_eq!(read.len(), 1, "{text:?}");
        let problem = read[0].item.as_ref().expect_err("a problem");
        assert!(!problem.message.contains("secret"), "{}", problem.message);
    }
    assert!(records("", FileFormat::Ndjson).is_empty());
}

#[test]
fn opt_outs_have_columns_of_their_own() {
    let text = "channel,address,purpose,opted_out,at\nsms,+41791234567,marketing,,\nsms,+41791234568,,FALSE,2026-03-02T10:15:00Z\nsms,,,,\n";
    let read: Vec<Row<OptOutEntry>> = rows(text.as_bytes(), FileFormat::Csv).collect();
    assert_eq!(problems(&read), [(4, RowProblemCode::Invalid)]);
    let entries: Vec<_> = read.into_iter().filter_map(|row| row.item.ok()).collect();
    assert_eq!(entries[0].purpose, MessagePurpose::Marketing);
    assert!(entries[0].is_opted_out && !entries[1].is_opted_out);
}

#[test]
fn any_bytes_are_rows_or_problems() {
    for (format, seed) in [(FileFormat::Ndjson, NDJSON), (FileFormat::Csv, CSV)] {
        Corpus::of([seed])
            .words(&[
                "\n",
                "\r",
                "\"",
                "\"\"",
                ",",
                "{",
                "}",
                "[",
                "null",
                "\0",
                "\u{feff}",
                "id",
                "address.",
                "attribute.",
                "\"deleted\":true",
                "\\ud800",
                "1e999",
            ])
            .cases(500)
            .run(|bytes| {
                let read: Vec<Row<ContactRecord>> = rows(bytes, format).collect();
                let lines: Vec<u64> = read.iter().map(|row| row.line).collect();
                assert!(lines.is_sorted(), "{lines:?}");
                match read.iter().any(|row| row.item.is_ok()) {
                    true => Reading::Accepted,
                    false => Reading::Rejected,
                }
            });
    }
}
