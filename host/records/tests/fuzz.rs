//! Recorded decisions, fed with mutated documents: a journal may hold those of
//! another version, and `patchbay replay` reads files.

use std::sync::Arc;

use patchbay_engine::component::Digest;
use patchbay_engine::plugin::Plugin;
use patchbay_engine::replay::{PluginSource, RecordedFacts};
use patchbay_fuzz::{Corpus, Reading, text};
use patchbay_records::decisions::StoredDecision;
use patchbay_records::decisions::explain::explain;
use serde_json::Value;

struct NoPlugins;

impl PluginSource for NoPlugins {
    fn plugin(&self, _component: &Digest, _settings: &Digest) -> Option<Arc<Plugin>> {
        None
    }
}

const DECISION: &str = r#"{"id":7,"conversation":"0123456789abcdef0123456789abcdef","interaction":"1","kind":"received","at":"2026-03-02T10:15:00Z","outcome":"trapped","generation":3,"stages":["classify","route"],"plugins":["care"],"transcript":"kept","record":{"outcome":"trapped","classification":{"intents":[{"name":"refund","confidence":0.7}],"topics":["parcel"],"sentiment":-0.1,"urgency":null,"language":"en","spam":0.3,"abuse":1e-7,"reply_expected":true,"personal_data":[{"kind":"email","start":0,"end":4}],"why":"…"},"route":{"target":{"kind":"queue","id":"general"},"steps":[{"skills":{"refunds":3},"expires":"10m"}],"priority":null,"sla":{"first_response":"1h"},"tags":["vip"]},"fallbacks":[{"stage":"route","rule":"default-queue","plugin":null,"because":"care ended trapped"}],"stamp":{"generation":3,"plugins":[{"stage":"classify","name":"care","pack":"social-care","version":"1.0.0","digest":"sha256:0000000000000000000000000000000000000000000000000000000000000000","settings":"sha256:0000000000000000000000000000000000000000000000000000000000000000","outcome":"trapped","use":1,"micros":{"queue":1,"instantiate":2,"call":3},"peak_memory":65536,"memory_limit":65536,"host_calls":3,"transcript":[{"name":"clock.now","args":[],"result":1},{"name":"directory.agents","args":[{"queue":"general"}],"result":[{"id":"ana","skills":{"tax":3}}]},{"name":"state.get","args":["k"],"result":null}],"answer":{"urgency":3}}]},"micros":{"queue":4,"instantiate":5,"call":6}},"given":{"now":"2026-03-02T10:15:00Z","seed":7,"stages":["classify"],"texts":{"interaction":1,"earlier":[2]},"conversation":{"id":"c","state":"queued","cause":"new","interaction_count":1,"priority":0,"tags":[]},"contact":{"recent_interactions":1}},"texts":{"interaction":{"id":"1","channel":"x","text":"Call +351 21 000 00 00"},"earlier":[],"elsewhere":[]}}"#;

#[test]
fn a_recorded_decision_is_read_masked_explained_and_replayed_or_refused() {
    Corpus::of([DECISION])
        .words(&[
            "{",
            "}",
            "[",
            "]",
            ",",
            "null",
            "-1",
            "\"transcript\":",
            "\"kind\":",
            "\"stage\":\"tone\"",
            "\"texts\":",
            "\"plugins\":",
            "\u{1F600}",
            "\\ud800",
            "\"start\":",
            "\"end\":",
        ])
        .run(text(|text| {
            let Ok(value) = serde_json::from_str::<Value>(text) else {
                return Reading::Rejected;
            };
            let _ = explain(&value);
            let Ok(decision) = serde_json::from_value::<StoredDecision>(value) else {
                return Reading::Rejected;
            };
            let _ = explain(&decision.to_masked_json());
            let _ = decision.replay(&NoPlugins);
            let facts = RecordedFacts::of(&decision.plugin_results());
            let _ = (facts.agents().count(), facts.queues().count());
            Reading::Accepted
        }));
}

#[test]
fn the_seed_is_a_recorded_decision_with_results() {
    let decision: StoredDecision = serde_json::from_str(DECISION).expect("a decision");
    assert_eq!(decision.plugin_results().len(), 1);
    assert!(decision.input.is_some() && decision.texts.is_some());
}
