//! Lists of conversations over HTTP: filters, orders, counts, words and clocks.

use patchbay_model::access::Role;
use serde_json::{Value, json};

use super::client::Answer;
use super::matrix::{give, standing};
use super::office::{COMPANY, Office};

const SLA: &str = "[queue.slow]\n[queue.slow.sla]\nfirst-response = \"1h\"\nresolution = \"4h\"\n";

fn ids(page: &Value) -> Vec<String> {
    let all = page["conversations"].as_array().expect("a list").iter();
    all.map(|one| one["id"].as_str().expect("an id").to_owned())
        .collect()
}

impl Office {
    async fn listed(&self, query: &str) -> Value {
        let answer = self.get(&format!("/conversations?{query}")).await;
        assert_eq!(answer.status, 200, "{query}: {answer:?}");
        answer.json()
    }

    /// Delivers a message of a person; the conversation.
    async fn wrote(&self, id: &str, channel: &str, name: &str, text: &str) -> String {
        let message = json!({"id": id, "channel": channel, "text": text,
            "author": {"address": name, "name": name}});
        assert_eq!(self.post("/interactions", message).await.status, 202);
        self.settled().await;
        let newest = self.listed("sort=activity&limit=1").await;
        ids(&newest).remove(0)
    }

    async fn acts(&self, conversation: &str, body: Value) -> Answer {
        let path = format!("/conversations/{conversation}/actions");
        self.post(&path, body).await
    }
}

#[tokio::test]
async fn a_list_is_filtered_sorted_and_counted_by_the_server() {
    let office = Office::of(&["ana"], SLA).await;
    let first = office.wrote("1", "chat", "Jo", "First").await;
    let second = office.wrote("2", "x", "Ann", "Second").await;
    let third = office.wrote("3", "chat", "Bob", "Third").await;
    let assign = json!({"by": "eva", "role": "supervisor", "action": "assign", "agent": "ana"});
    assert_eq!(office.acts(&second, assign).await.status, 200);
    let moved = json!({"by": "eva", "role": "supervisor", "action": "transfer", "queue": "tax"});
    assert_eq!(office.acts(&third, moved).await.status, 200);
    office.settled().await;

    let mut by_id = vec![first.clone(), second.clone(), third.clone()];
    by_id.sort();
    let all = office.listed("").await;
    assert_eq!(ids(&all), by_id);
    assert_eq!(all["counts"]["matching"], 3, "{all}");
    let states = all["counts"]["by_state"].as_object().expect("counts");
    let total: u64 = states.values().filter_map(Value::as_u64).sum();
    assert_eq!(total, 3, "{all}");
    for (query, expected) in [
        ("channel=x", vec![&second]),
        ("queue=tax", vec![&third]),
        ("owner=ana", vec![&second]),
        ("state=active", vec![&second]),
        ("channel=chat&queue=tax", vec![&third]),
        ("tag=vip", vec![]),
        ("channel=sms", vec![]),
        ("state=wrapping,on-hold", vec![]),
        ("sort=age", vec![&first, &second, &third]),
        ("sort=activity", vec![&third, &second, &first]),
    ] {
        let page = office.listed(query).await;
        let expected: Vec<String> = expected.into_iter().cloned().collect();
        assert_eq!(ids(&page), expected, "{query}");
    }
    // The filter's states do not change the counts by state.
    let active = office.listed("state=active").await;
    assert_eq!(active["counts"]["matching"], 1);
    assert_eq!(active["counts"]["by_state"], all["counts"]["by_state"]);
    // One page after the other.
    let page = office.listed("sort=age&limit=2").await;
    assert_eq!(ids(&page), [first.clone(), second.clone()]);
    let next = page["next"].as_str().expect("more");
    let page = office
        .listed(&format!("sort=age&limit=2&after={next}"))
        .await;
    assert_eq!(ids(&page), std::slice::from_ref(&third));
    assert_eq!(page["next"], Value::Null);
    assert_eq!(page["counts"]["matching"], 3);

    // Of one person, and resolved ones.
    let contact = all["conversations"][0]["contact"].as_str().expect("one");
    let own = office.listed(&format!("contact={contact}")).await;
    assert_eq!(ids(&own), by_id[..1]);
    let resolve = json!({"by": "eva", "role": "supervisor", "action": "resolve"});
    assert_eq!(office.acts(&first, resolve).await.status, 200);
    let resolved = office.listed("state=resolved").await;
    assert_eq!(ids(&resolved), std::slice::from_ref(&first));
    assert_eq!(resolved["conversations"][0]["state"], "resolved");
    assert_eq!(resolved["counts"]["matching"], 1);
    assert_eq!(resolved["counts"]["by_state"]["resolved"], 1);
    let open = office.listed("").await;
    assert_eq!(open["counts"]["matching"], 2);
    assert_eq!(open["counts"]["by_state"]["resolved"], Value::Null);
    let more = office.listed("state=resolved&channel=chat").await;
    assert_eq!(
        (ids(&more), &more["counts"]["matching"]),
        (vec![first], &Value::Null)
    );
}

