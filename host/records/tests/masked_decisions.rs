//! Decisions as people see them who may not read personal data.

use patchbay_records::decisions::StoredDecision;
use serde_json::json;

/// A card in digits and separators that a person reads as the usual ones.
const CARDS: [&str; 6] = [
    "4111–1111–1111–1111",
    "4111\u{2212}1111\u{2212}1111\u{2212}1111",
    "4111\u{200b}1111\u{200b}1111\u{200b}1111",
    "4\u{200b}111\u{ad}1111\u{2060}1111\u{feff}1111",
    "４１１１ １１１１ １１１１ １１１１",
    "٤١١١ ١١١١ ١١١١ ١١١١",
];

#[test]
fn a_card_in_look_alike_characters_is_masked_wherever_a_decision_has_it() {
    for card in CARDS {
        let text = format!("my card {card} is lost");
        let interaction = json!({"id": "1", "channel": "email", "text": text});
        let decision: StoredDecision = serde_json::from_value(json!({
            "id": 4_111, "kind": "received", "at": "2026-03-02T10:00:00Z", "outcome": "ok",
            "generation": 1, "stages": ["classify"], "plugins": ["care"],
            "record": {"classification": {"why": text.clone()}},
            "texts": {"interaction": interaction, "earlier": [], "elsewhere": []},
        }))
        .expect("a decision");
        let masked = decision.to_masked_json();
        let expected = "my card [payment-card] is lost";
        assert_eq!(
            masked["record"]["classification"]["why"], expected,
            "{card}"
        );
        assert_eq!(masked["texts"]["interaction"]["text"], expected, "{card}");
        assert_eq!(masked["id"], 4_111, "the host's own fields stay");
    }
}

#[test]
fn the_names_that_a_policy_read_of_a_contact_are_masked_wherever_a_decision_has_them() {
    let read =
        |name: &str, result: serde_json::Value| json!({"name": name, "args": 0, "result": result});
    let contact = json!({
        "id": "customer-17", "address": "@jo.silva", "name": "Jo Silva", "reach": 7, "verified": null,
        "recent-interactions": 1, "last-agent": "ana",
    });
    for calls in [
        json!([read("types.contact.read", contact)]),
        json!([
            read("types.contact.id", json!("customer-17")),
            read("types.contact.address", json!("@jo.silva")),
            read("types.contact.name", json!("Jo Silva")),
        ]),
    ] {
        let decision: StoredDecision = serde_json::from_value(json!({
            "id": 1, "kind": "received", "at": "2026-03-02T10:00:00Z", "outcome": "ok",
            "generation": 1, "stages": ["classify"], "plugins": ["care"],
            "record": {
                "classification": {"why": "Jo Silva (@jo.silva, customer-17) asks ana"},
                "stamp": {"plugins": [{
                    "stage": "classify", "name": "care", "pack": "care", "version": "0.1.0",
                    "digest": format!("sha256:{}", "0".repeat(64)),
                    "settings": format!("sha256:{}", "0".repeat(64)),
                    "outcome": "ok", "use": 1, "micros": {"queue": 0, "instantiate": 0, "call": 0},
                    "peak_memory": 0, "memory_limit": 1, "host_calls": 1, "transcript": calls,
                }]},
            },
        }))
        .expect("a decision");
        assert_eq!(decision.plugin_results().len(), 1);
        let masked = decision.to_masked_json();
        let why = masked["record"]["classification"]["why"].as_str();
        assert_eq!(why, Some("[contact] ([contact], [contact]) asks ana"));
        assert!(!masked.to_string().contains("Silva"), "{masked}");
    }
}

/// A decision with these host calls about a message of this author.
fn decision_of(author: &str, calls: &serde_json::Value, why: &str) -> StoredDecision {
    serde_json::from_value(json!({
        "id": 1, "kind": "received", "at": "2026-03-02T10:00:00Z", "outcome": "ok",
        "generation": 1, "stages": ["tone"], "plugins": ["care"],
        "record": {
            "tone": {"why": why},
            "stamp": {"plugins": [{
                "stage": "tone", "name": "care", "outcome": "ok", "transcript": calls,
            }]},
        },
        "texts": {
            "interaction": {
                "id": "1", "channel": "chat", "text": "Hello", "author": {"address": author},
            },
            "earlier": [], "elsewhere": [],
        },
    }))
    .expect("a decision")
}

