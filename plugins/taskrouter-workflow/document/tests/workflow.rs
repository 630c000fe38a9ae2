//! Documents as the vendor's pages have them, and their faults.

use serde_json::{Value as Json, json};
use taskrouter_document::{Identity, Workflow};

fn read(filters: Json) -> Result<Workflow, Vec<String>> {
    let document =
        json!({ "task_routing": { "filters": filters, "default_filter": { "queue": "WQc" } } });
    Workflow::read(&document, "/workflow")
        .map_err(|problems| problems.iter().map(ToString::to_string).collect())
}

fn one_target(target: Json) -> Result<Workflow, Vec<String>> {
    read(json!([{ "expression": "1==1", "targets": [target] }]))
}

#[test]
fn the_smallest_workflow_has_a_default_filter_only() {
    let workflow = Workflow::read(
        &json!({ "task_routing": { "default_filter": { "queue": "WQc" } } }),
        "",
    );
    let workflow = workflow.expect("valid");
    assert!(workflow.filters.is_empty());
    assert_eq!(workflow.default_filter.expect("one").queue, "WQc");
}

#[test]
fn a_target_inherits_the_queue_and_numbers_may_be_strings() {
    let workflow = read(json!([{
        "filter_friendly_name": "Gold",
        "expression": "1==1",
        "targets": [
            { "queue": "WQb", "priority": "10", "timeout": "300" },
            { "priority": 20, "known_worker_friendly_name": "task.agent.name" } ] }]));
    let workflow = workflow.expect("valid");
    let targets = &workflow.filters[0].targets;
    assert_eq!(
        (targets[0].priority, targets[0].timeout),
        (Some(10), Some(300))
    );
    assert_eq!(
        (targets[1].queue.as_str(), targets[1].timeout),
        ("WQb", None)
    );
    let known = targets[1].known_worker.as_ref().expect("one");
    assert_eq!(
        (known.attribute.dotted().as_str(), known.identity),
        ("agent.name", Identity::FriendlyName)
    );
    assert_eq!(
        targets[1].path,
        "/workflow/task_routing/filters/0/targets/1"
    );
}

#[test]
fn every_fault_is_named_with_its_path() {
    let targets = "/workflow/task_routing/filters/0/targets";
    for (target, path, part) in [
        (json!({}), "/0", "`queue` is missing"),
        (json!({ "queue": 7 }), "/0/queue", "SID or name"),
        (
            json!({ "queue": "WQa", "timeout": 0 }),
            "/0/timeout",
            "1 to 604800",
        ),
        (
            json!({ "queue": "WQa", "timeout": 1.5 }),
            "/0/timeout",
            "whole number",
        ),
        (
            json!({ "queue": "WQa", "timeout": -3 }),
            "/0/timeout",
            "whole number",
        ),
        (
            json!({ "queue": "WQa", "priority": "high" }),
            "/0/priority",
            "whole number",
        ),
        (
            json!({ "queue": "WQa", "expression": "a == 1" }),
            "/0/expression",
            "column 1",
        ),
        (
            json!({ "queue": "WQa", "expression": 7 }),
            "/0/expression",
            "as a string",
        ),
        (
            json!({ "queue": "WQa", "skip_if": "workers.available IN [1]" }),
            "/0/skip_if",
            "compares numbers",
        ),
        (
            json!({ "queue": "WQa", "skip_if": "workers[0].available == 0" }),
            "/0/skip_if",
            "write `workers.available`",
        ),
        (
            json!({ "queue": "WQa", "expression": "worker[0].x == 1" }),
            "/0/expression",
            "write `worker.x`",
        ),
        (
            json!({ "queue": "WQa", "expression": "worker.x == task[0][1].y" }),
            "/0/expression",
            "write `task.y`",
        ),
        (
            json!({ "queue": "WQa", "expression": "task[0] == 1" }),
            "/0/expression",
            "`task` is not a list",
        ),
        (
            json!({ "queue": "WQa", "order_by": "worker.level" }),
            "/0/order_by",
            "ASC or DESC",
        ),
        (
            json!({ "queue": "WQa", "known_worker_sid": "WK123" }),
            "/0/known_worker_sid",
            "task.agent_sid",
        ),
        (
            json!({ "queue": "WQa", "known_worker_sid": "worker.sid" }),
            "/0/known_worker_sid",
            "task.agent_sid",
        ),
        (
            json!({ "queue": "WQa", "known_worker_sid": "task.a", "known_worker_friendly_name": "task.b" }),
            "/0",
            "not both",
        ),
        (
            json!({ "queue": "WQa", "max_wait": 1 }),
            "/0/max_wait",
            "unknown",
        ),
    ] {
        let problems = one_target(target.clone()).expect_err("refused");
        assert_eq!(problems.len(), 1, "{target}: {problems:?}");
        let is_right =
            problems[0].starts_with(&format!("{targets}{path}: ")) && problems[0].contains(part);
        assert!(is_right, "{target}: {problems:?}");
    }
}

#[test]
fn a_default_filter_has_no_timeout() {
    let document =
        json!({ "task_routing": { "default_filter": { "queue": "WQc", "timeout": 5 } } });
    let problems = Workflow::read(&document, "").expect_err("refused");
    assert_eq!(problems[0].path, "/task_routing/default_filter/timeout");
}

#[test]
fn other_documents_are_refused() {
    for (document, part) in [
        (json!([]), "an object is expected"),
        (json!({}), "`task_routing` is missing"),
        (json!({ "filters": [] }), "stand within `task_routing`"),
        (json!({ "task_routing": {} }), "neither"),
        (
            json!({ "task_routing": { "filters": {} } }),
            "a list is expected",
        ),
        (
            json!({ "task_routing": { "filters": [{ "expression": "1==1", "targets": [] }] } }),
            "at least one target",
        ),
        (
            json!({ "task_routing": { "filters": [{ "targets": [{ "queue": "WQa" }] }] } }),
            "`expression` is missing",
        ),
    ] {
        let problems = Workflow::read(&document, "").expect_err("refused");
        assert!(
            problems[0].message.contains(part),
            "{document}: {problems:?}"
        );
    }
    let many: Vec<Json> = (0..300).map(|_| json!({ "oops": 1 })).collect();
    let problems = read(Json::Array(many)).expect_err("refused");
    assert_eq!(problems.len(), 50);
}
