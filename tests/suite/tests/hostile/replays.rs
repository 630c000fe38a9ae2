//! Recorded decisions again: the same bytes, or what is in the way of that.

use std::sync::Arc;

use patchbay_engine::Recording;
use patchbay_engine::component::Digest;
use patchbay_engine::decision::Part;
use patchbay_engine::pipeline::Pipelines;
use patchbay_engine::plugin::Plugin;
use patchbay_engine::replay::{Kept, NotReplayable, RecordedPart, Replayed, replay};
use patchbay_model::decision::stage::Stage;
use patchbay_model::duration::{ByteSize, Millis};
use patchbay_model::outcome::OutcomeKind;
use patchbay_suite::guests::wat;
use patchbay_suite::host::{PATIENCE, drafted, plugin, said, spec, triggered};
use serde_json::{Value, json};

use crate::on_both;

/// A company with this plugin alone.
fn company(plugin: Plugin) -> Pipelines {
    let plugin = Arc::new(plugin);
    let mut company = Pipelines::new("general");
    let stages = Stage::ALL.into_iter();
    for stage in stages.filter(|stage| plugin.decides(*stage)) {
        company.push(stage, Arc::clone(&plugin));
    }
    company
}

/// What is kept of a pass over these stages about this text.
fn record(company: &Pipelines, stages: &[Stage], text: &str) -> Vec<RecordedPart> {
    let mut pass = company
        .pass(stages.iter().copied(), PATIENCE)
        .recording(Recording::ALL);
    let parts: Vec<Part> = stages
        .iter()
        .flat_map(|stage| match stage {
            Stage::Classify => pass.classify(&said(text)).parts,
            Stage::Route => pass.route(&said(text)).parts,
            Stage::Tone => pass.check(&drafted(text, false)).parts,
            Stage::Escalate => pass.escalate(&triggered(text)).parts,
        })
        .collect();
    let kept = serde_json::to_string(&parts).expect("JSON");
    serde_json::from_str(&kept).expect("it reads as it was written")
}

fn again(company: &Pipelines, parts: &[RecordedPart]) -> Vec<Replayed> {
    let parts = replay(parts, company);
    parts.into_iter().map(|part| part.replayed).collect()
}

fn not(why: NotReplayable) -> Replayed {
    Replayed::not(why)
}

#[test]
fn every_stage_gives_the_same_bytes_again() {
    on_both(|engine| {
        let company = company(plugin(engine, |_| {}));
        for stage in Stage::ALL {
            let parts = record(&company, &[stage], "ok");
            assert_eq!(parts[0].outcome, OutcomeKind::Ok, "{parts:?}");
            assert!(parts[0].answer.is_some(), "{parts:?}");
            assert_eq!(again(&company, &parts), [Replayed::Same], "{stage}");
        }
    });
}

#[test]
fn the_decisions_of_a_pass_are_replayed_in_one_instance() {
    on_both(|engine| {
        let company = company(plugin(engine, |_| {}));
        let stages = [Stage::Classify, Stage::Route, Stage::Escalate];
        let parts = record(&company, &stages, "ok");
        let uses: Vec<u32> = parts.iter().map(|part| part.use_number).collect();
        assert_eq!(uses, [1, 2, 3]);
        assert_eq!(again(&company, &parts), vec![Replayed::Same; 3]);
        // The second by itself begins in the middle.
        let second = &parts[1..2];
        assert_eq!(
            again(&company, second),
            [not(NotReplayable::ReusedInstance)]
        );
    });
}

#[test]
fn whatever_a_policy_asks_for_comes_from_the_record() {
    on_both(|engine| {
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
                again(&company, &parts),
                [Replayed::Same],
                "{text}: {parts:#?}"
            );
        }
    });
}

#[test]
fn what_was_refused_crashed_or_denied_ends_so_again() {
    on_both(|engine| {
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
            let ended = (parts[0].outcome, again(&company, &parts));
            assert_eq!(ended, (outcome, vec![Replayed::Same]), "{text}: {parts:#?}");
        }
    });
}

#[test]
fn what_depends_on_the_machine_is_told_and_not_compared() {
    on_both(|engine| {
        let company = company(plugin(engine, |spec| spec.limits.deadline = Millis(20)));
        for (text, outcome) in [
            ("loop", OutcomeKind::Timeout),
            ("recurse", OutcomeKind::StackOverflow),
        ] {
            let parts = record(&company, &[Stage::Classify], text);
            assert_eq!(parts[0].outcome, outcome, "{text}");
            let expected = Replayed::NotReplayable {
                why: NotReplayable::NotCompared,
                ended: Some(outcome),
            };
            assert_eq!(again(&company, &parts), [expected], "{text}");
        }
    });
}

