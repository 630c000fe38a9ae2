use patchbay_journal::*;

use crate::store::{TestStore, audit_entry};

#[test]
fn a_directive_is_in_force_until_it_is_removed() {
    let store = TestStore::new();
    let directive = |body: &str| Directive {
        name: "drain".to_owned(),
        body: body.to_owned(),
    };
    let company = {
        let journal = store.open();
        let company = journal.company("acme").unwrap();
        for body in ["{}", r#"{"again":true}"#] {
            let put = journal.put_directive(
                company,
                directive(body),
                &["unknown".to_owned()],
                Vec::new(),
                audit_entry("a"),
            );
            put.unwrap();
        }
        company
    };
    let journal = store.open();
    let stored = journal.directives(company).unwrap();
    assert_eq!(stored, [directive(r#"{"again":true}"#)]);
    let lift = || {
        let audit = Some(audit_entry("b"));
        journal.remove_directive(company, "drain", Vec::new(), audit)
    };
    assert!(lift().unwrap());
    assert!(!lift().unwrap(), "it is removed already");
    assert_eq!(journal.directives(company).unwrap(), []);
    let acts: Vec<_> = journal
        .audit_records(None, EntryPage::After(0), 10)
        .unwrap();
    let acts: Vec<_> = acts
        .iter()
        .map(|record| record.entry.act.as_str())
        .collect();
    assert_eq!(acts, ["a", "a", "b"]);
}
