//! Approved answers, as agents search them.

use patchbay_model::access::Role;
use serde_json::{Value, json};

use super::matrix::{give, standing};
use super::office::{COMPANY, Office};

const ARTICLES: &str = r#"
[[knowledge.articles]]
id = "returns"
title = "Returns"
text = "A parcel comes back within 30 days. The refund follows."
[[knowledge.articles]]
id = "refunds-de"
title = "Rückerstattung"
text = "Das Geld kommt innerhalb von 5 Tagen."
language = "de"
intents = ["refund"]
[[knowledge.articles]]
id = "refunds"
title = "Refunds"
text = "Money is back within 5 working days."
language = "en"
intents = ["refund", "cancel"]
never-say = ["14 days"]
"#;

async fn search(office: &Office, query: &str) -> Value {
    let found = office.get(&format!("/knowledge{query}")).await;
    assert_eq!(found.status, 200, "{found:?}");
    found.json()
}

fn ids(found: &Value) -> Vec<&str> {
    let articles = found["articles"].as_array().expect("a list").iter();
    articles.filter_map(|it| it["id"].as_str()).collect()
}

#[tokio::test]
async fn agents_search_the_articles_of_the_active_generation() {
    let office = Office::of(&["ana"], ARTICLES).await;
    let found = search(&office, "?q=Refund&language=en-GB").await;
    assert_eq!(ids(&found), ["refunds", "returns"], "{found}");
    let expected = json!({
        "id": "refunds", "language": "en", "title": "Refunds",
        "text": "Money is back within 5 working days.",
        "intents": ["cancel", "refund"], "never_say": ["14 days"],
    });
    assert_eq!(found["articles"][0], expected);
    assert_eq!(found["other_language"], false);
    // Without accents, and while it is typed.
    assert_eq!(ids(&search(&office, "?q=ruckerst").await), ["refunds-de"]);
    // The wording of another language is better than none.
    let other = search(&office, "?q=geld&language=en").await;
    assert_eq!(ids(&other), ["refunds-de"]);
    assert_eq!(other["other_language"], true);
    let all = search(&office, "").await;
    assert_eq!(ids(&all), ["returns", "refunds-de", "refunds"]);
    assert_eq!(ids(&search(&office, "?limit=1").await), ["returns"]);
    assert_eq!(ids(&search(&office, "?q=invoice").await), [""; 0]);
    for (query, field) in [
        ("?limit=0", "limit"),
        ("?limit=65", "limit"),
        ("?language=not%20a%20tag", "language"),
        (&format!("?q={}", "x".repeat(1_025)), "q"),
    ] {
        let refused = office.get(&format!("/knowledge{query}")).await;
        assert_eq!(refused.problem(400, "bad-parameter")["field"], field);
    }
    let agent = give(
        &office.server,
        standing(Some("northwind"), Role::Agent),
        |_| {},
    );
    let path = format!("{COMPANY}/knowledge?q=refund");
    let found = office.server.client.ask("GET", &path, &agent, "").await;
    assert_eq!(ids(&found.json()), ["refunds", "refunds-de", "returns"]);
}

#[tokio::test]
async fn another_generation_brings_other_articles() {
    let office = Office::of(&[], ARTICLES).await;
    assert_eq!(ids(&search(&office, "?q=returns").await), ["returns"]);
    let document = "company = \"northwind\"\npublish = \"sink\"\n[queue.general]\ndefault = true\n[queue.tax]\n[target.sink]\nwebhook = { url = \"https://sink.example/\" }\n[[knowledge.articles]]\nid = \"new\"\ntitle = \"Returns by post\"\ntext = \"Free of charge.\"\n";
    let applied = office
        .post("/generations", json!({"by": "olga", "document": document}))
        .await;
    assert!(applied.status < 300, "{applied:?}");
    assert_eq!(ids(&search(&office, "?q=returns").await), ["new"]);
}
