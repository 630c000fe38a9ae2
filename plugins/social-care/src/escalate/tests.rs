use super::*;
use patchbay_sdk::testing::*;

fn policy() -> SocialCare {
    prepare(json!({ "teams": { "press": "press-office", "safety": "safety-desk", "manager": "duty-manager" } })).unwrap_or_else(|_| panic!("refused"))
}

fn conversation(assessment: AssessmentExample) -> ConversationExample {
    Conversation::example(Interaction::example("x", "…").public())
        .queue("general")
        .priority(40)
        .assessment(assessment)
}

fn actions(trigger: TriggerExample) -> Vec<(String, Option<String>)> {
    let trigger: Trigger = trigger.into();
    respond(&policy(), &trigger)
        .map(|answer| {
            answer
                .actions
                .into_iter()
                .map(|action| (action.kind, action.target))
                .collect()
        })
        .unwrap_or_default()
}

fn action(kind: &str, target: Option<&str>) -> (String, Option<String>) {
    (kind.to_owned(), target.map(str::to_owned))
}

#[test]
fn a_danger_notifies_its_team_and_requires_approval() {
    let found = actions(
        Trigger::example("classified")
            .conversation(conversation(Assessment::example().intent("safety", 0.9))),
    );
    assert!(found.contains(&action("notify", Some("safety-desk"))));
    assert!(found.contains(&action("raise-priority", None)));
    assert!(found.contains(&action("require-approval", None)));
}

#[test]
fn a_team_without_a_target_is_not_notified() {
    let found = actions(Trigger::example("classified").conversation(conversation(
        Assessment::example().intent("legal-threat", 0.9),
    )));
    assert!(found.iter().all(|(kind, _)| kind != "notify"));
    assert!(found.contains(&action("raise-priority", None)));
}

#[test]
fn an_ordinary_trigger_is_declined() {
    let ordinary = conversation(Assessment::example().intent("order-status", 0.9));
    assert!(actions(Trigger::example("classified").conversation(ordinary)).is_empty());
    assert!(actions(Trigger::example("classified")).is_empty());
    assert!(actions(Trigger::example("something-new")).is_empty());
    assert!(actions(Trigger::example("wake-up")).is_empty());
}

#[test]
fn reach_counts_only_in_a_bad_mood() {
    let before_many = |mood| {
        let conversation = conversation(Assessment::example().sentiment(mood))
            .contact(Contact::example().reach(900_000));
        actions(Trigger::example("classified").conversation(conversation))
    };
    assert!(before_many(-0.7).contains(&action("notify", Some("press-office"))));
    assert!(before_many(0.7).is_empty());
}

#[test]
fn clocks_offers_and_silence_reach_the_manager() {
    let of = |code| Trigger::example(code).conversation(conversation(Assessment::example()));
    for code in ["sla-at-risk", "sla-breached", "silent-agent"] {
        assert!(
            actions(of(code).clock("next-response"))
                .contains(&action("notify", Some("duty-manager"))),
            "{code}"
        );
    }
    assert!(actions(of("silent-agent")).contains(&action("re-route", Some("general"))));
    assert!(
        !actions(of("declined").count(1))
            .iter()
            .any(|(kind, _)| kind == "notify")
    );
    assert!(actions(of("declined").count(3)).contains(&action("notify", Some("duty-manager"))));
    assert_eq!(
        actions(of("customer-returned")),
        [action("raise-priority", None)]
    );
}

#[test]
fn a_surge_is_an_incident_once_it_is_large() {
    let surge = |count| {
        actions(
            Trigger::example("volume-surge")
                .subject("outage")
                .count(count)
                .usual(4.0),
        )
    };
    assert!(surge(60).contains(&action("open-incident", Some("outage"))));
    assert!(surge(9).is_empty());
    assert!(
        actions(
            Trigger::example("volume-surge")
                .subject("outage")
                .count(11)
                .usual(10.0)
        )
        .is_empty()
    );
}
