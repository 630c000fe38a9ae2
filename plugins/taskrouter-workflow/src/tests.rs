use patchbay_sdk::testing::*;
use serde_json::Value;

use super::*;

fn problems(settings: Value) -> Vec<String> {
    match prepare::<TaskRouter>(settings) {
        Ok(_) => Vec::new(),
        Err(problems) => problems
            .into_iter()
            .map(|it| format!("{}: {}", it.path, it.message))
            .collect(),
    }
}

fn policy(workflow: Value, other: Value) -> TaskRouter {
    let mut settings =
        json!({ "queues": { "WQa": "support", "WQb": "everyone" }, "workflow": workflow });
    if let (Some(settings), Some(other)) = (settings.as_object_mut(), other.as_object()) {
        settings.extend(other.clone());
    }
    prepare(settings).unwrap_or_else(|problems| panic!("{problems}"))
}

fn targets(targets: Value) -> Value {
    json!({ "task_routing": { "filters": [{ "expression": "1==1", "targets": targets }] } })
}

fn route(policy: &TaskRouter, world: &World, cause: &str) -> RoutePlan {
    let conversation = Conversation::example(Interaction::example("chat", "Hello")).cause(cause);
    let conversation: Conversation = conversation.into();
    world
        .enter(|| policy.route(&conversation))
        .unwrap_or_else(|error| panic!("{}", error.message()))
        .unwrap_or_else(|| panic!("declined"))
}

fn world() -> World {
    World::new()
        .queue(Queue::example("everyone").default_queue())
        .queue(Queue::example("support"))
        .agent(Agent::example("ana").skill("english", 4))
        .agent(Agent::example("bo").skill("english", 2))
}

#[test]
fn what_cannot_run_is_named_with_its_path() {
    let at = "/workflow/task_routing/filters/0/targets/0";
    for (target, path, part) in [
        (
            json!({ "queue": "WQx" }),
            "/queue",
            "no queue is set for `WQx`",
        ),
        (
            json!({ "queue": "WQa", "priority": 101 }),
            "/priority",
            "`priorities`",
        ),
        (
            json!({ "queue": "WQa", "expression": "worker.shoe > 1" }),
            "/expression",
            "`worker.shoe` has no counterpart",
        ),
        (
            json!({ "queue": "WQa", "expression": "1==1 AND worker.activity_name == 'Idle'" }),
            "/expression",
            "column 10: `worker.activity_name`: Patchbay has no activities",
        ),
        (
            json!({ "queue": "WQa", "order_by": "worker.sid ASC" }),
            "/order_by",
            "no number",
        ),
        (
            json!({ "queue": "WQa", "order_by": "worker.shoe ASC" }),
            "/order_by",
            "no counterpart",
        ),
        (
            json!({ "queue": "WQa", "skip_if": "workers.WA12 == 0" }),
            "/skip_if",
            "one activity",
        ),
        (
            json!({ "queue": "WQa", "skip_if": "workers[0].available == 0" }),
            "/skip_if",
            "write `workers.available`",
        ),
        (
            json!({ "queue": "WQa", "max_reserved_workers": 5 }),
            "/max_reserved_workers",
            "unknown",
        ),
    ] {
        let settings =
            json!({ "queues": { "WQa": "support" }, "workflow": targets(json!([target])) });
        let found = problems(settings);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].starts_with(&format!("{at}{path}: ")) && found[0].contains(part),
            "{found:?}"
        );
    }
}

#[test]
fn a_lower_priority_is_refused_unless_it_is_accepted() {
    let lower =
        targets(json!([{ "queue": "WQa", "priority": 10, "timeout": 5 }, { "priority": 2 }]));
    let settings = json!({ "queues": { "WQa": "support" }, "workflow": lower });
    let found = problems(settings);
    assert!(
        found[0].starts_with("/workflow/task_routing/filters/0/targets/1/priority: "),
        "{found:?}"
    );
    policy(lower, json!({ "accept": ["lower-priority"] }));
}

#[test]
fn settings_beside_the_workflow_are_checked() {
    let workflow = json!({ "task_routing": { "default_filter": { "queue": "WQa" } } });
    for (name, value, part) in [
        (
            "worker-attributes",
            json!({ "a/b": "height" }),
            "/worker-attributes/a~1b: one of skills",
        ),
        (
            "worker-attributes",
            json!({ "a.*": "skills" }),
            "`levels` is expected",
        ),
        (
            "priorities",
            json!({ "high": 5 }),
            "/priorities/high: the name of an entry",
        ),
        (
            "priorities",
            json!({ "5": 101 }),
            "/priorities/5: a priority is 0 to 100",
        ),
        (
            "priorities",
            json!({ "5": 50, "10": 7 }),
            "/priorities: a higher priority",
        ),
    ] {
        let mut settings = json!({ "queues": { "WQa": "support" }, "workflow": workflow });
        settings[name] = value;
        let found = problems(settings);
        assert!(found.len() == 1 && found[0].contains(part), "{found:?}");
    }
    let found = problems(json!({ "workflow": "{\"task_routing\": " }));
    assert!(
        found[0].starts_with("/workflow: the text is not JSON"),
        "{found:?}"
    );
}

