//! Problems of invalid requests.

use serde_json::{Value, json};

use super::office::Office;

#[tokio::test]
async fn invalid_requests_are_answered_with_problems() {
    let office = Office::with(&["ana"]).await;
    let conversation = office.taken("1", "ana").await;
    let nobody = "0123456789abcdef0123456789abcdef";
    let by = json!({"by": "ana"});
    let replies = format!("/conversations/{conversation}/replies");
    let actions = format!("/conversations/{conversation}/actions");
    let approve = format!("/approvals/{conversation}/r9/approve");
    let posts: [(&str, Value, u16, &str); 27] = [
        (
            &replies,
            json!({"by": "", "id": "r1", "text": "Hi"}),
            422,
            "invalid-input",
        ),
        (
            &actions,
            json!({"by": "a".repeat(257), "role": "supervisor", "action": "resolve"}),
            422,
            "invalid-input",
        ),
        ("/offers/7/accept", by.clone(), 404, "offer-over"),
        ("/offers/7/decline", by.clone(), 404, "offer-over"),
        ("/offers/x/accept", by.clone(), 404, "offer-over"),
        ("/offers/7/accept", json!({}), 422, "invalid-input"),
        (
            "/offers/7/accept",
            json!({"by": "ana", "as": 1}),
            422,
            "invalid-input",
        ),
        (
            &actions,
            json!({"by": "ana", "action": "dance"}),
            422,
            "invalid-input",
        ),
        (
            &actions,
            json!({"by": "ana", "action": "assign"}),
            422,
            "invalid-input",
        ),
        (
            &actions,
            json!({"by": "ana", "action": "transfer"}),
            422,
            "invalid-input",
        ),
        (
            &actions,
            json!({"by": "ana", "action": "hold", "queue": "tax"}),
            422,
            "invalid-input",
        ),
        (
            &actions,
            json!({"by": "ana", "action": "transfer", "queue": "moon"}),
            404,
            "unknown-queue",
        ),
        (
            &actions,
            json!({"by": "ana", "action": "transfer", "agent": "zoe"}),
            404,
            "unknown-agent",
        ),
        (
            &actions,
            json!({"by": "ana", "action": "resume"}),
            409,
            "not-now",
        ),
        (
            "/conversations/xyz/actions",
            by.clone(),
            404,
            "unknown-conversation",
        ),
        (
            &replies,
            json!({"by": "ana", "id": "r1", "text": " "}),
            422,
            "invalid-input",
        ),
        (
            &replies,
            json!({"by": "ana", "id": "", "text": "Hi"}),
            422,
            "invalid-input",
        ),
        (
            &replies,
            json!({"by": "zoe", "id": "r1", "text": "Hi"}),
            403,
            "not-yours",
        ),
        (
            &replies,
            json!({"by": "ana", "id": "r1", "text": "Hi", "then": "dance"}),
            422,
            "invalid-input",
        ),
        (&approve, by.clone(), 409, "nothing-pending"),
        (
            "/approvals/xyz/r1/reject",
            by.clone(),
            404,
            "unknown-conversation",
        ),
        ("/agents", json!({"id": "ana"}), 422, "invalid-input"),
        (
            "/agents",
            json!([{"id": "ana", "skills": {"tax": 9}}]),
            422,
            "invalid-input",
        ),
        (
            "/agents",
            json!([{"id": "ana", "queues": ["moon"]}]),
            422,
            "invalid-input",
        ),
        (
            "/contacts/xyz/merge",
            json!({"by": "eva", "into": nobody}),
            404,
            "unknown-contact",
        ),
        (
            "/contacts/changes/99/undo",
            json!({"by": "eva"}),
            409,
            "contact-conflict",
        ),
        ("/outbox/nothing/retry", json!({}), 404, "no-item"),
    ];
    for (path, body, status, kind) in posts {
        let answer = office.post(path, body.clone()).await;
        let problem = answer.problem(status, kind);
        assert!(
            problem["detail"].is_string() || status == 404,
            "{path} {body}: {problem}"
        );
    }
    let nowhere = format!("/conversations/{nobody}/actions");
    let done = json!({"by": "ana", "action": "resolve"});
    office
        .post(&nowhere, done)
        .await
        .problem(404, "unknown-conversation");
    for (path, body, status, kind) in [
        (
            "/agents/ana/presence",
            r#"{"presence": "asleep"}"#,
            422,
            "invalid-input",
        ),
        (
            "/agents/zoe/presence",
            r#"{"presence": "away"}"#,
            404,
            "unknown-agent",
        ),
        ("/agents/ana", r#"{"id": "ben"}"#, 422, "invalid-input"),
        ("/agents/ana", "[]", 422, "invalid-input"),
        ("/agents/ana", "{", 400, "malformed-json"),
    ] {
        let answer = office.with_method("PUT", path, body).await;
        answer.problem(status, kind);
    }
    for (path, status, kind) in [
        ("/agents/zoe", 404, "unknown-agent"),
        ("/outbox?state=lost", 400, "bad-parameter"),
        ("/contacts/xyz", 404, "unknown-contact"),
    ] {
        office.get(path).await.problem(status, kind);
    }
    for path in ["/agents/zoe".to_owned(), format!("/contacts/{nobody}")] {
        assert_eq!(
            office.with_method("DELETE", &path, "").await.status,
            404,
            "{path}"
        );
    }
}
