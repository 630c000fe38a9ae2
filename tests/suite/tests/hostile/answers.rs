//! Answers that violate the contract.

use patchbay_engine::LogLine;
use patchbay_engine::plugin::{Lease, Plugin};
use patchbay_model::outcome::OutcomeKind::{BadOutput, Ok, Trapped};
use patchbay_suite::guests::{Wrapping, wat};
use patchbay_suite::host::{TIMEOUT, drafted, plugin, said, spec, triggered};
use wit_component::StringEncoding;

use crate::assertions::{assert_detail, assert_healthy, classify, fail, on_both_allocators};

#[test]
fn a_classification_is_checked_field_by_field() {
    on_both_allocators(|engine| {
        // Good decisions in between keep the breaker closed.
        let plugin = plugin(engine, |_| {});
        for (text, field) in [
            ("confidence-nan", "intents[0].confidence"),
            ("confidence-2", "intents[0].confidence"),
            ("sentiment", "sentiment"),
            ("spam-infinite", "spam"),
            ("urgency", "urgency"),
            ("topics 65", "topics"),
            ("intents 65", "intents"),
            ("topic-name", "topics[0]"),
            ("span 0 99", "personal_data[0]"),
            ("span 4 4", "personal_data[0]"),
            ("span 4 2", "personal_data[0]"),
            ("span 11 12 é", "personal_data[0]"),
            ("span 4294967295 4294967295", "personal_data[0]"),
        ] {
            assert_detail(&fail(&plugin, text), BadOutput, field);
        }
    });
}

/// The tag is often the channel's, and the rest of the answer is good.
#[test]
fn a_malformed_language_is_ignored_and_logged() {
    on_both_allocators(|engine| {
        let plugin = plugin(engine, |_| {});
        let (answer, trace) = classify(&plugin, "language");
        assert_eq!(answer.expect("an answer").language, None);
        let is_warning = |line: &LogLine| line.level == "warn" && line.message.contains("language");
        assert!(trace.log.iter().any(is_warning), "{:?}", trace.log);
    });
}

#[test]
fn a_route_names_only_existing_agents_and_queues() {
    on_both_allocators(|engine| {
        // Good decisions in between keep the breaker closed.
        let plugin = plugin(engine, |_| {});
        for (text, field) in [
            ("queue", "target.id"),
            ("agent", "target.id"),
            ("target-kind", "target.kind"),
            ("target-missing", "target.id"),
            ("preference", "preferences[0].agent"),
            ("priority", "priority"),
            ("waits-for-nobody", "target.until"),
            ("waits-for-ever", "target.until"),
            ("waits-in-vain", "target.until"),
            ("waits-nowhere", "target.queue"),
            ("excluded 65", "excluded"),
            ("offer-timeout", "offer_timeout"),
            ("sla-clock", "sla"),
            ("sla-zero", "sla.resolution"),
            ("proficiency", "steps[0].skills.fraud"),
            ("steps 17", "steps"),
            ("tags 65", "tags"),
        ] {
            let mut lease = Lease::acquire(&plugin, TIMEOUT).expect("an instance");
            let (answer, trace) = lease.route(&said(text), false);
            assert_eq!(answer, None);
            assert_detail(&trace.outcome, BadOutput, field);
            assert_eq!(lease.route(&said("ok"), false).1.outcome.kind, Ok);
            drop(lease);
            assert_healthy(&plugin);
        }
    });
}

#[test]
fn a_review_points_into_the_draft() {
    on_both_allocators(|engine| {
        // Good decisions in between keep the breaker closed.
        let plugin = plugin(engine, |_| {});
        for (text, field) in [
            ("findings 65", "findings"),
            ("beyond", "findings[0]"),
            ("one-end", "findings[0]"),
            ("approvers", "approvers"),
            ("many-approvers 9", "approvers"),
            // A character of four bytes starts at the tenth.
            ("inside 10 \u{1F600}", "findings[0]"),
        ] {
            let mut lease = Lease::acquire(&plugin, TIMEOUT).expect("an instance");
            let (answer, trace) = lease.check(&drafted(text, false), false);
            assert_eq!(answer, None, "{text}");
            assert_detail(&trace.outcome, BadOutput, field);
            assert_eq!(lease.check(&drafted("ok", false), false).1.outcome.kind, Ok);
        }
    });
}

