//! Values that a policy reads, and its answers, cross the boundary unchanged.

use std::collections::BTreeMap;
use std::sync::Arc;

use patchbay_config::duration::Seconds;
use patchbay_engine::plugin::Lease;
use patchbay_model::conversation::{Trigger, TriggerCode};
use patchbay_model::decision::tone::Verdict;
use patchbay_model::directory::Directory;
use patchbay_model::hours::Hours;
use patchbay_model::interaction::Draft;
use patchbay_model::situation::{DraftInput, Situation, Surroundings};
use patchbay_suite::host::{NOW_MS, SEED, TIMEOUT, drafted, plugin, situation};
use serde_json::json;

use crate::assertions::on_both_allocators;

/// A company whose queue is open from nine to five, Monday and Tuesday.
fn company() -> Arc<Surroundings> {
    let agents = json!([
        {"id": "ana", "skills": {"fraud": 3}, "teams": ["night"], "load": 50, "idle": 9},
        {"id": "bo", "skills": {"fraud": 5}, "queues": ["general"]},
    ]);
    let queues = json!([
        {"id": "general", "default": true, "hours": "office"},
        {"id": "vip", "skills": {"fraud": 4}},
    ]);
    let directory = Directory::new(
        serde_json::from_value(agents).expect("agents"),
        serde_json::from_value(queues).expect("queues"),
    );
    let hours: Hours = serde_json::from_value(json!({
        "zone": "UTC",
        "week": {"mon": ["09:00-17:00"], "tue": ["09:00-17:00"]},
    }))
    .expect("hours");
    Arc::new(Surroundings {
        hours: Arc::new(BTreeMap::from([("office".to_owned(), hours)])),
        ..Surroundings::of(directory.expect("a directory"))
    })
}

fn here(text: &str, now_ms: i64) -> Situation {
    Situation {
        surroundings: company(),
        ..situation(text, now_ms, SEED)
    }
}

const HOUR: i64 = 3_600_000;

#[test]
fn a_policy_reads_agents_in_bulk_or_one_at_a_time() {
    on_both_allocators(|engine| {
        let plugin = plugin(engine, |_| {});
        let mut lease = Lease::acquire(&plugin, TIMEOUT).expect("an instance");
        let mut report = |text| {
            let (answer, trace) = lease.classify(&Arc::new(here(text, NOW_MS)), true);
            let calls = trace.transcript.expect("a transcript").calls();
            (answer.expect("an answer").why, calls)
        };
        let (summaries, calls) = report("agents-summaries");
        assert_eq!(
            summaries,
            "SummaryPage { items: [AgentSummary { id: \"ana\", presence: \"available\", load: 50, \
             capacity: 100, idle-seconds: Some(9), proficiencies: [3] }], total: 1, truncated: false }"
        );
        let found = calls
            .iter()
            .find(|call| call.name == "agents.find-summaries");
        assert_eq!(
            found.and_then(|call| call.result.as_ref()),
            Some(&json!([
                [{"id": "ana", "presence": "available", "load": 50, "capacity": 100,
                  "idle-seconds": 9, "proficiencies": [3]}],
                1,
                false
            ]))
        );
        let (summaries, _) = report("agents-member");
        assert_eq!(summaries, "Some(([\"general\"], [\"night\"]))");
    });
}

#[test]
fn hours_say_when_they_open_and_close() {
    on_both_allocators(|engine| {
        let plugin = plugin(engine, |_| {});
        let mut lease = Lease::acquire(&plugin, TIMEOUT).expect("an instance");
        let mut report = |text, now| {
            let (answer, _) = lease.classify(&Arc::new(here(text, now)), false);
            answer.expect("an answer").why
        };
        let (five, tomorrow) = (NOW_MS + 7 * HOUR, NOW_MS + 23 * HOUR);
        assert_eq!(
            report("hours", NOW_MS),
            format!(
                "office Some(true) None Some({five}) Some({})",
                NOW_MS + HOUR
            )
        );
        assert_eq!(
            report("hours-of-queue", NOW_MS),
            format!("Some((true, None, Some({five})))")
        );
        assert_eq!(
            report("hours", five),
            format!(
                "office Some(false) Some({tomorrow}) None Some({})",
                tomorrow + HOUR
            )
        );
        assert_eq!(
            report("hours-of-queue", five),
            format!("Some((false, Some({tomorrow}), None))")
        );
    });
}

#[test]
fn a_draft_shows_its_attachments() {
    on_both_allocators(|engine| {
        let plugin = plugin(engine, |_| {});
        let draft = Draft::from_value(json!({
            "id": "d", "channel": "chat", "text": "attachments",
            "attachments": [{"kind": "image", "name": "label.png"}, {"kind": "document"}],
        }));
        let draft = Arc::new(draft.expect("a draft"));
        let composing = false;
        let situation = Situation {
            draft: Some(DraftInput { draft, composing }),
            ..here("hello", NOW_MS)
        };
        let mut lease = Lease::acquire(&plugin, TIMEOUT).expect("an instance");
        let (review, _) = lease.check(&Arc::new(situation), false);
        assert_eq!(
            review.expect("a review").why,
            "[(\"image\", Some(\"label.png\")), (\"document\", None)]"
        );
    });
}

#[test]
fn a_trigger_has_its_subject_and_time() {
    on_both_allocators(|engine| {
        let plugin = plugin(engine, |_| {});
        let mut situation = here("hello", NOW_MS);
        situation.trigger = Some(Arc::new(Trigger {
            subject: Some("read".to_owned()),
            agent: Some("ana".to_owned()),
            window: Some(Seconds(900)),
            ..Trigger::of(TriggerCode::VolumeSurge)
        }));
        if let Some(exchange) = &mut situation.exchange {
            Arc::make_mut(exchange).conversation.incident = Some("outage".to_owned());
        }
        let mut lease = Lease::acquire(&plugin, TIMEOUT).expect("an instance");
        let (escalation, _) = lease.escalate(&Arc::new(situation), false);
        assert_eq!(
            escalation.expect("an answer").why,
            "(Some(\"ana\"), Some(900), Some(\"outage\"))"
        );
    });
}

#[test]
fn a_route_may_wait_for_an_agent_and_exclude_others() {
    on_both_allocators(|engine| {
        let plugin = plugin(engine, |_| {});
        let mut lease = Lease::acquire(&plugin, TIMEOUT).expect("an instance");
        let (plan, trace) = lease.route(&Arc::new(here("waits", NOW_MS)), false);
        let plan = plan.unwrap_or_else(|| panic!("{}", trace.outcome));
        assert_eq!(
            serde_json::to_value(plan).expect("JSON"),
            json!({
                "target": {"kind": "agent", "id": "ana", "queue": "general",
                           "until": "2026-03-02T10:01:00Z", "while_away": true},
                "steps": [], "excluded": ["bo"], "priority": null, "offer_timeout": "30s",
                "sla": {}, "tags": [], "why": "",
            })
        );
    });
}

#[test]
fn a_review_may_name_approvers() {
    on_both_allocators(|engine| {
        let plugin = plugin(engine, |_| {});
        let mut lease = Lease::acquire(&plugin, TIMEOUT).expect("an instance");
        let (review, _) = lease.check(&drafted("held-for", false), false);
        let review = review.expect("a review");
        assert_eq!(review.verdict, Verdict::Hold);
        assert_eq!(review.approvers, ["legal", "press"]);
    });
}
