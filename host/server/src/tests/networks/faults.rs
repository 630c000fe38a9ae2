//! What providers answer to a reply, and what becomes of it.

use std::time::Duration;

use serde_json::json;

use super::connected_office::ConnectedOffice;
use super::stand_in::Turn;
use super::{Answers, Expected, NETWORKS, Network};

/// Sends a reply on every network whose provider can do this to it, waits for what is
/// expected, and checks that every attempt has the same bytes.
async fn replies(
    office: &ConnectedOffice,
    fault: impl Fn(&Answers) -> Option<(Turn, Expected)>,
) -> Vec<(&'static Network, String)> {
    let mut sent = Vec::new();
    for network in NETWORKS {
        let Some((turn, expected)) = network.answers.as_ref().and_then(&fault) else {
            continue;
        };
        let conversation = office.replied(network, [turn]).await;
        sent.push((network, conversation, expected));
    }
    assert!(!sent.is_empty());
    let mut all = Vec::new();
    for (network, conversation, expected) in sent {
        office.becomes(network, &conversation, expected).await;
        let requests = office.stand_in(network).requests();
        let attempts = match expected {
            Expected::Delivered => 2,
            Expected::Failed(..) => 1,
        };
        assert_eq!(requests.len(), attempts, "{}", network.name);
        // Of a mail that was refused before it was sent, only the commands are there.
        let whole = requests.iter().filter(|it| !it.body.is_empty());
        let whole: Vec<_> = whole.map(|request| request.bytes()).collect();
        assert!(
            whole.windows(2).all(|pair| pair[0] == pair[1]),
            "{}: another attempt has other bytes",
            network.name
        );
        all.push((network, conversation));
    }
    all
}

#[tokio::test]
async fn an_accepted_reply_is_delivered_with_its_receipt() {
    let office = ConnectedOffice::open().await;
    let mut sent = Vec::new();
    for network in NETWORKS.iter().filter(|it| it.answers.is_some()) {
        sent.push((network, office.replied(network, []).await));
    }
    let desk = office.office.server.app.desk().expect("a desk");
    let company = desk.company("northwind").expect("a company");
    for (network, conversation) in sent {
        office
            .becomes(network, &conversation, Expected::Delivered)
            .await;
        let requests = office.stand_in(network).requests();
        let [request] = &requests[..] else {
            panic!("{}: {} requests", network.name, requests.len());
        };
        let body = String::from_utf8_lossy(&request.body);
        assert!(
            body.contains("It left this morning.") || body.contains("It%20left%20this%20morning."),
            "{}: {body}",
            network.name
        );
        let delivered = office.entries(&conversation, "reply-delivered").await;
        let key = delivered[0]["key"].as_str().expect("a key").to_owned();
        let receipts = desk.journal().receipts(company, &key).expect("read");
        let [receipt] = &receipts[..] else {
            panic!("{}: {receipts:?}", network.name);
        };
        assert_eq!((receipt.part, receipt.parts), (1, 1), "{}", network.name);
        assert_eq!(receipt.channel, network.name);
    }
}

#[tokio::test]
async fn a_busy_provider_gets_the_reply_again_after_the_time_it_names() {
    let office = ConnectedOffice::open().await;
    let busy = |answers: &Answers| {
        let answer = (answers.busy_for_a_second)();
        Some((Turn::Answer(answer), Expected::Delivered))
    };
    for (network, _) in replies(&office, busy).await {
        let requests = office.stand_in(network).requests();
        let wait = requests[1].at.duration_since(requests[0].at);
        // A mail server names no time.
        let least = match network.name {
            "email" => Duration::ZERO,
            _ => Duration::from_millis(950),
        };
        assert!(wait >= least, "{}: {wait:?}", network.name);
    }
}

#[tokio::test]
async fn a_busy_provider_that_names_no_time_gets_the_reply_again() {
    let office = ConnectedOffice::open().await;
    let busy = |answers: &Answers| Some((Turn::Answer((answers.busy)()), Expected::Delivered));
    replies(&office, busy).await;
}

#[tokio::test]
async fn a_fault_of_the_provider_is_retried_only_where_a_repetition_is_harmless() {
    let office = ConnectedOffice::open().await;
    let fault = |answers: &Answers| Some((Turn::Answer((answers.fault)()), answers.after_fault));
    replies(&office, fault).await;
}

#[tokio::test]
async fn a_connection_that_is_reset_within_the_answer_is_a_lost_answer() {
    let office = ConnectedOffice::open().await;
    let reset = |answers: &Answers| Some((Turn::ResetWithin, answers.after_loss));
    replies(&office, reset).await;
}

#[tokio::test]
async fn a_provider_that_takes_a_reply_and_does_not_answer_is_a_lost_answer() {
    let office = ConnectedOffice::set(|settings| {
        settings.egress.timeout = Duration::from_secs(1);
        settings.egress.mail_timeout = Duration::from_secs(1);
    });
    let office = office.await;
    let silence = |answers: &Answers| Some((Turn::Silence, answers.after_loss));
    replies(&office, silence).await;
}

#[tokio::test]
async fn a_success_that_contains_an_error_is_no_success() {
    let office = ConnectedOffice::open().await;
    let error = |answers: &Answers| {
        let (answer, expected) = answers.error_in_success?;
        Some((Turn::Answer(answer()), expected))
    };
    replies(&office, error).await;
}

#[tokio::test]
async fn a_customer_who_cannot_be_reached_fails_the_reply() {
    let office = ConnectedOffice::open().await;
    let unreachable = |answers: &Answers| {
        let (answer, code) = answers.unreachable?;
        let expected = Expected::Failed("recipient-unreachable", code);
        Some((Turn::Answer(answer()), expected))
    };
    replies(&office, unreachable).await;
}

#[tokio::test]
async fn a_window_that_the_provider_says_is_closed_fails_the_reply() {
    let office = ConnectedOffice::open().await;
    let closed = |answers: &Answers| {
        let (answer, code) = answers.window_closed?;
        Some((
            Turn::Answer(answer()),
            Expected::Failed("window-closed", code),
        ))
    };
    let networks = replies(&office, closed).await;
    assert!(networks.len() >= 4);
}

#[tokio::test]
async fn a_reply_with_files_is_refused_where_a_connection_would_send_its_text_alone() {
    let office = ConnectedOffice::open().await;
    for network in NETWORKS.iter().filter(|it| it.answers.is_some()) {
        let conversation = office.conversation(network, 1).await;
        let path = format!("/conversations/{conversation}/replies");
        let file = json!({"name": "label.pdf", "media_type": "application/pdf", "url": "https://shop.example/label.pdf"});
        let reply = json!({"by": network.name, "id": "r1", "text": "Here is your label.", "attachments": [file]});
        let refused = office.office.post(&path, reply).await;
        let problem = refused.problem(422, "invalid-input");
        // Where the connection sends uploaded files, this one is at fault; else all are.
        let field = problem["field"].as_str().expect("a field");
        assert!(
            matches!(field, "attachments" | "attachments[0]"),
            "{}: {field}",
            network.name
        );
        assert_eq!(
            office.stand_in(network).requests().len(),
            0,
            "{}",
            network.name
        );
        // The text alone goes out, by the same id.
        office
            .reply(network, &conversation, "The label comes by mail.")
            .await;
        office
            .becomes(network, &conversation, Expected::Delivered)
            .await;
    }
}
