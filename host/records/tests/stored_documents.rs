//! Documents in journals, byte for byte: journals of earlier versions hold them,
//! and the same pass must write the same bytes again.

use patchbay_engine::component::Digest;
use patchbay_engine::decision::{Decision, Fallback, Micros, PluginResult};
use patchbay_model::decision::stage::Stage;
use patchbay_model::outcome::OutcomeKind;
use patchbay_records::history::summarize;
use patchbay_records::snapshot::Snapshot;
use serde_json::json;

/// The public part of a decision.
const SUMMARY: &str = concat!(
    r#"{"outcome":"trapped","#,
    r#""classification":{"intents":[{"name":"refund","confidence":0.7},{"name":"late","confidence":1.0}],"#,
    r#""topics":["parcel"],"sentiment":-0.1,"urgency":null,"language":"en","#,
    r#""spam":0.30000000000000004,"abuse":1e-7,"reply_expected":true,"#,
    r#""personal_data_kinds":["email","phone"]},"#,
    r#""route":{"target":{"kind":"queue","id":"general"},"#,
    r#""steps":[{"skills":{"refunds":3},"expires":"10m"}],"#,
    r#""priority":null,"sla":{"first_response":"1h"},"tags":["vip"]},"#,
    r#""escalation":{"actions":[{"kind":"notify","target":"press"},{"kind":"raise-priority","target":null}]},"#,
    r#""tone":{"verdict":"revise","findings":[{"code":"shouting","severity":"low"}]},"#,
    r#""fallbacks":[{"stage":"route","rule":"default-queue","plugin":null}],"#,
    r#""stamp":{"generation":3,"plugins":[{"stage":"classify","name":"care","version":"1.0.0","#,
    r#""digest":"sha256:0000000000000000000000000000000000000000000000000000000000000000","#,
    r#""outcome":"trapped","use":1,"#,
    r#""micros":{"queue":1,"instantiate":2,"call":3},"peak_memory":65536}]},"#,
    r#""micros":{"queue":4,"instantiate":5,"call":6}}"#,
);

#[test]
fn a_summary_has_codes_and_numbers_in_the_stored_order_and_no_texts() {
    fn from<T: serde::de::DeserializeOwned>(value: serde_json::Value) -> T {
        serde_json::from_value(value).expect("an answer")
    }
    let zero = Digest::from([0; 32]);
    let micros = |queue, instantiate, call| Micros {
        queue,
        instantiate,
        call,
    };
    let mut decision = Decision::of(3, Some("1"));
    decision.outcome = OutcomeKind::Trapped;
    decision.classification = Some(from(json!({
        "intents": [{"name": "refund", "confidence": 0.7}, {"name": "late", "confidence": 1.0}],
        "topics": ["parcel"], "sentiment": -0.1, "urgency": null, "language": "en",
        "spam": 0.30000000000000004, "abuse": 1e-7, "reply_expected": true,
        "personal_data": [
            {"kind": "phone", "start": 0, "end": 1},
            {"kind": "email", "start": 2, "end": 3},
            {"kind": "phone", "start": 4, "end": 5},
        ],
        "why": "SECRET",
    })));
    decision.route = Some(from(json!({
        "target": {"kind": "queue", "id": "general"},
        "steps": [{"skills": {"refunds": 3}, "expires": "10m"}],
        "preferences": [{"agent": "ana", "score": 1}],
        "sla": {"first_response": "1h"}, "tags": ["vip"], "why": "SECRET",
    })));
    decision.escalation = Some(from(json!({
        "actions": [
            {"kind": "notify", "target": "press", "message": "SECRET"},
            {"kind": "raise-priority", "priority": 80},
        ],
        "why": "SECRET",
    })));
    decision.tone = Some(from(json!({
        "verdict": "revise",
        "findings": [{"code": "shouting", "severity": "low", "message": "SECRET"}],
        "why": "SECRET",
    })));
    decision.fallbacks.push(Fallback {
        stage: Stage::Route,
        rule: "default-queue",
        plugin: None,
        because: "SECRET".to_owned(),
    });
    decision.stamp.plugins.push(PluginResult {
        stage: Stage::Classify,
        name: "care".to_owned(),
        pack: "care".to_owned(),
        version: "1.0.0".to_owned(),
        digest: zero,
        settings: zero,
        data: None,
        snapshot: None,
        outcome: OutcomeKind::Trapped,
        problem: None,
        use_number: 1,
        micros: micros(1, 2, 3),
        peak_memory: 65_536,
        memory_limit: 65_536,
        host_calls: 7,
        fuel: None,
        log: Vec::new(),
        log_dropped: 0,
        answer: None,
        transcript: None,
        recalled: (0, 0),
        writes: Vec::new(),
    });
    decision.micros = micros(4, 5, 6);
    let summary = serde_json::to_string(&summarize(&decision)).expect("JSON");
    assert_eq!(summary, SUMMARY);
}

