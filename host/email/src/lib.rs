//! E-mail. Inbound: whole mails (RFC 5322, MIME) by POST, as a provider or a pipe of
//! the company's own mail server sends them, signed by Standard Webhooks, where the
//! query of the URL may name the recipients (`to=…`, percent-encoded); or as that server
//! delivers them by LMTP, with their envelope ([`MailEnvelope`]); or as the host reads
//! them from a mailbox by IMAP.
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
mod mailbox;
mod mailbox_poll;
mod message;
mod mime;
mod outbound;
mod own_id;
mod part;
mod probe;
mod recipient;
mod settings;
mod status_code;
mod stored_file;
mod submission;
mod submission_server;
mod written_content;
mod written_field;

pub use mail_envelope::{DeliveredMail, MailEnvelope};

use std::fmt;

use jiff::Timestamp;
use patchbay_adapter::media::MediaReference;
use patchbay_adapter::poll::Poll;
use patchbay_adapter::probe::{Finding, Probe};
use patchbay_adapter::{
    AccountConfig, Adapter, AdapterKind, ConfigError, EncodeError, Exchange, FileRules,
    InboundRequest, InboundWay, Item, MailRecipient, MessageIds, Outbound, Outcome, Rejection,
    Reply, Scheme, SecretRole, Secrets, Sending, Setting, TextPlace, TypeRule, VerifiedRequest,
};
use patchbay_files::{MEDIA_TYPES, MOST_FILES};
use patchbay_model::address;

use self::mailbox::{
    MAILBOX_CLIENT_SECRET, MAILBOX_PASSWORD, MAILBOX_REFRESH_TOKEN, MAILBOX_TOKEN, Mailbox,
};
use self::mailbox_poll::MailboxPoll;
use self::own_id::OwnIds;
use self::settings::Settings;
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

/// What a mail has of files: every type, and so many bytes that the mail stays below the
/// 25 MB that Gmail takes (support.google.com/mail/answer/6584), base64 and line ends
/// included.
const FILES: FileRules = FileRules {
    count: MOST_FILES,
    total_bytes: 17 << 20,
    types: &[TypeRule {
        media_types: MEDIA_TYPES,
        bytes: 17 << 20,
    }],
    text: TextPlace::With,
    without_text: true,
};

