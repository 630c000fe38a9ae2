//! Mastodon.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Answer, PolledNetwork, Post, Replies, Request};

const STATUSES: &str = "/api/v1/statuses";

fn notification_id(post: &Post) -> u64 {
    34_975_000 + u64::from(post.number)
}

fn notification(post: &Post) -> Value {
    let at = Timestamp::from_second(post.at).expect("a time");
    let id = 116_165_190_000_000_000 + u64::from(post.number);
    let acct = format!("jo{}@social.example", post.number);
    json!({"id": notification_id(post).to_string(), "type": "mention",
        "created_at": at.to_string(),
        "status": {"id": id.to_string(), "created_at": at.to_string(), "edited_at": null,
            "in_reply_to_id": null, "visibility": "public",
            "content": format!("<p>{}</p>", post.text), "account": {"acct": acct}}})
}

/// The number of a parameter of the query.
fn parameter(request: &Request, name: &str) -> Option<u64> {
    let (_, query) = request.line().split_once('?')?;
    let mut parameters = query.split('&').filter_map(|it| it.split_once('='));
    let (_, value) = parameters.find(|(found, _)| *found == name)?;
    value.parse().ok()
}

/// A page as the server makes it: `min_id` counts from the oldest, and each page begins with
/// the newest.
fn page(posts: &[Post], request: &Request) -> Answer {
    let limit = parameter(request, "limit").and_then(|it| usize::try_from(it).ok());
    let limit = limit.expect("a limit");
    let (min, max) = (parameter(request, "min_id"), parameter(request, "max_id"));
    let mut found: Vec<&Post> = posts.iter().collect();
    found.retain(|post| min.is_none_or(|min| notification_id(post) > min));
    found.retain(|post| max.is_none_or(|max| notification_id(post) < max));
    found.sort_by_key(|post| post.number);
    let page: Vec<&Post> = match min {
        Some(_) => found.into_iter().take(limit).rev().collect(),
        None => found.into_iter().rev().take(limit).collect(),
    };
    Answer::json(200, &page.into_iter().map(notification).collect())
}

fn answer(posts: &[Post], number: u32, request: &Request) -> Answer {
    if (MASTODON.is_page)(request) {
        return page(posts, request);
    }
    if request.line() == format!("POST {STATUSES}") {
        let id = 116_165_200_000_000_000 + u64::from(number);
        return Answer::json(200, &json!({"id": id.to_string()}));
    }
    match request.line() {
        "GET /api/v1/accounts/verify_credentials" => Answer::json(200, &json!({"acct": "care"})),
        "GET /api/v2/instance" => {
            let limits = json!({"statuses": {"max_characters": 500}});
            Answer::json(200, &json!({ "configuration": limits }))
        }
        _ => Answer::json(404, &json!({"error": "Record not found"})),
    }
}

pub(super) static MASTODON: PolledNetwork = PolledNetwork {
    name: "mastodon",
    settings: "account = \"care@mastodon.example\", api-base = \"API\"",
    secrets: &[("access-token", "hush-mastodon-access-token")],
    answer,
    asks_again_at_once: true,
    is_page: |request| request.line().starts_with("GET /api/v1/notifications?"),
    no_pages: &[
        "<html>Welcome</html>",
        "null",
        "{}",
        r#"[{"type":"mention"}]"#,
        r#"[{"id":"34975001","type":"mention""#,
    ],
    unauthorised: || Answer::json(401, &json!({"error": "The access token was revoked"})),
    replies: Some(Replies {
        is_reply: |request| request.line().ends_with(STATUSES),
        key: |request| {
            let key = request.header("idempotency-key");
            key.expect("a key").to_owned()
        },
    }),
};
