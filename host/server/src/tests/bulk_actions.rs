//! One action on many conversations over HTTP.

use patchbay_model::access::Role;
use serde_json::{Value, json};

use super::client::Answer;
use super::matrix::{give, standing};
use super::office::{COMPANY, Office};

async fn act(office: &Office, body: Value) -> Answer {
    office.post("/conversations/actions", body).await
}

/// An action of a supervisor on conversations.
async fn supervise(office: &Office, ids: &[&str], more: Value) -> Value {
    let conversations: Vec<Value> = ids.iter().map(|id| json!({"id": id})).collect();
    let mut body = json!({"by": "eva", "role": "supervisor", "conversations": conversations});
    let fields = more.as_object().expect("an object").clone();
    body.as_object_mut().expect("an object").extend(fields);
    let answer = act(office, body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

/// The states, or the kinds of the problems, in order.
fn outcomes(report: &Value) -> Vec<String> {
    let each = report["conversations"].as_array().expect("results").iter();
    let outcome = |one: &Value| {
        let problem = one["problem"]["type"].as_str().map(str::to_owned);
        problem.unwrap_or_else(|| one["state"].as_str().expect("a state").to_owned())
    };
    each.map(outcome).collect()
}

async fn state(office: &Office, id: &str) -> (String, Option<String>) {
    let document = office.get(&format!("/conversations/{id}")).await.json();
    let owner = document["owner"].as_str().map(str::to_owned);
    (
        document["state"].as_str().expect("a state").to_owned(),
        owner,
    )
}

#[tokio::test]
async fn each_conversation_has_a_result_and_one_that_is_refused_stops_no_other() {
    let office = Office::with(&[]).await;
    office.post("/agents", json!([{"id": "ana"}])).await;
    let (one, two, three) = (
        office.hear("1").await,
        office.hear("2").await,
        office.hear("3").await,
    );
    let resolve = json!({"by": "eva", "role": "supervisor", "action": "resolve"});
    let path = format!("/conversations/{two}/actions");
    assert_eq!(office.post(&path, resolve).await.status, 200);
    let nobody = format!("{:032x}", 7);
    let ids = [one.as_str(), &two, &nobody, &three];
    let assign = json!({"action": "assign", "agent": "ana"});
    let expected = [
        "active",
        "/problems/not-now",
        "/problems/unknown-conversation",
        "active",
    ];
    // A dry run refuses the same and changes nothing.
    let mut dry = assign.clone();
    dry["dry_run"] = json!(true);
    let would = supervise(&office, &ids, dry).await;
    assert_eq!(
        outcomes(&would),
        ["queued", expected[1], expected[2], "queued"]
    );
    assert_eq!((&would["done"], &would["refused"]), (&json!(2), &json!(2)));
    assert_eq!(state(&office, &one).await, ("queued".to_owned(), None));
    for round in 0..2 {
        let report = supervise(&office, &ids, assign.clone()).await;
        assert_eq!(outcomes(&report), expected, "round {round}");
        assert_eq!(
            (&report["done"], &report["refused"]),
            (&json!(2), &json!(2))
        );
        let first = &report["conversations"][0];
        assert_eq!(
            (&first["id"], &first["owner"]),
            (&json!(one), &json!("ana"))
        );
        let document = office.get(&format!("/conversations/{one}")).await.json();
        assert_eq!(first["sequence"], document["sequence"], "round {round}");
    }
    // The same again did nothing more.
    let document = office.get(&format!("/conversations/{one}")).await.json();
    let history = document["history"].as_array().expect("a history").iter();
    let assigned = history.filter(|entry| entry["kind"] == "assigned");
    assert_eq!(assigned.count(), 1);
    let audit = office.get("/audit").await;
    assert!(audit.body.contains("conversations.acted"), "{audit:?}");
    assert_eq!(
        audit.body.matches("conversations.acted").count(),
        2,
        "no dry run"
    );
}

#[tokio::test]
async fn the_audit_trail_has_what_was_tried_and_nothing_that_was_refused() {
    let office = Office::with(&["ana"]).await;
    let ids: Vec<String> = (0..100).map(|number| format!("{number:032x}")).collect();
    let unknown: Vec<&str> = ids.iter().map(String::as_str).collect();
    let acted = async || {
        let audit = office.get("/audit").await.json();
        let acts = audit["acts"].as_array().expect("a list").clone();
        let bulk = |act: &&Value| act["act"].as_str().is_some_and(|it| it.starts_with("conv"));
        acts.iter().filter(bulk).cloned().collect::<Vec<_>>()
    };
    // Nothing can be done: nothing is recorded.
    let report = supervise(&office, &unknown, json!({"action": "resolve"})).await;
    assert_eq!(report["refused"], 100, "{report}");
    let one = office.hear("1").await;
    let not_hers = json!({"by": "ana", "action": "resolve", "conversations": [{"id": one}]});
    let report = act(&office, not_hers).await.json();
    assert_eq!(report["refused"], 1, "{report}");
    let requeue = json!({"by": "eva", "conversations": unknown});
    let report = office.post("/conversations/requeue", requeue).await.json();
    assert_eq!(report["refused"], 100, "{report}");
    assert_eq!(acted().await, [Value::Null; 0]);
    // One of many can: the trail names that one.
    let with_one: Vec<&str> = [one.as_str()]
        .into_iter()
        .chain(unknown[..99].iter().copied())
        .collect();
    let report = supervise(&office, &with_one, json!({"action": "resolve"})).await;
    assert_eq!(
        (&report["done"], &report["refused"]),
        (&json!(1), &json!(99))
    );
    let acts = acted().await;
    assert_eq!(acts.len(), 1, "{acts:?}");
    assert_eq!(acts[0]["details"]["conversations"], json!([one]));
}

#[tokio::test]
async fn a_conversation_that_changed_meanwhile_is_refused_alone() {
    let office = Office::with(&[]).await;
    let (one, two) = (office.hear("1").await, office.hear("2").await);
    let sequence = async |id: &str| {
        let document = office.get(&format!("/conversations/{id}")).await.json();
        document["sequence"].as_u64().expect("a number")
    };
    let (seen_one, seen_two) = (sequence(&one).await, sequence(&two).await);
    let more = json!({"id": "1b", "channel": "chat", "text": "And?", "author": {"address": "1"}});
    assert_eq!(office.post("/interactions", more).await.status, 202);
    office.settled().await;
    for dry_run in [true, false] {
        let body = json!({"by": "eva", "role": "supervisor", "action": "resolve", "dry_run": dry_run,
            "conversations": [{"id": one, "expected": seen_one}, {"id": two, "expected": seen_two}]});
        let report = act(&office, body).await.json();
        let problem = &report["conversations"][0]["problem"];
        assert_eq!(problem["type"], "/problems/conversation-moved", "{report}");
        assert_eq!(problem["newer"][0]["kind"], "received");
        assert!(report["conversations"][1]["problem"].is_null(), "{report}");
    }
    assert_eq!(state(&office, &one).await.0, "queued");
    assert_eq!(state(&office, &two).await.0, "resolved");
}

#[tokio::test]
async fn every_action_is_refused_in_a_dry_run_as_when_it_is_performed() {
    let office = Office::of(&["ana"], "[desk]\nreturn-after = \"300d\"\n").await;
    let conversation = office.taken("1", "ana").await;
    let id = conversation.as_str();
    // Each action in the state that the ones before it left; what is refused leaves it.
    for (action, refused) in [
        (json!({"action": "resume"}), Some("not-now")),
        (json!({"action": "wait"}), Some("unanswered")),
        (
            json!({"action": "assign", "agent": "zoe"}),
            Some("unknown-agent"),
        ),
        (
            json!({"action": "transfer", "queue": "moon"}),
            Some("unknown-queue"),
        ),
        (
            json!({"action": "transfer", "agent": "zoe"}),
            Some("unknown-agent"),
        ),
        (json!({"action": "hold"}), None),
        (json!({"action": "hold"}), Some("not-now")),
        (json!({"action": "wrap-up"}), None),
        (json!({"action": "resume"}), None),
        (json!({"action": "assign", "agent": "ana"}), None),
        (json!({"action": "return"}), None),
        (json!({"action": "return"}), Some("not-now")),
        (json!({"action": "wrap-up"}), Some("not-now")),
        (json!({"action": "transfer", "queue": "tax"}), None),
        (json!({"action": "resolve"}), None),
        (json!({"action": "resolve"}), None),
        (
            json!({"action": "transfer", "queue": "tax"}),
            Some("not-now"),
        ),
    ] {
        office.settled().await;
        let before = state(&office, id).await;
        for dry_run in [true, false] {
            let mut more = action.clone();
            more["dry_run"] = json!(dry_run);
            let report = supervise(&office, &[id], more).await;
            let problem = &report["conversations"][0]["problem"]["type"];
            let expected = refused.map(|kind| format!("/problems/{kind}"));
            assert_eq!(
                problem.as_str(),
                expected.as_deref(),
                "{action} {dry_run}: {report}"
            );
            if dry_run || refused.is_some() {
                assert_eq!(state(&office, id).await, before, "{action} {dry_run}");
            }
        }
    }
}

#[tokio::test]
async fn agents_act_on_their_own_and_requests_out_of_bounds_are_refused() {
    let office = Office::with(&["ana"]).await;
    let own = office.taken("1", "ana").await;
    let other = office.hear("2").await;
    let both = json!([{"id": own}, {"id": other}]);
    let one = json!([{"id": own}]);
    let many: Vec<Value> = (0..101)
        .map(|id| json!({"id": format!("{id:032x}")}))
        .collect();
    for (body, field) in [
        (
            json!({"conversations": [], "action": "hold"}),
            "conversations",
        ),
        (
            json!({"conversations": many, "action": "hold"}),
            "conversations",
        ),
        (
            json!({"conversations": [{"id": own}, {"id": own}], "action": "hold"}),
            "conversations[1].id",
        ),
        (json!({"conversations": one, "action": "assign"}), "agent"),
        (
            json!({"conversations": one, "action": "hold", "queue": "tax"}),
            "queue",
        ),
        (json!({"conversations": one, "action": "transfer"}), "queue"),
    ] {
        let mut body = body;
        body["by"] = json!("ana");
        let refused = act(&office, body).await.problem(422, "invalid-input");
        assert_eq!(refused["field"], field, "{refused}");
    }
    let wrong = json!({"by": "ana", "conversations": [{"id": "xyz"}], "action": "hold"});
    act(&office, wrong)
        .await
        .problem(404, "unknown-conversation");

    let path = format!("{COMPANY}/conversations/actions");
    let body = json!({"conversations": both, "action": "hold"}).to_string();
    let agent = give(
        &office.server,
        standing(Some("northwind"), Role::Agent),
        |_| {},
    );
    let answer = office.server.client.ask("POST", &path, &agent, &body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(outcomes(&answer.json()), ["on-hold", "/problems/not-yours"]);
    for role in [Role::Integrator, Role::Auditor] {
        let header = give(&office.server, standing(Some("northwind"), role), |_| {});
        let answer = office
            .server
            .client
            .ask("POST", &path, &header, &body)
            .await;
        answer.problem(403, "forbidden");
    }
}
