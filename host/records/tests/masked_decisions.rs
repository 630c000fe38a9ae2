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
