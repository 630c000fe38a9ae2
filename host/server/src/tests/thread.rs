//! The messages and the history of a conversation, paged both ways.

use serde_json::{Value, json};

use super::office::Office;

impl Office {
    async fn page(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.json()
    }

    /// Delivers an interaction of the customer `jo`.
    async fn says(&self, interaction: Value) {
        let mut message = json!({"channel": "chat", "text": "", "author": {"address": "jo"}});
        let fields = interaction.as_object().expect("an object").clone();
        message.as_object_mut().expect("an object").extend(fields);
        let taken = self.post("/interactions", message).await;
        assert_eq!(taken.status, 202, "{taken:?}");
        self.settled().await;
    }
}

/// Ids of the messages of a page, in its order.
fn said(page: &Value) -> Vec<String> {
    let all = page["messages"].as_array().expect("messages").iter();
    all.map(|message| match message["interaction"]["id"].as_str() {
        Some(id) => id.to_owned(),
        None => "-".to_owned(),
    })
    .collect()
}

#[tokio::test]
async fn the_messages_of_a_conversation_are_paged_both_ways() {
    let office = Office::with(&[]).await;
    let conversation = office.hear("jo").await;
    for number in 2..=150 {
        office
            .says(json!({"id": number.to_string(), "text": "More"}))
            .await;
    }
    let path = format!("/conversations/{conversation}/messages");
    let newest_first: Vec<String> = (2..=150)
        .rev()
        .map(|number| number.to_string())
        .chain(["jo".to_owned()])
        .collect();
    let page = office.page(&path).await;
    assert_eq!(said(&page), newest_first[..100]);
    assert_eq!(page["newer"], Value::Null);
    // Back to the first message, and forward again.
    for limit in [1, 7, 75, 100] {
        let (mut back, mut query) = (Vec::new(), String::new());
        let mut last = loop {
            let page = office.page(&format!("{path}?limit={limit}{query}")).await;
            back.extend(said(&page));
            match page["older"].as_u64() {
                Some(older) => query = format!("&before={older}"),
                None => break page["newer"].clone(),
            }
        };
        assert_eq!(back, newest_first, "{limit}");
        let mut forward: Vec<String> =
            newest_first[newest_first.len() - newest_first.len() % limit..].to_vec();
        if forward.is_empty() {
            forward = newest_first[newest_first.len() - limit..].to_vec();
        }
        while let Some(newer) = last.as_u64() {
            let page = office
                .page(&format!("{path}?limit={limit}&after={newer}"))
                .await;
            let mut page_said = said(&page);
            page_said.extend(forward);
            forward = page_said;
            last = page["newer"].clone();
        }
        assert_eq!(forward, newest_first, "{limit}");
    }
    // A client that has everything finds what comes later.
    let newest = office.page(&format!("{path}?limit=1")).await;
    let ordinal = newest["messages"][0]["ordinal"].as_u64().expect("a number");
    let after = format!("{path}?after={ordinal}");
    assert_eq!(said(&office.page(&after).await), Vec::<String>::new());
    office.says(json!({"id": "late", "text": "Late"})).await;
    assert_eq!(said(&office.page(&after).await), ["late"]);
}

#[tokio::test]
async fn a_message_is_listed_once_in_its_place_with_its_newest_wording() {
    let office = Office::with(&[]).await;
    let conversation = office.hear("jo").await;
    for (id, text) in [("2", "Secnd"), ("3", "Third"), ("4", "Fourth")] {
        office.says(json!({"id": id, "text": text})).await;
    }
    office.says(json!({"id": "2", "text": "Second"})).await;
    office.says(json!({"id": "3", "kind": "delete"})).await;
    // The edit of a message that has not come, and then the message.
    let edit =
        json!({"id": "5", "kind": "edit", "text": "Fifth", "edited_at": "2026-03-02T10:00:00Z"});
    office.says(edit).await;
    office.says(json!({"id": "6", "text": "Sixth"})).await;
    let late = json!({"id": "5", "text": "Fith", "received_at": "2026-03-02T09:00:00Z"});
    office.says(late).await;
    office
        .says(json!({"id": "r", "kind": "reaction", "in_reply_to": "6", "text": "+1"}))
        .await;
    let path = format!("/conversations/{conversation}/messages");
    let page = office.page(&path).await;
    assert_eq!(said(&page), ["6", "5", "4", "-", "2", "jo"], "{page}");
    let texts: Vec<&Value> = page["messages"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|message| &message["interaction"]["text"])
        .collect();
    let expected = [
        json!("Sixth"),
        json!("Fifth"),
        json!("Fourth"),
        Value::Null,
        json!("Second"),
        json!("Hello?"),
    ];
    assert_eq!(texts, expected.iter().collect::<Vec<_>>());
    assert_eq!(page["messages"][3]["deleted"], true);
    assert_eq!(page["messages"][4]["deleted"], Value::Null);
    // The same messages as the conversation lists, but for the deleted one.
    let shown = office.page(&format!("/conversations/{conversation}")).await;
    let listed = shown["said"].as_array().expect("said").iter();
    let ordinals: Vec<&Value> = listed.map(|message| &message["ordinal"]).collect();
    let paged = page["messages"].as_array().expect("a list").iter();
    let paged: Vec<&Value> = paged
        .filter(|message| message["deleted"].is_null())
        .map(|message| &message["ordinal"])
        .collect();
    assert_eq!(ordinals, paged);
    // The place before an edited message is that of its first wording.
    let page = office.page(&format!("{path}?limit=2")).await;
    let older = page["older"].as_u64().expect("more");
    let page = office.page(&format!("{path}?limit=9&before={older}")).await;
    assert_eq!(said(&page), ["4", "-", "2", "jo"]);
}

