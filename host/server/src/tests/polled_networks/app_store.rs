//! The App Store.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Answer, PolledNetwork, Post, Replies, Request};

const RESPONSES: &str = "POST /v1/customerReviewResponses";

fn review(post: &Post) -> Value {
    let at = Timestamp::from_second(post.at).expect("a time").to_string();
    json!({"type": "customerReviews", "id": format!("00000025-10e3-{}", post.number),
        "attributes": {"rating": 2, "body": post.text, "createdDate": at,
            "reviewerNickname": "Jo", "territory": "PRT"}})
}

fn error(status: u16, code: &str) -> Answer {
    let error = json!({"status": status.to_string(), "code": code, "title": "x", "detail": "x"});
    Answer::json(status, &json!({ "errors": [error] }))
}

fn answer(posts: &[Post], number: u32, request: &Request) -> Answer {
    if (APP_STORE.is_page)(request) {
        let reviews: Vec<Value> = posts.iter().rev().map(review).collect();
        return Answer::json(200, &json!({ "data": reviews }));
    }
    match request.line() {
        line if line.ends_with("?limit=1") => Answer::json(200, &json!({"data": []})),
        RESPONSES => {
            let response = json!({"type": "customerReviewResponses", "id": format!("a-{number}")});
            Answer::json(201, &json!({ "data": response }))
        }
        _ => error(404, "NOT_FOUND"),
    }
}

pub(super) static APP_STORE: PolledNetwork = PolledNetwork {
    name: "app-store",
    settings: "account = \"6446001234\", issuer-id = \"57246542-96fe-1a63-e053-0824d011072a\", key-id = \"2X9R4HXF34\", api-base = \"API\"",
    secrets: &[(
        "private-key",
        include_str!("../../../../adapter/tests/adapter/keys/es256.pem"),
    )],
    answer,
    asks_again_at_once: true,
    is_page: |request| {
        let start = "GET /v1/apps/6446001234/customerReviews?sort=-createdDate&limit=200";
        request.line() == start
    },
    no_pages: &["<html>Welcome</html>", "null", "[]", "{}", r#"{"data":["#],
    unauthorised: || error(401, "NOT_AUTHORIZED"),
    replies: Some(Replies {
        is_reply: |request| request.line() == RESPONSES,
        // A review has one response.
        key: |request| {
            let sent = request.json();
            sent["data"]["relationships"]["review"]["data"]["id"].to_string()
        },
    }),
};