#[test]
fn an_escalation_names_only_configured_targets() {
    on_both_allocators(|engine| {
        // Good decisions in between keep the breaker closed.
        let plugin = plugin(engine, |_| {});
        for (subject, field) in [
            ("notify", "actions[0].target"),
            ("re-route", "actions[0].target"),
            ("sing", "actions[0].kind"),
            ("yesterday", "actions[0].at"),
            ("unnamed", "actions[0].target"),
            ("actions 33", "actions"),
        ] {
            let mut lease = Lease::acquire(&plugin, TIMEOUT).expect("an instance");
            let (answer, trace) = lease.escalate(&triggered(subject), false);
            assert_eq!(answer, None);
            assert_detail(&trace.outcome, BadOutput, field);
            assert_eq!(lease.escalate(&triggered("ok"), false).1.outcome.kind, Ok);
        }
    });
}

#[test]
fn invalid_utf_8_is_refused() {
    on_both_allocators(|engine| {
        let plugin = plugin(engine, |_| {});
        for text in ["not-utf8", "log-not-utf8"] {
            assert_detail(&fail(&plugin, text), BadOutput, "utf-8");
        }
    });
}

#[test]
fn an_unpaired_surrogate_is_refused_and_a_pair_is_not() {
    on_both_allocators(|engine| {
        let decide = |name| {
            let component = Wrapping {
                texts: StringEncoding::UTF16,
                ..Wrapping::default()
            };
            let plugin = Plugin::activate(engine, spec(component.wrap(name))).expect("activated");
            classify(&plugin, "")
        };
        assert_detail(&decide("surrogate").1.outcome, BadOutput, "surrogate");
        let (answer, _) = decide("whole-surrogates");
        assert_eq!(answer.expect("an answer").why, "\u{1F600}");
    });
}

/// These modules never answer correctly, so another plugin shows that the
/// engine still works.
#[test]
fn values_that_cannot_be_lifted_are_refused() {
    on_both_allocators(|engine| {
        let other = plugin(engine, |_| {});
        for (name, kind) in [
            ("string-of-a-gibibyte", BadOutput),
            ("list-of-a-million", BadOutput),
            ("string-of-32-mebibytes", BadOutput),
            ("list-of-a-million-there", BadOutput),
            ("bad-case", BadOutput),
            ("bad-address", BadOutput),
            ("invented-handle", BadOutput),
            ("handle-dropped-twice", BadOutput),
            ("realloc-outside", BadOutput),
            ("realloc-trap", Trapped),
            ("realloc-recurses", Trapped),
        ] {
            let mut spec = spec(wat(name));
            spec.limits.memory.0 = 64 << 20;
            let plugin = Plugin::activate(engine, spec).expect("activated");
            for _ in 0..2 {
                let (answer, trace) = classify(&plugin, "hello");
                assert_eq!(answer, None, "{name}");
                assert_eq!(trace.outcome.kind, kind, "{name}: {}", trace.outcome);
                assert!(trace.outcome.detail.is_some(), "{name} gives no detail");
            }
            assert_healthy(&other);
        }
    });
}

#[test]
fn a_trap_in_realloc_counts_as_the_policys_trap() {
    on_both_allocators(|engine| {
        let plugin = Plugin::activate(engine, spec(wat("realloc-trap"))).expect("activated");
        let (_, trace) = classify(&plugin, "hello");
        assert_detail(&trace.outcome, Trapped, "unreachable");
        let frames = trace.outcome.backtrace.concat();
        assert!(frames.contains("no_room_for_texts"), "{frames}");
    });
}

#[test]
fn a_time_beyond_the_calendar_becomes_the_last_representable_one() {
    on_both_allocators(|engine| {
        let plugin = plugin(engine, |_| {});
        let mut lease = Lease::acquire(&plugin, TIMEOUT).expect("an instance");
        let (answer, trace) = lease.escalate(&triggered("never"), false);
        assert_eq!(trace.outcome.kind, Ok, "{}", trace.outcome);
        assert_eq!(
            answer.expect("an answer").actions[0].at,
            Some(jiff::Timestamp::MAX)
        );
    });
}
