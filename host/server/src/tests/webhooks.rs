//! Webhooks of channels: what providers send reaches the desk, and what did not come
//! from them does not.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::client::Answer as HttpAnswer;
use super::networks::Answer;
use super::networks::stand_in::{Request, StandIn, Turn};
use super::office::{COMPANY, Office};

/// Variable whose value is the secret: every process has it.
const VARIABLE: &str = "PATH";
const HOOK: &str = "/webhooks/northwind/whatsapp/main";
const ACCOUNT: &str = "1122334455667";

fn secret() -> String {
    std::env::var(VARIABLE).expect("set in every process")
}

/// The connection of a company file; `api` is the base URL of the provider.
fn connection(api: &str) -> String {
    let secret = format!("{{ env = \"{VARIABLE}\" }}");
    format!(
        "[channel.whatsapp.connection.main]\nsettings = {{ accounts = [\"{ACCOUNT}\"], api-base = \"{api}\" }}\nsecrets = {{ app-secret = {secret}, verify-token = {secret}, access-token = {secret} }}\n"
    )
}

async fn office(agents: &[&str]) -> Office {
    Office::of(agents, &connection("https://graph.example")).await
}

fn message(id: &str, from: &str, text: &str, at: i64) -> Value {
    json!({"from": from, "id": id, "timestamp": at.to_string(), "type": "text", "text": {"body": text}})
}

fn delivery(messages: &[Value], statuses: &[Value]) -> Vec<u8> {
    json!({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [{
        "field": "messages",
        "value": {
            "messaging_product": "whatsapp",
            "metadata": {"phone_number_id": ACCOUNT},
            "messages": messages,
            "statuses": statuses,
        },
    }]}]})
    .to_string()
    .into_bytes()
}

fn signature(secret: &str, body: &[u8]) -> String {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes());
    let code = ring::hmac::sign(&key, body);
    let digits = code.as_ref().iter().map(|byte| format!("{byte:02x}"));
    format!("sha256={}", digits.collect::<String>())
}

async fn send(office: &Office, path: &str, signature: &str, body: &[u8]) -> HttpAnswer {
    send_as(office, path, signature, "application/json", body).await
}

async fn send_as(
    office: &Office,
    path: &str,
    signature: &str,
    media_type: &str,
    body: &[u8],
) -> HttpAnswer {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: care.northwind.example\r\nConnection: close\r\nContent-Type: {media_type}\r\nX-Hub-Signature-256: {signature}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let request = [head.as_bytes(), body].concat();
    office.server.client.raw(&request).await
}

#[tokio::test]
async fn a_webhook_takes_the_media_type_of_its_provider() {
    let office = office(&[]).await;
    for (number, media_type) in [
        "application/json; charset=latin1",
        "application/x-www-form-urlencoded",
        "message/rfc822",
        "text/plain",
    ]
    .into_iter()
    .enumerate()
    {
        let id = format!("wamid.{number}");
        let body = delivery(&[message(&id, "351912345678", "Hi", 1_767_225_600)], &[]);
        let signature = signature(&secret(), &body);
        let answer = send_as(&office, HOOK, &signature, media_type, &body).await;
        assert_eq!(answer.status, 200, "{media_type}: {answer:?}");
    }
    assert_eq!(conversations(&office).await[0]["interactions"], 4);
}

async fn deliver(office: &Office, body: &[u8]) -> HttpAnswer {
    send(office, HOOK, &signature(&secret(), body), body).await
}

async fn conversations(office: &Office) -> Vec<Value> {
    office.settled().await;
    let open = office.get("/conversations").await.json();
    open["conversations"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn the_provider_registers_the_webhook_with_the_verify_token_alone() {
    let office = office(&[]).await;
    let ask = async |token: &str| {
        let token: String = token.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let path =
            format!("{HOOK}?hub.mode=subscribe&hub.verify_token={token}&hub.challenge=1158201444");
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: care.northwind.example\r\nConnection: close\r\n\r\n"
        );
        office.server.client.raw(request.as_bytes()).await
    };
    let answer = ask(&secret()).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "1158201444"));
    assert_eq!(answer.headers["content-type"], "text/plain");
    let refused = ask("other").await;
    assert_eq!(refused.status, 403, "{refused:?}");
    assert!(!refused.body.contains("1158201444"), "{refused:?}");
}