/// Snapshots of conversations: one with everything, one new.
const SNAPSHOTS: [&str; 2] = [
    concat!(
        r#"{"channel":"x","state":"awaiting-approval","cause":"re-routed","#,
        r#""created_at":"2026-01-01T00:00:00Z","interaction_count":2,"#,
        r#""queue":"general","owner":"ana","last_agent":"bo","priority":50,"tags":["vip"],"#,
        r#""clocks":{"created_ms":1767225600000,"latest_ms":1767225660000,"#,
        r#""targets":{"first-response":"10m","next-response":"1h","resolution":"2d","hours":"office","at-risk":80},"#,
        r#""has_reply":true,"standing":{"waiting-on-customer":{"since_ms":1767225660000}},"#,
        r#""first_response":{"run":{"number":1,"began_ms":1767225600000,"watch":{"worked_ms":60000},"#,
        r#""was_at_risk":true,"is_missed":true,"breached_ms":1767225650000},"hits":0,"misses":1},"#,
        r#""next_response":{"hits":0,"misses":0},"#,
        r#""resolution":{"run":{"number":1,"began_ms":1767225600000,"#,
        r#""watch":{"worked_ms":60000,"since_ms":1767225660000},"was_at_risk":false,"is_missed":false},"hits":0,"misses":0}},"#,
        r#""plan":{"target":{"kind":"agent","id":"ana","queue":"general","until":"2026-01-02T00:00:00Z","while_away":true},"#,
        r#""steps":[{"skills":{"refunds":3},"languages":["en"],"minimum_agents":2,"expires":"10m"},{}],"#,
        r#""preferences":[{"agent":"ana","score":100}],"excluded":["bo"],"priority":50,"offer_timeout":"2m","#,
        r#""sla":{"first_response":"10m"},"tags":["vip"],"why":""},"#,
        r#""assessment":{"intents":[{"name":"refund","confidence":0.7}],"topics":["parcel"],"#,
        r#""sentiment":-0.30000000000000004,"urgency":80,"language":"en","spam":0.0,"abuse":1e-7,"#,
        r#""reply_expected":true,"personal_data":[{"kind":"email","start":0,"end":4}],"why":""},"#,
        r#""needs_approval":true,"approvers":"press","held_until":"2026-01-02T00:00:00Z","incident":"outage","#,
        r#""wake_ups":[{"at":"2026-01-02T00:00:00Z","name":"follow-up"},{"at":"2026-01-03T00:00:00Z"}],"#,
        r#""recent":[2,1],"received":["2026-01-01T00:00:00.000001Z"],"redecided":["2026-01-01T00:01:00Z"],"#,
        r#""resolved_at":"2026-01-01T00:01:00Z","visibility":"public","#,
        r#""floor":{"conversation":"00","channel":"x","visibility":"public","since":"2026-01-01T00:00:00Z","#,
        r#""terms":{"queue":"general","priority":50,"steps":[{"skills":{"refunds":3}}],"#,
        r#""preferences":[{"agent":"ana","score":100}],"excluded":["bo"],"#,
        r#""wait-for":{"agent":"ana","until":"2026-01-02T00:00:00Z","while-away":true},"offer-timeout":"2m"},"#,
        r#""step":0,"step-since":"2026-01-01T00:00:00Z","#,
        r#""refused":[{"agent":"bo","times":1,"again-at":"2026-01-01T00:01:00Z"}],"#,
        r#""place":{"held":{"agent":"ana","hold":"active"}}},"#,
        r#""accepted":7,"answered_at":"2026-01-01T00:01:00Z","familiar":"ana","park_at":"2026-01-01T00:01:00Z","#,
        r#""wrap_until":"2026-01-01T00:01:00Z","silent_at":"2026-01-01T00:01:00Z","#,
        r#""pending":{"id":"r","entry":3,"by":"ana","digest":"blake3:00","generation":1,"since":"2026-01-01T00:01:00Z","#,
        r#""then":"wrap-up","steps":[{"approvers":["eva"],"need":"all"}],"step":0,"approved":["eva"]},"#,
        r#""sending":[{"key":"reply-00-2","id":"q","by":"ana","then":"wait"}],"#,
        r#""answers":[{"id":"q","digest":"blake3:01","status":"published"}]}"#,
    ),
    concat!(
        r#"{"channel":"email","state":"reserved","cause":"new","created_at":"2026-01-01T00:00:00Z","#,
        r#""interaction_count":1,"priority":0,"#,
        r#""clocks":{"created_ms":1767225600000,"latest_ms":1767225600000,"targets":{"at-risk":80},"#,
        r#""has_reply":false,"standing":"open","#,
        r#""first_response":{"run":{"number":1,"began_ms":1767225600000,"#,
        r#""watch":{"worked_ms":0,"since_ms":1767225600000},"was_at_risk":false,"is_missed":false},"hits":0,"misses":0},"#,
        r#""next_response":{"hits":0,"misses":0},"#,
        r#""resolution":{"run":{"number":1,"began_ms":1767225600000,"#,
        r#""watch":{"worked_ms":0,"since_ms":1767225600000},"was_at_risk":false,"is_missed":false},"hits":0,"misses":0}},"#,
        r#""needs_approval":false,"recent":[1],"received":["2026-01-01T00:00:00Z"],"#,
        r#""floor":{"conversation":"00","channel":"email","since":"2026-01-01T00:00:00Z","#,
        r#""terms":{"queue":"general","priority":0},"step":0,"step-since":"2026-01-01T00:00:00Z","#,
        r#""place":{"offered":{"id":7,"conversation":"00","agent":"ana","#,
        r#""made-at":"2026-01-01T00:00:00Z","deadline":"2026-01-01T00:02:00Z","step":0,"score":100,"again":0}}}}"#,
    ),
];

#[test]
fn snapshots_round_trip_byte_for_byte() {
    for stored in SNAPSHOTS {
        let snapshot: Snapshot = serde_json::from_str(stored).expect("a snapshot");
        let again = serde_json::to_string(&snapshot).expect("JSON");
        assert_eq!(again, stored);
    }
}
