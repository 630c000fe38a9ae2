//! Google Play.

use serde_json::{Value, json};

use super::{Answer, PolledNetwork, Post, Replies, Request};

const TOKENS: &str = "POST /token";
const REVIEWS: &str = "/androidpublisher/v3/applications/com.northwind.app/reviews";

fn review(post: &Post) -> Value {
    let comment = json!({"text": post.text, "starRating": 2,
        "lastModified": {"seconds": post.at.to_string(), "nanos": 0}});
    json!({"reviewId": format!("gp:AOqp{}", post.number), "authorName": "Jo",
        "comments": [{ "userComment": comment }]})
}

fn error(status: u16, name: &str) -> Answer {
    let error = json!({"code": status, "message": "x", "status": name});
    Answer::json(status, &json!({ "error": error }))
}

fn answer(posts: &[Post], number: u32, request: &Request) -> Answer {
    if (PLAY_STORE.is_page)(request) {
        let reviews: Vec<Value> = posts.iter().rev().map(review).collect();
        return Answer::json(200, &json!({ "reviews": reviews }));
    }
    match request.line() {
        line if line.ends_with("?maxResults=1") => Answer::json(200, &json!({})),
        TOKENS => {
            let token = format!("hush-google-{number}");
            Answer::json(200, &json!({"access_token": token, "expires_in": 3600}))
        }
        line if line.ends_with(":reply") => {
            let edited = json!({"seconds": (1_772_532_000 + number).to_string()});
            let result = json!({"replyText": request.json()["replyText"], "lastEdited": edited});
            Answer::json(200, &json!({ "result": result }))
        }
        _ => error(404, "NOT_FOUND"),
    }
}

pub(super) static PLAY_STORE: PolledNetwork = PolledNetwork {
    name: "play-store",
    settings: "account = \"com.northwind.app\", token-url = \"API/token\", api-base = \"API\"",
    secrets: &[(
        "service-account",
        include_str!("../../../../adapter/tests/adapter/keys/service_account.json"),
    )],
    answer,
    asks_again_at_once: true,
    is_page: |request| {
        let target = request.line().strip_prefix("GET ").unwrap_or_default();
        target.strip_prefix(REVIEWS) == Some("?maxResults=100")
    },
    no_pages: &[
        "<html>Welcome</html>",
        "null",
        "[]",
        r#"{"error":{}}"#,
        r#"{"reviews":["#,
    ],
    unauthorised: || error(401, "UNAUTHENTICATED"),
    replies: Some(Replies {
        is_reply: |request| request.line().ends_with(":reply"),
        // A review has one reply.
        key: |request| request.line().to_owned(),
    }),
};
