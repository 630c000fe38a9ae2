//! Interactions from a program of the company, signed by Standard Webhooks: gateways
//! of providers that this crate has no adapter for.
//!
//! The body is one interaction in the form of intake's own API, or NDJSON. Ids are
//! the sender's and stay as they are, because what the host tells about a
//! conversation must name the messages as the sender knows them; intake's API takes
//! them in the same way. So a sender must not put personal data into an id.
//!
//! The header `webhook-id` names a delivery, not a message: it is signed and not read.
//!
//! A company's CRM can deliver its records of people in the same way.
//!
//! There is no way back: replies on these channels go to the company's target.

mod delivery;

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use patchbay_adapter::probe::Finding;
use patchbay_adapter::{
    AccountConfig, Adapter, AdapterKind, ConfigError, EncodeError, Exchange, FailureKind,
    InboundRequest, InboundWay, Item, Outbound, Outcome, Reason, Rejection, Reply, Scheme,
    SecretRole, Secrets, Sending, Setting, VerifiedRequest,
};
use patchbay_model::input::is_code;
use serde::Deserialize;

/// Name of the adapter; no channel has it.
const NAME: &str = "standard-webhooks";
/// Secret that signs deliveries.
const SIGNING_SECRET: &str = "signing-secret";

/// The adapter's row. Its channels are in the settings.
pub const KIND: AdapterKind = AdapterKind {
    name: NAME,
    channels: &[],
    settings: &[
        Setting::optional(
            "channels",
            "[\"rcs\"]",
            "codes of the channels that it may deliver; they can be codes of your own",
        ),
        Setting::optional(
            "contacts",
            "true",
            "whether it may deliver records of people; by default not",
        ),
    ],
    secrets: &[SecretRole {
        name: SIGNING_SECRET,
        source: "a secret that the sender has too: whsec_ and base64 of 24 to 64 random bytes, or the sender's public key, whpk_ and base64",
        is_required: true,
    }],
    has_provider: true,
    inbound: &[InboundWay::Webhook],
    signs_url: false,
    body_limit: Scheme::StandardWebhooks.body_limit(),
    sending: Sending::Never,
    reply_period: patchbay_adapter::reply_any_time,
    is_idempotent: true,
    takes_templates: false,
    takes_decisions: false,
    files_within: false,
    sends_files: None,
    setup: &[
        "List the codes of the sender's channels in `channels`; for a CRM that delivers records of people, set `contacts` to true.",
        "Let the sender POST interactions, one as JSON or several as NDJSON, to {url}, signed as Standard Webhooks defines it (headers webhook-id, webhook-timestamp and webhook-signature).",
        "Name a target of the company for replies on these channels.",
    ],
    open: |config| Ok(Box::new(StandardWebhooks::open(config)?)),
};

/// Settings in the company file.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Settings {
    /// Codes of the channels of its interactions.
    #[serde(default)]
    channels: BTreeSet<String>,
    /// Whether it delivers records of people.
    #[serde(default)]
    contacts: bool,
}

/// The adapter with the settings and the secret of one sender.
pub struct StandardWebhooks {
    channels: BTreeSet<String>,
    contacts: bool,
    signing_secret: Secrets,
}

impl StandardWebhooks {
    /// Opens the adapter.
    ///
    /// # Errors
    /// A setting or the secret does not fit, or the secret is missing.
    pub fn open(config: &AccountConfig) -> Result<StandardWebhooks, ConfigError> {
        let settings: Settings = config.read_settings()?;
        let Settings { channels, contacts } = settings;
        if channels.is_empty() && !contacts {
            return Err(ConfigError::settings(
                "`channels` must list codes of channels such as \"rcs\", or `contacts` must be true",
            ));
        }
        if !channels.iter().all(|code| is_code(code)) {
            return Err(ConfigError::settings(
                "`channels` must list codes of channels: lower-case letters, digits, hyphens and dots, such as \"rcs\"",
            ));
        }
        let signing_secret = config.secrets.get(SIGNING_SECRET)?.clone();
        Scheme::StandardWebhooks
            .check_secrets(&signing_secret)
            .map_err(|problem| ConfigError::Secret {
                role: SIGNING_SECRET,
                problem,
            })?;
        Ok(StandardWebhooks {
            channels,
            contacts,
            signing_secret,
        })
    }
}

impl fmt::Debug for StandardWebhooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StandardWebhooks")
            .field("channels", &self.channels)
            .field("contacts", &self.contacts)
            .finish_non_exhaustive()
    }
}

impl Adapter for StandardWebhooks {
    /// None: it sends no replies.
    fn serves(&self, _account: &str) -> bool {
        false
    }

    fn verify<'r>(
        &self,
        request: &'r InboundRequest<'r>,
        now: Timestamp,
    ) -> Result<VerifiedRequest<'r>, Rejection> {
        Scheme::StandardWebhooks.verify(request, &self.signing_secret, now)
    }

    fn decode(&self, request: &VerifiedRequest<'_>) -> Vec<Item> {
        delivery::decode(&self.channels, self.contacts, request.body())
    }

    fn encode(&self, _reply: &Reply<'_>) -> Result<Vec<Outbound>, EncodeError> {
        Err(EncodeError::NoWayBack)
    }

    fn outcome(&self, exchange: &Exchange<'_>) -> Outcome {
        match exchange.answer(FailureKind::Uncertain) {
            Ok(_) => Outcome::Refused(Reason::words("no way back")),
            Err(outcome) => outcome,
        }
    }

    fn unprobed(&self) -> Vec<Finding> {
        let text = "there is nothing to ask: whether the sender has the secret and the URL shows with its first delivery";
        vec![Finding::unchecked("sender", text)]
    }
}
