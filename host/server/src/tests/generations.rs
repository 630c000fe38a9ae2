//! Generations changed over HTTP while the server decides.

use std::collections::{BTreeMap, BTreeSet};

use patchbay_model::access::Role;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::client::Answer;
use super::matrix::{give, standing};
use super::{NORTHWIND, Running};
use crate::settings::JournalSettings;

const GENERATIONS: &str = "/v1/companies/northwind/generations";
const ROLLBACK: &str = "/v1/companies/northwind/rollback";

async fn at(place: &TempDir, file: &str) -> Running {
    let kept = JournalSettings::at(place.path().join("desk.db"));
    Running::of(file, |settings| settings.journal = Some(kept)).await
}

async fn post(server: &Running, path: &str, body: Value) -> Answer {
    server.client.post(path, body.to_string()).await
}

fn with_queue(id: &str) -> String {
    format!("{NORTHWIND}[queue.{id}]\npriority = 40\n")
}

/// Number of the generation that decided about a message.
async fn decides(server: &Running) -> u64 {
    let answer = server
        .client
        .post(super::DECIDE, super::HELLO.to_owned())
        .await;
    let decision = answer.json();
    decision["stamp"]["generation"].as_u64().expect("a stamp")
}

#[tokio::test]
async fn a_generation_is_applied_compared_and_rolled_back_and_survives_a_restart() {
    let place = tempfile::tempdir().expect("a place");
    let server = at(&place, NORTHWIND).await;
    assert_eq!(decides(&server).await, 1);
    let tax = with_queue("tax");
    let planned = post(
        &server,
        GENERATIONS,
        json!({"document": tax, "dry_run": true}),
    )
    .await;
    assert_eq!(planned.status, 200, "{planned:?}");
    assert_eq!(planned.json()["active"], false);
    assert_eq!(decides(&server).await, 1, "only looked at");

    let applied = post(
        &server,
        GENERATIONS,
        json!({"document": tax, "expected": 1, "by": "eva"}),
    )
    .await;
    assert_eq!(applied.status, 201, "{applied:?}");
    let plan = applied.json();
    assert_eq!(
        (&plan["generation"], &plan["before"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(
        plan["differences"],
        json!([{"path": "queue.tax.priority", "after": "40"}])
    );
    assert_eq!(decides(&server).await, 2);
    let queues = server
        .client
        .get("/v1/companies/northwind/queues")
        .await
        .json();
    assert!(
        queues.to_string().contains("tax"),
        "the desk follows: {queues}"
    );

    let late = post(
        &server,
        GENERATIONS,
        json!({"document": NORTHWIND, "expected": 1}),
    )
    .await;
    let problem = late.problem(409, "generation-moved");
    assert!(
        problem["detail"]
            .as_str()
            .is_some_and(|text| text.contains('2')),
        "{problem}"
    );

    let listed = server.client.get(GENERATIONS).await.json();
    assert_eq!(listed["active"], 2);
    let numbers: Vec<_> = listed["generations"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| (one["generation"].as_u64(), one["by"].as_str()))
        .collect();
    assert_eq!(numbers, [(Some(2), Some("eva")), (Some(1), Some("start"))]);
    let one = server.client.get(&format!("{GENERATIONS}/2")).await.json();
    assert_eq!(one["document"], tax);
    let compared = server
        .client
        .get(&format!("{GENERATIONS}/1/differences"))
        .await
        .json();
    assert_eq!(
        compared["differences"],
        json!([{"path": "queue.tax.priority", "before": "40"}])
    );
    server.stop().await;

    // The company file still has the first content.
    let server = at(&place, NORTHWIND).await;
    assert_eq!(decides(&server).await, 2, "what was applied goes on");
    let back = post(&server, ROLLBACK, json!({})).await;
    assert_eq!(back.status, 201, "{back:?}");
    assert_eq!(decides(&server).await, 1);
    post(&server, ROLLBACK, json!({}))
        .await
        .problem(409, "nothing-before");
    let again = post(&server, &format!("{GENERATIONS}/2/activate"), json!({})).await;
    assert_eq!(again.status, 201, "{again:?}");
    post(&server, &format!("{GENERATIONS}/2/activate"), json!({}))
        .await
        .problem(409, "already-active");
}

#[tokio::test]
async fn an_invalid_company_file_changes_nothing_and_every_problem_is_listed() {
    let place = tempfile::tempdir().expect("a place");
    let server = at(&place, NORTHWIND).await;
    let wrong = "company = \"northwind\"\n[pipeline]\nroute = [\"ghost\"]\n[queue.general]\ndefault = true\n[queue.tax]\npriority = 101\n";
    let refused = post(&server, GENERATIONS, json!({"document": wrong})).await;
    let problem = refused.problem(422, "setup-refused");
    let lines: Vec<_> = problem["problems"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| one["line"].as_u64())
        .collect();
    assert_eq!(lines, [Some(3), Some(6)], "{problem}");
    let unpacked = "company = \"northwind\"\n[pipeline]\nroute = [\"care\"]\n[plugin.care]\npack = \"care\"\n[queue.general]\ndefault = true\n";
    let refused = post(&server, GENERATIONS, json!({"document": unpacked})).await;
    let problem = refused.problem(422, "setup-refused");
    assert!(
        problem.to_string().contains("there is no pack"),
        "{problem}"
    );
    assert_eq!(decides(&server).await, 1);
    let listed = server.client.get(GENERATIONS).await.json();
    assert_eq!(
        listed["generations"].as_array().map(Vec::len),
        Some(1),
        "nothing is kept of it"
    );
}

#[tokio::test]
async fn a_queue_with_waiting_conversations_is_removed_only_with_moved_to() {
    let place = tempfile::tempdir().expect("a place");
    let server = at(&place, &with_queue("tax")).await;
    let hello =
        json!({"id": "1", "channel": "chat", "text": "Hello", "author": {"address": "@jo"}});
    post(&server, "/v1/companies/northwind/interactions", hello).await;
    let conversations = "/v1/companies/northwind/conversations";
    let id = loop {
        let open = server.client.get(conversations).await.json();
        if let Some(id) = open["conversations"][0]["id"].as_str() {
            break id.to_owned();
        }
    };
    let transfer = json!({"by": "eva", "role": "supervisor", "action": "transfer", "queue": "tax"});
    let done = post(&server, &format!("{conversations}/{id}/actions"), transfer).await;
    assert_eq!(done.status, 200, "{done:?}");
    let refused = post(&server, GENERATIONS, json!({"document": NORTHWIND})).await;
    let problem = refused.problem(422, "setup-refused");
    assert!(
        problem["problems"][0]["message"]
            .as_str()
            .is_some_and(|text| text.contains("moved-to")),
        "{problem}"
    );

    let moved = format!("{NORTHWIND}[queue.tax]\nmoved-to = \"general\"\n");
    let applied = post(&server, GENERATIONS, json!({"document": moved})).await;
    assert_eq!(applied.status, 201, "{applied:?}");
    loop {
        let one = server
            .client
            .get(&format!("{conversations}/{id}"))
            .await
            .json();
        if one["queue"] == "general" {
            let last = one["history"]
                .as_array()
                .and_then(|all| all.last())
                .cloned();
            let last = last.expect("a history");
            assert_eq!(
                (&last["kind"], &last["data"]["because"]),
                (&json!("transferred"), &json!("moved"))
            );
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_company_can_be_created_while_the_server_runs() {
    let place = tempfile::tempdir().expect("a place");
    let server = at(&place, NORTHWIND).await;
    let path = "/v1/companies/harbour/generations";
    server
        .client
        .get(path)
        .await
        .problem(404, "unknown-company");
    let document = "company = \"harbour\"\n[queue.general]\ndefault = true\n";
    let refused = post(&server, path, json!({"document": document})).await;
    let refused = refused.problem(404, "unknown-company");
    assert!(refused["detail"].to_string().contains("--new"), "{refused}");
    let planned = json!({"document": document, "dry_run": true});
    let planned = post(&server, path, planned).await;
    // As the change would fail.
    assert_eq!(planned.problem(404, "unknown-company"), refused);
    let planned = json!({"document": document, "dry_run": true, "new": true});
    let planned = post(&server, path, planned).await;
    assert_eq!(planned.status, 200, "{planned:?}");
    server
        .client
        .get(path)
        .await
        .problem(404, "unknown-company");
    let applied = post(&server, path, json!({"document": document, "new": true})).await;
    assert_eq!(applied.status, 201, "{applied:?}");
    let hello =
        json!({"id": "1", "channel": "chat", "text": "Hello", "author": {"address": "@jo"}});
    let taken = post(&server, "/v1/companies/harbour/interactions", hello).await;
    assert_eq!(taken.status, 202, "{taken:?}");
    server.stop().await;
    let server = at(&place, NORTHWIND).await;
    assert_eq!(
        server.client.get(path).await.json()["active"],
        1,
        "kept, though no file names it"
    );
}

#[tokio::test]
async fn a_misspelled_company_is_refused_with_a_suggestion() {
    let place = tempfile::tempdir().expect("a place");
    let server = at(&place, NORTHWIND).await;
    let path = "/v1/companies/nrothwind/generations";
    let mistyped = json!({"document": NORTHWIND.replace("\"northwind\"", "\"nrothwind\"")});
    let refused = post(&server, path, mistyped.clone()).await;
    let refused = refused.problem(404, "unknown-company");
    assert!(
        refused["detail"]
            .to_string()
            .contains("did you mean \\\"northwind\\\"?"),
        "{refused}"
    );
    let own = give(&server, standing(Some("nrothwind"), Role::Operator), |_| {});
    let refused = server
        .client
        .ask("POST", path, &own, &mistyped.to_string())
        .await;
    let refused = refused.problem(404, "unknown-company");
    assert!(!refused.to_string().contains("northwind"), "{refused}");
    assert!(refused["detail"].to_string().contains("--new"), "{refused}");
}

#[tokio::test]
async fn only_a_known_or_former_queue_can_be_moved() {
    let place = tempfile::tempdir().expect("a place");
    let server = at(&place, &with_queue("tax")).await;
    for (moved, words) in [
        (
            json!({"taxes": "general"}),
            "the company has no queue \"taxes\"",
        ),
        (
            json!({"general": "general"}),
            "is still in the company file",
        ),
        (json!({"tax": "nowhere"}), "the company file has no queue"),
    ] {
        let body = json!({"document": NORTHWIND, "moved": moved, "dry_run": true});
        let refused = post(&server, GENERATIONS, body)
            .await
            .problem(422, "setup-refused");
        let message = refused["problems"][0]["message"]
            .as_str()
            .unwrap_or_default();
        assert!(message.contains(words), "{refused}");
    }
    let body = json!({"document": NORTHWIND, "moved": {"tax": "general"}});
    assert_eq!(post(&server, GENERATIONS, body).await.status, 201);
}

#[tokio::test]
async fn an_incomplete_request_to_apply_is_refused() {
    let place = tempfile::tempdir().expect("a place");
    let server = at(&place, NORTHWIND).await;
    let other = NORTHWIND.replace("northwind", "harbour");
    let digest = format!("sha256:{}", "0".repeat(64));
    for body in [
        json!({}),
        json!({"document": 7}),
        json!({"document": NORTHWIND, "colour": 1}),
        json!({"document": other}),
        json!({"document": NORTHWIND, "by": ""}),
        json!({"document": NORTHWIND, "by": "x".repeat(257)}),
        json!({"document": NORTHWIND, "expected": -1}),
        json!({"document": NORTHWIND, "packs": {"care": {"bundle": {}}}}),
        json!({"document": NORTHWIND, "packs": {"care": {"bundle": {"name": "care", "component": digest}}}}),
        json!({"document": NORTHWIND, "packs": {"care": {"bundle": {"name": "care", "component": digest}, "code": "!"}}}),
        json!({"document": NORTHWIND, "packs": {"care": {"bundle": {"name": "care", "component": digest}, "code": "AAAA"}}}),
    ] {
        let refused = post(&server, GENERATIONS, body.clone()).await;
        assert_eq!(refused.status, 422, "{body}: {refused:?}");
    }
    let broken = post(&server, GENERATIONS, json!({"document": "company = "})).await;
    broken.problem(422, "setup-refused");
    for (path, status) in [
        (format!("{GENERATIONS}/9"), 404),
        (format!("{GENERATIONS}/x"), 400),
        (format!("{GENERATIONS}/9/differences"), 404),
        (format!("{GENERATIONS}?before=x"), 400),
    ] {
        assert_eq!(server.client.get(&path).await.status, status, "{path}");
    }
    let activate = format!("{GENERATIONS}/9/activate");
    post(&server, &activate, json!({}))
        .await
        .problem(404, "unknown-generation");
    post(&server, ROLLBACK, json!({"to": 9}))
        .await
        .problem(404, "unknown-generation");
    post(&server, ROLLBACK, json!({"colour": 1}))
        .await
        .problem(422, "invalid-input");
    let nobody = "/v1/companies/nobody/rollback";
    post(&server, nobody, json!({}))
        .await
        .problem(404, "unknown-company");
}

#[tokio::test]
async fn a_company_whose_creation_fails_leaves_nothing_in_the_journal() {
    let place = tempfile::tempdir().expect("a place");
    let server = at(&place, NORTHWIND).await;
    let path = "/v1/companies/harbour/generations";
    let good = NORTHWIND.replace("northwind", "harbour");
    let planned = json!({"document": good, "dry_run": true, "new": true});
    let planned = post(&server, path, planned).await;
    assert_eq!(planned.status, 200, "{planned:?}");
    let wrong = format!("{good}colour = 1\n");
    let refused = post(&server, path, json!({"document": wrong})).await;
    refused.problem(422, "setup-refused");
    let desk = server.app.desk().expect("a desk");
    let found = desk.journal().find_company("harbour");
    assert_eq!(found.expect("it reads"), None);
}

#[tokio::test]
async fn a_server_without_a_journal_stores_no_generations() {
    let server = Running::usual().await;
    let body = json!({"document": NORTHWIND});
    post(&server, GENERATIONS, body)
        .await
        .problem(404, "no-journal");
}

#[tokio::test]
async fn a_company_signs_only_with_keys_the_settings_allow() {
    let place = tempfile::tempdir().expect("a place");
    let kept = JournalSettings::at(place.path().join("desk.db"));
    let server = Running::of(NORTHWIND, |settings| {
        settings.journal = Some(kept);
        let own = BTreeSet::from(["NORTHWIND_PRESS".to_owned()]);
        settings.secrets = BTreeMap::from([("northwind".to_owned(), own)]);
    })
    .await;
    let token = give(&server, standing(Some("northwind"), Role::Operator), |_| {});
    let apply = async |variable: &str| {
        let target = format!(
            "[target.press]\nwebhook = {{ url = \"https://press.example/\", secret = {{ env = \"{variable}\" }} }}\n"
        );
        let body = json!({"document": format!("{NORTHWIND}{target}"), "dry_run": true});
        server
            .client
            .ask("POST", GENERATIONS, &token, &body.to_string())
            .await
    };
    let own = apply("NORTHWIND_PRESS").await;
    assert_eq!(own.status, 200, "{own:?}");
    // A variable that is set and one that is not are refused alike.
    for variable in ["PATH", "NO_SUCH_VARIABLE"] {
        let problem = apply(variable).await.problem(422, "setup-refused");
        let told = problem["problems"].to_string().replace(variable, "…");
        assert!(told.contains("which the company may not use"), "{told}");
        assert!(!told.contains("not set"), "{told}");
    }
}

#[tokio::test]
async fn queues_moved_at_a_rollback_are_checked_and_survive_a_restart() {
    let place = tempfile::tempdir().expect("a place");
    let server = at(&place, NORTHWIND).await;
    let document = with_queue("tax");
    let applied = post(&server, GENERATIONS, json!({"document": document})).await;
    assert_eq!(applied.status, 201, "{applied:?}");
    let nowhere = json!({"moved": {"tax": "nowhere"}});
    let refused = post(&server, ROLLBACK, nowhere)
        .await
        .problem(422, "setup-refused");
    assert!(refused.to_string().contains("has no queue"), "{refused}");
    let back = post(&server, ROLLBACK, json!({"moved": {"tax": "general"}})).await;
    assert_eq!(back.status, 201, "{back:?}");
    server.stop().await;
    let server = at(&place, NORTHWIND).await;
    let generation = server.app.companies.get("northwind").expect("there");
    assert_eq!(generation.number, 1);
    assert_eq!(
        generation.moved.get("tax").map(String::as_str),
        Some("general")
    );
}

#[tokio::test]
async fn a_rolled_back_generation_is_not_the_target_of_the_next_rollback() {
    let place = tempfile::tempdir().expect("a place");
    let server = at(&place, NORTHWIND).await;
    for queue in ["tax", "law"] {
        let document = with_queue(queue);
        let applied = post(&server, GENERATIONS, json!({"document": document})).await;
        assert_eq!(applied.status, 201, "{applied:?}");
    }
    let back = |body: Value| post(&server, ROLLBACK, body);
    assert_eq!(back(json!({})).await.json()["generation"], 2);
    let document = with_queue("tea");
    post(&server, GENERATIONS, json!({"document": document})).await;
    let plan = back(json!({})).await.json();
    assert_eq!(plan["generation"], 2, "3 was taken back: {plan}");
    assert_eq!(back(json!({})).await.json()["generation"], 1);
}

#[tokio::test]
async fn a_wrong_expected_generation_is_reported_before_anything_is_built() {
    let place = tempfile::tempdir().expect("a place");
    let server = at(&place, NORTHWIND).await;
    let wrong = "company = \"northwind\"\n[pipeline]\nroute = [\"care\"]\n[plugin.care]\npack = \"care\"\n[queue.general]\ndefault = true\n";
    let late = json!({"document": wrong, "expected": 7});
    let late = post(&server, GENERATIONS, late).await;
    let wrong = post(&server, GENERATIONS, json!({"document": wrong})).await;
    assert_eq!(
        (late.status, wrong.status),
        (409, 422),
        "{late:?} {wrong:?}"
    );
}

#[tokio::test]
async fn the_text_of_a_company_file_is_checked_without_its_packs() {
    let server = Running::of(NORTHWIND, |_| {}).await;
    let validate = async |document: &str| {
        let path = "/v1/companies/northwind/generations/validate";
        let body = json!({"document": document}).to_string();
        server.client.post(path, body).await
    };
    let packless =
        format!("{NORTHWIND}[pipeline]\nroute = [\"care\"]\n[plugin.care]\npack = \"nowhere\"\n");
    let fine = validate(&packless).await;
    assert_eq!(
        fine.json(),
        json!({"valid": true, "problems": []}),
        "{fine:?}"
    );
    let wrong = packless.replace(
        "[pipeline]\nroute = [\"care\"]",
        "[pipeline]\nroute = [\"cara\"]\nrout = []",
    );
    let found = validate(&wrong).await.json();
    assert_eq!(found["valid"], false);
    let lines: Vec<_> = found["problems"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| it["line"].clone())
        .collect();
    assert!(
        !lines.is_empty() && lines.iter().all(Value::is_u64),
        "{found}"
    );
    let other = validate(&NORTHWIND.replace("northwind", "acme"))
        .await
        .json();
    assert_eq!(other["problems"][0]["line"], 1, "{other}");
    let syntax = validate("company = ").await.json();
    assert_eq!(syntax["valid"], false);
    assert_eq!(validate("").await.json()["valid"], false);
}
