//! Bluesky.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Answer, PolledNetwork, Post, Replies, Request};

pub(super) const ACCOUNT: &str = "did:plc:caretzxyoun6zhxrhs64oiz2";
pub(super) const CREATE_SESSION: &str = "/xrpc/com.atproto.server.createSession";
pub(super) const REFRESH_SESSION: &str = "/xrpc/com.atproto.server.refreshSession";
const PUT_RECORD: &str = "/xrpc/com.atproto.repo.putRecord";

fn notification(post: &Post) -> Value {
    let at = Timestamp::from_second(post.at).expect("a time").to_string();
    let did = format!("did:plc:jo{}", post.number);
    let uri = format!("at://{did}/app.bsky.feed.post/{}", post.number);
    let record = json!({"$type": "app.bsky.feed.post", "text": post.text, "createdAt": at});
    json!({"uri": uri, "cid": "bafyrei", "reason": "mention", "record": record,
        "author": {"did": did, "handle": format!("jo{}.example", post.number)},
        "isRead": false, "indexedAt": at})
}

fn session(number: u32) -> Answer {
    let session = json!({"did": ACCOUNT, "handle": "care.example",
        "accessJwt": format!("hush-access-{number}"),
        "refreshJwt": format!("hush-refresh-{number}")});
    Answer::json(200, &session)
}

pub(super) fn error(status: u16, name: &str) -> Answer {
    Answer::json(status, &json!({"error": name, "message": "x"}))
}

/// Whether a request asks whose the session is.
pub(super) fn is_session_probe(request: &Request) -> bool {
    request.line() == "GET /xrpc/com.atproto.server.getSession"
}

/// Tokens have the number of the request that gave them.
fn answer(posts: &[Post], number: u32, request: &Request) -> Answer {
    if (BLUESKY.is_page)(request) {
        // The newest first.
        let mut posts: Vec<&Post> = posts.iter().collect();
        posts.sort_by_key(|post| std::cmp::Reverse((post.at, post.number)));
        let notifications: Vec<Value> = posts.into_iter().map(notification).collect();
        return Answer::json(200, &json!({ "notifications": notifications }));
    }
    if is_session_probe(request) {
        return Answer::json(200, &json!({"did": ACCOUNT, "active": true}));
    }
    match request.line().strip_prefix("POST ") {
        Some(CREATE_SESSION | REFRESH_SESSION) => session(number),
        Some(PUT_RECORD) => {
            let key = (REPLIES.key)(request);
            let uri = format!("at://{ACCOUNT}/app.bsky.feed.post/{key}");
            Answer::json(200, &json!({"uri": uri, "cid": "bafyrei"}))
        }
        _ => error(404, "MethodNotImplemented"),
    }
}

const REPLIES: Replies = Replies {
    is_reply: |request| request.line().ends_with(PUT_RECORD),
    key: |request| {
        let sent = request.json();
        sent["rkey"].as_str().expect("a key").to_owned()
    },
};

pub(super) static BLUESKY: PolledNetwork = PolledNetwork {
    name: "bluesky",
    settings: "account = \"did:plc:caretzxyoun6zhxrhs64oiz2\", api-base = \"API\"",
    secrets: &[("app-password", "hush-bluesky-app-password")],
    answer,
    asks_again_at_once: true,
    is_page: |request| {
        let start = "GET /xrpc/app.bsky.notification.listNotifications?";
        request.line().starts_with(start)
    },
    no_pages: &[
        "<html>Welcome</html>",
        "[]",
        "{}",
        r#"{"notifications":[{"uri":"x"}]}"#,
        r#"{"notifications":["#,
    ],
    unauthorised: || error(401, "AuthenticationRequired"),
    replies: Some(REPLIES),
};
