//! The export of a person's data.

use patchbay_records::person_export::export;
use serde_json::json;

use crate::office::{conversations, delivered, desk, northwind, take_in};

#[test]
fn an_export_has_every_message_however_many_there_are() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk(place.path());
    let message = |number: usize, kind: &str, text: &str| {
        delivered(
            json!({"id": format!("m{number}"), "channel": "x", "kind": kind,
            "text": text, "author": {"address": "@jo"}}),
        )
    };
    for number in 0..150 {
        take_in(
            &desk,
            vec![message(number, "message", &format!("text {number}"))],
        );
    }
    take_in(&desk, vec![message(3, "message", "a new wording")]);
    take_in(&desk, vec![message(5, "delete", "")]);
    let contact = conversations(&desk)[0].contact.expect("known");
    let exported = export(&**desk.journal(), northwind(&desk), contact).expect("readable");
    assert_eq!(exported["complete"], true);
    let said = exported["conversations"][0]["said"]
        .as_array()
        .expect("a list");
    let texts: Vec<&str> = said
        .iter()
        .map(|one| one["interaction"]["text"].as_str().expect("a text"))
        .collect();
    assert_eq!(texts.len(), 149);
    assert_eq!(
        (texts[0], texts[148]),
        ("text 149", "text 0"),
        "newest first"
    );
    assert!(texts.contains(&"a new wording") && !texts.contains(&"text 3"));
    assert!(!texts.contains(&"text 5"));
}