#[tokio::test]
async fn a_summary_has_the_newest_words_and_the_clocks() {
    let office = Office::of(&["ana"], SLA).await;
    let conversation = office
        .wrote("1", "chat", "Jo  Doe", "Where is\nmy  parcel?")
        .await;
    let moved = json!({"by": "eva", "role": "supervisor", "action": "transfer", "queue": "slow"});
    assert_eq!(office.acts(&conversation, moved).await.status, 200);
    office.settled().await;
    let page = office.listed("").await;
    let row = &page["conversations"][0];
    assert_eq!(row["name"], "Jo Doe");
    assert_eq!(row["snippet"], "Where is my parcel?");
    assert_eq!(row["last_message_from"], "customer");
    assert!(row["last_message_at"].is_string(), "{row}");
    let clocks = row["clocks"].as_array().expect("clocks");
    let names: Vec<_> = clocks.iter().map(|clock| &clock["clock"]).collect();
    assert_eq!(names, ["first-response", "resolution"]);
    assert_eq!(clocks[0]["state"], "running");
    assert_eq!(clocks[0]["target_seconds"], 3_600);
    assert_eq!(clocks[0]["deadline"], row["due_at"]);
    assert_eq!(clocks[0]["at_risk_at"], row["at_risk_at"]);
    assert_eq!(
        (&page["counts"]["at_risk"], &page["counts"]["missed"]),
        (&json!(0), &json!(0))
    );
    let one = office
        .get(&format!("/conversations/{conversation}"))
        .await
        .json();
    for field in ["name", "snippet", "clocks", "last_message_at", "sequence"] {
        assert_eq!(one[field], row[field], "{field}");
    }
    // The reply is the newest message; the first response is met.
    let assign = json!({"by": "eva", "role": "supervisor", "action": "assign", "agent": "ana"});
    assert_eq!(office.acts(&conversation, assign).await.status, 200);
    let reply = json!({"by": "ana", "id": "r1", "text": "It left this morning."});
    let path = format!("/conversations/{conversation}/replies");
    assert_eq!(office.post(&path, reply).await.status, 200);
    office.given(1).await;
    let row = loop {
        let page = office.listed("").await;
        let row = page["conversations"][0].clone();
        if row["state"] == "waiting-on-customer" {
            break row;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    };
    assert_eq!(row["snippet"], "It left this morning.");
    assert_eq!(row["last_message_from"], "agent");
    assert_eq!(row["name"], "Jo Doe");
    assert_eq!(row["clocks"][0]["state"], "met");
    assert_eq!(row["clocks"][1]["state"], "paused");
    assert_eq!(row["clocks"][1]["deadline"], Value::Null);
}

#[tokio::test]
async fn an_integrator_reads_no_words_and_an_agent_no_offers_of_others() {
    let office = Office::with(&["ana"]).await;
    let conversation = office.wrote("1", "chat", "Jo", "My secret").await;
    let ben = office.post("/agents", json!([{"id": "ben"}])).await;
    assert_eq!(ben.status, 200, "{ben:?}");
    let ask = async |role: Role, agent: Option<&str>, query: &str| {
        let mut standing = standing(Some("northwind"), role);
        standing.agent = agent.map(str::to_owned);
        let token = give(&office.server, standing, |_| {});
        let path = format!("{COMPANY}/conversations?{query}");
        office.server.client.ask("GET", &path, &token, "").await
    };
    for role in Role::ALL {
        let agent = (role == Role::Agent).then_some("ana");
        let answer = ask(role, agent, "").await;
        let row = answer.json()["conversations"][0].clone();
        assert_eq!(row["id"], conversation);
        let reads = role != Role::Integrator;
        assert_eq!(row["snippet"] == "My secret", reads, "{role:?}");
        assert_eq!(row["name"] == "Jo", reads, "{role:?}");
        assert_eq!(answer.body.contains("secret"), reads, "{role:?}");
    }
    let offered = ask(Role::Agent, Some("ana"), "agent=ana").await.json();
    assert_eq!(ids(&offered), std::slice::from_ref(&conversation));
    let other = ask(Role::Agent, Some("ben"), "agent=ana").await.json();
    assert_eq!(ids(&other), Vec::<String>::new());
    assert_eq!(other["counts"]["matching"], 0);
    let supervisor = ask(Role::Supervisor, None, "agent=ana").await.json();
    assert_eq!(ids(&supervisor), [conversation]);
}

#[tokio::test]
async fn an_invalid_filter_is_answered_with_its_field() {
    let office = Office::with(&["ana"]).await;
    office.wrote("1", "chat", "Jo", "Hello?").await;
    let zeros = "0".repeat(32);
    let age = format!("age-{0}-{0}-{zeros}", "0".repeat(16));
    for (query, status, kind, field) in [
        ("queue=txa".to_owned(), 404, "unknown-queue", "queue"),
        ("owner=anna".to_owned(), 404, "unknown-agent", "owner"),
        ("agent=anna".to_owned(), 404, "unknown-agent", "agent"),
        (
            format!("contact={zeros}"),
            404,
            "unknown-contact",
            "contact",
        ),
        ("contact=jo".to_owned(), 404, "unknown-contact", "contact"),
        ("channel=chta".to_owned(), 400, "bad-parameter", "channel"),
        ("state=pending".to_owned(), 400, "bad-parameter", "state"),
        ("state=queued,".to_owned(), 400, "bad-parameter", "state"),
        ("state=".to_owned(), 400, "bad-parameter", "state"),
        ("sort=newest".to_owned(), 400, "bad-parameter", "sort"),
        ("clock=late".to_owned(), 400, "bad-parameter", "clock"),
        ("clock=".to_owned(), 400, "bad-parameter", "clock"),
        ("limit=0".to_owned(), 400, "bad-parameter", "limit"),
        ("limit=101".to_owned(), 400, "bad-parameter", "limit"),
        ("limit=many".to_owned(), 400, "bad-parameter", "limit"),
        ("after=x".to_owned(), 400, "bad-parameter", "after"),
        (
            format!("after={zeros}&sort=age"),
            400,
            "bad-parameter",
            "after",
        ),
        (
            format!("after={age}&sort=priority"),
            400,
            "bad-parameter",
            "after",
        ),
    ] {
        let answer = office.get(&format!("/conversations?{query}")).await;
        let problem = answer.problem(status, kind);
        assert_eq!(problem["field"], field, "{query}: {problem}");
    }
    let queue = office.get("/conversations?queue=txa").await.json();
    assert!(queue["detail"].to_string().contains("tax"), "{queue}");
}

#[tokio::test]
async fn a_reply_to_what_has_changed_is_refused_with_what_is_newer() {
    let office = Office::with(&["ana"]).await;
    let conversation = office.taken("1", "ana").await;
    let path = format!("/conversations/{conversation}");
    let seen = office.get(&path).await.json()["sequence"].clone();
    let more =
        json!({"id": "2", "channel": "chat", "text": "One more thing", "author": {"address": "1"}});
    assert_eq!(office.post("/interactions", more).await.status, 202);
    office.settled().await;
    let replies = format!("{path}/replies");
    let reply =
        |expected: &Value| json!({"by": "ana", "id": "r1", "text": "Hello!", "expected": expected});
    let refused = office.post(&replies, reply(&seen)).await;
    let problem = refused.problem(409, "conversation-moved");
    let now = problem["sequence"].clone();
    assert_eq!(
        now.as_u64(),
        seen.as_u64().map(|seen| seen + 1),
        "{problem}"
    );
    let newer = problem["newer"].as_array().expect("entries");
    assert_eq!((newer.len(), &newer[0]["kind"]), (1, &json!("received")));
    assert_eq!(newer[0]["sequence"], now);
    assert!(!problem.to_string().contains("One more"), "{problem}");
    let actions = format!("{path}/actions");
    let hold = json!({"by": "ana", "action": "hold", "expected": seen});
    office
        .post(&actions, hold)
        .await
        .problem(409, "conversation-moved");
    let late = office.post(&replies, reply(&json!(999))).await;
    assert_eq!(late.problem(422, "invalid-input")["field"], "expected");
    let wrong = office.post(&replies, reply(&json!("3"))).await;
    wrong.problem(422, "invalid-input");
    // Read and sent again, and repeated on a bad net.
    let sent = office.post(&replies, reply(&now)).await.json();
    assert_eq!(sent["reply"]["status"], "published");
    assert!(sent["sequence"].as_u64() > now.as_u64(), "{sent}");
    let again = office.post(&replies, reply(&seen)).await.json();
    assert!(again["reply"]["status"].is_string(), "{again}");
    assert_eq!(office.given(1).await.len(), 1);
}

#[tokio::test]
async fn a_list_and_a_search_are_filtered_by_clock_and_incident() {
    let terms = "[queue.late]\nsla = { first-response = \"1s\" }\n";
    let office = Office::of(&[], terms).await;
    let none = office.wrote("1", "chat", "Jo", "Parcel one").await;
    let late = office.wrote("2", "chat", "Ann", "Parcel two").await;
    let both = office.wrote("3", "chat", "Bob", "Parcel three").await;
    for id in [&late, &both] {
        let moved =
            json!({"by": "eva", "role": "supervisor", "action": "transfer", "queue": "late"});
        assert_eq!(office.acts(id, moved).await.status, 200);
    }
    let place = office
        .server
        .app
        .settings
        .journal
        .clone()
        .expect("a journal")
        .path;
    let office = {
        let (both, place) = (both.clone(), place.clone());
        office
            .restarted(move |_| super::incidents::put_into_incident(&place, &[&both], "outage"))
            .await
    };
    let missed = async || office.listed("clock=missed&sort=age").await;
    for _ in 0..6_000 {
        if missed().await["counts"]["missed"] == 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let page = missed().await;
    assert_eq!(ids(&page), [late.clone(), both.clone()]);
    assert_eq!(page["counts"]["matching"], 2);
    let by_state = page["counts"]["by_state"].as_object().expect("counts");
    let total: u64 = by_state.values().filter_map(Value::as_u64).sum();
    assert_eq!(total, 2, "{page}");
    // The counts of clocks are those without the filter by clock.
    let at_risk = office.listed("clock=at-risk").await;
    assert_eq!(ids(&at_risk), [""; 0]);
    assert_eq!(
        (&at_risk["counts"]["at_risk"], &at_risk["counts"]["missed"]),
        (&json!(0), &json!(2))
    );
    for (query, expected) in [
        ("incident=outage", vec![&both]),
        ("incident=outage&clock=missed", vec![&both]),
        ("incident=outage&clock=at-risk,missed", vec![&both]),
        ("incident=outage&clock=at-risk", vec![]),
        ("incident=nothing", vec![]),
        ("incident=outage&queue=general", vec![]),
    ] {
        let page = office.listed(query).await;
        let expected: Vec<String> = expected.into_iter().cloned().collect();
        assert_eq!(ids(&page), expected, "{query}");
        assert_eq!(page["counts"]["matching"], expected.len(), "{query}");
    }
    let search = async |query: &str| {
        let path = format!("/conversations/search?{query}");
        let answer = office.post(&path, json!({"text": "parcel"})).await;
        assert_eq!(answer.status, 200, "{query}: {answer:?}");
        ids(&answer.json())
    };
    assert_eq!(
        search("sort=age").await,
        [none.clone(), late.clone(), both.clone()]
    );
    assert_eq!(search("clock=missed&sort=age").await, [late, both.clone()]);
    assert_eq!(search("incident=outage").await, std::slice::from_ref(&both));
    // A resolved conversation stays in its incident, and its clock stays missed.
    let resolve = json!({"by": "eva", "role": "supervisor", "action": "resolve"});
    assert_eq!(office.acts(&both, resolve.clone()).await.status, 200);
    // One without a target has no clock, and one whose clock has stopped is not at risk.
    assert_eq!(office.acts(&none, resolve).await.status, 200);
    let resolved = ids(&office.listed("state=resolved").await);
    assert_eq!(resolved, [none, both.clone()]);
    let at_risk = office.listed("state=resolved&clock=at-risk").await;
    assert_eq!(ids(&at_risk), [""; 0]);
    for query in [
        "state=resolved&incident=outage",
        "state=resolved&clock=missed",
    ] {
        let page = office.listed(query).await;
        assert_eq!(ids(&page), std::slice::from_ref(&both), "{query}");
        assert_eq!(page["counts"].get("matching"), None, "{query}");
    }
}
