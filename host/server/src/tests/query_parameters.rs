//! Query parameters of every route: those that an operation does not have are refused.

use patchbay_api::openapi_json;
use patchbay_model::access::Role;
use serde_json::{Value, json};

use super::client::Answer;
use super::matrix::{give, standing};
use super::office::Office;

/// An id that exists nowhere, valid for every kind of id.
const UNKNOWN: &str = "0123456789abcdef0123456789abcdef";

/// Ids of operations that take any query parameter.
const OPEN: [&str; 5] = [
    "begin_sign_in",
    "finish_sign_in",
    "healthz",
    "metrics",
    "readyz",
];

/// The path of a template, with a value for every parameter.
fn path_of(template: &str, operation: &Value) -> String {
    let mut path = template.to_owned();
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let name = parameter["name"].as_str().expect("a name");
        let value = match (name, parameter["schema"]["type"].as_str()) {
            ("company", _) => "northwind",
            (_, Some("integer")) => "1",
            _ => UNKNOWN,
        };
        path = path.replace(&format!("{{{name}}}"), value);
    }
    path
}

fn check(answer: &Answer, path: &str) {
    let problem = answer.problem(400, "bad-parameter");
    assert_eq!(problem["field"], "unknown_parameter", "{path}: {problem}");
    let detail = problem["detail"].as_str().expect("a detail");
    let start = "unknown query parameter \"unknown_parameter\"; ";
    assert!(detail.starts_with(start), "{path}: {detail}");
}

#[tokio::test]
async fn every_operation_refuses_an_unknown_query_parameter() {
    let office = Office::with(&["ana"]).await;
    let client = &office.server.client;
    let document: Value = serde_json::from_str(&openapi_json()).expect("JSON");
    let mut called = 0;
    for (template, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let id = operation["operationId"].as_str().expect("an id");
            let description = operation["responses"]["400"]["description"].as_str();
            let is_refused = description.is_some_and(|it| it.contains("bad-parameter"));
            let is_open = OPEN.contains(&id);
            assert_eq!(is_refused, !is_open, "{id}: {description:?}");
            if is_open {
                continue;
            }
            let path = format!("{}?unknown_parameter=1", path_of(template, operation));
            let answer = match method.as_str() {
                "get" => client.get(&path).await,
                other => client.ask(&other.to_uppercase(), &path, "", "{}").await,
            };
            check(&answer, &format!("{method} {path}"));
            called += 1;
        }
    }
    assert!(called > 100, "{called} operations");
    let head = client.head("HEAD", "/v1/contract?released=1");
    let answer = client.raw(format!("{head}\r\n").as_bytes()).await;
    assert_eq!(answer.status, 400, "HEAD counts as GET");
}

#[tokio::test]
async fn a_caller_without_access_learns_nothing_of_parameters() {
    let office = Office::with(&["ana"]).await;
    let client = &office.server.client;
    let foreign = give(
        &office.server,
        standing(Some("harbour"), Role::Operator),
        |_| {},
    );
    let document: Value = serde_json::from_str(&openapi_json()).expect("JSON");
    let mut called = 0;
    for (template, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let (path, method) = (path_of(template, operation), method.to_uppercase());
            if client.ask(&method, &path, "", "{}").await.status != 401 {
                continue;
            }
            let path = format!("{path}?unknown_parameter=1");
            let answer = client.ask(&method, &path, "", "{}").await;
            assert_eq!(answer.status, 401, "{method} {path} without a token");
            if template.contains("{company}") {
                let answer = client.ask(&method, &path, &foreign, "{}").await;
                assert_eq!(answer.status, 404, "{method} {path} of another company");
            }
            called += 1;
        }
    }
    assert!(called > 100, "{called} operations");
}

