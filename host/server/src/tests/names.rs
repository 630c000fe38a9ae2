//! Lookups by name: existing or unknown, owned or offered, one or
//! many at once.

use patchbay_model::access::Role;
use serde_json::{Value, json};

use super::matrix::{give, standing};
use super::office::Office;

const COMPANY: &str = "/v1/companies/northwind";

fn ids(list: &Value) -> Vec<&str> {
    let all = list["conversations"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    all.iter().filter_map(|one| one["id"].as_str()).collect()
}

#[tokio::test]
async fn an_unknown_queue_or_agent_is_answered_with_those_that_exist() {
    let office = Office::with(&["ana"]).await;
    office.hear("1").await;
    let unknown = office.get("/conversations?agent=anna").await;
    let unknown = unknown.problem(404, "unknown-agent");
    assert_eq!(
        unknown["detail"],
        "did you mean \"ana\"? the agents are ana"
    );
    let unknown = office.get("/conversations?queue=taxs").await;
    let unknown = unknown.problem(404, "unknown-queue");
    assert_eq!(
        unknown["detail"],
        "did you mean \"tax\"? the queues are general, tax"
    );
    let tax = office.get("/conversations?queue=tax").await.json();
    assert_eq!(ids(&tax), [""; 0]);
}

#[tokio::test]
async fn offers_are_listed_for_their_agent_only_and_are_rescinded() {
    let office = Office::with(&["ana"]).await;
    office.hear("1").await;
    let all = office.get("/conversations").await.json();
    assert_eq!(all["conversations"][0]["state"], "reserved", "{all}");
    let of_ana = office.get("/conversations?agent=ana").await.json();
    assert_eq!(ids(&of_ana), ids(&all));
    let before = office.get("/agents/ana").await.json();
    let before = before["offers"][0]["id"].as_u64().expect("an offer");
    let path = format!("{COMPANY}/agents/ana/presence");
    let away = json!({"presence": "away"}).to_string();
    let put = office.server.client.ask("PUT", &path, "", &away).await;
    assert_eq!(put.status, 200, "{put:?}");
    let body = json!({"conversations": ids(&of_ana), "by": "eva"});
    let done = office.post("/conversations/requeue", body).await.json();
    assert_eq!(done["requeued"], 1, "{done}");
    let after = office.get("/agents/ana").await.json();
    assert_eq!(after["offers"], json!([]), "offer {before} was taken back");
    let waits = office.get("/conversations").await.json();
    assert_eq!(waits["conversations"][0]["state"], "queued");
}

#[tokio::test]
async fn the_hosts_drain_lists_drained_companies() {
    let office = Office::with(&["ana"]).await;
    let none = office.server.client.get("/v1/drain").await.json();
    assert_eq!(none["companies"], json!([]), "{none}");
    let reason = json!({"reason": "moves"}).to_string();
    let path = format!("{COMPANY}/drain");
    let begun = office.server.client.ask("PUT", &path, "", &reason).await;
    assert_eq!(begun.status, 200, "{begun:?}");
    let drain = office.server.client.get("/v1/drain").await.json();
    assert_eq!(drain["draining"], false, "{drain}");
    let company = &drain["companies"][0];
    assert_eq!(
        (&company["company"], &company["reason"]),
        (&json!("northwind"), &json!("moves"))
    );
}

#[tokio::test]
async fn one_unsealing_covers_exactly_its_decisions() {
    let office = Office::with(&["ana"]).await;
    office.hear("1").await;
    let server = &office.server;
    let auditor = give(server, standing(Some("northwind"), Role::Auditor), |_| {});
    let other = give(server, standing(Some("northwind"), Role::Auditor), |_| {});
    let operator = give(server, standing(Some("northwind"), Role::Operator), |_| {});
    let ask = async |method: &str, path: &str, token: &str, body: &Value| {
        let path = format!("{COMPANY}{path}");
        server
            .client
            .ask(method, &path, token, &body.to_string())
            .await
    };
    let all = ask("GET", "/decisions", &auditor, &Value::Null)
        .await
        .json();
    let id = all["decisions"][0]["id"].as_u64().expect("a number");
    let many = json!({"from": id, "to": id + 9, "decisions": 3});
    let unsealings = "/decisions/unsealings";
    ask("POST", unsealings, &operator, &many)
        .await
        .problem(403, "forbidden");
    for wrong in [
        json!({"from": 2, "to": 1, "decisions": 1}),
        json!({"from": 1, "to": 2, "decisions": 3}),
        json!({"from": 1, "to": 2, "decisions": 0}),
    ] {
        let refused = ask("POST", unsealings, &auditor, &wrong).await;
        refused.problem(422, "invalid-input");
    }
    let made = ask("POST", unsealings, &auditor, &many).await;
    assert_eq!(made.status, 201, "{made:?}");
    let act = made.json()["act"].as_u64().expect("a number");
    let under = |act: u64| format!("/decisions/{id}?unsealed=true&under={act}");
    for _ in 0..3 {
        let read = ask("GET", &under(act), &auditor, &Value::Null).await;
        assert_eq!(read.status, 200, "{read:?}");
        let address = &read.json()["texts"]["interaction"]["author"]["address"];
        assert_eq!(*address, "1");
    }
    for (number, token) in [(act + 1, &auditor), (0, &auditor), (act, &other)] {
        let refused = ask("GET", &under(number), token, &Value::Null).await;
        assert_eq!(refused.problem(403, "forbidden")["field"], "under");
    }
    let few = json!({"from": id + 1, "to": id + 9, "decisions": 3});
    let few = ask("POST", unsealings, &auditor, &few).await.json();
    let few = few["act"].as_u64().expect("a number");
    let beyond = ask("GET", &under(few), &auditor, &Value::Null).await;
    beyond.problem(403, "forbidden");
    // A failed export is not recorded as an unsealing.
    let none = ask(
        "GET",
        &format!("/decisions/{id}/case"),
        &auditor,
        &Value::Null,
    )
    .await;
    none.problem(409, "no-case");
    let trail = ask("GET", "/audit", &auditor, &Value::Null).await.json();
    let acts = trail["acts"].as_array().expect("acts").iter();
    let acts = acts.filter_map(|act| act["act"].as_str());
    let unsealed: Vec<&str> = acts.filter(|act| act.contains("unsealed")).collect();
    assert_eq!(unsealed, ["decisions.unsealed"; 2]);
}

#[tokio::test]
async fn an_invalid_agent_is_reported_by_its_position_in_the_list() {
    let office = Office::with(&["ana"]).await;
    for wrong in [
        json!([{"id": "ben"}, {"id": "eva", "skils": {}}]),
        json!([{"id": "ben"}, {"id": "eva", "queues": ["nowhere"]}]),
    ] {
        let refused = office.post("/agents", wrong).await;
        assert_eq!(refused.problem(422, "invalid-input")["field"], "[1]");
    }
    office
        .get("/agents/ben")
        .await
        .problem(404, "unknown-agent");
}

/// The company file refuses the same names: such a limit has no effect.
#[tokio::test]
async fn an_agent_with_a_limit_of_a_misspelt_channel_or_queue_is_refused() {
    let office = Office::with(&["ana"]).await;
    for (wrong, meant) in [
        (json!({"channel_capacity": {"emial": 1}}), "\"email\""),
        (json!({"channel_capacity": {"whatsap": 0}}), "\"whatsapp\""),
        (
            json!({"channel_capacity": {"instagram-drect": 2}}),
            "\"instagram-direct\"",
        ),
        (json!({"queue_capacity": {"genral": 1}}), "\"general\""),
    ] {
        let path = format!("{COMPANY}/agents/ben");
        let client = &office.server.client;
        let one = client.ask("PUT", &path, "", &wrong.to_string()).await;
        let refused = one.problem(422, "invalid-input");
        let detail = refused["detail"].as_str().expect("a detail");
        assert!(detail.contains(meant), "{wrong}: {detail}");
        let mut listed = wrong.clone();
        listed["id"] = json!("ben");
        let many = office.post("/agents", json!([{"id": "eva"}, listed])).await;
        assert_eq!(many.problem(422, "invalid-input")["field"], "[1]");
    }
    for fine in ["email", "x-direct", "kiosk"] {
        let agent = json!([{"id": "ben", "channel_capacity": {fine: 1}}]);
        assert_eq!(office.post("/agents", agent).await.status, 200, "{fine}");
    }
}
