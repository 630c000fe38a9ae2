//! Searches of conversations over HTTP: filters, roles, bounds and refusals.

use patchbay_model::access::Role;
use serde_json::{Value, json};

use super::client::Answer;
use super::matrix::{give, standing};
use super::office::{COMPANY, Office};

fn ids(page: &Value) -> Vec<&str> {
    let all = page["conversations"].as_array().expect("a list").iter();
    all.map(|one| one["id"].as_str().expect("an id")).collect()
}

impl Office {
    async fn search(&self, query: &str, text: &str) -> Answer {
        let path = format!("/conversations/search?{query}");
        self.post(&path, json!({"text": text})).await
    }

    async fn searched(&self, query: &str, text: &str) -> Value {
        let answer = self.search(query, text).await;
        assert_eq!(answer.status, 200, "{query} {text}: {answer:?}");
        answer.json()
    }

    async fn writes(&self, id: &str, channel: &str, address: &str, text: &str) {
        let message = json!({"id": id, "channel": channel, "text": text,
            "author": {"address": address, "name": "Jo Doe"}});
        assert_eq!(self.post("/interactions", message).await.status, 202);
        self.settled().await;
    }
}

#[tokio::test]
async fn a_search_is_one_more_filter_of_the_list() {
    let office = Office::with(&["ana"]).await;
    office
        .writes("m-1", "chat", "jo", "Where is my parcel AB-1234?")
        .await;
    office
        .writes("m-2", "sms", "+41791234567", "My parcel is broken")
        .await;
    office
        .writes("m-3", "email", "ann@example.org", "A refund, please")
        .await;
    let all = office.get("/conversations?sort=age").await.json();
    let [chat, sms, email] = ids(&all)[..] else {
        panic!("{all}");
    };
    for (query, text, expected, by) in [
        ("sort=age", "PARCEL", vec![chat, sms], "words"),
        ("sort=age&channel=sms", "parcel", vec![sms], "words"),
        ("queue=tax", "parcel", vec![], "words"),
        ("", "ab-1234", vec![chat], "words"),
        ("sort=age", "jo doe", vec![chat, sms, email], "words"),
        ("", "m-3", vec![email], "words"),
        ("", "+41 79 123 45 67", vec![sms], "address"),
        ("", "ANN@example.org", vec![email], "address"),
        ("", chat, vec![chat], "conversation"),
        ("channel=sms", chat, vec![], "conversation"),
        ("", "nothing", vec![], "words"),
    ] {
        let page = office.searched(query, text).await;
        assert_eq!(ids(&page), expected, "{query} {text}");
        assert_eq!(page["counts"]["matching"], expected.len(), "{page}");
        assert_eq!(page["search"]["by"], by, "{query} {text}");
        assert_eq!(page["search"]["complete"], true);
        assert_eq!(page["search"]["outdated"], 0);
    }
    // One page after the other, and the same rows as the list has.
    let first = office.searched("sort=age&limit=1", "parcel").await;
    assert_eq!(first["conversations"][0], all["conversations"][0]);
    let next = first["next"].as_str().expect("more");
    let query = format!("sort=age&limit=1&after={next}");
    let second = office.searched(&query, "parcel").await;
    assert_eq!((ids(&second), &second["next"]), (vec![sms], &Value::Null));
}

#[tokio::test]
async fn an_invalid_search_is_answered_with_its_field() {
    let office = Office::with(&["ana"]).await;
    let long = "x".repeat(513);
    for (query, text, status, kind, field) in [
        ("", "", 422, "invalid-input", "text"),
        ("", "  ", 422, "invalid-input", "text"),
        ("", "?!", 422, "invalid-input", "text"),
        ("", "a", 422, "invalid-input", "text"),
        ("", long.as_str(), 422, "invalid-input", "text"),
        (
            "",
            "aa bb cc dd ee ff gg hh ii",
            422,
            "invalid-input",
            "text",
        ),
        ("queue=txa", "parcel", 404, "unknown-queue", "queue"),
        ("limit=0", "parcel", 400, "bad-parameter", "limit"),
        ("after=x", "parcel", 400, "bad-parameter", "after"),
    ] {
        let answer = office.search(query, text).await;
        let problem = answer.problem(status, kind);
        assert_eq!(problem["field"], field, "{query} {text}: {problem}");
        assert!(!answer.body.contains("aa bb"), "{problem}");
    }
    let path = "/conversations/search";
    for body in [json!({}), json!({"text": 5}), json!({"text": "a", "q": 1})] {
        office.post(path, body).await.problem(422, "invalid-input");
    }
}

