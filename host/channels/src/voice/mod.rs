//! Telephone calls by Twilio. What a caller says comes as text; a reply is a call to the
//! customer that speaks it. One webhook takes the calls of all numbers of an account; the
//! number that was called is the account.
//!
//! A call is a conversation, and each time that the caller speaks is a message of it. Twilio
//! asks after each what to do next: the answer to a delivery greets, confirms and says
//! goodbye, and never waits for a decision. Nothing of a call is kept between requests: the
//! URL to which Twilio sends what it understood carries the number of the turn, and is signed.
//!
//! Seen in the provider's pages: the attributes of `<Gather>` and the parameters it sends,
//! that a document for a call has at most 4,000 characters (32018), what the codes 21210,
//! 21214, 21216 and 21217 say, that a withheld number is a word; in programs of others: that
//! it is the word spelled in digits. *Assumptions*, to be compared with the provider's pages
//! before a release: the other codes; the spelling of the fragment by which it repeats failed
//! requests, that it asks the same URL again then and signs it without the fragment; that it
//! counts the 4,000 characters as UTF-16; that it reports the end of a call unless it is told
//! to report more, with its time in `Timestamp`; that a request which comes after the caller
//! hung up has `CallStatus` and perhaps the last words.
//!
//! Twilio gives no time of what a caller said, so an interaction has no `received_at`. It does
//! not say the language: that of the settings is the one in which it listened.
//!
//! Not supported: recordings, voicemail and their transcripts; streams; digits as an answer
//! (they are an attribute where they come with speech); putting a call through to an agent; a
//! reply within the call.
//!
//! Cases of the research without a test: a recording of an unknown call, because nothing is
//! recorded; a missed call as a message. A call without a word is an event: the host cannot
//! tell a caller who hung up at once from one whose words came before, because it keeps
//! nothing of a call.

mod call;
mod caller;
mod delivery;
mod dialogue;
mod outbound;
mod probe;
mod settings;
mod turn;
mod twiml;

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use patchbay_adapter::probe::{Finding, Probe};
use patchbay_adapter::{
    AccountConfig, Acknowledgement, Adapter, AdapterKind, ConfigError, EncodeError, Exchange,
    InboundRequest, InboundWay, Item, MessageIds, Outbound, Outcome, Rejection, Reply, Scheme,
    SecretRole, Sending, Setting, VerifiedRequest,
};

use self::call::Call;
use self::settings::{Settings, Speech, Texts};
use crate::twilio::{self, AUTH_TOKEN, Account};

/// Code of the channel.
const CHANNEL: &str = "phone";

/// The adapter's row.
pub const KIND: AdapterKind = AdapterKind {
    name: CHANNEL,
    channels: &[CHANNEL],
    settings: &[
        Setting::required(
            "account-sid",
            "\"AC0123456789abcdef0123456789abcdef\"",
            "SID of the Twilio account, or subaccount, that owns the numbers",
        ),
        Setting::required(
            "accounts",
            "[\"+351210000000\"]",
            "numbers of the company in international form with `+`. A reply calls from the number that the customer called",
        ),
        Setting::required(
            "greeting",
            "\"Northwind customer care. A program writes down what you say, and a colleague answers. How can we help?\"",
            "what a caller hears first, at most 1,000 characters",
        ),
        Setting::required(
            "confirmation",
            "\"Thank you. A colleague will call you back. Is there anything else?\"",
            "what a caller hears after speaking, at most 1,000 characters; then Twilio listens again",
        ),
        Setting::required(
            "goodbye",
            "\"Goodbye.\"",
            "what a caller who says no more hears before the call ends, at most 1,000 characters",
        ),
        Setting::optional(
            "language",
            "\"pt-PT\"",
            "language of the texts, of replies and of what callers say, as Twilio's `<Gather>` names it; default: `en-US`",
        ),
        Setting::optional(
            "voice",
            "\"Polly.Ines-Neural\"",
            "voice of Twilio's `<Say>` that speaks this language; absent: the voice that Twilio has for it",
        ),
        Setting::optional(
            "status-callback",
            "\"https://care.example/webhooks/northwind/phone/care\"",
            "URL to which Twilio reports whether a reply's call was answered: that of this webhook. Absent: none, and an unanswered call is not known",
        ),
        Setting::api_base("\"https://api.twilio.com\""),
    ],
    secrets: &[SecretRole {
        name: AUTH_TOKEN,
        source: "the auth token of the Twilio account, or subaccount, that owns the numbers: Twilio Console, Account, API keys and tokens",
        is_required: true,
    }],
    has_provider: true,
    inbound: &[InboundWay::Webhook],
    signs_url: true,
    body_limit: Scheme::Twilio.body_limit(),
    sending: Sending::Always,
    reply_period: patchbay_adapter::reply_any_time,
    is_idempotent: false,
    takes_templates: false,
    takes_decisions: false,
    files_within: false,
    sends_files: None,
    setup: &[
        "Copy the account SID and the auth token of the Twilio account, or subaccount, that owns the numbers.",
        "At each number, for \"A call comes in\", choose Webhook and enter {url}, with the method POST.",
        "At each number, for \"Primary handler fails\", enter a TwiML Bin that says when to call again: callers hear it while the server does not answer.",
        "Set `status-callback` to {url}; leave \"Call status changes\" of the number empty, or enter {url} to count calls.",
        "Allow calls to the countries of your customers: Twilio Console, Voice, Settings, Geo permissions.",
    ],
    open: |config| Ok(Box::new(Voice::open(config)?)),
};

