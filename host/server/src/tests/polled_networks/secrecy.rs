//! No secret, no token and no text of a post in what the host logs, answers and measures.

use serde_json::json;

use super::polled_office::Provider;
use super::{Answer, POLLED};
use crate::tests::networks::secrecy::{Log, assert_absent, shown};
use crate::tests::networks::stand_in::Turn;

/// A word that stands in the posts of this test only.
const WORD: &str = "Kaiserschmarrn";

#[tokio::test]
async fn no_secret_and_no_text_of_a_polled_network_leaves_by_the_log_an_error_or_a_metric() {
    let log = Log::capture();
    let mut seen = Vec::new();
    for network in POLLED {
        let provider = Provider::start(network).await;
        provider.post(1, WORD);
        // Answers can repeat what was asked.
        let refusal = json!({"error": format!("hush {WORD}"), "message": "hush"});
        provider.next_pages([Turn::Answer(Answer::json(401, &refusal))]);
        let office = provider.office().await;
        let failing = office.failing("unauthorised").await;
        seen.push((network.name.to_owned(), failing.to_string()));
        seen.extend(shown(&office.office).await);
        provider.next_pages([Turn::Answer(Answer::text(200, WORD))]);
        office.retry().await;
        office.failing("unavailable").await;
        seen.extend(shown(&office.office).await);
        office.retry().await;
        office.taken(1).await;
        if network.replies.is_some() {
            let conversation = office.conversation().await;
            let is_reply = office.replies().is_reply;
            let refusals = (0..3).map(|_| Turn::Answer(Answer::json(401, &refusal)));
            provider.next_for(is_reply, refusals);
            office
                .reply(&conversation, &format!("A {WORD} for you."))
                .await;
            office
                .until("broken", |it| it.get("broken_since").is_some())
                .await;
            seen.extend(shown(&office.office).await);
            let path = format!("/channels/{}/main/test", network.name);
            let tested = office.office.post(&path, json!({})).await;
            seen.push((path, tested.body));
            provider.accept_all();
            office.retry().await;
            office.delivered(&conversation).await;
        }
        seen.extend(shown(&office.office).await);
    }
    seen.push(("the log".to_owned(), log.text()));
    let secrets = POLLED.iter().flat_map(|network| network.secrets);
    let mut hidden: Vec<String> = secrets.flat_map(|(_, value)| parts(value)).collect();
    hidden.extend(["hush-", WORD].map(str::to_owned));
    assert_absent(&seen, &hidden);
}

/// The lines of a secret: those of a key that are long.
fn parts(secret: &str) -> Vec<String> {
    let lines = secret.lines().flat_map(|line| line.split("\\n"));
    let lines = lines.filter(|line| line.starts_with("hush-") || line.len() >= 40);
    lines.map(str::to_owned).collect()
}