#[tokio::test]
async fn what_a_load_balancer_or_a_collector_asks_takes_any_parameter() {
    let office = Office::with(&[]).await;
    for path in [
        "/healthz?verbose",
        "/readyz?verbose&t=1",
        "/metrics?collect=a&collect=b",
    ] {
        assert_eq!(office.server.client.get(path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn the_callback_of_a_sign_in_takes_what_the_issuer_adds() {
    let office = Office::with(&[]).await;
    let path = "/v1/session/callback?state=1&session_state=2&session_state=3";
    assert_eq!(office.server.client.get(path).await.status, 303);
}

#[tokio::test]
async fn a_refused_parameter_is_named_with_what_would_be_right() {
    let office = Office::with(&["ana"]).await;
    let id = "0".repeat(32);
    for (path, field, right) in [
        (
            "/conversations?clok=missed",
            "clok",
            "did you mean \"clock\"?",
        ),
        (
            "/conversations?limit=5&limit=6",
            "limit",
            "is repeated; an operation takes each parameter once",
        ),
        (
            "/conversations?limit=many",
            "limit",
            "a whole number from 1 to 100",
        ),
        ("/generations?before=x", "before", "a whole number"),
        ("/quarantine?after=x", "after", "a whole number"),
        ("/approvals?role=boss", "role", "one of agent, supervisor"),
        ("/alerts?open=yes", "open", "true or false"),
        ("/conversations?queue=%ff", "queue", "UTF-8"),
        (
            &format!("/contacts/{id}/journey?after=now"),
            "after",
            "a whole number",
        ),
    ] {
        let problem = office.get(path).await.problem(400, "bad-parameter");
        assert_eq!(problem["field"], field, "{path}: {problem}");
        let detail = problem["detail"].as_str().unwrap_or_default();
        assert!(detail.contains(right), "{path}: {problem}");
    }
}

#[tokio::test]
async fn a_mistyped_field_of_a_body_is_named_with_the_nearest() {
    let office = Office::with(&["ana"]).await;
    let body = json!({"presnce": "away"}).to_string();
    let answer = office
        .with_method("PUT", "/agents/ana/presence", &body)
        .await;
    let problem = answer.problem(422, "invalid-input");
    let detail = problem["detail"].as_str().unwrap_or_default();
    assert!(detail.contains("did you mean `presence`?"), "{problem}");
}

/// The key of a report of statistics.
///
/// | key | answer |
/// | --- | --- |
/// | a queue, agent or stage that the company has, counted or not | the rows |
/// | a queue or agent that it had, with counts in the time | the rows |
/// | one that it does not have, without counts | 404, the nearest names |
/// | a stage or channel that does not exist; any key with `by=company` | 400 |
/// | a channel of the host, or one that something stored came from | the rows |
#[tokio::test]
async fn a_report_about_a_subject_that_does_not_exist_says_so() {
    let office = Office::with(&["ana"]).await;
    let conversation = office.taken("1", "ana").await;
    let from = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24);
    let read = async |query: &str| {
        let path = format!("/statistics?from={from}&{query}");
        office.get(&path).await
    };
    for query in [
        "by=queue&key=general",
        "by=queue&key=tax",
        "by=agent&key=ana",
        "by=stage&key=tone",
        "by=channel&key=sms",
    ] {
        assert_eq!(read(query).await.status, 200, "{query}");
    }
    for (query, kind, meant) in [
        (
            "by=queue&key=generl",
            "unknown-queue",
            "did you mean \"general\"?",
        ),
        (
            "by=agent&key=anna",
            "unknown-agent",
            "did you mean \"ana\"?",
        ),
    ] {
        let problem = read(query).await.problem(404, kind);
        assert_eq!(problem["field"], "key", "{problem}");
        assert!(
            problem["detail"]
                .as_str()
                .is_some_and(|it| it.contains(meant)),
            "{problem}"
        );
    }
    for query in [
        "by=stage&key=toen",
        "by=channel&key=fax",
        "by=company&key=general",
        "key=general",
    ] {
        let problem = read(query).await.problem(400, "bad-parameter");
        assert_eq!(problem["field"], "key", "{query}: {problem}");
    }
    // Gone since, and the counts are still there.
    let actions = format!("/conversations/{conversation}/actions");
    let resolved = json!({"by": "ana", "action": "resolve"});
    assert_eq!(office.post(&actions, resolved).await.status, 200);
    let removed = office.with_method("DELETE", "/agents/ana", "").await;
    assert!(removed.status < 300, "{removed:?}");
    assert_eq!(read("by=agent&key=ana").await.status, 200);
    let before = "/statistics?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z&by=agent&key=ana";
    office.get(before).await.problem(404, "unknown-agent");
}
