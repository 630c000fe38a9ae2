//! Agents at work over HTTP: offers, actions, replies and their delivery.

use serde_json::{Value, json};

use super::office::Office;

#[tokio::test]
async fn an_accepted_and_answered_conversation_reaches_the_customer_once() {
    let office = Office::with(&["ana"]).await;
    let conversation = office.taken("1", "ana").await;
    let replies = format!("/conversations/{conversation}/replies");
    let typed = json!({"by": "ana", "text": "Hel"});
    let check = office.post(&format!("{replies}/check"), typed).await;
    assert_eq!(check.json()["length"], 3, "{check:?}");
    let reply = json!({"by": "ana", "id": "r1", "text": "Hello!"});
    for _ in 0..2 {
        let sent = office.post(&replies, reply.clone()).await;
        assert_eq!(sent.status, 200, "{sent:?}");
    }
    let given = office.given(1).await;
    assert_eq!(given[0].1["text"], "Hello!");
    assert_eq!(given[0].1["to"], "1");
    assert_eq!(given[0].0, given[0].1["id"].as_str().expect("a key"));
    let path = format!("/conversations/{conversation}");
    for _ in 0..6_000 {
        if office.get(&path).await.json()["state"] == "waiting-on-customer" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let document = office.get(&path).await.json();
    assert_eq!(document["state"], "waiting-on-customer");
    let history = document["history"].as_array().expect("a history");
    let kinds: Vec<&str> = history
        .iter()
        .filter_map(|entry| entry["kind"].as_str())
        .collect();
    assert_eq!(
        kinds,
        [
            "received",
            "offered",
            "accepted",
            "reply-drafted",
            "reply-published",
            "reply-delivered",
            "state-changed"
        ]
    );
    assert_eq!(office.given(1).await.len(), 1);
    let dead = office.get("/outbox").await.json();
    assert_eq!(dead["items"], json!([]));
    let done = office.get("/outbox?state=done").await.json();
    assert_eq!(done["items"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn the_journal_is_backed_up_checked_and_compacted_while_in_use() {
    let office = Office::with(&["ana"]).await;
    office.hear("1").await;
    let client = &office.server.client;
    let post = async |path: &str, body: &str| {
        client
            .post(&format!("/v1/journal{path}"), body.to_owned())
            .await
    };
    let status = client.get("/v1/journal").await.json();
    assert_eq!(
        (&status["accepted"], &status["pending"]),
        (&json!(1), &json!(0))
    );
    let made = post("/backups", r#"{"name":"monday.db"}"#).await.json();
    assert_eq!(made["newest"], 1);
    let path = made["path"].as_str().expect("a path");
    assert!(std::path::Path::new(path).ends_with("backups/monday.db"));
    assert!(std::fs::metadata(path).expect("there").len() > 0);
    let again = post("/backups", r#"{"name":"monday.db"}"#).await;
    again.problem(409, "backup-exists");
    for name in [
        "", ".", "..", "../x", "a/b", "/etc/x", ".hidden", "a b", "ä", "x\\u0000",
    ] {
        let body = format!("{{\"name\":\"{name}\"}}");
        post("/backups", &body).await.problem(422, "invalid-input");
    }
    let unfinished = post("/backups", r#"{"name":"tuesday.db.part"}"#).await;
    assert_eq!(unfinished.status, 200);
    post("/backups", r#"{"name":"tuesday.db"}"#).await.json();
    let kept = std::path::Path::new(path).with_file_name("tuesday.db.part");
    assert!(kept.exists(), "a backup is never another's leftover");
    let long = format!("{{\"name\":\"{}\"}}", "x".repeat(129));
    post("/backups", &long).await.problem(422, "invalid-input");
    post("/backups", r#"{"name":"a","to":"/tmp"}"#)
        .await
        .problem(422, "invalid-input");
    let checked = post("/check", "{}").await.json();
    assert_eq!(
        (&checked["sound"], &checked["findings"]),
        (&json!(true), &json!([]))
    );
    let gone = post("/compact", r#"{"older_than":"1d"}"#).await.json();
    assert_eq!(gone["conversations"], 0);
    for age in ["\"59m\"", "\"soon\"", "-1", "null"] {
        let body = format!("{{\"older_than\":{age}}}");
        post("/compact", &body).await.problem(422, "invalid-input");
    }
}

#[tokio::test]
async fn agents_are_added_listed_changed_and_removed() {
    let office = Office::with(&["ana"]).await;
    let import = json!([{"id": "ben", "skills": {"tax": 4}}, {"id": "ana", "capacity": 50}]);
    let imported = office.post("/agents", import).await.json();
    assert_eq!(imported, json!({"added": 1, "changed": 1}));
    let agents = office.get("/agents").await.json();
    let ids: Vec<&Value> = agents["agents"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|agent| &agent["id"])
        .collect();
    assert_eq!(ids, ["ana", "ben"]);
    assert_eq!(
        office.get("/agents?after=ana").await.json()["agents"][0]["presence"],
        "offline"
    );
    // Who goes offline keeps what they hold for two minutes, and gets it back in time.
    let before = jiff::Timestamp::now();
    for (presence, leaves) in [("offline", true), ("available", false), ("away", false)] {
        office
            .put("/agents/ana/presence", json!({"presence": presence}))
            .await;
        let listed = office.get("/agents").await.json()["agents"][0].clone();
        let alone = office.get("/agents/ana").await.json();
        assert_eq!(listed["returns_at"], alone["returns_at"]);
        let returns_at = alone["returns_at"].as_str().map(|at| {
            let at: jiff::Timestamp = at.parse().expect("a time");
            at.duration_since(before).as_secs()
        });
        assert_eq!(returns_at.is_some(), leaves, "{presence}: {alone}");
        assert!(returns_at.is_none_or(|after| after >= 120), "{alone}");
    }
    let removed = office.with_method("DELETE", "/agents/ben", "").await;
    assert_eq!(removed.status, 204, "{removed:?}");
    office
        .get("/agents/ben")
        .await
        .problem(404, "unknown-agent");
    let queues = office.get("/queues").await.json();
    assert_eq!(queues["queues"][1]["id"], "tax");
}

#[tokio::test]
async fn a_supervisor_assigns_moves_and_resolves() {
    let office = Office::with(&["ana", "ben"]).await;
    let conversation = office.hear("1").await;
    let actions = format!("/conversations/{conversation}/actions");
    let act = async |body: Value| office.post(&actions, body).await;
    let assign = json!({"by": "eva", "role": "supervisor", "action": "assign", "agent": "ben"});
    assert_eq!(act(assign).await.json()["owner"], "ben");
    let stolen = json!({"by": "ana", "action": "resolve"});
    act(stolen).await.problem(403, "not-yours");
    let waits = json!({"by": "ben", "action": "wait"});
    act(waits).await.problem(409, "unanswered");
    let moved = json!({"by": "ben", "action": "transfer", "queue": "tax"});
    assert_eq!(act(moved).await.json()["state"], "queued");
    assert_eq!(
        office.get("/queues").await.json()["queues"][1]["waiting"],
        1
    );
    let resolved = json!({"by": "eva", "role": "supervisor", "action": "resolve"});
    assert_eq!(act(resolved).await.json()["state"], "resolved");
    assert_eq!(
        office.get("/incidents").await.json()["incidents"],
        json!([])
    );
    assert_eq!(office.get("/alerts").await.json()["alerts"], json!([]));
    assert_eq!(
        office.get("/approvals").await.json()["approvals"],
        json!([])
    );
}

#[tokio::test]
async fn contacts_are_merged_split_and_erased() {
    let office = Office::with(&[]).await;
    let mut contacts = Vec::new();
    for id in ["1", "2"] {
        let conversation = office.hear(id).await;
        let document = office
            .get(&format!("/conversations/{conversation}"))
            .await
            .json();
        contacts.push(document["contact"].as_str().expect("a contact").to_owned());
    }
    let (one, other) = (&contacts[0], &contacts[1]);
    let merge = json!({"by": "eva", "into": other});
    let change = office
        .post(&format!("/contacts/{one}/merge"), merge.clone())
        .await;
    let number = change.json()["change"].as_u64().expect("a number");
    office
        .post(&format!("/contacts/{one}/merge"), merge)
        .await
        .problem(409, "contact-conflict");
    let journey = office.get(&format!("/contacts/{one}/journey")).await.json();
    assert_eq!(journey["entries"].as_array().map(Vec::len), Some(2));
    // The newest first, and before an entry.
    let path = format!("/contacts/{one}/journey?order=newest");
    let newest = office.get(&path).await.json();
    let mut entries = journey["entries"].as_array().expect("a list").clone();
    entries.reverse();
    assert_eq!(newest["entries"], json!(entries));
    let before = format!("{path}&before={}", entries[0]["feed"]);
    let older = office.get(&before).await.json();
    assert_eq!(older["entries"], json!(entries[1..]));
    let wrong = office.get(&format!("{path}&after=1")).await;
    assert_eq!(wrong.problem(400, "bad-parameter")["field"], "after");
    let undone = office
        .post(
            &format!("/contacts/changes/{number}/undo"),
            json!({"by": "eva"}),
        )
        .await;
    assert_eq!(undone.status, 200, "{undone:?}");
    let exported = office.get(&format!("/contacts/{one}")).await.json();
    assert_eq!(
        exported["conversations"][0]["said"][0]["interaction"]["text"],
        "Hello?"
    );
    let erased = office
        .with_method("DELETE", &format!("/contacts/{one}"), "")
        .await;
    assert_eq!(erased.json()["contacts"], json!([one]));
    let open = office.get("/conversations").await.json();
    assert_eq!(open["conversations"].as_array().map(Vec::len), Some(1));
    let left = office.get(&format!("/contacts/{one}")).await;
    assert!(!left.body.contains("Hello?"), "{left:?}");
}

#[tokio::test]
async fn a_decision_is_found_only_by_its_number() {
    let office = Office::with(&["ana"]).await;
    office.hear("1").await;
    let all = office.get("/decisions").await.json();
    let first = &all["decisions"][0];
    assert_eq!(
        (&first["kind"], &first["outcome"]),
        (&json!("received"), &json!("ok"))
    );
    let id = first["id"].as_u64().expect("a number");
    let shown = office.get(&format!("/decisions/{id}")).await.json();
    assert_eq!(shown["texts"]["interaction"]["text"], "Hello?");
    assert_eq!(shown["texts"]["interaction"]["author"], json!({}));
    let path = format!("/decisions/{id}?unsealed=true");
    let open = office.get(&path).await.json();
    assert_eq!(open["texts"]["interaction"]["author"]["address"], "1");
    // No plugin was called, so nothing can differ.
    let again = office
        .post(&format!("/decisions/{id}/replay"), json!({}))
        .await;
    assert_eq!(again.json()["result"], "same", "{again:?}");
    let none = office.get(&format!("/decisions/{id}/case")).await;
    none.problem(409, "no-case");
    let before = office.get(&format!("/decisions?before={id}")).await.json();
    assert_eq!(before["decisions"], json!([]));
    for filter in ["stage=tone", "outcome=timeout", "plugin=care", "since=0s"] {
        let found = office.get(&format!("/decisions?{filter}")).await.json();
        assert_eq!(found["decisions"], json!([]), "{filter}");
    }
    for query in [
        "limit=0",
        "limit=501",
        "limit=-1",
        "limit=many",
        "since=yesterday",
        "stage=lunch",
        "outcome=fine",
        "before=x",
    ] {
        let answer = office.get(&format!("/decisions?{query}")).await;
        let problem = answer.problem(400, "bad-parameter");
        assert!(problem["field"].is_string(), "{query}: {problem}");
    }
    for path in ["0", "999999", "x", "-1", "1.5", "99999999999999999999"] {
        for below in ["", "/case"] {
            let answer = office.get(&format!("/decisions/{path}{below}")).await;
            answer.problem(404, "unknown-decision");
        }
        let replay = format!("/decisions/{path}/replay");
        let answer = office.post(&replay, json!({})).await;
        answer.problem(404, "unknown-decision");
    }
    let offered = id + 1;
    let no_decision = office.get(&format!("/decisions/{offered}")).await;
    no_decision.problem(404, "unknown-decision");
    let odd = office.get(&format!("/decisions/{id}?unsealed=yes")).await;
    odd.problem(400, "bad-parameter");
    let client = &office.server.client;
    for path in ["decisions", "decisions/1", "decisions/1/case"] {
        let nobody = client.get(&format!("/v1/companies/nobody/{path}")).await;
        nobody.problem(404, "unknown-company");
    }
    let metrics = client.get("/metrics").await.body;
    assert!(
        metrics.contains("patchbay_decisions_unrecorded_total{company=\"northwind\"} 0"),
        "{metrics}"
    );
}

#[tokio::test]
async fn checks_while_typing_are_rate_limited() {
    let office = Office::with(&["ana"]).await;
    let conversation = office.taken("1", "ana").await;
    let path = format!("/conversations/{conversation}/replies/check");
    let mut refused = None;
    for _ in 0..200 {
        let answer = office
            .post(&path, json!({"by": "ana", "text": "Hel"}))
            .await;
        if answer.status != 200 {
            refused = Some(answer);
            break;
        }
    }
    refused.expect("too many").problem(429, "too-many-requests");
}
