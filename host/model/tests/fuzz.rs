//! Parsers of what integrators and operators write, fed with mutated inputs.

use patchbay_config::web_address::WebAddress;
use patchbay_fuzz::{Corpus, Reading, text};
use patchbay_model::interaction::{Draft, Interaction, parse_json};
use patchbay_model::language_tag;
use patchbay_model::traceparent::Traceparent;

const INTERACTIONS: [&str; 4] = [
    r#"{"id":"1","channel":"x","text":"Hello","direction":"inbound","visibility":"public","account":"@northwind","language":"pt-br","received_at":"2026-03-02T10:15:00Z","author":{"address":"@jo","name":"Jo","reach":120,"verified":true},"conversation":"c","in_reply_to":"0","attachments":[{"kind":"image","name":"a.png","media_type":"image/png","size":1,"url":"https://cdn.example/a.png"}],"attributes":{"a":[1]},"anything":"else"}"#,
    r#"{"id":"2","channel":"whatsapp","text":"ol\u00e1 \ud83d\ude00","author":{"address":" +351 21 000 00 00 ","name":null},"edited_at":"2026-03-02T10:15:00.123456789+01:00","automatic":true}"#,
    r#"{"id":"3","channel":"email","text":"","langauge":"en","author":{"address":"Jo <JO+tag@Example.org>"}}"#,
    r#"{"id":"4","channel":"telephone","text":"…","author":{"address":"tel:+49-30-1234"},"direction":"outbound"}"#,
];

const JSON_WORDS: [&str; 18] = [
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"",
    "\\u0000",
    "\\ud800",
    "null",
    "true",
    "\u{202e}",
    "\u{200b}",
    "\"attributes\":{",
    "\"author\":",
    "\"language\":\"",
    "\"id\":",
    "\u{1F600}",
];

#[test]
fn an_interaction_is_read_or_refused() {
    Corpus::of(INTERACTIONS)
        .words(&JSON_WORDS)
        .run(text(|text| {
            let Ok(value) = parse_json(text) else {
                return Reading::Rejected;
            };
            let _ = Draft::from_value(value.clone());
            let Ok(read) = Interaction::read_outside(value, &[]) else {
                return Reading::Rejected;
            };
            let interaction = read.interaction;
            assert_eq!(interaction.check(), Ok(()), "{interaction:?}");
            let _ = interaction.canonical_author();
            // What is stored is read back the same.
            let stored = serde_json::to_value(&interaction).expect("serialises");
            let again = Interaction::from_own(stored).expect("the stored form is valid");
            assert_eq!(again, interaction);
            Reading::Accepted
        }));
}

#[test]
fn headers_addresses_and_language_tags_are_read_or_refused() {
    let seeds = [
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "https://user@example.org:8443/a?b#c",
        "http://[::1]:80/",
        "zh-Hant-TW-x-private",
    ];
    Corpus::of(seeds)
        .words(&[
            "-", ":", "/", "@", "[", "]", "%00", "xn--", "\u{fe0f}", "00",
        ])
        .run(text(|text| {
            let trace = Traceparent::parse(text);
            let address = WebAddress::parse(text);
            if let Ok(address) = &address {
                let _ = (address.authority(), address.origin(), address.port());
            }
            let _ = language_tag::fold(text);
            let tag = language_tag::normalize(text);
            if let Some(tag) = &tag {
                assert!(language_tag::is_normal(tag), "{tag:?}");
                assert_eq!(language_tag::normalize(tag).as_ref(), Some(tag));
            }
            match trace.is_some() || address.is_ok() || tag.is_some() {
                true => Reading::Accepted,
                false => Reading::Rejected,
            }
        }));
}
