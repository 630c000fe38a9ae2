use std::sync::Arc;

use patchbay_model::data_table::DataTableBuilder;
use patchbay_model::directory::Directory;
use patchbay_model::interaction::Interaction;
use patchbay_model::outcome::{Outcome, OutcomeKind};
use patchbay_model::situation::{Exchange, Situation, Surroundings};
use serde_json::json;

use super::*;
use crate::care::recall::{Recall, StrictRecall};
use crate::care::test_state;
use crate::contract::data::Host;
use crate::data_layer::DataSet;

/// A table `tiers`, one `wide` with a row of 32 KiB, and 200,000 bytes `model`.
fn data() -> DataSet {
    let table = |columns: &[&str], rows: &[(&str, &[&str])]| {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let mut table = DataTableBuilder::new("id".to_owned(), owned(columns)).expect("columns");
        for (key, values) in rows {
            table
                .insert((*key).to_owned(), owned(values))
                .expect("a row");
        }
        DataLayer::of(DataKind::Table, table.build()).expect("a table")
    };
    let wide = "w".repeat(32 << 10);
    let bytes: Vec<u8> = (0..200_000_u32).map(|number| number as u8).collect();
    let model = DataLayer::of(DataKind::Bytes, bytes).expect("bytes");
    DataSet::from([
        (
            "tiers".to_owned(),
            table(&["tier", "since"], &[("17", &["gold", "2020"])]),
        ),
        ("wide".to_owned(), table(&["text"], &[("a", &[&wide])])),
        ("model".to_owned(), model),
    ])
}

fn state(data: DataSet) -> HostState {
    let interaction = json!({"id": "1", "channel": "chat", "text": ""});
    let interaction = Interaction::from_own(interaction).expect("an interaction");
    let surroundings = Arc::new(Surroundings::of(Directory::default()));
    let now = "2026-03-02T10:00:01Z".parse().expect("a time");
    let situation = Situation::of(surroundings, Exchange::new(interaction), now, 7);
    test_state::state(Some(&Arc::new(situation)), None, data)
}

/// What a policy reads of its data.
fn read(state: &mut HostState) -> String {
    let view = state
        .table("tiers".to_owned())
        .expect("a call")
        .expect("a table");
    let row = state
        .get("tiers".to_owned(), "17".to_owned())
        .expect("a call");
    let rows = ["17", "18"].map(str::to_owned).to_vec();
    let rows = state.get_many("tiers".to_owned(), rows).expect("a call");
    let size = state.size("model".to_owned()).expect("a call");
    let end = state.read("model".to_owned(), 199_998, 10).expect("a call");
    format!(
        "{} {:?} {} {row:?} {rows:?} {size:?} {end:?}",
        view.key, view.columns, view.row_count
    )
}

#[test]
fn a_policy_reads_rows_and_ranges() {
    let expected = r#"id ["tier", "since"] 1 Some(["gold", "2020"]) [Some(["gold", "2020"]), None] Some(200000) [62, 63]"#;
    assert_eq!(read(&mut state(data())), expected);
}

#[test]
fn what_is_not_there_is_absent() {
    let mut state = state(data());
    assert!(
        state
            .get("tiers".to_owned(), "1".to_owned())
            .expect("a call")
            .is_none()
    );
    assert!(state.table("model".to_owned()).expect("a call").is_none());
    assert!(state.table("other".to_owned()).expect("a call").is_none());
    for name in ["other", "tiers"] {
        assert_eq!(state.size(name.to_owned()).expect("a call"), None);
    }
    for offset in [200_000, u64::MAX] {
        let none = state
            .read("model".to_owned(), offset, u32::MAX)
            .expect("a call");
        assert!(none.is_empty());
    }
    let most = state.read("model".to_owned(), 0, u32::MAX).expect("a call");
    assert_eq!(most.len(), 64 << 10);
}

#[test]
fn a_name_that_is_not_there_or_of_the_other_kind_is_denied() {
    let mut state = state(data());
    let error = state
        .get("other".to_owned(), "1".to_owned())
        .expect_err("denied");
    assert!(
        error.to_string().contains("[data.other] in pack.toml"),
        "{error}"
    );
    let error = state.read("tiers".to_owned(), 0, 1).expect_err("denied");
    assert!(error.to_string().contains("`tiers` is a table"), "{error}");
    let error = state
        .get_many("model".to_owned(), Vec::new())
        .expect_err("denied");
    assert!(error.to_string().contains("`model` is no table"), "{error}");
}

#[test]
fn one_call_is_bounded_in_keys_and_bytes() {
    let mut state = state(data());
    let keys = |count: usize| vec!["a".to_owned(); count];
    assert_eq!(
        state
            .get_many("wide".to_owned(), keys(32))
            .expect("1 MiB")
            .len(),
        32
    );
    let error = state
        .get_many("wide".to_owned(), keys(33))
        .expect_err("too many bytes");
    assert!(error.to_string().contains("transfer"), "{error}");
    assert_eq!(
        state
            .get_many("tiers".to_owned(), keys(64))
            .expect("64 keys")
            .len(),
        64
    );
    let error = state
        .get_many("tiers".to_owned(), keys(65))
        .expect_err("too many keys");
    assert!(error.to_string().contains("keys of one call"), "{error}");
}

#[test]
fn prepare_cannot_read_data() {
    let mut state = test_state::state(None, None, data());
    for error in [
        state.table("tiers".to_owned()).err(),
        state.size("model".to_owned()).err(),
        state.read("model".to_owned(), 0, 1).err(),
    ] {
        let error = error.expect("denied").to_string();
        assert!(error.contains("during `prepare`"), "{error}");
    }
}

#[test]
fn a_replay_needs_the_transcript_only() {
    let mut recorded = state(data());
    let expected = read(&mut recorded);
    let calls = recorded.recorder.take().expect("a transcript").calls();
    assert_eq!(calls[4].result, Some(json!("Pj8")), "base64");
    let recall = StrictRecall::new(calls, Outcome::plain(OutcomeKind::Ok));
    let recall = Recall::Strict(Box::new(recall));
    let mut replayed = test_state::state(None, Some(recall), DataSet::new());
    assert_eq!(read(&mut replayed), expected);
}