/// The adapter with the settings and the secret of one Twilio account.
pub struct Voice {
    account: Account,
    accounts: BTreeSet<String>,
    texts: Texts,
    speech: Speech,
    status_callback: Option<String>,
    ids: MessageIds,
}

impl Voice {
    /// Opens the adapter.
    ///
    /// # Errors
    /// A setting does not fit, or the secret is missing.
    pub fn open(config: &AccountConfig) -> Result<Voice, ConfigError> {
        let settings: Settings = config.read_settings()?;
        settings.check()?;
        let (texts, speech) = (settings.texts()?, settings.speech()?);
        let base = settings.api_base.as_deref();
        Ok(Voice {
            account: Account::open(&settings.account_sid, base, config)?,
            accounts: settings.accounts,
            texts,
            speech,
            status_callback: settings.status_callback,
            ids: MessageIds::new(&config.company_key, CHANNEL),
        })
    }

    /// The number of the company that a call came to; `None` if the settings do not name it.
    fn called(&self, call: &Call) -> Option<String> {
        let number = call.parameters.text("To")?;
        let is_ours = self.accounts.contains(&*number);
        is_ours.then(|| number.into_owned())
    }
}

impl fmt::Debug for Voice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Voice")
            .field("accounts", &self.accounts)
            .finish_non_exhaustive()
    }
}

impl Adapter for Voice {
    fn serves(&self, account: &str) -> bool {
        self.accounts.contains(account)
    }

    fn verify<'r>(
        &self,
        request: &'r InboundRequest<'r>,
        now: Timestamp,
    ) -> Result<VerifiedRequest<'r>, Rejection> {
        self.account.verify(request, now)
    }

    fn decode(&self, request: &VerifiedRequest<'_>) -> Vec<Item> {
        vec![delivery::decode(self, request.request())]
    }

    /// What Twilio does next in the call, as TwiML.
    fn acknowledgement(&self, delivery: &VerifiedRequest<'_>) -> Acknowledgement {
        Acknowledgement {
            content_type: Some("text/xml; charset=utf-8"),
            body: dialogue::next(self, delivery.request()),
        }
    }

    fn encode(&self, reply: &Reply<'_>) -> Result<Vec<Outbound>, EncodeError> {
        let request = outbound::encode(self, reply)?;
        Ok(Outbound::requests(vec![request]))
    }

    fn outcome(&self, exchange: &Exchange<'_>) -> Outcome {
        twilio::outcome(exchange)
    }

    fn probe(&self) -> Vec<Probe> {
        probe::questions(self)
    }

    fn probe_result(
        &self,
        question: &Probe,
        exchange: &Exchange<'_>,
        url: Option<&str>,
    ) -> Vec<Finding> {
        probe::findings(self, question, exchange, url)
    }
}
