use super::*;
use crate::directory::{Agent, Queue};

fn directory() -> Directory {
    let queue: Queue =
        serde_json::from_value(serde_json::json!({"id": "general", "default": true}))
            .expect("a queue");
    let ana: Agent = serde_json::from_value(serde_json::json!({"id": "ana"})).expect("an agent");
    Directory::new(vec![ana], vec![queue]).expect("valid")
}

fn plan() -> RoutePlan {
    RoutePlan::to_queue("general", "")
}

/// Seconds after the moment of the decision.
fn at(second: u32) -> Option<Timestamp> {
    Timestamp::from_second(second.into()).ok()
}

/// The invalid field; empty: none.
fn fault(plan: &RoutePlan) -> String {
    match plan.validate(Timestamp::UNIX_EPOCH, &directory()) {
        Ok(()) => String::new(),
        Err(bad) => bad.field,
    }
}

#[test]
fn unknown_queues_and_agents_are_rejected() {
    assert_eq!(fault(&RoutePlan::to_queue("nowhere", "")), "target.id");
    let mut preferring = plan();
    preferring.preferences.push(Preference {
        agent: "nobody".into(),
        score: 1,
    });
    assert_eq!(fault(&preferring), "preferences[0].agent");
}

#[test]
fn an_agent_who_left_can_be_excluded() {
    let mut excluding = plan();
    excluding.excluded = vec!["ana".into(), "somebody who left".into()];
    assert_eq!(fault(&excluding), "");
    excluding.excluded = vec!["ana".into(); LIST_ENTRIES + 1];
    assert_eq!(fault(&excluding), "excluded");
    excluding.excluded.truncate(1);
    excluding.target.kind = "agent".into();
    excluding.target.id = Some("ana".into());
    assert_eq!(fault(&excluding), "excluded[0]");
}

#[test]
fn steps_are_bounded() {
    let mut stepped = plan();
    stepped.steps.push(Step {
        expires: Some(Seconds(0)),
        ..Step::default()
    });
    assert_eq!(fault(&stepped), "steps[0].expires");
    stepped.steps = vec![Step::default(); STEPS + 1];
    assert_eq!(fault(&stepped), "steps");
}

#[test]
fn an_offer_timeout_is_at_most_a_day() {
    for (seconds, expected) in [
        (0, "offer_timeout"),
        (1, ""),
        (OFFER_SECONDS, ""),
        (OFFER_SECONDS + 1, "offer_timeout"),
    ] {
        let mut offered = plan();
        offered.offer_timeout = Some(Seconds(seconds));
        assert_eq!(fault(&offered), expected, "{seconds}");
    }
}

#[test]
fn unknown_kinds_of_target_are_rejected() {
    let mut elsewhere = plan();
    elsewhere.target.kind = "department".into();
    assert_eq!(fault(&elsewhere), "target.kind");
}

#[test]
fn only_agent_and_hold_targets_wait() {
    let target = |kind: &str, id: Option<&str>| Target {
        kind: kind.into(),
        id: id.map(str::to_owned),
        ..Target::queue("general")
    };
    let (queue, agent) = (
        target("queue", Some("general")),
        target("agent", Some("ana")),
    );
    let (hold, close) = (target("hold", None), target("close", None));
    let waiting = |of: &Target| Target {
        until: at(60),
        queue: Some("general".into()),
        ..of.clone()
    };
    let away = |of: Target| Target {
        while_away: true,
        ..of
    };
    let until = |of: &Target, second| Target {
        until: at(second),
        ..of.clone()
    };
    let nowhere = Target {
        queue: Some("nowhere".into()),
        ..hold.clone()
    };
    for (target, expected) in [
        (agent.clone(), ""),
        (hold.clone(), ""),
        (waiting(&agent), ""),
        (waiting(&hold), ""),
        (away(waiting(&agent)), ""),
        (waiting(&queue), "target.queue"),
        (until(&queue, 60), "target.until"),
        (waiting(&close), "target.queue"),
        (away(close), "target.while_away"),
        (nowhere, "target.queue"),
        (away(agent.clone()), "target.while_away"),
        (away(waiting(&hold)), "target.while_away"),
        (until(&agent, 0), "target.until"),
        (until(&hold, WAIT_SECONDS), ""),
        (until(&hold, WAIT_SECONDS + 1), "target.until"),
    ] {
        let shown = format!("{target:?}");
        let sent = RoutePlan { target, ..plan() };
        assert_eq!(fault(&sent), expected, "{shown}");
    }
}
