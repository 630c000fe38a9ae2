//! No secret and no text of a message in what the host logs, answers and measures.

use std::io::Write;
use std::sync::{Arc, OnceLock};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use parking_lot::Mutex;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use super::NETWORKS;
use super::connected_office::ConnectedOffice;
use super::sms::SMS;
use super::stand_in::Turn;
use super::zendesk::{self, ZENDESK};
use crate::tests::office::Office;

/// The log of this process, from [`Log::capture`] on: of other tests too.
#[derive(Clone, Default)]
pub(in crate::tests) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub(in crate::tests) fn capture() -> Log {
        static LOG: OnceLock<Log> = OnceLock::new();
        LOG.get_or_init(|| {
            let log = Log::default();
            let subscriber = tracing_subscriber::fmt()
                .with_env_filter(EnvFilter::new("debug,patchbay=trace"))
                .with_ansi(false)
                .with_writer(log.clone())
                .finish();
            let set = tracing::subscriber::set_global_default(subscriber);
            set.expect("no other test sets a subscriber");
            log
        })
        .clone()
    }

    pub(in crate::tests) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock()).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Log;

    fn make_writer(&'a self) -> Log {
        self.clone()
    }
}

/// A word that stands in the messages of this test only.
const WORD: &str = "Zwetschgendatschi";

/// Replies that are tried again and refused, and then one by an account that cannot send.
async fn failures(office: &ConnectedOffice) -> Vec<String> {
    let networks = NETWORKS.iter().filter_map(|network| {
        let answers = network.answers.as_ref()?;
        Some((network, answers))
    });
    let networks: Vec<_> = networks.collect();
    let mut conversations = Vec::new();
    for (customer, text) in [(1, format!("A {WORD} for you.")), (2, WORD.to_owned())] {
        let mut sent = Vec::new();
        for (network, answers) in &networks {
            let refusal = answers.unreachable.map(|(answer, _)| answer());
            let turns = match customer {
                1 => vec![
                    (answers.busy)(),
                    refusal.unwrap_or_else(|| (answers.fault)()),
                ],
                _ => vec![(answers.revoked)()],
            };
            let stand_in = office.stand_in(network);
            stand_in.next(turns.into_iter().map(Turn::Answer));
            let conversation = office.conversation(network, customer).await;
            office.reply(network, &conversation, &text).await;
            sent.push((network, conversation));
        }
        for (network, conversation) in sent {
            let attempts = match customer {
                1 => {
                    let kind = "reply-undeliverable";
                    office.entry(network, &conversation, kind).await;
                    2
                }
                _ => 3,
            };
            office.stand_in(network).received(attempts).await;
            conversations.push(conversation);
        }
    }
    conversations
}

/// Asserts that none of these texts contains one of the secrets.
pub(in crate::tests) fn assert_absent(seen: &[(String, String)], hidden: &[String]) {
    for (what, text) in seen {
        for secret in hidden {
            let around = text.find(secret.as_str()).map(|at| {
                let start = text.floor_char_boundary(at.saturating_sub(200));
                &text[start..at]
            });
            assert_eq!(around, None, "{what} contains {secret}");
        }
    }
}

/// What the API shows of a company and of the server, and the debug output of its
/// connections, each with its name.
pub(in crate::tests) async fn shown(office: &Office) -> Vec<(String, String)> {
    let mut seen = Vec::new();
    let company = "/v1/companies/northwind";
    for path in [
        "/metrics",
        "/v1/alerts",
        "/v1/status",
        "/v1/audit",
        &format!("{company}/channels"),
        &format!("{company}/alerts"),
        &format!("{company}/outbox?state=waiting"),
        &format!("{company}/outbox?state=dead"),
        &format!("{company}/quarantine"),
        &format!("{company}/generations"),
        &format!("{company}/decisions"),
    ] {
        let answer = office.server.client.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        seen.push((path.to_owned(), answer.body));
    }
    let gateway = format!("{:?}", office.server.app.gateway);
    seen.push(("debug output".to_owned(), gateway));
    seen
}

#[tokio::test]
async fn no_secret_and_no_text_leaves_by_the_log_an_error_or_a_metric() {
    let log = Log::capture();
    let office = ConnectedOffice::open().await;
    let mut seen = Vec::new();
    for network in NETWORKS {
        // Not what the provider sends, but authentic.
        let answer = office.deliver(network, WORD.as_bytes(), 1).await;
        seen.push((format!("answer to {}", network.name), answer.body));
    }
    for conversation in failures(&office).await {
        let document = office.document(&conversation).await;
        seen.push(("history".to_owned(), document["history"].to_string()));
    }
    seen.extend(shown(&office.office).await);
    let log = log.text();
    assert!(
        log.contains("channel:whatsapp"),
        "the log tells of attempts"
    );
    seen.push(("the log".to_owned(), log));
    let secrets = NETWORKS.iter().flat_map(|network| network.secrets);
    let mut hidden: Vec<String> = secrets.map(|(_, value)| (*value).to_owned()).collect();
    let sms = (
        "AC0123456789abcdef0123456789abcdef",
        SMS.secret("auth-token"),
    );
    let zendesk = (zendesk::LOGIN, ZENDESK.secret("api-token"));
    for (user, password) in [sms, zendesk] {
        hidden.push(BASE64_STANDARD.encode(format!("{user}:{password}")));
    }
    hidden.push(WORD.to_owned());
    assert_absent(&seen, &hidden);
}
