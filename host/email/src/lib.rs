//! E-mail. Inbound: whole mails (RFC 5322, MIME) by POST, as a provider or a pipe of
//! the company's own mail server sends them, signed by Standard Webhooks, where the
//! query of the URL may name the recipients (`to=…`, percent-encoded); or as that server
//! delivers them by LMTP, with their envelope ([`MailEnvelope`]).
//!
//! Outbound: a reply is one mail, which the caller submits by SMTP to the mail server
//! of the settings.
//!
//! What is read, and what is not, is in `docs/channel-email.md`. In short:
//!
//! - An interaction's id is a keyed hash of the Message-ID *and* a digest of author,
//!   date, subject and content. `message_ref`, `references` and `in_reply_to` are the
//!   hash of a Message-ID alone, as a receipt of a reply is.
//! - The text is what the author wrote now; what it quotes is the attribute `quoted`.
//!   The crate `patchbay-text` reads text and HTML, for policies too: there is no
//!   second reader, and none that builds a tree.
//! - A mail counts as its author's only by the `Authentication-Results` of the
//!   company's own server ([`authentication`]).
//!
//! Bounded are: fields and bytes of a header, parts and their depth, bytes of text,
//! files, ids. The parser crate gets single fields only: it takes nested mails
//! recursively and looks for a boundary that is not there once per part.
//!
//! Mails that are made to exhaust a parser (10,000 parts, one line of base64, headers
//! without end) are tests in `tests/channels/email/bounds.rs` and no golden cases.
//!
//! Not done here, because it needs what a single mail does not tell: merged
//! conversations, whether an author takes part in a conversation, limits of automatic
//! answers, that a report about a notice to an agent makes no further notice.

mod authentication;
mod automatic;
mod body;
mod bounce;
mod flowed;
mod header;
mod mail_envelope;
mod message;
mod mime;
mod outbound;
mod own_id;
mod part;
mod probe;
mod recipient;
mod status_code;
mod stored_file;
mod submission;
mod submission_server;
mod written_field;

pub use mail_envelope::{DeliveredMail, MailEnvelope};

use std::fmt;

use jiff::Timestamp;
use patchbay_adapter::media::MediaReference;
use patchbay_adapter::probe::{Finding, Probe};
use patchbay_adapter::{
    AccountConfig, Acknowledgement, Adapter, AdapterKind, ConfigError, EncodeError, Exchange,
    InboundRequest, InboundWay, Item, MailRecipient, MessageIds, Outbound, Outcome, Rejection,
    Reply, Scheme, SecretRole, Secrets, Sending, Setting, VerifiedRequest,
};
use patchbay_model::address;
use patchbay_model::input::NAME_BYTES;
use serde::Deserialize;

use self::own_id::OwnIds;
use self::submission_server::SubmissionServer;

/// Code of the channel.
const CHANNEL: &str = "email";
/// Secret that signs deliveries.
const SIGNING_SECRET: &str = "signing-secret";
/// Password of the user at the mail server that sends replies.
const SUBMISSION_PASSWORD: &str = "submission-password";
/// Most bytes of a mail: providers take 25 MB of files, and base64 makes a third more
/// of them.
pub const MAIL_BYTES: usize = 35 << 20;