#[test]
fn rows_of_a_packs_data_are_masked_and_their_number_stays() {
    let row = json!(["Maria Reis", "gold", "12 Mill Lane"]);
    let calls = json!([
        {"name": "data.table", "args": "customers", "result":
            {"key": "Maria Reis", "columns": ["street"], "row-count": 7}},
        {"name": "data.get", "args": ["customers", "Maria Reis"], "result": row},
        {"name": "data.get-many", "args": ["customers", ["Maria Reis", "x"]], "result": [row, null]},
        {"name": "data.read", "args": ["notes", 8, 16], "result": "TWFyaWEgUmVpcw"},
        {"name": "agents.count", "args": "general", "result": 3},
    ]);
    let masked = decision_of("@ana", &calls, "a customer of the tier gold").to_masked_json();
    let text = masked.to_string();
    for word in ["Maria", "Reis", "Mill", "TWFy"] {
        assert!(!text.contains(word), "{word}: {masked}");
    }
    let transcript = &masked["record"]["stamp"]["plugins"][0]["transcript"];
    let hidden = json!(["[data]", "[data]", "[data]"]);
    assert_eq!(transcript[0]["result"]["row-count"], 7);
    assert_eq!(transcript[1]["args"], json!(["[data]", "[data]"]));
    assert_eq!(transcript[1]["result"], hidden);
    assert_eq!(transcript[2]["result"], json!([hidden, null]));
    assert_eq!(transcript[3]["args"], json!(["[data]", 8, 16]));
    assert_eq!(transcript[4], calls[4]);
    // A replay tells the first host call that differs.
    let decision = decision_of("@ana", &json!([]), "");
    let call = json!({"name": "data.get", "args": ["customers", "Maria Reis"]});
    let report = json!({"result": "diverged", "call": 1, "asked": call});
    let masked = decision.mask(&report);
    assert_eq!(masked["asked"]["args"], json!(["[data]", "[data]"]));
}

#[test]
fn names_are_masked_in_any_case_and_codes_of_the_host_stay() {
    let decision = decision_of("@Ana", &json!([]), "@ana and @ANA write to the manager");
    let masked = decision.to_masked_json();
    let expected = "[contact] and [contact] write to the manager";
    assert_eq!(masked["record"]["tone"]["why"], expected);
    let masked = decision_of("Tone", &json!([]), "TONE writes").to_masked_json();
    assert_eq!(masked["record"]["tone"]["why"], "[contact] writes");
    assert_eq!(masked["record"]["stamp"]["plugins"][0]["stage"], "tone");
}

#[test]
fn what_the_crm_says_about_a_person_is_masked() {
    let calls = json!([
        {"name": "contacts.attribute", "args": "tier", "result": "platinum"},
        {"name": "contacts.attribute", "args": "vip", "result": null},
        {"name": "contacts.attribute-names", "args": null, "result": ["tier"]},
    ]);
    let masked = decision_of("@jo", &calls, "by tier").to_masked_json();
    let plugin = &masked["record"]["stamp"]["plugins"][0];
    assert_eq!(plugin["transcript"][0]["args"], "tier");
    assert_eq!(plugin["transcript"][0]["result"], "[attribute]");
    assert!(plugin["transcript"][1]["result"].is_null());
    assert_eq!(plugin["transcript"][2]["result"], json!(["tier"]));
    assert!(!masked.to_string().contains("platinum"), "{masked}");
    let given = json!({"given": {"contact": {"id": "@jo", "attributes": {"tier": "platinum"}}}});
    let masked = decision_of("@jo", &json!([]), "").mask(&given);
    let contact = json!({"id": "[contact]", "attributes": {"tier": "[attribute]"}});
    assert_eq!(masked["given"]["contact"], contact);
}
