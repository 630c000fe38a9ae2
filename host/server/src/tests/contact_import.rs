//! Records of people, imported while conversations are decided.

use serde_json::{Value, json};

use super::client::Answer;
use super::office::{COMPANY, Office};

const CSV: &str = "text/csv";
const NDJSON: &str = "application/x-ndjson";

/// POST a body of some media type.
pub(super) async fn post_file(office: &Office, path: &str, media_type: &str, body: &str) -> Answer {
    let client = &office.server.client;
    let request = format!(
        "{}Content-Type: {media_type}\r\nContent-Length: {}\r\n\r\n{body}",
        client.head("POST", &format!("{COMPANY}{path}")),
        body.len()
    );
    client.raw(request.as_bytes()).await
}

async fn import(office: &Office, query: &str, media_type: &str, body: &str) -> Value {
    let path = format!("/contacts/import?by=crm{query}");
    let answer = post_file(office, &path, media_type, body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

async fn contact(office: &Office, address: &str) -> String {
    let conversation = office.hear(address).await;
    let path = format!("/conversations/{conversation}");
    let document = office.get(&path).await.json();
    document["contact"].as_str().expect("a contact").to_owned()
}

/// Numbers of a summary that are not 0.
fn counted(summary: &Value) -> Vec<(String, u64)> {
    let fields = summary.as_object().expect("an object").iter();
    let counts = fields.filter_map(|(name, value)| Some((name.clone(), value.as_u64()?)));
    counts
        .filter(|(name, count)| *count > 0 && name != "records")
        .collect()
}

fn counts(expected: &[(&str, u64)]) -> Vec<(String, u64)> {
    let expected = expected.iter();
    expected
        .map(|(name, count)| ((*name).to_owned(), *count))
        .collect()
}

#[tokio::test]
async fn the_same_file_twice_changes_nothing_and_an_export_shows_the_record() {
    let office = Office::with(&[]).await;
    let jo = contact(&office, "jo").await;
    let file = "id,verified,address.chat,address.email,attribute.tier\nC-1,true,jo,jo@example.org,gold\nC-2,,ann,,silver\nC-3,,,,bronze\n";
    let dry = import(&office, "&dry_run=true", CSV, file).await;
    assert_eq!(counted(&dry), counts(&[("created", 2), ("refused", 1)]));
    assert_eq!(dry["dry_run"], true);
    let exported = office.get(&format!("/contacts/{jo}")).await.json();
    assert_eq!(exported["records"], json!([]));

    let first = import(&office, "", CSV, file).await;
    assert_eq!(counted(&first), counts(&[("created", 2), ("refused", 1)]));
    let problem = &first["problems"][0];
    assert_eq!(
        (&problem["line"], &problem["code"]),
        (&json!(4), &json!("invalid"))
    );
    assert!(problem["next"].is_string(), "{problem}");
    assert_eq!(first["links"], json!([{"line": 2, "changes": [1]}]));
    let exported = office.get(&format!("/contacts/{jo}")).await.json();
    let record = &exported["records"][0];
    assert_eq!(
        (&record["id"], &record["attributes"]["tier"]),
        (&json!("C-1"), &json!("gold"))
    );
    let addresses = exported["addresses"].as_array().map(Vec::len);
    assert_eq!(addresses, Some(2), "{exported}");

    let again = import(&office, "", CSV, file).await;
    assert_eq!(counted(&again), counts(&[("unchanged", 2), ("refused", 1)]));
    let audit = office.get("/audit").await.json();
    let acts: Vec<&str> = audit["acts"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|entry| entry["act"].as_str())
        .filter(|act| *act == "contacts.imported")
        .collect();
    assert_eq!(acts.len(), 1, "{audit}");
    for secret in ["gold", "jo@example.org", "C-1"] {
        assert!(!audit.to_string().contains(secret), "{secret}");
    }
    let deleted = import(&office, "", NDJSON, r#"{"id": "C-1", "deleted": true}"#).await;
    assert_eq!(counted(&deleted), counts(&[("deleted", 1)]));
    let exported = office.get(&format!("/contacts/{jo}")).await.json();
    assert_eq!(exported["records"], json!([]));
}

#[tokio::test]
async fn a_verified_record_makes_one_journey_of_two_conversations() {
    let office = Office::with(&[]).await;
    let jo = contact(&office, "jo").await;
    let joe = contact(&office, "joe").await;
    let file = |verified: bool| {
        json!({"id": "C-1", "verified": verified, "addresses":
            [{"channel": "chat", "address": "jo"}, {"channel": "chat", "address": "joe"}]})
        .to_string()
    };
    let refused = import(&office, "", NDJSON, &file(false)).await;
    let problem = &refused["problems"][0];
    assert_eq!(problem["code"], "different-people");
    assert_eq!(problem["contacts"], json!([jo, joe]));
    let linked = import(&office, "", NDJSON, &file(true)).await;
    let change = linked["links"][0]["changes"][0].as_u64().expect("a number");
    let journey = |contact: String| {
        let office = &office;
        async move {
            let path = format!("/contacts/{contact}/journey");
            let journey = office.get(&path).await.json();
            journey["entries"].as_array().map(Vec::len)
        }
    };
    assert_eq!(journey(jo.clone()).await, Some(2));
    let open = office.get("/conversations").await.json();
    assert_eq!(open["conversations"].as_array().map(Vec::len), Some(2));
    let undo = format!("/contacts/changes/{change}/undo");
    assert_eq!(office.post(&undo, json!({"by": "eva"})).await.status, 200);
    assert_eq!(journey(jo).await, Some(1));
}

#[tokio::test]
async fn what_is_no_import_is_refused() {
    let office = Office::with(&[]).await;
    let path = "/contacts/import";
    let row = r#"{"id": "C-1", "addresses": [{"channel": "chat", "address": "jo"}]}"#;
    let post = |path: &'static str, media_type: &'static str, body: String| {
        let office = &office;
        async move { post_file(office, path, media_type, &body).await }
    };
    let answer = post(path, NDJSON, row.to_owned()).await;
    answer.problem(422, "invalid-input");
    let named = "/contacts/import?by=crm";
    let answer = post(named, "application/json", row.to_owned()).await;
    answer.problem(415, "unsupported-media-type");
    for empty in ["", "\n\n"] {
        post(named, NDJSON, empty.to_owned())
            .await
            .problem(400, "bad-request");
    }
    let many = format!("{row}\n").repeat(1_001);
    post(named, NDJSON, many)
        .await
        .problem(413, "body-too-large");
    // All rows are wrong, and each says why.
    let wrong = "{\n[]\n{\"id\": 7}\n{\"id\": \"C-1\", \"tier\": \"gold\"}\n\u{0}";
    let answer = import(&office, "", NDJSON, wrong).await;
    assert_eq!(counted(&answer), counts(&[("refused", 5)]));
    let lines: Vec<_> = answer["problems"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|problem| problem["line"].as_u64())
        .collect();
    assert_eq!(lines, [1, 2, 3, 4, 5]);
    let answer = import(&office, "", CSV, "C-1,jo@secret.example\n").await;
    assert_eq!(counted(&answer), counts(&[("refused", 1)]));
    assert!(!answer.to_string().contains("secret"), "{answer}");
}

#[tokio::test]
async fn decisions_record_the_attributes_at_their_time_and_show_them_masked() {
    let office = Office::with(&[]).await;
    let record = |tier: &str| {
        json!({"id": "C-1", "addresses": [{"channel": "chat", "address": "jo"}],
            "attributes": {"tier": tier}})
        .to_string()
    };
    let message = |id: &str| json!({"id": id, "channel": "chat", "text": "Hello?", "author": {"address": "jo"}});
    let mut tiers = Vec::new();
    for (id, tier) in [("1", "platinum"), ("2", "titanium"), ("3", "titanium")] {
        import(&office, "", NDJSON, &record(tier)).await;
        let taken = office.post("/interactions", message(id)).await;
        assert_eq!(taken.status, 202, "{taken:?}");
        office.settled().await;
    }
    let list = office.get("/decisions").await.json();
    let decisions = list["decisions"].as_array().expect("a list");
    for decision in decisions {
        let path = format!("/decisions/{}", decision["id"]);
        let masked = office.get(&path).await;
        assert_eq!(
            masked.json()["given"]["contact"]["attributes"]["tier"],
            "[attribute]"
        );
        assert!(!masked.body.contains("tanium") && !masked.body.contains("platinum"));
        let unsealed = office.get(&format!("{path}?unsealed=true")).await.json();
        let tier = &unsealed["given"]["contact"]["attributes"]["tier"];
        tiers.push(tier.as_str().expect("a tier").to_owned());
    }
    tiers.sort();
    assert_eq!(tiers, ["platinum", "titanium", "titanium"]);
}
