use super::*;
use crate::classify::tests::POLICY;
use patchbay_sdk::testing::*;

fn world() -> World {
    World::new()
        .queue(Queue::example("general").default_queue())
        .queue(Queue::example("fraud"))
        .queue(Queue::example("billing").closed())
        .agent(
            Agent::example("ana")
                .skill("fraud", 3)
                .language("pt")
                .language("en"),
        )
        .agent(Agent::example("bo").skill("fraud", 2).language("en"))
        .agent(Agent::example("cy").presence("offline").language("de"))
}

fn lost_card() -> ConversationExample {
    Conversation::example(Interaction::example("x", "lost my card").public())
        .cause("new")
        .assessment(
            Assessment::example()
                .intent("card-lost", 0.9)
                .topic("cards")
                .urgency(90)
                .language("en"),
        )
}

fn planned(conversation: ConversationExample) -> RoutePlan {
    let conversation: Conversation = conversation.into();
    world()
        .enter(|| plan(&POLICY, &conversation))
        .unwrap_or_else(|| panic!("declined"))
}

#[test]
fn the_best_intent_decides_the_queue_and_steps_only_widen() {
    let plan = planned(lost_card());
    assert_eq!(plan.target.id.as_deref(), Some("fraud"));
    let asked: Vec<(Vec<_>, Vec<String>)> = plan
        .steps
        .iter()
        .map(|step| {
            (
                step.skills
                    .iter()
                    .map(|skill| (skill.name.clone(), skill.proficiency))
                    .collect(),
                step.languages.clone(),
            )
        })
        .collect();
    let fraud = |least| vec![("fraud".to_owned(), least)];
    let en = || vec!["en".to_owned()];
    assert_eq!(
        asked,
        [
            (fraud(3), en()),
            (fraud(2), en()),
            (vec![], en()),
            (vec![], vec![])
        ]
    );
    assert_eq!(plan.steps.last().and_then(|step| step.expires_after), None);
    assert!(plan.priority >= Some(90));
    assert!(
        plan.sla
            .iter()
            .any(|target| target.clock == "first-response" && target.seconds == 150)
    );
}

#[test]
fn steps_that_no_agent_meets_are_left_out() {
    let plan = planned(
        lost_card().assessment(
            Assessment::example()
                .intent("card-lost", 0.9)
                .language("fr"),
        ),
    );
    assert!(plan.steps.iter().all(|step| step.languages.is_empty()));
    let plan =
        planned(lost_card().assessment(Assessment::example().intent("safety", 0.9).language("ja")));
    assert_eq!(
        (plan.target.id.as_deref(), plan.steps.len()),
        (Some("general"), 0)
    );
}

#[test]
fn a_queue_that_does_not_exist_is_skipped() {
    let plan = planned(
        lost_card().assessment(
            Assessment::example()
                .intent("baggage-lost", 0.9)
                .intent("refund", 0.6),
        ),
    );
    assert_eq!(plan.target.id.as_deref(), Some("billing"));
    assert!(plan.tags.contains(&"out-of-hours".to_owned()));
}

#[test]
fn without_a_queue_the_policy_declines() {
    let conversation: Conversation = lost_card().into();
    assert!(
        World::new()
            .enter(|| plan(&POLICY, &conversation))
            .is_none()
    );
}

#[test]
fn spam_is_closed_unless_an_agent_answered_the_contact() {
    let spam = || lost_card().assessment(Assessment::example().spam(0.97));
    assert_eq!(planned(spam()).target.kind, "close");
    assert_eq!(planned(spam().last_agent("ana")).target.kind, "queue");
}

#[test]
fn the_last_agent_is_preferred_unless_away_or_returning_it() {
    let agents = |conversation| {
        planned(conversation)
            .preferences
            .into_iter()
            .map(|preference| preference.agent)
            .collect::<Vec<_>>()
    };
    assert_eq!(agents(lost_card().last_agent("ana")), ["ana"]);
    assert!(agents(lost_card().last_agent("cy")).is_empty());
    assert!(agents(lost_card().last_agent("gone")).is_empty());
    assert!(agents(lost_card().last_agent("ana").cause("returned")).is_empty());
}

#[test]
fn reach_mood_and_cause_raise_the_priority() {
    let assessed = || {
        Assessment::example()
            .intent("order-status", 0.8)
            .urgency(40)
    };
    let quiet = planned(lost_card().assessment(assessed())).priority;
    let loud = planned(
        Conversation::example(Interaction::example("x", "?").public())
            .cause("reopened")
            .contact(
                Contact::example()
                    .reach(2_000_000)
                    .verified(true)
                    .recent_interactions(6),
            )
            .assessment(assessed().sentiment(-0.8)),
    );
    assert!(loud.priority > quiet);
    for tag in ["wide-reach", "repeat-contact", "negative", "reopened"] {
        assert!(loud.tags.iter().any(|given| given == tag), "{tag}");
    }
    assert_eq!(
        planned(
            lost_card()
                .assessment(assessed())
                .cause("expired")
                .priority(95)
        )
        .priority,
        Some(95)
    );
}