#[test]
fn timeouts_count_from_when_the_filter_was_entered() {
    let chain = json!([
        { "queue": "WQa", "timeout": 10, "expression": "worker.levels.english >= 4" },
        { "queue": "WQb", "timeout": 20 } ]);
    let policy = policy(targets(chain), json!({}));
    let world = world();
    let first = route(&policy, &world, "new");
    assert_eq!(first.steps[0].expires_after, Some(10));
    // The host was late: the second target has what is left of 30 seconds.
    let later = world.now(NOON + 14_000);
    let second = route(&policy, &later, "expired");
    assert_eq!(
        (second.target.id.as_deref(), second.steps[0].expires_after),
        (Some("everyone"), Some(16))
    );
}

#[test]
fn a_skip_condition_counts_the_members_of_the_queue_by_presence() {
    let everybody = i32::MAX.unsigned_abs();
    for (condition, minimum) in [
        ("workers.available == 2", everybody),
        ("workers.available == 1", 0),
        ("workers.unavailable == 1", everybody),
        ("workers.unavailable == 2", 0),
    ] {
        let policy = policy(
            targets(json!([
                { "queue": "WQa", "timeout": 60, "skip_if": condition },
                { "queue": "WQb" } ])),
            json!({}),
        );
        let world = world().agent(Agent::example("cy").presence("away"));
        let plan = route(&policy, &world, "new");
        assert_eq!(plan.steps[0].minimum_agents, Some(minimum), "{condition}");
    }
}

#[test]
fn a_list_of_agents_without_a_timeout_is_renewed() {
    let policy = policy(
        targets(json!([{ "queue": "WQa", "expression": "worker.levels.english != 4" }])),
        json!({}),
    );
    let world = world();
    let first = route(&policy, &world, "new");
    assert_eq!(
        (&first.excluded[..], first.steps[0].expires_after),
        (&["ana".to_owned()][..], Some(600))
    );
    // Another plan, since the host does not follow the same one again.
    let again = route(&policy, &world.now(NOON + 600_000), "expired");
    assert_eq!(
        (&again.excluded[..], again.steps[0].expires_after),
        (&["ana".to_owned()][..], Some(601))
    );
}

#[test]
fn a_position_of_another_workflow_is_not_followed() {
    let chain = |priority: u32| {
        targets(
            json!([{ "queue": "WQa", "priority": priority, "timeout": 10 }, { "queue": "WQb" }]),
        )
    };
    let world = world();
    route(&policy(chain(1), json!({})), &world, "new");
    let plan = route(&policy(chain(2), json!({})), &world, "expired");
    assert_eq!(
        (plan.target.id.as_deref(), plan.priority),
        (Some("support"), Some(2))
    );
    let plan = route(&policy(chain(2), json!({})), &world, "expired");
    assert_eq!(plan.target.id.as_deref(), Some("everyone"));
}

#[test]
fn a_condition_that_is_no_skill_fails_in_a_queue_of_more_than_64_agents() {
    let condition = targets(
        json!([{ "queue": "WQa", "timeout": 5, "expression": "worker.levels.english != 4" }]),
    );
    let policy = policy(condition, json!({}));
    let mut world = world();
    for number in 0..70 {
        world = world.agent(Agent::example(format!("agent-{number}")).skill("english", 3));
    }
    let conversation: Conversation = Conversation::example(Interaction::example("chat", "Hello"))
        .cause("new")
        .into();
    let error = world
        .enter(|| policy.route(&conversation))
        .err()
        .unwrap_or_else(|| panic!("a plan"));
    assert!(
        error.message().contains("more than 64 agents"),
        "{}",
        error.message()
    );
}

#[test]
fn every_plan_is_valid() {
    let policy = policy(
        targets(json!([
            { "queue": "WQa", "timeout": 10, "known_worker_sid": "task.agent" },
            { "queue": "WQa", "timeout": 10, "expression": "worker.levels.english >= 4", "order_by": "worker.levels.english DESC" },
            { "queue": "WQb", "skip_if": "1==1", "priority": 100 },
            { "queue": "WQb", "timeout": 3 } ])),
        json!({}),
    );
    let conversation: Conversation =
        Conversation::example(Interaction::example("chat", "Hello")).into();
    let mut world = world();
    for turn in 0..6 {
        let cause = if turn == 0 { "new" } else { "expired" };
        let plan = route(&policy, &world, cause);
        world
            .enter(|| validate(&plan, &conversation))
            .unwrap_or_else(|problems| panic!("{problems}: {plan:?}"));
        world = world.now(NOON + (turn + 1) * 10_000);
    }
}