#[tokio::test]
async fn who_may_not_read_words_may_not_search_for_them() {
    let office = Office::with(&["ana"]).await;
    office.writes("m-1", "chat", "jo", "My secret").await;
    for role in Role::ALL {
        let mut standing = standing(Some("northwind"), role);
        standing.agent = (role == Role::Agent).then(|| "ana".to_owned());
        let token = give(&office.server, standing, |_| {});
        let path = format!("{COMPANY}/conversations/search");
        let body = json!({"text": "secret"}).to_string();
        let client = &office.server.client;
        let answer = client.ask("POST", &path, &token, &body).await;
        match role {
            Role::Integrator => {
                answer.problem(403, "forbidden");
            }
            _ => {
                let page = answer.json();
                assert_eq!(ids(&page).len(), 1, "{role:?}");
                assert_eq!(page["conversations"][0]["snippet"], "My secret");
                assert_eq!(answer.headers["cache-control"], "no-store");
            }
        }
    }
}

#[tokio::test]
async fn a_search_says_how_far_it_went_through_resolved_conversations() {
    let office = Office::with(&["ana"]).await;
    for number in 0..3 {
        let (id, address) = (format!("m-{number}"), format!("p{number}"));
        office.writes(&id, "chat", &address, "My parcel").await;
    }
    let open = office.searched("", "parcel").await;
    assert_eq!(open["search"]["resolved"], 0, "{open}");
    assert_eq!(open["search"]["back_to"], Value::Null);
    for id in ids(&open) {
        let path = format!("/conversations/{id}/actions");
        let resolved = office
            .post(
                &path,
                json!({"action": "resolve", "by": "sam", "role": "supervisor"}),
            )
            .await;
        assert_eq!(resolved.status, 200, "{resolved:?}");
    }
    let mut searched = Vec::new();
    let mut after = String::new();
    loop {
        let query = format!("state=active,resolved&limit=1{after}");
        let page = office.searched(&query, "parcel").await;
        assert_eq!(ids(&page).len(), 1, "{page}");
        assert_eq!(page["search"]["resolved"], 1, "{page}");
        searched.push(
            page["search"]["back_to"]
                .as_str()
                .expect("a time")
                .to_owned(),
        );
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    let mut newest_first = searched.clone();
    newest_first.sort_unstable_by(|one, other| other.cmp(one));
    assert_eq!((searched.len(), searched), (3, newest_first));
}

#[tokio::test]
async fn search_that_is_switched_off_is_refused_and_not_offered() {
    let office = Office::set(&["ana"], |settings| settings.search = false).await;
    office.writes("m-1", "chat", "jo", "My parcel").await;
    for text in ["parcel", "m-1", "+41 79 123 45 67"] {
        office.search("", text).await.problem(404, "search-off");
    }
    let client = &office.server.client;
    let operations = client.get("/v1/me").await.json()["operations"].clone();
    let operations = operations.as_array().expect("a list");
    assert!(operations.contains(&json!("conversations")));
    assert!(!operations.contains(&json!("search_conversations")));
    // The list is as it was.
    let list = office.get("/conversations").await.json();
    assert_eq!(ids(&list).len(), 1);

    let office = office.restarted(|settings| settings.search = true).await;
    let me = office.server.client.get("/v1/me").await.json();
    let operations = me["operations"].as_array().expect("a list");
    assert!(operations.contains(&json!("search_conversations")));
}

#[tokio::test]
async fn searches_are_counted_by_outcome_and_by_where_their_words_were() {
    let office = Office::with(&["ana"]).await;
    office.writes("m-1", "chat", "jo", "My parcel").await;
    office.searched("", "parcel").await;
    office.searched("", "refund").await;
    office.search("", "?!").await.problem(422, "invalid-input");
    let page = office.server.client.get("/metrics").await.body;
    for line in [
        r#"patchbay_searches_total{company="northwind",outcome="found"} 1"#,
        r#"patchbay_searches_total{company="northwind",outcome="nothing"} 1"#,
        r#"patchbay_searches_total{company="northwind",outcome="refused"} 1"#,
        r#"patchbay_searches_total{company="northwind",outcome="partial"} 0"#,
        r#"patchbay_search_outdated_conversations{company="northwind"} 0"#,
        r#"patchbay_search_words_dropped_total{reason="no-room"} 0"#,
        "patchbay_search_seconds_count 3",
        r#"patchbay_bound_limit{what="search-words"} 268435456"#,
    ] {
        assert!(page.contains(line), "{line} is not in\n{page}");
    }
    // The words were read ahead when the list was made, or by the first search.
    let of = |words: &str| {
        let name = format!("patchbay_search_conversations_total{{words=\"{words}\"}} ");
        let line = page.lines().find_map(|line| line.strip_prefix(&name));
        line.and_then(|count| count.parse::<u32>().ok())
            .expect("a count")
    };
    assert_eq!(of("memory") + of("journal"), 2, "{page}");
    assert!(of("memory") >= 1);
    for sent in ["refund", "parcel"] {
        assert!(!page.contains(sent), "{sent} is in the metrics");
    }
}
