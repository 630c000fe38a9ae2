//! The web chat: what visitors of a company's site send and see, and what they do not.

mod files;
mod limits;
mod refusals;
mod streams;

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use super::client::{Answer, Client};
use super::office::Office;

/// Variable whose value is the widget secret: every process has it.
const VARIABLE: &str = "PATH";
const ORIGIN: &str = "https://www.northwind.example";
const CHAT: &str = "/widget/northwind/site";

/// Two chats of the company.
const FILE: &str = r#"
[channel.chat.connection.site]
settings = { account = "site", origins = ["https://www.northwind.example"] }
secrets.widget-secret = { env = "PATH" }
[channel.chat.connection.shop]
settings = { account = "shop", origins = ["https://www.northwind.example", "null"] }
"#;

async fn office() -> Office {
    Office::of(&[], FILE).await
}

fn user_hash(message: &str) -> String {
    let secret = std::env::var(VARIABLE).expect("set in every process");
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes());
    let code = ring::hmac::sign(&key, message.as_bytes());
    code.as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// A UUID of a number.
fn uuid(number: u32) -> String {
    format!("00000000-0000-4000-8000-{number:012x}")
}

/// A visitor's page.
#[derive(Clone)]
struct Page {
    client: Client,
    chat: String,
    origin: String,
    token: String,
}

impl Page {
    async fn open(office: &Office) -> Page {
        Page::begin(office.server.client, CHAT, &json!({})).await
    }

    /// A page of a customer whom the site names.
    async fn of_customer(office: &Office, user: &str) -> Page {
        let body = json!({"user_id": user, "user_hash": user_hash(user)});
        Page::begin(office.server.client, CHAT, &body).await
    }

    async fn begin(client: Client, chat: &str, body: &Value) -> Page {
        let mut page = Page {
            client,
            chat: chat.to_owned(),
            origin: ORIGIN.to_owned(),
            token: String::new(),
        };
        let granted = page.post("sessions", body).await;
        assert_eq!(granted.status, 200, "{granted:?}");
        page.token = text(&granted.json()["token"]);
        page
    }

    fn headers(&self) -> String {
        let mut headers = format!("Origin: {}\r\n", self.origin);
        if !self.token.is_empty() {
            headers += &format!("Authorization: Bearer {}\r\n", self.token);
        }
        headers
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, &self.headers(), &body.to_string())
            .await
    }

    async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &self.headers(), "").await
    }

    async fn send(&self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        let path = format!("{}/{path}", self.chat);
        self.client.ask(method, &path, headers, body).await
    }

    async fn write(&self, number: u32, text: &str) -> Answer {
        let message = json!({"id": uuid(number), "text": text});
        self.post("messages", &message).await
    }

    async fn history(&self) -> Value {
        let history = self.get("history").await;
        assert_eq!(history.status, 200, "{history:?}");
        history.json()
    }

    /// What the history says, as `type text`.
    async fn said(&self) -> Vec<String> {
        said(&self.history().await["items"])
    }

    /// Opens an event stream after a cursor.
    async fn stream(&self, after: &str) -> Stream {
        let mut stream = self.client.connect().await;
        let head = self.client.head("GET", &format!("{}/events", self.chat));
        let headers = self.headers();
        let request = format!("{head}{headers}Last-Event-ID: {after}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.expect("taken");
        Stream {
            stream,
            text: String::new(),
        }
    }
}

/// An open event stream.
struct Stream {
    stream: TcpStream,
    text: String,
}

impl Stream {
    /// Waits until the stream contains a text; everything that came.
    async fn until(&mut self, wanted: &str) -> &str {
        let read = async {
            while !self.text.contains(wanted) {
                if !self.more().await {
                    panic!("ended without {wanted}: {}", self.text);
                }
            }
        };
        timeout(Duration::from_secs(60), read)
            .await
            .expect("in time");
        &self.text
    }

    /// Waits until the server ends the stream; everything that came.
    async fn end(mut self) -> String {
        let read = async { while self.more().await {} };
        timeout(Duration::from_secs(60), read)
            .await
            .expect("in time");
        self.text
    }

