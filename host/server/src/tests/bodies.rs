//! Valid and invalid request bodies.

use std::time::Duration;

use patchbay_config::bound::{Bound, Scope};
use serde_json::json;
use tokio::io::AsyncWriteExt;

use super::bounds::{LOUD, QUIET, two_companies};
use super::{DECIDE, HELLO, Running, TONE, client};

#[tokio::test]
async fn an_interaction_gets_a_decision() {
    let server = Running::usual().await;
    let answer = server.client.post(DECIDE, HELLO).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.headers["content-type"], "application/json");
    let decision = answer.json();
    assert_eq!(decision["interaction"], "1");
    assert_eq!(
        decision["route"]["target"],
        json!({"kind": "queue", "id": "general"})
    );
    assert_eq!(decision["stamp"]["generation"], 7);
}

#[tokio::test]
async fn a_draft_without_a_tone_policy_has_no_review() {
    let server = Running::usual().await;
    let draft = r#"{"draft":{"id":"d","channel":"x","text":"Sorry!"}}"#;
    let answer = server.client.post(TONE, draft).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.json()["draft"], "d");
    assert_eq!(answer.json()["outcome"], "ok");
    assert!(answer.json()["tone"].is_null(), "{answer:?}");
}

#[tokio::test]
async fn agents_and_queues_may_come_with_the_request() {
    let server = Running::usual().await;
    let mut request: serde_json::Value = serde_json::from_str(HELLO).expect("JSON");
    request["queues"] = json!([{"id": "general", "default": true}, {"id": "billing"}]);
    request["agents"] = json!([{"id": "ana", "queues": ["billing"]}]);
    let answer = server.client.post(DECIDE, request.to_string()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    request["agents"] = json!([{"id": "ana", "queues": ["nowhere"]}]);
    let answer = server.client.post(DECIDE, request.to_string()).await;
    assert_eq!(answer.problem(422, "invalid-input")["field"], "agents");
}

#[tokio::test]
async fn malformed_json_is_refused_with_line_and_column() {
    let server = Running::usual().await;
    let answer = server
        .client
        .post(DECIDE, "{\n  \"interaction\": oops }")
        .await;
    let problem = answer.problem(400, "malformed-json");
    assert_eq!(
        (&problem["line"], &problem["column"]),
        (&json!(2), &json!(18)),
        "{problem}"
    );
    for body in ["", "{", "[1,", "nul", r#"{"interaction":"\ud800"}"#] {
        server
            .client
            .post(DECIDE, body)
            .await
            .problem(400, "malformed-json");
    }
    let twice = format!("{HELLO}{HELLO}");
    server
        .client
        .post(DECIDE, twice)
        .await
        .problem(400, "malformed-json");
}

#[tokio::test]
async fn a_body_that_is_not_utf_8_is_refused() {
    let server = Running::usual().await;
    let answer = server
        .client
        .post(DECIDE, b"{\"interaction\": \"\xff\"}")
        .await;
    answer.problem(400, "not-utf-8");
}

#[tokio::test]
async fn deep_nesting_is_refused_without_a_stack_overflow() {
    let server = Running::usual().await;
    for depth in [129, 100_000] {
        let deep = format!(
            "{{\"interaction\":{}{}}}",
            "[".repeat(depth),
            "]".repeat(depth)
        );
        let answer = server.client.post(DECIDE, deep).await;
        let problem = answer.problem(400, "malformed-json");
        let detail = problem["detail"].as_str().unwrap_or_default();
        assert!(detail.contains("recursion"), "{detail}");
    }
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused_with_or_without_content_length() {
    let server = Running::with(|settings| settings.body_limit = 1000).await;
    // More than socket buffers hold: the client still reads the answer.
    let large = vec![b' '; 8 << 20];
    let problem = server
        .client
        .post(DECIDE, &large)
        .await
        .problem(413, "body-too-large");
    assert_eq!(problem["limit"], 1000);
    assert_eq!(problem["size"], 8 << 20);
    assert_eq!(problem["unit"], "bytes");
    let mut chunked = format!(
        "{}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
        server.client.head("POST", DECIDE)
    )
    .into_bytes();
    for _ in 0..2000 {
        chunked.extend_from_slice(b"3e8\r\n");
        chunked.extend_from_slice(&large[..1000]);
        chunked.extend_from_slice(b"\r\n");
    }
    chunked.extend_from_slice(b"0\r\n\r\n");
    let problem = server
        .client
        .raw(&chunked)
        .await
        .problem(413, "body-too-large");
    assert_eq!(problem["limit"], 1000);
}

#[tokio::test]
async fn a_client_that_expects_100_continue_is_answered_at_once() {
    let server = Running::usual().await;
    let request = format!(
        "{}Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n",
        server.client.head("POST", DECIDE)
    );
    server
        .client
        .raw(request.as_bytes())
        .await
        .problem(413, "body-too-large");
}

#[tokio::test]
async fn a_field_too_long_is_named_with_limit_and_size() {
    let server = Running::usual().await;
    let text = "a".repeat((512 << 10) + 1);
    let body = json!({"interaction": {"id": "1", "channel": "x", "text": text}});
    let problem = server
        .client
        .post(DECIDE, body.to_string())
        .await
        .problem(422, "invalid-input");
    assert_eq!(problem["field"], "text");
    assert_eq!(problem["limit"], 512 << 10);
    assert_eq!(problem["size"], (512 << 10) + 1);
    assert_eq!(problem["unit"], "bytes");
}

#[tokio::test]
async fn a_wrong_field_is_named() {
    let server = Running::usual().await;
    let interaction = r#""interaction":{"id":"1","channel":"x","text":"Hello"}"#;
    for (body, field) in [
        (
            r#"{"interaction":{"id":"1","channel":"x"}}"#.to_owned(),
            "text",
        ),
        (r#"{"interaction":[]}"#.to_owned(), "interaction"),
        (
            format!("{{{interaction},\"stages\":[\"sing\"]}}"),
            "stages[0]",
        ),
        (
            format!("{{{interaction},\"conversation\":{{\"priority\":\"high\"}}}}"),
            "conversation.priority",
        ),
        (format!("{{{interaction},\"colour\":1}}"), "colour"),
    ] {
        let problem = server
            .client
            .post(DECIDE, &body)
            .await
            .problem(422, "invalid-input");
        assert_eq!(problem["field"], field, "{body}: {problem}");
    }
    let problem = server
        .client
        .post(DECIDE, "{}")
        .await
        .problem(422, "invalid-input");
    assert!(
        problem["detail"].to_string().contains("interaction"),
        "{problem}"
    );
}

#[tokio::test]
async fn an_unknown_long_key_is_cut_in_the_answer() {
    let server = Running::usual().await;
    let body = format!("{{\"{}\":1}}", "k".repeat(100_000));
    let answer = server.client.post(DECIDE, body).await;
    answer.problem(422, "invalid-input");
    assert!(answer.body.len() < 2000, "{}", answer.body.len());
}

#[tokio::test]
async fn a_slow_body_times_out() {
    let server =
        Running::with(|settings| settings.request_timeout = Duration::from_millis(100)).await;
    let request = format!(
        "{}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{",
        server.client.head("POST", DECIDE)
    );
    server
        .client
        .raw(request.as_bytes())
        .await
        .problem(408, "request-timeout");
}

#[tokio::test]
async fn a_slow_head_times_out() {
    let server =
        Running::with(|settings| settings.header_timeout = Duration::from_millis(100)).await;
    let mut stream = server.client.connect().await;
    stream.write_all(b"POST /v1/comp").await.expect("taken");
    let answer = client::read(&mut stream).await.expect("an answer");
    assert_eq!(answer.status, 408);
    let mut idle = server.client.connect().await;
    assert!(client::read(&mut idle).await.is_none());
}

#[tokio::test]
async fn a_connection_closed_within_a_body_harms_no_other_request() {
    let server = Running::usual().await;
    for _ in 0..50 {
        let mut stream = server.client.connect().await;
        let head = format!(
            "{}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{",
            server.client.head("POST", DECIDE)
        );
        stream.write_all(head.as_bytes()).await.expect("taken");
    }
    assert_eq!(server.client.post(DECIDE, HELLO).await.status, 200);
}

#[tokio::test]
async fn bodies_beyond_the_budget_are_refused_until_others_finish() {
    let server = Running::with(|settings| settings.body_budget = 64 << 10).await;
    let padding = "x".repeat(60 << 10);
    let large = format!(r#"{{"interaction":{{"id":"1","channel":"x","text":"{padding}"}}}}"#);
    // A body that never ends holds most of the budget.
    let mut slow = server.client.connect().await;
    let head = format!(
        "POST {DECIDE} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        large.len()
    );
    slow.write_all(head.as_bytes()).await.expect("sent");
    slow.write_all(&large.as_bytes()[..large.len() - 1])
        .await
        .expect("sent");
    let refused = loop {
        let answer = server.client.post(DECIDE, &large).await;
        if answer.status != 200 {
            break answer;
        }
    };
    let problem = refused.problem(503, "overloaded");
    assert!(
        problem["detail"]
            .as_str()
            .expect("a reason")
            .contains("bodies"),
        "{problem}"
    );
    assert_eq!(refused.headers["retry-after"], "1");
    drop(slow);
    while server.client.post(DECIDE, &large).await.status != 200 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn bodies_of_one_company_leave_others_theirs() {
    let place = tempfile::tempdir().expect("a place");
    let server = two_companies(&place, |settings| {
        settings.bounds.set(Bound::Bodies, Scope::Company, 64 << 10);
    })
    .await;
    let padding = "x".repeat(60 << 10);
    let large = format!(r#"{{"interaction":{{"id":"1","channel":"x","text":"{padding}"}}}}"#);
    let [loud, quiet] = [LOUD, QUIET].map(|company| format!("{company}/decide"));
    // A body that never ends holds most of what the company may.
    let mut slow = server.client.connect().await;
    let request = server.client.request("POST", &loud, "", &large);
    let part = &request.as_bytes()[..request.len() - 1];
    slow.write_all(part).await.expect("sent");
    while server.app.bounds.used(Bound::Bodies) < 60 << 10 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    for _ in 0..10 {
        let refused = server.client.post(&loud, &large).await;
        let problem = refused.problem(503, "overloaded");
        assert_eq!(problem["limit"], 64 << 10);
        assert_eq!(refused.headers["retry-after"], "1");
        assert_eq!(server.client.post(&quiet, &large).await.status, 200);
    }
    drop(slow);
    while server.app.bounds.used(Bound::Bodies) > 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(server.client.post(&loud, &large).await.status, 200);
}