/// The adapter's row.
pub const KIND: AdapterKind = AdapterKind {
    name: CHANNEL,
    channels: &[CHANNEL],
    settings: &[
        Setting::optional(
            "inbound",
            "\"lmtp\"",
            "how mails come in: `webhook` (default) or `lmtp`. By LMTP the connection has no URL and no `signing-secret`",
        ),
        Setting::required(
            "accounts",
            "[\"help@northwind.example\"]",
            "addresses to which customers write. `help+x@…` reaches `help@…`, and `x` is the attribute `address_tag`",
        ),
        Setting::required(
            "message-domain",
            "\"care.northwind.example\"",
            "domain of the Message-IDs of replies. No other system may make Message-IDs in it",
        ),
        Setting::optional(
            "token-domain",
            "\"care.northwind.example\"",
            "domain of which every address `reply+…` and `bounce+…` reaches this channel. Absent: replies have no such addresses",
        ),
        Setting::optional(
            "sender-name",
            "\"Northwind\"",
            "name beside the company's address in replies",
        ),
        Setting::optional(
            "authserv-id",
            "\"mx.northwind.example\"",
            "name of the company's mail server in `Authentication-Results`; it must remove fields of that name from mails that come in. Absent: no author is `verified`",
        ),
        Setting::optional(
            "own-hops",
            "1",
            "how many `Received` fields the company's servers add (1). An `Authentication-Results` below them was written by the sender",
        ),
        Setting::optional(
            "forwarders",
            "[\"form@northwind.example\"]",
            "addresses of forms and forwarders: the author of their mails is the `Reply-To`",
        ),
        Setting::optional(
            "own-lists",
            "[\"care.northwind.example\"]",
            "ids (`List-Id`) of the company's own lists, by which customers write: their mail is not automatic",
        ),
        Setting::optional(
            "submission",
            "\"smtps://mail.northwind.example:465\"",
            "mail server that sends replies: `smtps://HOST:PORT` (TLS from the start, 465), `smtp://HOST:PORT` (STARTTLS, 587) or `smtp-plain://HOST:PORT` (no encryption, 25; only in a range that the operator [lists](outbound.md#allowed-destinations), and without a login). Absent: the connection only receives",
        ),
        Setting::optional(
            "submission-user",
            "\"care@northwind.example\"",
            "user there, who may send from `accounts`. The secret `submission-password` is required with it",
        ),
    ],
    secrets: &[
        SecretRole {
            name: SIGNING_SECRET,
            source: "unless `inbound = \"lmtp\"`: a secret of the form whsec_ and base64 of 24 to 64 random bytes, which the sender of the mails signs with",
            is_required: false,
        },
        SecretRole {
            name: SUBMISSION_PASSWORD,
            source: "with `submission-user`: its password at the mail server that sends replies",
            is_required: false,
        },
    ],
    has_provider: true,
    signs_url: false,
    body_limit: MAIL_BYTES,
    sending: Sending::WithSetting("submission"),
    is_idempotent: false,
    files_within: true,
    setup: &[
        "Let the company's mail server or mail provider post each mail as it is (message/rfc822, no JSON) to {url}, signed by Standard Webhooks.",
        "Add the recipient of the envelope to the URL as `to=`, percent-encoded, if mails as blind copies or with a suffix behind + must be told apart.",
        "Or let the company's mail server deliver by LMTP: set `inbound = \"lmtp\"`, and [lmtp] in the server settings. Then there is no URL and no signing secret.",
        "Set `authserv-id` to the name that the company's mail server writes into Authentication-Results, and let it remove fields of that name from mails that come in.",
        "Set `message-domain` to a domain of which no other system makes Message-IDs.",
        "To send replies from here, set `submission` to the company's mail server and `submission-user` to a user that may send from the addresses of `accounts`. Without `submission` they go to the company's target.",
    ],
    open: |config| Ok(Box::new(Email::open(config)?)),
};

/// Settings in the company file.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Settings {
    /// How mails come in.
    #[serde(default = "webhook")]
    inbound: InboundWay,
    /// Addresses of the company to which customers write.
    accounts: Vec<String>,
    /// Domain of the Message-IDs of replies.
    message_domain: String,
    /// Name beside the company's address in replies.
    #[serde(default)]
    sender_name: Option<String>,
    /// Domain of which every address `reply+…` and `bounce+…` reaches this channel.
    #[serde(default)]
    token_domain: Option<String>,
    /// Name of the company's mail server in `Authentication-Results`.
    #[serde(default)]
    authserv_id: Option<String>,
    /// How many `Received` fields the company's servers add.
    #[serde(default = "one")]
    own_hops: usize,
    /// Addresses of forms and of forwarders whose `Reply-To` is the customer.
    #[serde(default)]
    forwarders: Vec<String>,
    /// Ids of the company's own lists (`List-Id`), by which customers write to it.
    #[serde(default)]
    own_lists: Vec<String>,
    /// The mail server that sends replies.
    #[serde(default)]
    submission: Option<String>,
    /// The user there.
    #[serde(default)]
    submission_user: Option<String>,
}

fn webhook() -> InboundWay {
    InboundWay::Webhook
}

fn one() -> usize {
    1
}

/// Without accounts.
impl Default for Settings {
    fn default() -> Settings {
        Settings {
            inbound: webhook(),
            accounts: Vec::new(),
            message_domain: String::new(),
            sender_name: None,
            token_domain: None,
            authserv_id: None,
            own_hops: one(),
            forwarders: Vec::new(),
            own_lists: Vec::new(),
            submission: None,
            submission_user: None,
        }
    }
}

impl Settings {
    fn check(&self) -> Result<(), ConfigError> {
        let invalid = |problem: &str| Err(ConfigError::settings(problem));
        if self.accounts.is_empty() || !self.accounts.iter().all(|it| is_address(it)) {
            return invalid(
                "`accounts` must list the addresses to which customers write, such as \"help@example.com\"",
            );
        }
        if !self.forwarders.iter().all(|it| is_address(it)) {
            return invalid("`forwarders` must list addresses, such as \"form@example.com\"");
        }
        if !is_domain(&self.message_domain) {
            return invalid("`message-domain` must be a domain, such as \"care.example.com\"");
        }
        if !self.token_domain.as_deref().is_none_or(is_domain) {
            return invalid("`token-domain` must be a domain, such as \"care.example.com\"");
        }
        let is_name = |name: &str| name.len() <= NAME_BYTES && !name.chars().any(char::is_control);
        if !self.sender_name.as_deref().is_none_or(is_name) {
            return invalid("`sender-name` must have no control characters and at most 512 bytes");
        }
        if self.own_hops == 0 {
            return invalid(
                "`own-hops` must be at least 1: the server that takes mails in adds a field",
            );
        }
        submission_server::check(self)
    }

