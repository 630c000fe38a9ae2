//! Replays of recorded decisions: the same bytes, or the reason why not.

use std::sync::Arc;

use patchbay_config::duration::{ByteSize, Millis};
use patchbay_engine::Recording;
use patchbay_engine::component::Digest;
use patchbay_engine::decision::PluginResult;
use patchbay_engine::pipeline::Pipelines;
use patchbay_engine::plugin::Plugin;
use patchbay_engine::replay::{NotReplayable, PluginSource, RecordedResult, ReplayVerdict, replay};
use patchbay_model::decision::stage::Stage;
use patchbay_model::outcome::OutcomeKind;
use patchbay_suite::guests::wat;
use patchbay_suite::host::{TIMEOUT, drafted, plugin, said, spec, triggered};
use serde_json::{Value, json};

use crate::assertions::on_both_allocators;

/// A company with only this plugin.
fn company(plugin: Plugin) -> Pipelines {
    let plugin = Arc::new(plugin);
    let mut company = Pipelines::new("general");
    let stages = Stage::ALL.into_iter();
    for stage in stages.filter(|stage| plugin.decides(*stage)) {
        company.push(stage, Arc::clone(&plugin));
    }
    company
}

/// The record of a pass over these stages with this text.
fn record(company: &Pipelines, stages: &[Stage], text: &str) -> Vec<RecordedResult> {
    let mut pass = company
        .begin(stages.iter().copied(), TIMEOUT)
        .recording(Recording::ALL);
    let parts: Vec<PluginResult> = stages
        .iter()
        .flat_map(|stage| match stage {
            Stage::Classify => pass.classify(&said(text)).plugins,
            Stage::Route => pass.route(&said(text)).plugins,
            Stage::Tone => pass.check(&drafted(text, false)).plugins,
            Stage::Escalate => pass.escalate(&triggered(text)).plugins,
        })
        .collect();
    let json = serde_json::to_string(&parts).expect("JSON");
    serde_json::from_str(&json).expect("valid JSON")
}

fn replayed(company: &Pipelines, parts: &[RecordedResult]) -> Vec<ReplayVerdict> {
    let parts = replay(parts, company);
    parts.into_iter().map(|part| part.verdict).collect()
}

fn not(why: NotReplayable) -> ReplayVerdict {
    ReplayVerdict::not(why)
}

#[test]
fn every_stage_replays_to_the_same_bytes() {
    on_both_allocators(|engine| {
        let company = company(plugin(engine, |_| {}));
        for stage in Stage::ALL {
            let parts = record(&company, &[stage], "ok");
            assert_eq!(parts[0].outcome, OutcomeKind::Ok, "{parts:?}");
            assert!(parts[0].answer.is_some(), "{parts:?}");
            assert_eq!(replayed(&company, &parts), [ReplayVerdict::Same], "{stage}");
        }
    });
}

#[test]
fn the_decisions_of_a_pass_are_replayed_in_one_instance() {
    on_both_allocators(|engine| {
        let company = company(plugin(engine, |_| {}));
        let stages = [Stage::Classify, Stage::Route, Stage::Escalate];
        let parts = record(&company, &stages, "ok");
        let uses: Vec<u32> = parts.iter().map(|part| part.use_number).collect();
        assert_eq!(uses, [1, 2, 3]);
        assert_eq!(replayed(&company, &parts), vec![ReplayVerdict::Same; 3]);
        // The second alone would start in the middle.
        let second = &parts[1..2];
        assert_eq!(
            replayed(&company, second),
            [not(NotReplayable::ReusedInstance)]
        );
    });
}

#[test]
fn host_calls_are_answered_from_the_transcript() {
    on_both_allocators(|engine| {
        let company = company(plugin(engine, |_| {}));
        for text in [
            "chance",
            "clocks",
            "hours",
            "hours-of-queue",
            "settings",
            "agents-summaries",
            "state-contact",
            "state-write",
            "environment",
            "print",
            "sleep",
            "stdin",
            "ids 20",
            "decline",
            "fail",
        ] {
            let parts = record(&company, &[Stage::Classify], text);
            assert_eq!(
                replayed(&company, &parts),
                [ReplayVerdict::Same],
                "{text}: {parts:#?}"
            );
        }
    });
}

#[test]
fn failed_decisions_replay_to_the_same_outcome() {
    on_both_allocators(|engine| {
        let company = company(plugin(engine, |spec| {
            spec.grants = Default::default();
            spec.limits.memory = ByteSize(8 << 20);
            spec.limits.output = ByteSize(4 << 10);
        }));
        for (text, outcome) in [
            ("agents", OutcomeKind::Denied),
            ("tcp", OutcomeKind::Denied),
            ("trap", OutcomeKind::Trapped),
            ("grow", OutcomeKind::OutOfMemory),
            ("why 100000", OutcomeKind::BadOutput),
            ("confidence-2", OutcomeKind::BadOutput),
        ] {
            let parts = record(&company, &[Stage::Classify], text);
            let ended = (parts[0].outcome, replayed(&company, &parts));
            assert_eq!(
                ended,
                (outcome, vec![ReplayVerdict::Same]),
                "{text}: {parts:#?}"
            );
        }
    });
}

