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
fn only_certain_spam_of_a_stranger_is_closed() {
    let text = || Conversation::example(Interaction::example("sms", "you won")).cause("new");
    let assessed = || Assessment::example().spam(0.97).intent("spam", 0.97);
    let spam = || text().assessment(assessed());
    assert_eq!(planned(spam()).target.kind, "close");
    for (why, conversation) in [
        ("an agent answered", spam().last_agent("ana")),
        (
            "uncertain",
            text().assessment(Assessment::example().spam(0.8)),
        ),
        (
            "a complaint",
            text().assessment(assessed().intent("complaint", 0.4)),
        ),
        ("a bad mood", text().assessment(assessed().sentiment(-0.5))),
        (
            "another intent",
            text().assessment(assessed().intent("refund", 0.6)),
        ),
        ("reopened", spam().cause("reopened")),
        (
            "wrote before",
            spam().contact(Contact::example().recent_interactions(2)),
        ),
        (
            "verified",
            spam().contact(Contact::example().verified(true)),
        ),
        (
            "a reply",
            Conversation::example(Interaction::example("sms", "you won").in_reply_to("7"))
                .cause("new")
                .assessment(assessed()),
        ),
    ] {
        let plan = planned(conversation);
        assert_eq!(plan.target.kind, "queue", "{why}");
        assert!(plan.tags.contains(&"spam-review".to_owned()), "{why}");
    }
}

#[test]
fn likely_spam_waits_in_the_review_queue() {
    let policy: SocialCare = prepare(json!({ "review-queue": "billing" }))
        .unwrap_or_else(|problems| panic!("{problems}"));
    let likely = lost_card().assessment(Assessment::example().spam(0.7).intent("refund", 0.6));
    let conversation: Conversation = likely.into();
    let plan = world().enter(|| plan(&policy, &conversation));
    assert_eq!(
        plan.and_then(|plan| plan.target.id).as_deref(),
        Some("billing")
    );
}

#[test]
fn automatic_replies_and_thanks_are_left_resolved() {
    let route = |text: &str, cause: &str| {
        let interaction = Interaction::example("email", text);
        let answer = crate::classify::classify(&POLICY, &interaction);
        let mut assessment = Assessment::example().sentiment(answer.sentiment.unwrap_or(0.0));
        for intent in &answer.intents {
            assessment = assessment.intent(&intent.name, intent.confidence);
        }
        let assessment = assessment.reply_expected(answer.reply_expected.unwrap_or(true));
        planned(
            Conversation::example(interaction)
                .cause(cause)
                .assessment(assessment),
        )
        .target
        .kind
    };
    let away = "I am out of the office until Monday. For urgent matters, contact Ana.";
    assert_eq!(route(away, "reopened"), "close");
    assert_eq!(route(away, "new"), "close");
    for thanks in [
        "Thanks!",
        "Thank you so much",
        "thanks, that worked",
        "Obrigado!",
        "Merci beaucoup",
        "👍",
    ] {
        assert_eq!(route(thanks, "reopened"), "close", "{thanks}");
    }
    for open in [
        "Thanks, but it still does not work",
        "Thanks! Where is my refund?",
        "Thanks for nothing",
        "Thanks, and please cancel my order",
    ] {
        assert_eq!(route(open, "reopened"), "queue", "{open}");
    }
    assert_eq!(route("Thanks!", "new"), "queue");
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
