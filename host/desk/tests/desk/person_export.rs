//! The export of a person's data.

use patchbay_records::person_export::{export, export_within};
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

#[test]
fn an_export_has_the_newest_messages_that_fit_and_says_that_others_are_missing() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk(place.path());
    for number in 0..150 {
        let message = json!({"id": format!("m{number}"), "channel": "x",
            "text": format!("text {number} {}", "x".repeat(1_000)),
            "author": {"address": "@jo"}});
        take_in(&desk, vec![delivered(message)]);
    }
    let contact = conversations(&desk)[0].contact.expect("known");
    let within = |bytes: usize| {
        let journal = &**desk.journal();
        let exported = export_within(journal, northwind(&desk), contact, bytes);
        exported.expect("readable")
    };
    let texts = |exported: &serde_json::Value| -> Vec<String> {
        let said = exported["conversations"][0]["said"].as_array();
        let texts = said.expect("a list").iter();
        texts
            .map(|one| {
                one["interaction"]["text"]
                    .as_str()
                    .expect("a text")
                    .to_owned()
            })
            .collect()
    };
    let all = within(10 << 20);
    assert_eq!((texts(&all).len(), &all["complete"]), (150, &json!(true)));
    // Of 120 messages with some hundred bytes of other fields each, not all fit.
    let part = within(120_000);
    assert_eq!(part["complete"], false);
    let newest = texts(&part);
    assert!((50..120).contains(&newest.len()), "{}", newest.len());
    assert_eq!(newest, texts(&all)[..newest.len()]);
    let none = within(0);
    assert_eq!((texts(&none).len(), &none["complete"]), (0, &json!(false)));
    assert_eq!(none["history"], json!([]));
}
