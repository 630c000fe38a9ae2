//! Who has a conversation open, as colleagues see it.

use patchbay_model::access::Role;
use serde_json::{Value, json};

use super::client::Answer;
use super::matrix::{give, standing};
use super::office::{COMPANY, Office};

async fn ask(office: &Office, method: &str, path: &str, body: &Value) -> Answer {
    let client = &office.server.client;
    let path = format!("{COMPANY}{path}");
    client.ask(method, &path, "", &body.to_string()).await
}

/// Names and states of the viewers in an answer.
fn viewers(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{answer:?}");
    let viewers = answer.json()["viewers"]
        .as_array()
        .expect("viewers")
        .clone();
    let viewers = viewers.iter().map(|viewer| {
        assert!(viewer["since"].is_string(), "{viewer}");
        let text = |name: &str| viewer[name].as_str().expect("a text").to_owned();
        format!("{} {}", text("agent"), text("state"))
    });
    viewers.collect()
}

#[tokio::test]
async fn colleagues_see_who_views_and_who_types() {
    let office = Office::with(&["ana", "ben"]).await;
    let conversation = office.hear("jo").await;
    let other = office.hear("ann").await;
    let path = format!("/conversations/{conversation}/viewers");
    assert_eq!(viewers(&office.get(&path).await), [""; 0]);
    let me = format!("{path}/me");
    let ana = json!({"by": "ana", "state": "viewing"});
    assert_eq!(
        viewers(&ask(&office, "PUT", &me, &ana).await),
        ["ana viewing"]
    );
    let eva = json!({"by": "eva", "role": "supervisor", "state": "away"});
    let both = ask(&office, "PUT", &me, &eva).await;
    assert_eq!(viewers(&both), ["ana viewing", "eva away"]);
    let ana = json!({"by": "ana", "state": "typing"});
    ask(&office, "PUT", &me, &ana).await;
    let seen = office.get(&path).await;
    assert_eq!(viewers(&seen), ["eva away", "ana typing"], "{seen:?}");
    let elsewhere = office.get(&format!("/conversations/{other}/viewers")).await;
    assert_eq!(viewers(&elsewhere), [""; 0]);
    let left = ask(&office, "DELETE", &format!("{me}?by=eva"), &json!({})).await;
    assert_eq!(viewers(&left), ["ana typing"]);
    // The history, and with it the feed, does not carry it.
    let document = office.get(&format!("/conversations/{conversation}")).await;
    assert!(!document.body.contains("typing"), "{document:?}");
}

#[tokio::test]
async fn a_caller_speaks_for_themselves_only() {
    let office = Office::with(&["ana", "ben"]).await;
    let conversation = office.hear("jo").await;
    let me = format!("/conversations/{conversation}/viewers/me");
    for (body, field) in [
        (json!({"state": "viewing"}), "by"),
        (json!({"by": " ", "state": "viewing"}), "by"),
        (json!({"by": "a".repeat(257), "state": "viewing"}), "by"),
        (json!({"by": "ana", "state": "asleep"}), "state"),
    ] {
        let refused = ask(&office, "PUT", &me, &body).await;
        assert_eq!(
            refused.problem(422, "invalid-input")["field"],
            field,
            "{refused:?}"
        );
    }
    for unknown in ["0123456789abcdef0123456789abcdef", "xyz"] {
        let path = format!("/conversations/{unknown}/viewers");
        office.get(&path).await.problem(404, "unknown-conversation");
        let body = json!({"by": "ana", "state": "viewing"});
        let refused = ask(&office, "PUT", &format!("{path}/me"), &body).await;
        refused.problem(404, "unknown-conversation");
    }
    let client = &office.server.client;
    let path = format!("{COMPANY}{me}");
    let viewing = r#"{"state": "viewing"}"#;
    for (role, name) in [(Role::Agent, "ana"), (Role::Supervisor, "")] {
        let token = give(&office.server, standing(Some("northwind"), role), |_| {});
        let seen = client.ask("PUT", &path, &token, viewing).await;
        assert!(
            viewers(&seen).iter().any(|it| it.starts_with(name)),
            "{seen:?}"
        );
        let ben = r#"{"by": "ben", "state": "typing"}"#;
        let refused = client.ask("PUT", &path, &token, ben).await;
        refused.problem(403, "forbidden");
        let refused = client
            .ask("DELETE", &format!("{path}?by=ben"), &token, "{}")
            .await;
        refused.problem(403, "forbidden");
        let left = client.ask("DELETE", &path, &token, "{}").await;
        assert_eq!(viewers(&left), [""; 0]);
    }
    for role in [Role::Auditor, Role::Integrator] {
        let token = give(&office.server, standing(Some("northwind"), role), |_| {});
        let refused = client.ask("PUT", &path, &token, viewing).await;
        refused.problem(403, "forbidden");
    }
}