#[tokio::test]
async fn a_history_is_paged_and_has_the_texts_of_replies() {
    let office = Office::built(&["ana"], ("[desk]\napprove-all = true\n", ""), |_| {}).await;
    let conversation = office.taken("jo", "ana").await;
    let reply = async |id: &str, text: &str| {
        let body = json!({"by": "ana", "id": id, "text": text});
        let path = format!("/conversations/{conversation}/replies");
        let sent = office.post(&path, body).await;
        assert_eq!(sent.json()["reply"]["status"], "held", "{sent:?}");
    };
    reply("r1", "My first answer").await;
    let reject = json!({"by": "eva", "role": "supervisor", "why": "Too short"});
    let path = format!("/approvals/{conversation}/r1/reject");
    assert_eq!(office.post(&path, reject).await.status, 200);
    reply("r2", "My second answer").await;

    let path = format!("/conversations/{conversation}/history");
    let all = office.page(&path).await;
    let entries = all["entries"].as_array().expect("entries");
    let sequences: Vec<u64> = entries
        .iter()
        .filter_map(|it| it["sequence"].as_u64())
        .collect();
    let expected: Vec<u64> = (1..=sequences.len() as u64).collect();
    assert_eq!(sequences, expected, "oldest first within a page");
    assert_eq!((&all["older"], &all["newer"]), (&Value::Null, &Value::Null));
    let texts: Vec<(&str, &str)> = entries
        .iter()
        .filter_map(|entry| Some((entry["kind"].as_str()?, entry["text"].as_str()?)))
        .collect();
    assert_eq!(
        texts,
        [
            ("reply-drafted", "My first answer"),
            ("reply-rejected", "Too short"),
            ("reply-drafted", "My second answer"),
        ]
    );
    // The first entry records the message.
    let messages = office
        .page(&format!("/conversations/{conversation}/messages"))
        .await;
    assert_eq!(entries[0]["ordinal"], messages["messages"][0]["ordinal"]);
    assert_eq!(entries[0]["sequence"], messages["messages"][0]["sequence"]);
    for limit in [1, 2, 3, 500] {
        let (mut back, mut query) = (Vec::new(), String::new());
        loop {
            let page = office.page(&format!("{path}?limit={limit}{query}")).await;
            let page_entries = page["entries"].as_array().expect("entries").clone();
            back.splice(0..0, page_entries);
            match page["older"].as_u64() {
                Some(older) => query = format!("&before={older}"),
                None => break,
            }
        }
        assert_eq!(&back, entries, "{limit}");
        let (mut forward, mut after) = (Vec::new(), Some(0));
        while let Some(place) = after {
            let page = office
                .page(&format!("{path}?limit={limit}&after={place}"))
                .await;
            forward.extend(page["entries"].as_array().expect("entries").clone());
            after = page["newer"].as_u64();
        }
        assert_eq!(&forward, entries, "{limit}");
    }
    // Neither the feed nor a journey has words.
    let contact = office.page(&format!("/conversations/{conversation}")).await;
    let contact = contact["contact"].as_str().expect("a contact").to_owned();
    let journey = office.page(&format!("/contacts/{contact}/journey")).await;
    assert!(!journey.to_string().contains("answer"), "{journey}");
    // An erased customer leaves no texts.
    assert_eq!(
        office.delete(&format!("/contacts/{contact}")).await.status,
        200
    );
    office.settled().await;
    let erased = office.page(&path).await;
    assert!(!erased.to_string().contains("answer"), "{erased}");
    let erased = office
        .page(&format!("/conversations/{conversation}/messages"))
        .await;
    assert_eq!(erased["messages"][0]["interaction"], Value::Null);
}

#[tokio::test]
async fn an_invalid_page_of_a_thread_is_answered_with_its_field() {
    let office = Office::with(&[]).await;
    let conversation = office.hear("jo").await;
    for thread in ["messages", "history"] {
        for (query, field) in [
            ("limit=0", "limit"),
            ("limit=501", "limit"),
            ("before=x", "before"),
            ("after=-1", "after"),
            ("before=3&after=1", "after"),
        ] {
            let path = format!("/conversations/{conversation}/{thread}?{query}");
            let problem = office.get(&path).await.problem(400, "bad-parameter");
            assert_eq!(problem["field"], field, "{path}");
        }
        let nothing = format!("/conversations/{}/{thread}", "0".repeat(32));
        office
            .get(&nothing)
            .await
            .problem(404, "unknown-conversation");
    }
}