#[tokio::test]
async fn a_signed_delivery_is_a_conversation_once_however_often_it_comes() {
    let office = office(&[]).await;
    let body = delivery(
        &[message(
            "wamid.a",
            "351912345678",
            "Where is it?",
            1_767_225_600,
        )],
        &[],
    );
    for _ in 0..2 {
        let answer = deliver(&office, &body).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (200, ""),
            "{answer:?}"
        );
    }
    // In another batch, with a message of another customer.
    let batch = delivery(
        &[
            message("wamid.b", "351900000000", "Olá", 1_767_225_700),
            message("wamid.a", "351912345678", "Where is it?", 1_767_225_600),
        ],
        &[],
    );
    let at_once = (0..10).map(|_| deliver(&office, &batch));
    for answer in join_all(at_once).await {
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let all = conversations(&office).await;
    assert_eq!(all.len(), 2, "{all:?}");
    assert!(
        all.iter().all(|one| one["channel"] == "whatsapp"),
        "{all:?}"
    );
    let counts: Vec<_> = all.iter().map(|one| one["interactions"].clone()).collect();
    assert_eq!(counts, [json!(1), json!(1)], "{all:?}");
}

#[tokio::test]
async fn what_the_provider_did_not_sign_reaches_no_desk() {
    let office = office(&[]).await;
    let body = delivery(
        &[message("wamid.a", "351912345678", "Hi", 1_767_225_600)],
        &[],
    );
    let right = signature(&secret(), &body);
    let other = signature("other", &body);
    let mut changed = body.clone();
    changed[40] ^= 1;
    for (signature, body) in [
        (String::new(), &body),
        ("sha256=".to_owned(), &body),
        (right.to_uppercase(), &body),
        (other, &body),
        (right.clone(), &changed),
    ] {
        let answer = send(&office, HOOK, &signature, body).await;
        answer.problem(403, "not-authentic");
    }
    for path in [
        "/webhooks/northwind/whatsapp/other",
        "/webhooks/northwind/telegram/main",
        "/webhooks/elsewhere/whatsapp/main",
    ] {
        let answer = send(&office, path, &right, &body).await;
        answer.problem(404, "not-found");
    }
    assert_eq!(conversations(&office).await, Vec::<Value>::new());
    let listed = office.get("/channels").await.json();
    let connection = &listed["connections"][0];
    assert_eq!(connection["requests"]["rejected"], 5, "{listed}");
    assert_eq!(connection["requests"].get("accepted"), None, "{listed}");
    assert_eq!(connection["open"], true);
    assert_eq!(connection["path"], HOOK);
    assert!(!listed.to_string().contains(&secret()), "a secret");
}

