//! What became of a reply, for a client that does not know.

use serde_json::json;

use super::documents::fits;
use super::office::Office;

#[tokio::test]
async fn after_a_conflict_of_ids_the_outcome_of_the_first_reply_is_read() {
    let office = Office::with(&["ana"]).await;
    let id = office.taken("jo", "ana").await;
    let replies = format!("/conversations/{id}/replies");
    let outcome = format!("{replies}/r-1");
    office.get(&outcome).await.problem(404, "not-found");
    let first = json!({"by": "ana", "id": "r-1", "text": "Here it is."});
    let sent = office.post(&replies, first.clone()).await;
    assert_eq!(sent.status, 200, "{sent:?}");
    // The answer was lost: the same again is the same reply.
    assert_eq!(office.post(&replies, first).await.status, 200);
    let other = json!({"by": "ana", "id": "r-1", "text": "Something else."});
    let refused = office.post(&replies, other).await;
    let problem = refused.problem(409, "reply-id-taken");
    let detail = problem["detail"].as_str().expect("a detail");
    assert!(detail.contains("replies/r-1"), "{detail}");
    office.given(1).await;
    office.settled().await;
    let found = office.get(&outcome).await;
    assert_eq!(found.status, 200, "{found:?}");
    let found = found.json();
    fits("ReplyOutcome", &found);
    let status = found["status"].as_str().expect("a status");
    assert!(["published", "delivered"].contains(&status), "{found}");
    // Its text is in the entry that is named.
    let before = found["entry"].as_u64().expect("a number") + 1;
    let path = format!("/conversations/{id}/history?limit=1&before={before}");
    let entry = office.get(&path).await;
    assert!(entry.body.contains("Here it is."), "{entry:?}");
    let nowhere = "/conversations/0123456789abcdef0123456789abcdef/replies/r-1";
    office
        .get(nowhere)
        .await
        .problem(404, "unknown-conversation");
}