#[test]
fn a_policy_that_asks_for_something_else_is_found_with_what_it_asked_for() {
    on_both(|engine| {
        let company = company(plugin(engine, |_| {}));
        let mut parts = record(&company, &[Stage::Classify], "chance");
        // As if another text had been before it when it was recorded.
        let calls = parts[0].transcript.as_mut().expect("a transcript");
        for call in calls.iter_mut() {
            if call.name == "types.interaction.text" {
                call.result = Some(json!("settings"));
            }
        }
        let replayed = again(&company, &parts);
        let [Replayed::Diverged(divergence)] = replayed.as_slice() else {
            panic!("{replayed:?}");
        };
        let asked = divergence.asked.as_ref().expect("it asked");
        assert_eq!(asked.name, "settings.get");
        let recorded = divergence.recorded.as_ref().expect("it had asked");
        assert!(recorded.name.contains("random"), "{recorded:?}");
    });
}

#[test]
fn a_policy_that_asks_for_less_or_more_is_found() {
    on_both(|engine| {
        let company = company(plugin(engine, |_| {}));
        let whole = record(&company, &[Stage::Classify], "clocks");
        let mut less = whole.clone();
        let calls = less[0].transcript.as_mut().expect("a transcript");
        let last = calls.pop().expect("a call");
        let replayed = again(&company, &less);
        let [Replayed::Diverged(divergence)] = replayed.as_slice() else {
            panic!("{replayed:?}");
        };
        assert_eq!(divergence.recorded, None);
        assert_eq!(
            divergence.asked.as_ref().map(|asked| &*asked.name),
            Some(&*last.name)
        );
        let mut more = whole;
        let calls = more[0].transcript.as_mut().expect("a transcript");
        calls.push(last);
        let replayed = again(&company, &more);
        let [Replayed::Diverged(divergence)] = replayed.as_slice() else {
            panic!("{replayed:?}");
        };
        assert_eq!(divergence.asked, None);
    });
}

#[test]
fn memory_kept_from_one_decision_to_the_next_shows_as_a_difference() {
    on_both(|engine| {
        let company = company(plugin(engine, |spec| spec.reuse = 10));
        record(&company, &[Stage::Classify], "ok");
        let mut second = record(&company, &[Stage::Classify], "ok");
        assert_eq!(second[0].use_number, 2);
        assert_eq!(
            again(&company, &second),
            [not(NotReplayable::ReusedInstance)]
        );
        // As if it had been fresh: what it counts gives it away.
        second[0].use_number = 1;
        let replayed = again(&company, &second);
        let [Replayed::Different { differences }] = replayed.as_slice() else {
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
fn without_a_transcript_or_its_plugin_nothing_is_replayed() {
    on_both(|engine| {
        let here = company(plugin(engine, |_| {}));
        let mut parts = record(&here, &[Stage::Classify], "ok");
        let elsewhere = company(plugin(engine, |spec| {
            spec.settings = json!({"marker": "x"})
        }));
        assert_eq!(again(&elsewhere, &parts), [not(NotReplayable::PackNotKept)]);
        parts[0].transcript = None;
        assert_eq!(again(&here, &parts), [not(NotReplayable::NoTranscript)]);
    });
}

#[test]
fn another_component_in_its_place_is_found_out() {
    struct Another(Arc<Plugin>);
    impl Kept for Another {
        fn plugin(&self, _: &Digest, _: &Digest) -> Option<Arc<Plugin>> {
            Some(Arc::clone(&self.0))
        }
    }
    on_both(|engine| {
        let here = company(plugin(engine, |_| {}));
        let parts = record(&here, &[Stage::Classify], "ok");
        let other = Plugin::activate(engine, spec(wat("random"))).expect("it is activated");
        let replayed = replay(&parts, &Another(Arc::new(other)));
        assert!(
            matches!(
                replayed[0].replayed,
                Replayed::Diverged(_) | Replayed::Different { .. }
            ),
            "{replayed:?}"
        );
    });
}

#[test]
fn a_transcript_beyond_its_limit_is_not_kept() {
    on_both(|engine| {
        let company = company(plugin(engine, |_| {}));
        let recording = Recording {
            answers: true,
            transcript: 2_000,
        };
        let kept = |text| {
            let mut pass = company
                .pass([Stage::Classify], PATIENCE)
                .recording(recording);
            let parts = pass.classify(&said(text)).parts;
            let part: Value = serde_json::to_value(&parts[0]).expect("JSON");
            assert!(part["answer"].is_object(), "{part}");
            part["transcript"].is_array()
        };
        assert!(kept("ok"));
        assert!(!kept("ids 100"));
    });
}