#[tokio::test]
async fn a_delivery_that_cannot_be_decoded_is_kept_and_holds_up_no_other_item() {
    let office = office(&[]).await;
    let body = delivery(
        &[
            json!({"from": "351900000000", "type": "text", "text": {"body": "no id"}}),
            message("wamid.a", "351912345678", "Where is it?", 1_767_225_600),
        ],
        &[],
    );
    for _ in 0..2 {
        let answer = deliver(&office, &body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    assert_eq!(conversations(&office).await.len(), 1);
    let listed = office.get("/quarantine").await.json();
    let items = listed["items"].as_array().expect("a list");
    let [item] = &items[..] else {
        panic!("{listed}");
    };
    assert_eq!(item["channel"], "whatsapp");
    assert_eq!(item["connection"], "main");
    let place = item["place"].as_str().expect("a place");
    assert!(
        place.starts_with("entry[0].changes[0].value.messages[0]"),
        "{place}"
    );
    assert!(!listed.to_string().contains("no id"), "{listed}");
    let number = item["number"].as_u64().expect("a number");
    let again = office
        .post(&format!("/quarantine/{number}/retry"), json!({}))
        .await;
    assert_eq!(again.json()["result"], "undecodable", "{again:?}");
    let alerts = office.server.client.get("/v1/alerts").await.body;
    assert!(alerts.contains("delivery-quarantined"), "{alerts}");
    let missing = office.post("/quarantine/999/retry", json!({})).await;
    missing.problem(404, "unknown-delivery");
    let removed = office.delete(&format!("/quarantine/{number}")).await;
    assert_eq!(removed.status, 204, "{removed:?}");
    let listed = office.get("/quarantine").await.json();
    assert_eq!(listed["items"], json!([]));
    let audit = office.server.client.get(&format!("{COMPANY}/audit")).await;
    assert!(audit.body.contains("quarantine.removed"), "{audit:?}");
}

/// The provider takes the message, with this id.
fn accept(id: &str) -> Turn {
    Turn::Answer(Answer::json(200, &json!({"messages": [{"id": id}]})))
}

/// The provider refuses it.
fn refuse(status: u16, code: i64) -> Turn {
    Turn::Answer(Answer::json(status, &json!({"error": {"code": code}})))
}

/// A stand-in for the provider that does this with the first requests.
async fn provider(turns: Vec<Turn>) -> StandIn {
    let stand_in = StandIn::http(|number, _| {
        let id = format!("wamid.{number}");
        Answer::json(200, &json!({"messages": [{"id": id}]}))
    })
    .await;
    stand_in.next(turns);
    stand_in
}

/// A conversation that ana has accepted, and the provider.
async fn conversation_with(turns: Vec<Turn>, at: i64) -> (Office, String, StandIn) {
    let provider = provider(turns).await;
    let office = Office::of(&["ana"], &connection(&provider.url)).await;
    let conversation = taken(&office, at).await;
    (office, conversation, provider)
}

/// Delivers a message, written at a time; ana accepts its conversation.
async fn taken(office: &Office, at: i64) -> String {
    let body = delivery(
        &[message("wamid.a", "351912345678", "Where is it?", at)],
        &[],
    );
    assert_eq!(deliver(office, &body).await.status, 200);
    let all = conversations(office).await;
    let conversation = all[0]["id"].as_str().expect("an id").to_owned();
    let agent = office.get("/agents/ana").await.json();
    let offer = agent["offers"][0]["id"].as_u64().expect("an offer");
    let done = office
        .post(&format!("/offers/{offer}/accept"), json!({"by": "ana"}))
        .await;
    assert_eq!(done.status, 200, "{done:?}");
    conversation
}

async fn reply(office: &Office, conversation: &str, text: &str) {
    let path = format!("/conversations/{conversation}/replies");
    let sent = office
        .post(&path, json!({"by": "ana", "id": "r1", "text": text}))
        .await;
    assert_eq!(sent.status, 200, "{sent:?}");
}

/// Waits until the history has an entry of a kind; its data.
async fn entry(office: &Office, conversation: &str, kind: &str) -> Value {
    for _ in 0..6_000 {
        let document = office
            .get(&format!("/conversations/{conversation}"))
            .await
            .json();
        let history = document["history"].as_array().expect("a history");
        if let Some(entry) = history.iter().find(|entry| entry["kind"] == kind) {
            return entry["data"].clone();
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("no {kind} within a minute");
}

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

#[tokio::test]
async fn a_reply_goes_out_by_the_connection_and_its_states_come_back() {
    let (office, conversation, provider) =
        conversation_with(vec![accept("wamid.out")], now()).await;
    let shown = office
        .get(&format!("/conversations/{conversation}"))
        .await
        .json();
    assert_eq!(shown["reply_window"]["open"], true, "{shown}");
    reply(&office, &conversation, "It is on its way.").await;
    entry(&office, &conversation, "reply-delivered").await;
    let sent = provider.requests();
    let [request] = &sent[..] else {
        panic!("{} requests", sent.len());
    };
    let (head, body) = (&request.head, request.json());
    assert!(
        head.contains(&format!("Bearer {}", secret()))
            || head.to_lowercase().contains("authorization: bearer"),
        "{head}"
    );
    assert_eq!(body["to"], "351912345678");
    assert_eq!(body["text"]["body"], "It is on its way.");
    assert_eq!(body["context"]["message_id"], "wamid.a");
    // The provider says later that it did not arrive.
    let status = |state: &str| json!({"id": "wamid.out", "status": state, "timestamp": now().to_string(), "errors": [{"code": 131_026}]});
    for state in ["failed", "failed", "sent"] {
        let answer = deliver(&office, &delivery(&[], &[status(state)])).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let failed = entry(&office, &conversation, "reply-undeliverable").await;
    assert_eq!(failed["kind"], "recipient-unreachable", "{failed}");
    assert!(
        failed["problem"]
            .as_str()
            .is_some_and(|text| text.contains("131026")),
        "{failed}"
    );
    let document = office
        .get(&format!("/conversations/{conversation}"))
        .await
        .json();
    let history = document["history"].as_array().expect("a history");
    let count = history
        .iter()
        .filter(|entry| entry["kind"] == "reply-undeliverable")
        .count();
    assert_eq!(count, 1, "{document}");
    // It is its agent's again.
    assert_eq!(document["state"], "active", "{document}");
}

#[tokio::test]
async fn a_long_reply_goes_out_in_parts_and_no_part_twice() {
    let turns = vec![
        accept("wamid.1"),
        refuse(400, 131_016),
        accept("wamid.2"),
        accept("wamid.3"),
    ];
    let (office, conversation, provider) = conversation_with(turns, now()).await;
    let sentence = "One of many sentences. ";
    let text = sentence.repeat(10_000 / sentence.len());
    reply(&office, &conversation, text.trim_end()).await;
    entry(&office, &conversation, "reply-delivered").await;
    let sent: Vec<Value> = provider.requests().iter().map(Request::json).collect();
    let keys: Vec<&str> = sent
        .iter()
        .filter_map(|body| body["biz_opaque_callback_data"].as_str())
        .filter_map(|key| key.rsplit_once('/'))
        .map(|(_, part)| part)
        .collect();
    assert_eq!(keys, ["1", "2", "2", "3"]);
    let parts = [0, 2, 3].map(|index| {
        sent[index]["text"]["body"]
            .as_str()
            .expect("a text")
            .trim()
            .to_owned()
    });
    assert_eq!(parts.join(" "), text.trim_end());
}

#[tokio::test]
async fn a_reply_that_may_have_arrived_is_not_sent_again_by_itself() {
    let (office, conversation, provider) = conversation_with(vec![Turn::Close], now()).await;
    reply(&office, &conversation, "It is on its way.").await;
    let failed = entry(&office, &conversation, "reply-undeliverable").await;
    assert_eq!(failed["kind"], "uncertain", "{failed}");
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let sent = provider.requests();
    assert_eq!(sent.len(), 1);
    // The state of the message has the key that was planted in the request.
    let key = &sent[0].json()["biz_opaque_callback_data"];
    let status = |key: &Value| {
        json!({"id": "wamid.out", "status": "delivered", "timestamp": now().to_string(),
            "biz_opaque_callback_data": key})
    };
    let other = deliver(&office, &delivery(&[], &[status(&json!("reply-x-1/1"))])).await;
    assert_eq!(other.status, 200, "{other:?}");
    let answer = deliver(&office, &delivery(&[], &[status(key)])).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    entry(&office, &conversation, "reply-delivered").await;
    let failed = office.get("/outbox?state=dead").await.json();
    assert_eq!(failed["items"], json!([]));
    assert_eq!(provider.requests().len(), 1);
}

#[tokio::test]
async fn after_the_reply_window_nothing_is_sent() {
    let (office, conversation, provider) =
        conversation_with(vec![accept("wamid.out")], now() - 86_500).await;
    let shown = office
        .get(&format!("/conversations/{conversation}"))
        .await
        .json();
    assert_eq!(shown["reply_window"]["open"], false, "{shown}");
    reply(&office, &conversation, "It is on its way.").await;
    let failed = entry(&office, &conversation, "reply-undeliverable").await;
    assert_eq!(failed["kind"], "window-closed", "{failed}");
    assert!(provider.requests().is_empty());
}

#[tokio::test]
async fn a_revoked_token_stops_the_channel_and_uses_up_no_reply() {
    let turns = vec![refuse(401, 190)];
    let (office, conversation, provider) = conversation_with(turns, now()).await;
    reply(&office, &conversation, "It is on its way.").await;
    for _ in 0..6_000 {
        let listed = office.get("/channels").await.json();
        if listed["connections"][0].get("broken_since").is_some() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let listed = office.get("/channels").await.json();
    let problem = listed["connections"][0]["broken_by"]
        .as_str()
        .expect("broken");
    assert!(problem.contains("190"), "{listed}");
    let alerts = office.server.client.get("/v1/alerts").await.body;
    assert!(alerts.contains("channel-broken"), "{alerts}");
    let waiting = office.get("/outbox?state=waiting").await.json();
    assert_eq!(waiting["items"][0]["attempts"], 0, "{waiting}");
    assert_eq!(provider.requests().len(), 1);
    let text = waiting.to_string() + &listed.to_string();
    assert!(!text.contains(&secret()), "a secret");
}

#[tokio::test]
async fn a_reply_whose_sending_a_crash_interrupted_is_not_sent_again_by_itself() {
    // No connection: nothing was sent, and the courier tries again.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let api = format!("http://{}", closed.local_addr().expect("an address"));
    drop(closed);
    let office = Office::of(&["ana"], &connection(&api)).await;
    let conversation = taken(&office, now()).await;
    reply(&office, &conversation, "It is on its way.").await;
    let key = loop {
        let waiting = office.get("/outbox?state=waiting").await.json();
        if waiting["items"][0]["attempts"].as_u64() > Some(0) {
            break waiting["items"][0]["key"]
                .as_str()
                .expect("a key")
                .to_owned();
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    };
    // As a process leaves it that ends while it sends.
    let desk = office.server.app.desk().expect("a desk");
    let begun = desk.channels().begin_part("northwind", &key, 1);
    begun.expect("it waits");
    let failed = entry(&office, &conversation, "reply-undeliverable").await;
    assert_eq!(failed["kind"], "uncertain", "{failed}");
}

#[tokio::test]
async fn a_revoked_token_of_one_connection_stops_no_other() {
    let revoked = provider(vec![refuse(401, 190), refuse(401, 190)]).await;
    let working = provider(Vec::new()).await;
    let other = connection(&working.url)
        .replace("connection.main", "connection.other")
        .replace(ACCOUNT, "9988776655443");
    let tables = format!("{}{other}", connection(&revoked.url));
    let office = Office::of(&["ana"], &tables).await;
    let first = taken(&office, now()).await;
    reply(&office, &first, "It is on its way.").await;
    revoked.received(1).await;
    let text = message("wamid.b", "351900000000", "Hello?", now());
    let body = delivery(&[text], &[]);
    let body = String::from_utf8(body)
        .expect("JSON")
        .replace(ACCOUNT, "9988776655443");
    let path = "/webhooks/northwind/whatsapp/other";
    let signed = signature(&secret(), body.as_bytes());
    let sent = send(&office, path, &signed, body.as_bytes()).await;
    assert_eq!(sent.status, 200, "{sent:?}");
    let all = conversations(&office).await;
    let second = all.iter().find(|one| one["id"] != first.as_str());
    let second = second.and_then(|one| one["id"].as_str()).expect("a second");
    let assign = json!({"by": "eva", "role": "supervisor", "action": "assign", "agent": "ana"});
    let actions = format!("/conversations/{second}/actions");
    let assigned = office.post(&actions, assign).await;
    assert_eq!(assigned.status, 200, "{assigned:?}");
    reply(&office, second, "Good morning.").await;
    entry(&office, second, "reply-delivered").await;
    assert_eq!(working.requests().len(), 1);
    let listed = office.get("/channels").await.json();
    let connections = listed["connections"].as_array().expect("a list");
    let broken = connections
        .iter()
        .filter(|it| it.get("broken_since").is_some());
    let broken: Vec<&Value> = broken.map(|it| &it["name"]).collect();
    assert_eq!(broken, ["main"], "{listed}");
    // The other one has nothing to try.
    let other = office.post("/channels/whatsapp/retry?connection=other", json!({}));
    let expected = json!({"channel": "whatsapp", "broken": false, "released": 0, "polled": 0});
    assert_eq!(other.await.json(), expected);
    let main = office.post("/channels/whatsapp/retry?connection=main", json!({}));
    let expected = json!({"channel": "whatsapp", "broken": true, "released": 1, "polled": 0});
    assert_eq!(main.await.json(), expected);
    let unknown = office.post("/channels/whatsapp/retry?connection=none", json!({}));
    unknown.await.problem(404, "unknown-connection");
}
