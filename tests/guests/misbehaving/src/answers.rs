//! Answers that violate the contract, made without the SDK's builders.

use patchbay_sdk::prelude::*;
use patchbay_sdk::{PersonalData, Target};

pub fn classification(word: &str, number: usize, text: &str) -> Option<Classification> {
    let mut answer = Classification::because("");
    match word {
        "why" => answer.why = "w".repeat(number),
        "not-utf8" => answer.why = not_utf8(),
        "confidence-nan" => answer.intents = vec![intent("a", f64::NAN)],
        "confidence-2" => answer.intents = vec![intent("a", 2.0)],
        "sentiment" => answer.sentiment = Some(-1.5),
        "spam-infinite" => answer.spam = Some(f64::INFINITY),
        "urgency" => answer.urgency = Some(101),
        "language" => answer.language = Some("not a language".to_owned()),
        "topics" => answer.topics = vec!["topic".to_owned(); number],
        "topic-name" => answer.topics = vec!["Not A Code\n".to_owned()],
        "intents" => answer.intents = vec![intent("a", 0.5); number],
        "empty-texts" => answer.topics = vec![String::new(); number],
        // `span 3 7`: the bytes of the span.
        "span" => {
            let ends: Vec<u32> = text
                .split(' ')
                .skip(1)
                .take(2)
                .filter_map(|end| end.parse().ok())
                .collect();
            answer.personal_data = vec![PersonalData {
                kind: "email".to_owned(),
                start: ends[0],
                end: ends[1],
            }];
        }
        _ => return None,
    }
    Some(answer)
}

pub fn route_plan(word: &str, number: usize) -> Option<RoutePlan> {
    let mut plan = RoutePlan::to_queue("general");
    match word {
        "queue" => plan = RoutePlan::to_queue("nowhere"),
        "agent" => plan = RoutePlan::to_agent("nobody"),
        "target-kind" => {
            plan.target = Target {
                kind: "fly".to_owned(),
                ..plan.target
            }
        }
        "target-missing" => plan.target.id = None,
        "preference" => plan = plan.prefer("nobody", 1),
        "priority" => plan.priority = Some(101),
        "waits-for-nobody" => plan = plan.until(u64::MAX),
        "waits-for-ever" => plan = RoutePlan::hold().until(u64::MAX),
        "waits-in-vain" => plan = RoutePlan::to_agent("ana").until(1),
        "waits-nowhere" => plan = RoutePlan::to_agent("ana").in_queue("nowhere"),
        "excluded" => plan.excluded = vec!["ana".to_owned(); number],
        "offer-timeout" => plan.offer_timeout = Some(u32::MAX),
        "waits" => {
            let soon = clock::now() + 60_000;
            plan = RoutePlan::to_agent("ana")
                .until(soon)
                .while_away()
                .in_queue("general")
                .exclude("bo")
                .offer_timeout(30);
        }
        "sla-clock" => plan = plan.sla("lunch", 60),
        "sla-zero" => plan = plan.sla("resolution", 0),
        "proficiency" => plan = plan.step(Step::new().skill("fraud", 9)),
        "steps" => plan.steps = vec![Step::new(); number],
        "tags" => plan.tags = vec!["tag".to_owned(); number],
        _ => return None,
    }
    Some(plan)
}

pub fn review(word: &str, number: usize) -> Option<Review> {
    let finding = || Finding::new("a.b", Severity::Low, "because");
    let mut review = Review::approve();
    match word {
        "findings" => review.findings = vec![finding(); number],
        "beyond" => review = review.finding(finding().span(0..10_000)),
        "one-end" => {
            review.findings = vec![Finding {
                start: Some(0),
                ..finding()
            }]
        }
        "approvers" => review.approvers = vec!["legal".to_owned()],
        "many-approvers" => {
            review = review.hold();
            review.approvers = vec!["legal".to_owned(); number];
        }
        "held-for" => review = review.hold_for("legal").hold_for("press"),
        "inside" => review = review.finding(finding().span(number..number + 1)),
        _ => return None,
    }
    Some(review)
}

pub fn escalation(word: &str, number: usize) -> Option<Escalation> {
    let answer = Escalation::because("");
    Some(match word {
        "notify" => answer.notify("https://elsewhere.example", "hello"),
        "re-route" => answer.re_route("nowhere"),
        "sing" => answer.action(Action::new("sing")),
        "yesterday" => answer.wake_up(1),
        "unnamed" => answer.wake_up_for("Not A Code", u64::MAX),
        "never" => answer.wake_up(u64::MAX),
        "actions" => Escalation {
            actions: vec![Action::new("require-approval"); number],
            ..answer
        },
        _ => return None,
    })
}

fn intent(name: &str, confidence: f64) -> Intent {
    Intent {
        name: name.to_owned(),
        confidence,
    }
}

#[allow(unsafe_code)]
pub fn not_utf8() -> String {
    // SAFETY: none, as in a guest of another language. The string is only passed
    // to the host.
    unsafe { String::from_utf8_unchecked(vec![b'a', 0xff, 0xc0, 0x80]) }
}
