use super::*;
use patchbay_model::decision::escalation::ActionKind;
use patchbay_model::outcome::OutcomeKind;

const DECISION: &str = concat!(
    r#""outcome":"trapped","#,
    r#""classification":{"intents":[{"name":"refund","confidence":0.7}],"topics":["parcel"],"#,
    r#""sentiment":-0.1,"urgency":null,"language":"en","spam":null,"abuse":0.0,"#,
    r#""reply_expected":true,"personal_data_kinds":["email"]},"#,
    r#""route":{"target":{"kind":"queue","id":"general"},"steps":[],"priority":null,"#,
    r#""sla":{"first_response":"10m"},"tags":["vip"]},"#,
    r#""escalation":{"actions":[{"kind":"notify","target":"press"},{"kind":"sing","target":null}]},"#,
    r#""tone":{"verdict":"hold","findings":[{"code":"rude","severity":"high"}]},"#,
    r#""fallbacks":[{"stage":"route","rule":"default-queue","plugin":null}],"#,
    r#""stamp":{"generation":3,"plugins":[{"stage":"classify","name":"care","version":"1.0.0","#,
    r#""digest":"blake3:00","outcome":"trapped","use":1,"#,
    r#""micros":{"queue":1,"instantiate":2,"call":3},"peak_memory":65536}]},"#,
    r#""micros":{"queue":1,"instantiate":2,"call":3},"transcript":"kept""#,
);

