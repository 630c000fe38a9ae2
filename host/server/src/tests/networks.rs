//! Every adapter against a stand-in for its provider: one row per adapter says how its
//! provider writes deliveries and answers, and the tests go through the rows.

mod busy;
mod chatwoot;
mod company_first;
mod connected_office;
mod connection_tests;
mod contact_records;
mod decisions;
mod discourse;
mod echoes;
mod email;
mod faults;
mod files;
mod inbound;
mod line;
mod mail_stand_in;
mod meta;
mod opt_outs;
mod phone;
mod quarantine;
mod reactions;
mod recovery;
pub(super) mod secrecy;
mod signatures;
mod slack;
mod sms;
pub(super) mod stand_in;
mod standard_webhooks;
mod telegram;
mod viber;
mod windows;
mod x;
mod zammad;
mod zendesk;

use patchbay_adapter::InboundWay;
use serde_json::Value;

/// Names and values of headers.
type Headers = Vec<(&'static str, String)>;
/// Signs the URL and the body of a delivery, which has a number.
type Sign = fn(&str, &[u8], u32) -> Headers;
/// An answer, and the code of it that is shown.
type Refusal = (fn() -> Answer, &'static str);
/// The answer to an accepted request of a number.
type Accept = fn(u32, &stand_in::Request) -> Answer;
/// What the provider reports about its message of a number, which a request sent.
type WriteReport = fn(Report, u32, &stand_in::Request) -> Vec<u8>;

/// An adapter with a webhook, and how its provider writes.
#[derive(Clone, Copy)]
struct Network {
    /// Name of the adapter.
    name: &'static str,
    /// Its settings in the company file; `API` stands for the URL of the stand-in.
    settings: &'static str,
    /// Its secrets by role.
    secrets: &'static [(&'static str, &'static str)],
    /// Headers that make a delivery authentic: of its URL, its body, and the number by
    /// which deliveries of one body differ.
    sign: Sign,
    /// Whether a delivery can have several messages.
    has_batches: bool,
    /// A delivery of messages. The number is that of the delivery: the same message
    /// comes in several.
    messages: fn(&[Message<'_>], u32) -> Vec<u8>,
    /// A later wording of a message, where the provider reports it.
    edit: Option<fn(&Message<'_>) -> Vec<u8>>,
    /// The deletion of a message, where the provider reports it.
    delete: Option<fn(&Message<'_>) -> Vec<u8>>,
    /// How it answers replies; `None`: it sends none.
    answers: Option<Answers>,
}

/// A message of a customer.
#[derive(Clone, Copy)]
struct Message<'a> {
    /// Number of the customer, from 1; their only message has it too.
    customer: u32,
    text: &'a str,
    /// Unix time in seconds.
    at: i64,
}

/// Answers of a provider to a reply.
#[derive(Clone, Copy)]
struct Answers {
    /// It took the reply, as its message of this number: with the request that sent it.
    accepted: Accept,
    /// Too much was sent: try again after a second, in the provider's own form.
    busy_for_a_second: fn() -> Answer,
    /// The same without a time.
    busy: fn() -> Answer,
    /// It failed before it took the reply.
    fault: fn() -> Answer,
    /// What a fault and a lost answer mean.
    after_fault: Expected,
    after_loss: Expected,
    /// A success that contains an error, where the provider writes one.
    error_in_success: Option<(fn() -> Answer, Expected)>,
    /// The access was revoked.
    revoked: fn() -> Answer,
    /// The customer cannot be reached, where an answer says so; the code that is shown.
    unreachable: Option<Refusal>,
    /// The time for replies is over, where there is one; the code that is shown.
    window_closed: Option<Refusal>,
    /// Reports that its message of this number failed, or arrived: with the customer and
    /// the request that sent it.
    report: Option<WriteReport>,
    /// The copy of its message of this number, with the same.
    echo: Option<fn(u32, &stand_in::Request) -> Vec<u8>>,
}

/// What a provider reports about a message of the company.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Report {
    Delivered,
    Failed,
}

/// What becomes of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    Delivered,
    /// It fails as this kind, with this in its problem.
    Failed(&'static str, &'static str),
}

/// It may have arrived: a person decides.
const UNCERTAIN: Expected = Expected::Failed("uncertain", "may have arrived");

/// An answer of a provider.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    /// Of HTTP, or of SMTP.
    status: u16,
    headers: Headers,
    body: String,
    /// The command of SMTP that is answered so; empty: the end of the mail.
    command: &'static str,
}

impl Answer {
    pub(super) fn json(status: u16, body: &Value) -> Answer {
        Answer {
            status,
            headers: vec![("content-type", "application/json".to_owned())],
            body: body.to_string(),
            command: "",
        }
    }

    pub(super) fn header(mut self, name: &'static str, value: impl ToString) -> Answer {
        self.headers.push((name, value.to_string()));
        self
    }

    /// An answer with this body.
    pub(super) fn text(status: u16, body: &str) -> Answer {
        Answer {
            status,
            headers: vec![("content-type", "text/html".to_owned())],
            body: body.to_owned(),
            command: "",
        }
    }

    /// What something in front of a provider answers while that is down.
    pub(super) fn bad_gateway() -> Answer {
        Answer::text(502, "<html>Bad gateway</html>")
    }

    /// A reply of a mail server to a command; empty: to the end of the mail.
    pub(super) fn smtp(command: &'static str, status: u16, text: &str) -> Answer {
        Answer {
            status,
            headers: Vec::new(),
            body: text.to_owned(),
            command,
        }
    }
}

/// One row per adapter with a webhook. Those that are polled are in `polled_networks`.
static NETWORKS: [&Network; 16] = [
    &meta::WHATSAPP,
    &meta::FACEBOOK,
    &meta::INSTAGRAM,
    &email::EMAIL,
    &sms::SMS,
    &phone::PHONE,
    &telegram::TELEGRAM,
    &slack::SLACK,
    &line::LINE,
    &viber::VIBER,
    &x::X,
    &discourse::DISCOURSE,
    &chatwoot::CHATWOOT,
    &zammad::ZAMMAD,
    &zendesk::ZENDESK,
    &standard_webhooks::STANDARD_WEBHOOKS,
];

impl Network {
    /// The value of a secret.
    fn secret(&self, role: &str) -> &'static str {
        let found = self.secrets.iter().find(|(name, _)| *name == role);
        found.expect("a role of the row").1
    }

    /// The variable of a secret.
    fn variable(&self, role: &str) -> String {
        let name = format!("{}_{role}", self.name);
        name.to_uppercase().replace('-', "_")
    }

    /// Its connection in the company file.
    fn connection(&self, api: &str) -> String {
        let settings = self.settings.replace("API", api);
        let secrets = self.secrets.iter();
        let secrets = secrets
            .map(|(role, _)| format!("secrets.{role} = {{ env = \"{}\" }}\n", self.variable(role)));
        let secrets: String = secrets.collect();
        let name = self.name;
        format!("[channel.{name}.connection.main]\nsettings = {{ {settings} }}\n{secrets}")
    }
}

#[test]
fn every_adapter_with_a_webhook_has_a_row() {
    let rows: Vec<&str> = NETWORKS.iter().map(|network| network.name).collect();
    let adapters = patchbay_channels::ADAPTERS.iter();
    let adapters = adapters.filter(|kind| kind.has_provider);
    let adapters: Vec<_> = adapters
        .filter(|kind| kind.inbound.contains(&InboundWay::Webhook))
        .collect();
    let names: Vec<&str> = adapters.iter().map(|kind| kind.name).collect();
    assert_eq!(rows, names);
    for (network, kind) in NETWORKS.iter().zip(adapters) {
        let sends = kind.sending != patchbay_adapter::Sending::Never;
        assert_eq!(network.answers.is_some(), sends, "{}", network.name);
    }
}