    fn is_forwarder(&self, from: Option<&str>) -> bool {
        let Some(from) = from.map(|from| address::canonical(CHANNEL, from)) else {
            return false;
        };
        self.forwarders
            .iter()
            .any(|known| address::canonical(CHANNEL, known) == from)
    }
}

/// Whether a text is an address that can stand in a header and an envelope as it is.
fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let is_part =
        |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&byte);
    (1..=64).contains(&local.len()) && local.bytes().all(is_part) && is_domain(domain)
}

fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.contains('.') && text.split('.').all(is_label)
}

/// The adapter with the settings and secrets of one company.
pub struct Email {
    settings: Settings,
    /// Absent: mails do not come by a webhook.
    signing_secret: Option<Secrets>,
    ids: MessageIds,
    own: OwnIds,
    /// Absent: the connection only takes mails.
    submission: Option<SubmissionServer>,
}

impl Email {
    /// Opens the adapter.
    ///
    /// # Errors
    /// A setting does not fit, or a secret is missing.
    pub fn open(config: &AccountConfig) -> Result<Email, ConfigError> {
        let settings: Settings = config.read_settings()?;
        settings.check()?;
        let signing_secret = match settings.inbound {
            InboundWay::Webhook => Some(config.secrets.get(SIGNING_SECRET)?.clone()),
            InboundWay::Lmtp => None,
        };
        let submission = SubmissionServer::open(&settings, &config.secrets)?;
        if let Some(secrets) = &signing_secret {
            let checked = Scheme::StandardWebhooks.check_secrets(secrets);
            checked.map_err(|problem| ConfigError::Secret {
                role: SIGNING_SECRET,
                problem,
            })?;
        }
        let (messages, tokens) = (
            settings.message_domain.clone(),
            settings.token_domain.clone(),
        );
        Ok(Email {
            own: OwnIds::new(
                &config.company_key,
                messages,
                tokens,
                settings.accounts.clone(),
            ),
            ids: MessageIds::new(&config.company_key, CHANNEL),
            settings,
            signing_secret,
            submission,
        })
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Email")
            .field("accounts", &self.settings.accounts)
            .finish_non_exhaustive()
    }
}

impl Adapter for Email {
    fn handshake(
        &self,
        _request: &InboundRequest<'_>,
        _now: Timestamp,
    ) -> Result<Option<Acknowledgement>, Rejection> {
        Ok(None)
    }

    fn serves(&self, account: &str) -> bool {
        let canonical = address::canonical(CHANNEL, account);
        let mut accounts = self.settings.accounts.iter();
        accounts.any(|known| address::canonical(CHANNEL, known) == canonical)
    }

    fn mail_recipient(&self, address: &str) -> Option<MailRecipient> {
        if self.own.token(address).is_some() {
            return Some(MailRecipient::Token);
        }
        if self.settings.account_of(address).is_some() {
            return Some(MailRecipient::Account);
        }
        let has_form = self.own.has_form_of_token(address);
        has_form.then_some(MailRecipient::FormOfToken)
    }

    fn verify<'r>(
        &self,
        request: &'r InboundRequest<'r>,
        now: Timestamp,
    ) -> Result<VerifiedRequest<'r>, Rejection> {
        let secrets = self.signing_secret.as_ref().ok_or(Rejection::Missing)?;
        Scheme::StandardWebhooks.verify_up_to(MAIL_BYTES, request, secrets, now)
    }

    fn decode(&self, request: &VerifiedRequest<'_>) -> Vec<Item> {
        message::decode(self, request)
    }

    fn encode(&self, reply: &Reply<'_>) -> Result<Vec<Outbound>, EncodeError> {
        Ok(vec![Outbound::Mail(outbound::encode(self, reply)?)])
    }

    fn outcome(&self, exchange: &Exchange<'_>) -> Outcome {
        submission::outcome(exchange)
    }

    fn probe(&self) -> Vec<Probe> {
        probe::questions(self)
    }

    fn probe_result(
        &self,
        _question: &Probe,
        exchange: &Exchange<'_>,
        _url: Option<&str>,
    ) -> Vec<Finding> {
        probe::findings(exchange)
    }

    fn unprobed(&self) -> Vec<Finding> {
        probe::unprobed(self)
    }

    fn stored_file(&self, file: &MediaReference, delivery: &[u8]) -> Option<Vec<u8>> {
        stored_file::find(file, delivery)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_domains_have_their_form() {
        for good in [
            "help@example.com",
            "a+b@x.example",
            "o'neil@sub.example.com",
        ] {
            assert!(is_address(good), "{good}");
        }
        for bad in [
            "",
            "@",
            "a@b",
            "a b@example.com",
            "a@b@",
            "a\r\n@example.com",
            "<a@example.com>",
            "a@example..com",
            "a@-x.example",
            "é@example.com",
            "a@example.com.",
        ] {
            assert!(!is_address(bad), "{bad:?}");
        }
    }
}