/// The adapter's row.
pub const KIND: AdapterKind = AdapterKind {
    name: CHANNEL,
    channels: &[CHANNEL],
    settings: &[
        Setting::optional(
            "inbound",
            "\"imap\"",
            "how mails come in: `webhook` (default), `lmtp` or `imap`. By LMTP and IMAP the connection has no URL and no `signing-secret`",
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
            "mailbox",
            "\"imaps://mail.northwind.example:993\"",
            "with `inbound = \"imap\"`: mail server whose mailbox is read: `imaps://HOST:PORT` (TLS from the start, 993), `imap://HOST:PORT` (STARTTLS, 143) or `imap-plain://HOST:PORT` (no encryption, 143; only on this machine, at an address that the operator [lists](outbound.md#allowed-destinations))",
        ),
        Setting::optional(
            "mailbox-user",
            "\"care@northwind.example\"",
            "user there. The secret `mailbox-password` is required with it, or `mailbox-token`",
        ),
        Setting::optional(
            "mailbox-login",
            "\"oauth2\"",
            "how the user logs in: `password` (default); `oauth2` with access tokens that the host renews; or `xoauth2` with one that another program renews",
        ),
        Setting::optional(
            "mailbox-token-url",
            "\"https://oauth2.googleapis.com/token\"",
            "with `mailbox-login = \"oauth2\"`: where the provider renews access tokens (token endpoint)",
        ),
        Setting::optional(
            "mailbox-client-id",
            "\"123.apps.googleusercontent.com\"",
            "with `mailbox-login = \"oauth2\"`: id of the company's application at the provider",
        ),
        Setting::optional(
            "mailbox-scope",
            "\"https://outlook.office.com/IMAP.AccessAsUser.All\"",
            "rights to ask for, if not all that the refresh token has",
        ),
        Setting::optional(
            "mailbox-folder",
            "\"INBOX\"",
            "folder that is read (INBOX). Nothing in it is changed, no mail is marked as read",
        ),
        Setting::optional(
            "mailbox-history-days",
            "1",
            "mails that came more days before the first poll are left out (1; at most 365)",
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
            source: "with `inbound = \"webhook\"`, the default: a secret of the form whsec_ and base64 of 24 to 64 random bytes, which the sender of the mails signs with",
            is_required: false,
        },
        SecretRole {
            name: MAILBOX_PASSWORD,
            source: "with `inbound = \"imap\"`: the password of `mailbox-user`, unless `mailbox-login` says otherwise",
            is_required: false,
        },
        SecretRole {
            name: MAILBOX_REFRESH_TOKEN,
            source: "with `mailbox-login = \"oauth2\"`: the refresh token that the provider gave the application for `mailbox-user`",
            is_required: false,
        },
        SecretRole {
            name: MAILBOX_CLIENT_SECRET,
            source: "with `mailbox-login = \"oauth2\"`: the secret of the application, if it has one",
            is_required: false,
        },
        SecretRole {
            name: MAILBOX_TOKEN,
            source: "with `mailbox-login = \"xoauth2\"`: an access token of `mailbox-user` with the right to read mail by IMAP",
            is_required: false,
        },
        SecretRole {
            name: SUBMISSION_PASSWORD,
            source: "with `submission-user`: its password at the mail server that sends replies",
            is_required: false,
        },
    ],
    has_provider: true,
    inbound: &[InboundWay::Webhook, InboundWay::Lmtp, InboundWay::Imap],
    signs_url: false,
    body_limit: MAIL_BYTES,
    sending: Sending::WithSetting("submission"),
    reply_period: patchbay_adapter::reply_any_time,
    is_idempotent: false,
    takes_templates: false,
    takes_decisions: false,
    files_within: true,
    sends_files: Some(&FILES),
    setup: &[
        "Let the company's mail server or mail provider post each mail as it is (message/rfc822, no JSON) to {url}, signed by Standard Webhooks.",
        "Add the recipient of the envelope to the URL as `to=`, percent-encoded, if mails as blind copies or with a suffix behind + must be told apart.",
        "Or let the company's mail server deliver by LMTP: set `inbound = \"lmtp\"`, and [lmtp] in the server settings. Then there is no URL and no signing secret.",
        "Or let this host read the mailbox: set `inbound = \"imap\"`, `mailbox` and `mailbox-user`. Then there is no URL and no signing secret, and nothing in the mailbox changes.",
        "Set `authserv-id` to the name that the company's mail server writes into Authentication-Results, and let it remove fields of that name from mails that come in.",
        "Set `message-domain` to a domain of which no other system makes Message-IDs.",
        "To send replies from here, set `submission` to the company's mail server and `submission-user` to a user that may send from the addresses of `accounts`. Without `submission` they go to the company's target.",
    ],
    open: |config| Ok(Box::new(Email::open(config)?)),
};

/// The adapter with the settings and secrets of one company.
pub struct Email {
    settings: Settings,
    /// Absent: mails do not come by a webhook.
    signing_secret: Option<Secrets>,
    ids: MessageIds,
    own: OwnIds,
    /// Absent: no mailbox is read.
    mailbox: Option<Mailbox>,
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
            InboundWay::Lmtp | InboundWay::Imap | InboundWay::Poll => None,
        };
        let mailbox = Mailbox::open(&settings, &config.secrets)?;
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
            mailbox,
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

    fn poll(&self, cursor: Option<&[u8]>, now: Timestamp) -> Option<Box<dyn Poll>> {
        let mailbox = self.mailbox.as_ref()?;
        Some(Box::new(MailboxPoll::new(mailbox, cursor, now)))
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
        question: &Probe,
        exchange: &Exchange<'_>,
        _url: Option<&str>,
    ) -> Vec<Finding> {
        probe::findings(question, exchange)
    }

    fn unprobed(&self) -> Vec<Finding> {
        probe::unprobed(self)
    }

    fn stored_file(&self, file: &MediaReference, delivery: &[u8]) -> Option<Vec<u8>> {
        stored_file::find(file, delivery)
    }
}
