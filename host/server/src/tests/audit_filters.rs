//! Filters of the audit trail.

use serde_json::Value;

use super::documents::fits;
use super::office::{COMPANY, Office};

/// Actions of a page.
async fn acts(office: &Office, query: &str) -> Vec<(String, u64, Value)> {
    let page = office.get(&format!("/audit?{query}")).await;
    assert_eq!(page.status, 200, "{query}: {page:?}");
    let page = page.json();
    fits("AuditList", &page);
    let acts = page["acts"].as_array().expect("a list").iter();
    acts.map(|act| {
        let code = act["act"].as_str().expect("a code").to_owned();
        (
            code,
            act["number"].as_u64().expect("a number"),
            act["at"].clone(),
        )
    })
    .collect()
}

#[tokio::test]
async fn the_trail_is_filtered_by_act_actor_time_and_what_it_concerns() {
    let office = Office::with(&["ana", "ben"]).await;
    let drain = format!("{COMPANY}/drain");
    for method in ["PUT", "DELETE"] {
        let done = office.server.client.ask(method, &drain, "", "{}").await;
        assert!(done.status < 300, "{done:?}");
    }
    let all = acts(&office, "").await;
    assert!(all.len() >= 4, "{all:?}");
    let puts: Vec<_> = all
        .iter()
        .filter(|(act, ..)| act == "agents.put")
        .cloned()
        .collect();
    assert_eq!(puts.len(), 2, "{all:?}");
    assert_eq!(acts(&office, "act=agents.put").await, puts);
    assert_eq!(acts(&office, "act=agents").await, []);
    assert_eq!(acts(&office, "actor=local").await, all);
    assert_eq!(acts(&office, "actor=nobody").await, []);
    // The newest first: ben was added after ana.
    assert_eq!(acts(&office, "q=BEN").await, puts[..1]);
    assert_eq!(acts(&office, "act=agents.put&q=ana").await, puts[1..]);
    let oldest = acts(&office, "order=oldest&act=agents.put&limit=1").await;
    assert_eq!(oldest, puts[1..]);
    // From the first of the two on, and before it.
    let time = puts[1].2.as_str().expect("a time");
    let from = acts(&office, &format!("from={time}")).await;
    let to = acts(&office, &format!("to={time}")).await;
    assert!(
        from.contains(&puts[0]) && from.contains(&puts[1]),
        "{from:?}"
    );
    assert!(!to.contains(&puts[0]) && !to.contains(&puts[1]), "{to:?}");
    assert_eq!(from.len() + to.len(), all.len());
}

#[tokio::test]
async fn a_filter_of_the_trail_that_says_nothing_is_refused() {
    let office = Office::with(&[]).await;
    let long = format!("q={}", "a".repeat(257));
    for (query, field) in [
        ("act=", "act"),
        ("actor=%20", "actor"),
        ("q=", "q"),
        (long.as_str(), "q"),
        ("from=yesterday", "from"),
        ("to=2026-13-01", "to"),
        ("from=2026-03-02T10:00:00Z&to=2026-03-02T10:00:00Z", "to"),
    ] {
        let refused = office.get(&format!("/audit?{query}")).await;
        let problem = refused.problem(400, "bad-parameter");
        assert_eq!(problem["field"], field, "{query}: {problem}");
    }
}