    async fn more(&mut self) -> bool {
        let mut part = [0; 4_096];
        let read = self.stream.read(&mut part).await.unwrap_or(0);
        self.text += &String::from_utf8_lossy(&part[..read]);
        read > 0
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn said(items: &Value) -> Vec<String> {
    let items = items.as_array().expect("a list").iter();
    items
        .map(|item| {
            let (kind, words) = (&item["type"], &item["text"]);
            let words = words
                .as_str()
                .map_or(String::new(), |words| format!(" {words}"));
            format!("{}{words}", kind.as_str().expect("a type"))
        })
        .collect()
}

/// The newest conversation, once nothing waits.
async fn conversation(office: &Office) -> Value {
    office.settled().await;
    let open = office.get("/conversations").await.json();
    let all = open["conversations"].as_array().expect("a list").clone();
    let newest = all.iter().max_by_key(|one| one["created_at"].to_string());
    newest.expect("one").clone()
}

async fn reply(office: &Office, id: &str, words: &str) -> Value {
    let conversation = text(&conversation(office).await["id"]);
    let path = format!("/conversations/{conversation}/replies");
    let body = json!({"by": "eva", "role": "supervisor", "id": id, "text": words, "then": "stay"});
    let sent = office.post(&path, body).await;
    assert_eq!(sent.status, 200, "{sent:?}");
    sent.json()
}

/// Waits until the page's history says so much.
async fn wait_for(page: &Page, expected: &[&str]) {
    for _ in 0..3_000 {
        if page.said().await == expected {
            return;
        }
        sleep(Duration::from_millis(20)).await;
    }
    panic!("{:?} is not {expected:?}", page.said().await);
}

#[tokio::test]
async fn a_visitor_writes_and_reads_the_answer_and_nothing_leaves_the_host() {
    let office = office().await;
    let page = Page::open(&office).await;
    assert_eq!(page.history().await["items"], json!([]));
    // Exactly as it was written, with its lines.
    let question = "Where is my <b>parcel</b>?\n  - the blue one";
    let written = page.write(1, question).await;
    assert_eq!(
        (written.status, written.json()),
        (201, json!({"duplicate": false}))
    );
    assert_eq!(written.headers["access-control-allow-origin"], ORIGIN);
    assert_eq!(written.headers["cache-control"], "no-store");
    let found = conversation(&office).await;
    assert_eq!(
        (&found["channel"], &found["interactions"]),
        (&json!("chat"), &json!(1))
    );
    reply(&office, "r1", "It is on its way.").await;
    wait_for(
        &page,
        &[&format!("message {question}"), "reply It is on its way."],
    )
    .await;
    let history = page.history().await;
    assert_eq!(history["items"][0]["id"], uuid(1));
    assert_eq!(history["items"][1]["written_by"], "human");
    // Names of people, queues, conversations and numbers of the host stay inside.
    let shown = history.to_string();
    let id = text(&found["id"]);
    for inner in [
        "eva",
        "general",
        "supervisor",
        "feed",
        "sequence",
        "visitor:",
        &id,
    ] {
        assert!(!shown.contains(inner), "{inner} in {shown}");
    }
    let done = office.get("/outbox?state=done").await.json();
    assert_eq!(done["items"].as_array().map(Vec::len), Some(1), "{done}");
    assert_eq!(office.given(0).await, [], "a target got the reply");
    let listed = office.get("/channels").await.json();
    let site = &listed["connections"][1];
    assert_eq!(
        (&site["name"], &site["path"]),
        (&json!("site"), &json!(CHAT))
    );
    assert_eq!(site["requests"]["accepted"], 1, "{listed}");
}

#[tokio::test]
async fn a_reply_is_seen_only_once_it_is_approved_and_sent() {
    let office = Office::of(&[], &format!("[desk]\napprove-all = true\n{FILE}")).await;
    let page = Page::open(&office).await;
    page.write(1, "Hello?").await;
    let held = reply(&office, "r1", "A secret draft").await;
    assert_eq!(held["reply"]["status"], "held", "{held}");
    office.settled().await;
    assert_eq!(page.said().await, ["message Hello?"]);
    let id = text(&conversation(&office).await["id"]);
    let by = json!({"by": "max", "role": "supervisor"});
    let approved = office
        .post(&format!("/approvals/{id}/r1/approve"), by)
        .await;
    assert_eq!(approved.status, 200, "{approved:?}");
    wait_for(&page, &["message Hello?", "reply A secret draft"]).await;
}

#[tokio::test]
async fn a_visitor_sees_no_internal_note() {
    let office = office().await;
    let page = Page::open(&office).await;
    page.write(1, "Hello?").await;
    office.settled().await;
    let id = text(&conversation(&office).await["id"]);
    let note = json!({"by": "max", "role": "supervisor", "text": "Handle with care"});
    let path = format!("/conversations/{id}/notes");
    assert_eq!(office.post(&path, note).await.status, 201);
    assert_eq!(page.said().await, ["message Hello?"]);
    let history = page.history().await.to_string();
    assert!(!history.contains("care"), "{history}");
}

#[tokio::test]
async fn the_same_message_again_is_no_other_one_and_other_words_are_refused() {
    let office = office().await;
    let page = Page::open(&office).await;
    assert_eq!(page.write(1, "Hello?").await.status, 201);
    for _ in 0..2 {
        let again = page.write(1, "Hello?").await;
        assert_eq!(
            (again.status, again.json()),
            (200, json!({"duplicate": true}))
        );
    }
    let other = page.write(1, "Goodbye").await;
    other.problem(409, "message-id-taken");
    assert_eq!(other.headers["access-control-allow-origin"], ORIGIN);
    // Another visitor's id is their own.
    let second = Page::open(&office).await;
    assert_eq!(second.write(1, "Goodbye").await.status, 201);
    wait_for(&page, &["message Hello?"]).await;
    wait_for(&second, &["message Goodbye"]).await;
    let id = text(&conversation(&office).await["id"]);
    let shown = office.get(&format!("/conversations/{id}")).await;
    assert!(!shown.body.contains("\"edited\""), "{shown:?}");
}

#[tokio::test]
async fn of_two_tabs_with_one_id_one_message_is_taken() {
    let office = office().await;
    let page = Page::open(&office).await;
    for round in 1..=5 {
        let tabs = ["first", "second", "first", "second", "first", "second"];
        let sent = futures_util::future::join_all(tabs.map(|words| page.write(round, words)));
        let mut codes: Vec<u16> = sent.await.iter().map(|answer| answer.status).collect();
        codes.sort_unstable();
        assert_eq!(codes, [200, 200, 201, 409, 409, 409], "round {round}");
    }
    assert_eq!(conversation(&office).await["interactions"], 5);
}

#[tokio::test]
async fn a_customer_is_known_by_the_sites_code_alone() {
    let office = office().await;
    let first = Page::of_customer(&office, "4711").await;
    first.write(1, "My order?").await;
    wait_for(&first, &["message My order?"]).await;
    let id = text(&conversation(&office).await["id"]);
    let shown = office.get(&format!("/conversations/{id}")).await.json();
    let author = &shown["said"][0]["interaction"]["author"];
    assert_eq!(author, &json!({"address": "4711", "verified": true}));
    // The same customer elsewhere.
    let phone = Page::of_customer(&office, "4711").await;
    assert_eq!(phone.said().await, ["message My order?"]);
    // A visitor who says so is nobody.
    let visitor = Page::open(&office).await;
    visitor.write(1, "I am 4711").await;
    wait_for(&visitor, &["message I am 4711"]).await;
    for (body, part) in [
        (json!({"user_id": "4711"}), "belong together"),
        (
            json!({"user_id": "4711", "user_hash": user_hash("4712")}),
            "is not the code",
        ),
        (
            json!({"user_id": "4711", "user_hash": user_hash("4711").to_uppercase()}),
            "is not the code",
        ),
        (
            json!({"user_id": "visitor:1", "user_hash": user_hash("visitor:1")}),
            "visitor:",
        ),
        (
            json!({"user_id": "4711", "user_hash": user_hash("4711\n1"), "iat": 1}),
            "iat",
        ),
    ] {
        let refused = visitor.post("sessions", &body).await;
        let problem = refused.problem(403, "not-authentic");
        assert!(text(&problem["detail"]).contains(part), "{body}: {problem}");
    }
    for body in ["[]", "{\"name\":\"jo\"}", "{\"user_id\":7}"] {
        let refused = visitor
            .send("POST", "sessions", &visitor.headers(), body)
            .await;
        refused.problem(422, "invalid-input");
    }
}

#[tokio::test]
async fn a_merged_contact_shows_a_visitor_nothing_of_the_others_conversations() {
    let office = office().await;
    let page = Page::open(&office).await;
    page.write(1, "From the site").await;
    wait_for(&page, &["message From the site"]).await;
    let own = text(&conversation(&office).await["contact"]);
    let other = json!({"id": "m1", "channel": "sms", "text": "By telephone", "author": {"address": "+351912345678"}});
    assert_eq!(office.post("/interactions", other).await.status, 202);
    let other = text(&conversation(&office).await["contact"]);
    for (from, into) in [(&own, &other), (&other, &own)] {
        let merge = json!({"by": "eva", "into": into});
        let merged = office.post(&format!("/contacts/{from}/merge"), merge).await;
        if merged.status == 200 {
            reply(&office, "r1", "By SMS").await;
            assert_eq!(page.said().await, ["message From the site"]);
        }
    }
    assert_eq!(page.said().await, ["message From the site"]);
}

#[tokio::test]
async fn the_session_of_an_erased_contact_ends_and_another_begins() {
    let office = office().await;
    for (page, body) in [
        (Page::open(&office).await, json!({})),
        (
            Page::of_customer(&office, "4711").await,
            json!({"user_id": "4711", "user_hash": user_hash("4711")}),
        ),
    ] {
        page.write(1, "Forget me").await;
        wait_for(&page, &["message Forget me"]).await;
        let contact = text(&conversation(&office).await["contact"]);
        let mut stream = page.stream(&text(&page.history().await["cursor"])).await;
        stream.until("event: ready").await;
        let erased = office.delete(&format!("/contacts/{contact}")).await;
        assert_eq!(erased.status, 200, "{erased:?}");
        let came = stream.end().await;
        assert!(!came.contains("Forget me"), "{came}");
        page.get("history").await.problem(401, "invalid-token");
        page.get("events").await.problem(401, "invalid-token");
        page.write(2, "Still here")
            .await
            .problem(401, "invalid-token");
        let granted = page.post("sessions", &body).await.json();
        let next = Page {
            token: text(&granted["token"]),
            ..page
        };
        assert_eq!(next.said().await, [""; 0]);
        assert_eq!(next.write(3, "Once more").await.status, 201);
        wait_for(&next, &["message Once more"]).await;
    }
}

#[tokio::test]
async fn a_session_is_renewed_for_its_visitor_and_not_for_another() {
    let office = office().await;
    let page = Page::open(&office).await;
    page.write(1, "Hello?").await;
    wait_for(&page, &["message Hello?"]).await;
    let renewed = page.post("sessions", &json!({})).await.json();
    assert_eq!(
        (&renewed["renewed"], &renewed["known"]),
        (&json!(true), &json!(false))
    );
    let again = Page {
        token: text(&renewed["token"]),
        ..page.clone()
    };
    assert_eq!(again.said().await, ["message Hello?"]);
    // A customer who logged out leaves nothing to the next.
    let known = Page::of_customer(&office, "4711").await;
    known.write(1, "My order?").await;
    wait_for(&known, &["message My order?"]).await;
    let after = known.post("sessions", &json!({})).await.json();
    assert_eq!(
        (&after["renewed"], &after["known"]),
        (&json!(false), &json!(false))
    );
    let nobody = Page {
        token: text(&after["token"]),
        ..known
    };
    assert_eq!(nobody.said().await, [""; 0]);
}

#[tokio::test]
async fn a_long_history_is_read_page_by_page() {
    let office = Office::of(&[], FILE).await;
    let page = Page::of_customer(&office, "4711").await;
    let mut written = Vec::new();
    for number in 1..=28 {
        let words = format!("{number}");
        assert_eq!(page.write(number, &words).await.status, 201);
        written.push(format!("message {words}"));
        office.settled().await;
        reply(&office, &format!("r{number}"), &words).await;
        written.push(format!("reply {words}"));
        let so_far: Vec<&str> = written
            .iter()
            .rev()
            .take(50)
            .rev()
            .map(String::as_str)
            .collect();
        wait_for(&page, &so_far).await;
    }
    let newest = page.history().await;
    assert_eq!(newest["items"].as_array().map(Vec::len), Some(50));
    let before = text(&newest["earlier"]);
    let first = page.get(&format!("history?before={before}")).await.json();
    assert_eq!(first.get("earlier"), None, "{first}");
    let all: Vec<String> = [said(&first["items"]), said(&newest["items"])].concat();
    assert_eq!(all, written);
    for other in ["x", "AAAA", &"A".repeat(48)] {
        let refused = page.get(&format!("history?before={other}")).await;
        refused.problem(410, "gone");
    }
    // Of another visitor.
    let refused = Page::open(&office)
        .await
        .get(&format!("history?before={before}"))
        .await;
    refused.problem(410, "gone");
}
