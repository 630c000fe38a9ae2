//! Counts of conversations by queue and by owner, over HTTP.

use serde_json::{Value, json};

use super::documents::fits;
use super::office::Office;

const SLA: &str = "[queue.slow]\n[queue.slow.sla]\nfirst-response = \"1h\"\n";

#[tokio::test]
async fn counts_by_queue_and_owner_are_those_of_the_lists_behind_them() {
    let office = Office::of(&["ana"], SLA).await;
    let taken = office.taken("jo", "ana").await;
    let other = office.hear("ann").await;
    let eva = |body: Value| {
        let mut body = body;
        body["by"] = "eva".into();
        body["role"] = "supervisor".into();
        body
    };
    let path = format!("/conversations/{other}/actions");
    let moved = eva(json!({"action": "transfer", "queue": "tax"}));
    assert_eq!(office.post(&path, moved).await.status, 200);
    office.settled().await;
    let read = async || {
        let counts = office.get("/conversations/counts").await;
        assert_eq!(counts.status, 200, "{counts:?}");
        let counts = counts.json();
        fits("CountsByGroup", &counts);
        counts
    };
    let counts = read().await;
    assert_eq!(counts["total"]["open"], 2, "{counts}");
    for (group, filter) in [("queues", "queue"), ("owners", "owner")] {
        let groups = counts[group].as_object().expect("groups");
        assert!(!groups.is_empty(), "{counts}");
        for (name, found) in groups {
            let path = format!("/conversations?{filter}={name}&limit=1");
            let list = office.get(&path).await.json();
            assert_eq!(
                found["open"], list["counts"]["matching"],
                "{name}: {counts}"
            );
            for same in ["by_state", "at_risk", "missed"] {
                assert_eq!(found[same], list["counts"][same], "{name}: {counts}");
            }
        }
    }
    assert_eq!(counts["owners"]["ana"]["by_state"], json!({"active": 1}));
    assert_eq!(counts["queues"]["tax"]["open"], 1);
    // A resolved one counts nowhere.
    let path = format!("/conversations/{taken}/actions");
    let resolved = eva(json!({"action": "resolve"}));
    assert_eq!(office.post(&path, resolved).await.status, 200);
    office.settled().await;
    let counts = read().await;
    assert!(counts["owners"]["ana"].is_null(), "{counts}");
    assert_eq!(counts["total"]["open"], 1);
    let unknown = office
        .server
        .client
        .get("/v1/companies/moon/conversations/counts");
    unknown.await.problem(404, "unknown-company");
}
