//! Interactions as channels really deliver them: other spellings, near misses,
//! too much text.

use serde_json::{Value, json};

use super::office::Office;

const INTERACTIONS: &str = "/v1/companies/northwind/interactions";

async fn receipt(office: &Office, interaction: Value) -> Value {
    let answer = office.post("/interactions", interaction).await;
    assert_eq!(answer.status, 202, "{answer:?}");
    answer.json()["receipts"][0].clone()
}

fn mail(id: &str, from: &str) -> Value {
    json!({
        "id": id, "channel": "email", "text": "Where is it?", "account": "help@northwind.example",
        "author": {"address": from}
    })
}

#[tokio::test]
async fn a_media_type_has_no_case() {
    let office = Office::with(&[]).await;
    let client = &office.server.client;
    let lines = format!(
        "{}\n{}\n",
        mail("1", "jo@example.org"),
        mail("2", "ben@example.org")
    );
    for media_type in [
        "application/x-ndjson",
        "Application/X-NDJSON",
        "APPLICATION/x-ndjson; charset=UTF-8",
    ] {
        let request = format!(
            "{}Content-Type: {media_type}\r\nContent-Length: {}\r\n\r\n{lines}",
            client.head("POST", INTERACTIONS),
            lines.len()
        );
        let answer = client.raw(request.as_bytes()).await;
        assert_eq!(answer.status, 202, "{media_type}: {answer:?}");
        let receipts = answer.json()["receipts"].as_array().map(Vec::len);
        assert_eq!(receipts, Some(2), "{media_type}");
    }
}

#[tokio::test]
async fn what_is_odd_is_accepted_with_a_warning() {
    let office = Office::with(&[]).await;
    let mut odd = mail("1", " jo@example.org ");
    odd["langauge"] = json!("pt_BR");
    odd["autor"] = json!("Jo");
    let answered = receipt(&office, odd).await;
    assert_eq!(answered["status"], "accepted", "{answered}");
    let warnings = answered["warnings"].as_array().expect("warnings");
    let fields: Vec<&str> = warnings
        .iter()
        .filter_map(|it| it["field"].as_str())
        .collect();
    assert_eq!(fields, ["langauge", "author.address"], "{answered}");
    let mut tagged = mail("2", "jo@example.org");
    tagged["language"] = json!("en;q=0.5");
    let answered = receipt(&office, tagged).await;
    assert_eq!(answered["warnings"][0]["field"], "language", "{answered}");
    let plain = receipt(&office, mail("3", "jo@example.org")).await;
    assert!(plain.get("warnings").is_none(), "{plain}");
}

#[tokio::test]
async fn a_long_mail_is_accepted_and_stored_whole() {
    let office = Office::with(&["ana"]).await;
    let mut long = mail("1", "jo@example.org");
    long["text"] = json!("Where is it? ".repeat(70_000 / 13));
    let answered = receipt(&office, long.clone()).await;
    assert_eq!(answered["status"], "accepted", "{answered}");
    assert_eq!(answered["warnings"][0]["field"], "text", "{answered}");
    let again = receipt(&office, long.clone()).await;
    assert_eq!(again["status"], "duplicate", "{again}");
    office.settled().await;
    let all = office.get("/conversations").await.json();
    let id = all["conversations"][0]["id"]
        .as_str()
        .expect("a conversation");
    let shown = office.get(&format!("/conversations/{id}")).await.json();
    let stored = &shown["said"][0]["interaction"];
    let (text, rest) = (stored["text"].as_str(), stored["rest"].as_str());
    let whole = format!("{}{}", text.unwrap_or_default(), rest.unwrap_or_default());
    assert_eq!(long["text"], whole);
    assert_eq!(stored["attributes"]["text_bytes"], whole.len());
}

/// | channel | warning |
/// | --- | --- |
/// | one that the host knows, or that the company file has a table for | none |
/// | another that is nearly one of these | names it |
/// | any other | says what the host does not know |
#[tokio::test]
async fn an_unknown_channel_is_accepted_with_a_warning() {
    let office = Office::of(&[], "[channel.kiosk]\nlength-limit = 100\n").await;
    for (channel, warned) in [
        ("email", None),
        ("kiosk", None),
        ("emial", Some("did you mean \"email\"?")),
        ("kiosc", Some("did you mean \"kiosk\"?")),
        ("fax", Some("no [channel] table")),
    ] {
        let text =
            json!({"id": "1", "channel": channel, "text": "Hi", "author": {"address": "jo"}});
        let answered = receipt(&office, text).await;
        assert_eq!(answered["status"], "accepted", "{answered}");
        let warning = &answered["warnings"][0];
        match warned {
            None => assert_eq!(warning, &json!(null), "{channel}"),
            Some(words) => {
                assert_eq!(warning["field"], "channel", "{answered}");
                let message = warning["message"].as_str().expect("a message");
                assert!(message.contains(words), "{channel}: {message}");
            }
        }
    }
}

#[tokio::test]
async fn the_spellings_of_an_address_are_one_conversation() {
    let office = Office::with(&[]).await;
    for (id, from, account) in [
        ("1", "Jo@Example.org", "Help@northwind.example"),
        ("2", "jo@example.org", "help@northwind.example"),
        ("3", "JO@EXAMPLE.ORG", "HELP@NORTHWIND.EXAMPLE"),
    ] {
        let mut mail = mail(id, from);
        mail["account"] = json!(account);
        receipt(&office, mail).await;
    }
    for (id, from) in [("4", "+41 79 123 45 67"), ("5", "0041791234567")] {
        let text = json!({"id": id, "channel": "sms", "text": "Hi", "author": {"address": from}});
        receipt(&office, text).await;
    }
    office.settled().await;
    let all = office.get("/conversations").await.json();
    assert_eq!(
        all["conversations"].as_array().map(Vec::len),
        Some(2),
        "{all}"
    );
}

#[tokio::test]
async fn an_agent_who_looks_like_another_is_not_imported() {
    let office = Office::with(&["ana"]).await;
    for id in ["\u{430}na", "ana ", "\u{1b}[31mben"] {
        let answer = office.post("/agents", json!([{"id": id}])).await;
        answer.problem(422, "invalid-input");
    }
    // Two of one import.
    let both = office
        .post("/agents", json!([{"id": "ben"}, {"id": "b\u{435}n"}]))
        .await;
    both.problem(422, "invalid-input");
    let again = office
        .post("/agents", json!([{"id": "ana"}, {"id": "Ben"}]))
        .await;
    assert_eq!(again.status, 200, "{again:?}");
}