#[test]
fn outcomes_that_depend_on_the_machine_are_not_compared() {
    on_both_allocators(|engine| {
        let company = company(plugin(engine, |spec| spec.limits.deadline = Millis(20)));
        for (text, outcome) in [
            ("loop", OutcomeKind::Timeout),
            ("recurse", OutcomeKind::StackOverflow),
        ] {
            let parts = record(&company, &[Stage::Classify], text);
            assert_eq!(parts[0].outcome, outcome, "{text}");
            let expected = ReplayVerdict::NotReplayable {
                why: NotReplayable::NotCompared,
                ended: Some(outcome),
            };
            assert_eq!(replayed(&company, &parts), [expected], "{text}");
        }
    });
}

#[test]
fn a_different_host_call_is_reported_with_both_calls() {
    on_both_allocators(|engine| {
        let company = company(plugin(engine, |_| {}));
        let mut parts = record(&company, &[Stage::Classify], "chance");
        // As if it had been recorded with another text.
        let calls = parts[0].transcript.as_mut().expect("a transcript");
        for call in calls.iter_mut() {
            if call.name == "types.interaction.text" {
                call.result = Some(json!("settings"));
            }
        }
        let replayed = replayed(&company, &parts);
        let [ReplayVerdict::Diverged(divergence)] = replayed.as_slice() else {
            panic!("{replayed:?}");
        };
        let call = divergence.replayed.as_ref().expect("a host call");
        assert_eq!(call.name, "settings.get");
        let recorded = divergence.recorded.as_ref().expect("a recorded call");
        assert!(recorded.name.contains("random"), "{recorded:?}");
    });
}

#[test]
fn missing_and_additional_host_calls_are_reported() {
    on_both_allocators(|engine| {
        let company = company(plugin(engine, |_| {}));
        let whole = record(&company, &[Stage::Classify], "clocks");
        let mut less = whole.clone();
        let calls = less[0].transcript.as_mut().expect("a transcript");
        let last = calls.pop().expect("a call");
        let verdicts = replayed(&company, &less);
        let [ReplayVerdict::Diverged(divergence)] = verdicts.as_slice() else {
            panic!("{verdicts:?}");
        };
        assert_eq!(divergence.recorded, None);
        assert_eq!(
            divergence.replayed.as_ref().map(|call| &*call.name),
            Some(&*last.name)
        );
        let mut more = whole;
        let calls = more[0].transcript.as_mut().expect("a transcript");
        calls.push(last);
        let verdicts = replayed(&company, &more);
        let [ReplayVerdict::Diverged(divergence)] = verdicts.as_slice() else {
            panic!("{verdicts:?}");
        };
        assert_eq!(divergence.replayed, None);
    });
}

#[test]
fn memory_reused_across_decisions_shows_as_a_difference() {
    on_both_allocators(|engine| {
        let company = company(plugin(engine, |spec| spec.reuse = 10));
        record(&company, &[Stage::Classify], "ok");
        let mut second = record(&company, &[Stage::Classify], "ok");
        assert_eq!(second[0].use_number, 2);
        assert_eq!(
            replayed(&company, &second),
            [not(NotReplayable::ReusedInstance)]
        );
        // As if the instance had been fresh: its counter shows that it was not.
        second[0].use_number = 1;
        let replayed = replayed(&company, &second);
        let [ReplayVerdict::Different { differences }] = replayed.as_slice() else {
            panic!("{replayed:?}");
        };
        let fields: Vec<&str> = differences.iter().map(|one| one.field.as_str()).collect();
        assert_eq!(fields, ["why"]);
        assert!(
            differences[0]
                .recorded
                .as_ref()
                .is_some_and(|was| was.as_str().is_some_and(|was| was.contains("decision=2")))
        );
    });
}

#[test]
fn a_replay_needs_the_transcript_and_the_plugin() {
    on_both_allocators(|engine| {
        let here = company(plugin(engine, |_| {}));
        let mut parts = record(&here, &[Stage::Classify], "ok");
        let elsewhere = company(plugin(engine, |spec| {
            spec.settings = json!({"marker": "x"})
        }));
        assert_eq!(
            replayed(&elsewhere, &parts),
            [not(NotReplayable::PackNotKept)]
        );
        parts[0].transcript = None;
        assert_eq!(replayed(&here, &parts), [not(NotReplayable::NoTranscript)]);
    });
}

#[test]
fn a_replaced_component_is_reported() {
    struct Another(Arc<Plugin>);
    impl PluginSource for Another {
        fn plugin(&self, _: &Digest, _: &Digest) -> Option<Arc<Plugin>> {
            Some(Arc::clone(&self.0))
        }
    }
    on_both_allocators(|engine| {
        let here = company(plugin(engine, |_| {}));
        let parts = record(&here, &[Stage::Classify], "ok");
        let other = Plugin::activate(engine, spec(wat("random"))).expect("activated");
        let replayed = replay(&parts, &Another(Arc::new(other)));
        assert!(
            matches!(
                replayed[0].verdict,
                ReplayVerdict::Diverged(_) | ReplayVerdict::Different { .. }
            ),
            "{replayed:?}"
        );
    });
}

#[test]
fn a_transcript_beyond_its_limit_is_not_recorded() {
    on_both_allocators(|engine| {
        let company = company(plugin(engine, |_| {}));
        let recording = Recording {
            answers: true,
            transcript: 2_000,
        };
        let has_transcript = |text| {
            let mut pass = company
                .begin([Stage::Classify], TIMEOUT)
                .recording(recording);
            let parts = pass.classify(&said(text)).plugins;
            let part: Value = serde_json::to_value(&parts[0]).expect("JSON");
            assert!(part["answer"].is_object(), "{part}");
            part["transcript"].is_array()
        };
        assert!(has_transcript("ok"));
        assert!(!has_transcript("ids 100"));
    });
}