/// A head of each kind as the journal holds it, and of each shape a kind has.
const HEADS: &[(&str, &str)] = &[
    (
        "received",
        r#"{"interaction":"1","kind":"message","channel":"x","received_at":"2026-01-01T00:00:00Z",DECISION}"#,
    ),
    (
        "received",
        r#"{"interaction":"1","kind":"message","channel":"x","received_at":"2026-01-01T00:00:00Z"}"#,
    ),
    (
        "edited",
        r#"{"interaction":"1","kind":"edit","channel":"x","received_at":"2026-01-01T00:00:00Z",DECISION}"#,
    ),
    (
        "deleted",
        r#"{"interaction":"1","kind":"delete","channel":"x","received_at":"2026-01-01T00:00:00Z"}"#,
    ),
    (
        "reacted",
        r#"{"interaction":"1","kind":"reaction","channel":"x","received_at":"2026-01-01T00:00:00.000001Z"}"#,
    ),
    (
        "echoed",
        r#"{"interaction":"1","kind":"echo","channel":"x","received_at":"2026-01-01T00:00:00Z"}"#,
    ),
    (
        "echoed",
        r#"{"interaction":"1","kind":"echo","channel":"x","received_at":"2026-01-01T00:00:00Z","automatic":true}"#,
    ),
    (
        "edited",
        r#"{"interaction":"1","kind":"edit","channel":"x","received_at":"2026-01-01T00:00:00Z","superseded":true}"#,
    ),
    (
        "counters-updated",
        r#"{"interaction":"1","kind":"counters","channel":"x","received_at":"2026-01-01T00:00:00Z"}"#,
    ),
    (
        "clock-rang",
        r#"{"trigger":{"code":"sla-breached","clock":"first-response","due_at":"2026-01-01T00:00:00Z"},DECISION}"#,
    ),
    (
        "woke-up",
        r#"{"trigger":{"code":"wake-up","due_at":"2026-01-01T00:00:00Z","subject":"follow-up"}}"#,
    ),
    (
        "triggered",
        r#"{"trigger":{"code":"volume-surge","subject":"refund","count":30,"usual":2.5,"window":"10m"},DECISION}"#,
    ),
    ("routed", r#"{"cause":"returned",DECISION}"#),
    (
        "clocks-changed",
        r#"{"sla":{"first_response":"1h"},"hours":"office","due_at":"2026-01-01T00:00:00Z"}"#,
    ),
    (
        "quarantined",
        r#"{"interaction":"1","kind":"message","channel":"x","received_at":"2026-01-01T00:00:00Z","outcome":"quarantined"}"#,
    ),
    ("alerted", r#"{"alert":"decided-too-often","about":{}}"#),
    (
        "alerted",
        r#"{"alert":"escalation-failed","about":{"stage":"escalate","plugin":"care"}}"#,
    ),
    (
        "alerted",
        r#"{"alert":"offered-again","about":{"agent":"ana","again":1}}"#,
    ),
    (
        "alerted",
        r#"{"alert":"nobody-else-fits","about":{"agent":"ana","queue":null}}"#,
    ),
    (
        "alerted",
        r#"{"alert":"undeliverable","about":{"key":"k","problem":"410"}}"#,
    ),
    (
        "alerted",
        r#"{"alert":"undeliverable","about":{"reply":"r","key":"k"}}"#,
    ),
    (
        "alerted",
        r#"{"alert":"undeliverable","about":{"reply":"r","key":"k","kind":"uncertain"}}"#,
    ),
    (
        "alerted",
        r#"{"alert":"canary-aborted","about":{"generation":2,"control":1,"breach":{"bound":"p99","measured":3.5,"allowed":2.0,"decisions":200}}}"#,
    ),
    (
        "alerted",
        r#"{"alert":"rollout-ended","about":{"generation":2,"control":1,"because":"unbuildable","reason":"no pack"}}"#,
    ),
    (
        "alerted",
        r#"{"alert":"setup-refused","about":{"file":"a.toml","problems":["no"],"reasons":1}}"#,
    ),
    (
        "alerted",
        r#"{"alert":"clock-jumped","about":{"from":"2026-01-02T00:00:00Z","to":"2026-01-01T00:00:00Z"}}"#,
    ),
    (
        "alerted",
        r#"{"alert":"storage-failed","about":{"since":"2026-01-01T00:00:00Z","error":"disk full"}}"#,
    ),
    (
        "alerted",
        r#"{"alert":"outbox-stalled","about":{"target":"crm","since":"2026-01-01T00:00:00Z","items":2}}"#,
    ),
    (
        "breaker-opened",
        r#"{"plugin":"care","stage":"tone","generation":3,"outcome":"timeout","failures":5}"#,
    ),
    (
        "bypassed",
        r#"{"bypassed":{"plugin":"care"},"until":"2026-01-01T00:00:00Z","let_through":false,"by":"eva"}"#,
    ),
    (
        "offered",
        r#"{"offer":7,"agent":"ana","deadline":"2026-01-01T00:00:00Z","step":null,"again":0}"#,
    ),
    (
        "accepted",
        r#"{"agent":"ana","offer":7,"exceeds_capacity":false,"previous":null}"#,
    ),
    (
        "declined",
        r#"{"offer":7,"agent":"ana","again_at":"2026-01-01T00:00:00Z","alone":true}"#,
    ),
    (
        "timed-out",
        r#"{"offer":7,"agent":"ana","again_at":"2026-01-01T00:00:00Z","alone":false}"#,
    ),
    (
        "withdrawn",
        r#"{"offer":7,"agent":"ana","state":"rescinded"}"#,
    ),
    ("widened", r#"{"step":1,"skipped":false}"#),
    (
        "assigned",
        r#"{"agent":"ana","offer":null,"exceeds_capacity":true,"previous":"bo","by":{"id":"eva","role":"supervisor"}}"#,
    ),
    (
        "returned",
        r#"{"agent":"ana","because":"no-room","state":"queued"}"#,
    ),
    (
        "returned",
        r#"{"agent":"ana","because":"given-back","by":{"id":"ana","role":"agent"}}"#,
    ),
    (
        "transferred",
        r#"{"queue":"new","from":"old","because":"moved"}"#,
    ),
    (
        "transferred",
        r#"{"to":{"kind":"agent","id":"bo","until":"2026-01-01T00:00:00Z","while_away":true},"from":null,"by":{"id":"ana","role":"agent"}}"#,
    ),
    (
        "state-changed",
        r#"{"from":"active","to":"on-hold","by":{"id":"ana","role":"agent"}}"#,
    ),
    ("state-changed", r#"{"from":"wrapping","to":"resolved"}"#),
    ("parked", "{}"),
    (
        "requeued",
        r#"{"from":"active","agent":"ana","queue":null,"by":{"id":"eva","role":"supervisor"}}"#,
    ),
    (
        "presence-changed",
        r#"{"agent":"ana","from":"offline","to":"available"}"#,
    ),
    (
        "agent-put",
        r#"{"agent":"ana","skills":{"refunds":5},"queues":["general"]}"#,
    ),
    ("agent-removed", r#"{"agent":"ana"}"#),
    (
        "generation-activated",
        r#"{"generation":2,"before":null,"by":"eva","because":"rolled-back"}"#,
    ),
    (
        "rollout-began",
        r#"{"generation":2,"control":1,"kind":"canary","share":"5%","by":"eva"}"#,
    ),
    (
        "rollout-changed",
        r#"{"generation":2,"control":1,"kind":"shadow","share":"100%","by":"eva"}"#,
    ),
    (
        "rollout-ended",
        r#"{"generation":2,"control":1,"kind":"canary","share":"5%","because":"bound-exceeded","reason":"slow","breach":{"bound":"failures","measured":0.5,"allowed":0.01,"decisions":200},"decisions":200,"failed":100,"compared":10,"agreed":9}"#,
    ),
    (
        "rollout-ended",
        r#"{"generation":2,"control":1,"because":"aborted","by":"eva","reason":"enough"}"#,
    ),
    (
        "breaker-closed",
        r#"{"plugin":"care","stage":"tone","generation":3}"#,
    ),
    (
        "bypass-ended",
        r#"{"bypassed":{"stage":"tone"},"until":"2026-01-01T00:00:00Z","let_through":true,"because":"over"}"#,
    ),
    (
        "bypass-ended",
        r#"{"bypassed":{"stage":"tone"},"until":"2026-01-01T00:00:00Z","let_through":true,"because":"lifted","by":"eva"}"#,
    ),
    ("drain-began", r#"{"by":"eva"}"#),
    ("drain-ended", r#"{"by":"eva"}"#),
    (
        "contact-erased",
        r#"{"contact":"0a","contacts":["0a","0b"]}"#,
    ),
    ("alert-acknowledged", r#"{"alert":7,"by":"eva"}"#),
    (
        "incident-changed",
        r#"{"subject":"outage","state":"closed","name":"Outage in Lisbon","by":"eva"}"#,
    ),
    (
        "incident-changed",
        r#"{"subject":"outage","state":"open","by":"eva"}"#,
    ),
    (
        "reply-drafted",
        r#"{"reply":"r","by":{"id":"ana","role":"agent"},"written_by":"human","digest":"d"}"#,
    ),
    ("reply-published", r#"{"reply":"r","digest":"d"}"#),
    (
        "reply-published",
        r#"{"reply":"r","digest":"d","sends_at":"2026-01-01T00:00:06Z"}"#,
    ),
    (
        "reply-published",
        r#"{"reply":"r","digest":"d","checked_again":true,DECISION}"#,
    ),
    (
        "reply-revise",
        r#"{"reply":"r","by":{"id":"ana","role":"agent"},"written_by":"human","digest":"d","approval_required":false,DECISION}"#,
    ),
    (
        "reply-held",
        r#"{"reply":"r","by":{"id":"ana","role":"agent"},"written_by":"policy","digest":"d","approval_required":true,DECISION}"#,
    ),
    (
        "reply-blocked",
        r#"{"reply":"r","digest":"d","checked_again":true,DECISION}"#,
    ),
    (
        "reply-approved",
        r#"{"reply":"r","by":{"id":"eva","role":"supervisor"},"step":1,"complete":true}"#,
    ),
    (
        "reply-rejected",
        r#"{"reply":"r","by":{"id":"eva","role":"supervisor"}}"#,
    ),
    ("reply-stale", r#"{"reply":"r","because":"customer-wrote"}"#),
    ("reply-delivered", r#"{"reply":"r","by":"ana","key":"k"}"#),
    (
        "reply-delivered",
        r#"{"reply":"r","by":"ana","key":"k","withheld":"resolve"}"#,
    ),
    (
        "reply-undeliverable",
        r#"{"reply":"r","key":"k","problem":"410"}"#,
    ),
    (
        "reply-undeliverable",
        r#"{"reply":"r","key":"k","problem":"24 h are over","kind":"window-closed"}"#,
    ),
    (
        "reply-taken-back",
        r#"{"reply":"r","by":{"id":"ana","role":"agent"}}"#,
    ),
    (
        "reply-taken-back",
        r#"{"reply":"r","by":{"id":"eva","role":"supervisor"},"held":true}"#,
    ),
    ("noted", r#"{"note":"n1","by":{"id":"ana","role":"agent"}}"#),
    (
        "file-removed",
        r#"{"file":"f-1","by":{"id":"eva","role":"supervisor"}}"#,
    ),
];

#[test]
fn heads_of_every_kind_round_trip_byte_for_byte() {
    for (code, head) in HEADS {
        let head = head.replace("DECISION", DECISION);
        let kind = EventKind::from_code(code).expect(code);
        let event = Event::from_head(kind, &head).unwrap_or_else(|error| panic!("{code}: {error}"));
        assert_eq!(event.kind(), kind);
        assert_eq!(event.head_json(), head, "{code}");
        // Readers that parse without a type see the same order of keys.
        let value: serde_json::Value = serde_json::from_str(&head).expect(code);
        assert_eq!(value.to_string(), head, "{code}");
    }
    for kind in EventKind::ALL {
        let mut covered = HEADS.iter().map(|(code, _)| *code);
        assert!(covered.any(|code| code == kind.as_str()), "{kind:?}");
        assert_eq!(EventKind::from_number(*kind as u16), Some(*kind));
    }
    assert_eq!(EventKind::from_number(0), None);
}

#[test]
fn a_decision_is_added_after_the_head() {
    let head = r#"{"interaction":"1","kind":"message","channel":"x","received_at":"2026-01-01T00:00:00Z"}"#;
    let mut event = Event::from_head(EventKind::Received, head).expect("a head");
    let whole = head.replace('}', &format!(",{DECISION}}}"));
    let Ok(Event::Received(decided)) = Event::from_head(EventKind::Received, &whole) else {
        panic!("another kind");
    };
    let decision = *decided.decision.expect("a decision");
    let actions = &decision.escalation.as_ref().expect("actions").actions;
    assert_eq!(actions[0].kind, ActionKind::Notify);
    assert_eq!(actions[1].kind, ActionKind::Other("sing".to_owned()));
    assert_eq!(decision.outcome, OutcomeKind::Trapped);
    event.set_decision(decision);
    assert_eq!(event.head_json(), whole);
}

#[test]
fn a_head_of_another_shape_is_an_error() {
    let error = Event::from_head(EventKind::AgentRemoved, r#"{"agant":"ana"}"#);
    assert!(error.expect_err("refused").to_string().contains("agent"));
}
