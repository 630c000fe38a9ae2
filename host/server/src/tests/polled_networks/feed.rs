//! Feeds.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Answer, PolledNetwork, Post};

fn item(post: &Post) -> Value {
    let at = Timestamp::from_second(post.at).expect("a time").to_string();
    let author = json!({"name": "Jo", "url": format!("https://jo{}.example/", post.number)});
    json!({"id": format!("https://blog.example/1#comment-{}", post.number),
        "content_text": post.text, "date_published": at, "authors": [author]})
}

pub(super) static FEED: PolledNetwork = PolledNetwork {
    name: "feed",
    settings: "account = \"blog-comments\", url = \"API/comments.json\"",
    secrets: &[],
    answer: |posts, _, _| {
        let items: Vec<Value> = posts.iter().rev().map(item).collect();
        let feed = json!({"version": "https://jsonfeed.org/version/1.1", "title": "Comments",
            "items": items});
        Answer::json(200, &feed)
    },
    asks_again_at_once: false,
    is_page: |request| request.line() == "GET /comments.json",
    no_pages: &["<html>Welcome</html>", "Welcome", "", "{}", "{\"items\":["],
    unauthorised: || Answer::text(401, "Log in"),
    replies: None,
};
